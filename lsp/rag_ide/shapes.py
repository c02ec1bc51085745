"""The types of what expressions can name: roots, channels, and the members of both, as far as they are declared."""

from __future__ import annotations

from collections.abc import Sequence

from rag_compiler import hir
from rag_compiler.callees import record_fields
from rag_compiler.check_values import channel_type
from rag_compiler.pipeline import Analysis
from rag_ir.record import record
from rag_ir.types import (
    JSON,
    MESSAGE,
    STRING,
    ListOf,
    Named,
    Record,
    RecordField,
    TypeValue,
    Union,
    from_schema,
    spell_out,
)


@record
class Member:
    """A member that a path can go on with. `type` null: nothing is said of it."""

    name: str
    type: TypeValue | None
    doc: str = ""

    @property
    def detail(self) -> str:
        """The type as it is written."""
        return spell_out(self.type) if self.type is not None else ""


def members_of(
    analysis: Analysis, graph: hir.Graph | None, inside: hir.Node | hir.Agent | None, path: Sequence[str]
) -> list[Member]:
    """What a path (a root and its members) can go on with, inside of a node or an agent, or of a graph itself."""
    if not path:
        return []
    root, *rest = path
    members = _of_root(analysis, graph, inside, root)
    for name in rest:
        type_ = next((each.type for each in members if each.name == name), None)
        members = fields_of(analysis, type_) if type_ is not None else []
    return members


def fields_of(analysis: Analysis, type_: TypeValue) -> list[Member]:
    """The fields of a record, seen through names and `?`."""
    return [Member(field.name, field.type, field.doc) for field in _fields(analysis, type_)]


def element_of(type_: TypeValue) -> TypeValue | None:
    """The type of a list's elements; null for anything that is no list."""
    match type_:
        case ListOf(item):
            return item
        case Union(members):
            return next((found for member in members if (found := element_of(member))), None)
        case _:
            return None


def _fields(analysis: Analysis, type_: TypeValue) -> Sequence[RecordField]:
    match type_:
        case Named("message"):
            shape = from_schema(MESSAGE)
            return shape.fields if isinstance(shape, Record) else ()
        case Union(members):
            return next((found for member in members if (found := _fields(analysis, member))), ())
        case _:
            return record_fields(type_, analysis.project.types) or ()


def _of_root(
    analysis: Analysis, graph: hir.Graph | None, inside: hir.Node | hir.Agent | None, root: str
) -> list[Member]:
    match root:
        case "state" if graph is not None:
            return [Member(name, channel_type(each), each.doc) for name, each in graph.channels.items()]
        case "input":
            fields = inside.input if isinstance(inside, hir.Agent) else graph.input if graph else None
            return [Member(field.name.name, field.type.value, field.doc) for field in fields or ()]
        case "args" if graph is not None and isinstance(inside, hir.Node):
            return _arguments(graph, inside)
        case "output" if isinstance(inside, hir.Node):
            type_ = output_type(analysis, inside.behaviour)
            return fields_of(analysis, type_) if type_ is not None else []
        case _:
            return []


def _arguments(graph: hir.Graph, node: hir.Node) -> list[Member]:
    """The keys of all payloads that are sent to a node, and the children that it joins."""
    keys: dict[str, None] = {}
    joined = False
    for other in graph.nodes.values():
        for send in other.sends:
            if send.child is None and isinstance(send.target, hir.Ref) and send.target.name == node.name.name:
                keys |= dict.fromkeys(entry.key.name for entry in send.payload or ())
        for routing in other.routings:
            if isinstance(routing, hir.JoinSends) and isinstance(routing.target, hir.Ref):
                joined = joined or routing.target.name == node.name.name
    children = [Member("children", ListOf(JSON), "every child's outcome and output")] if joined else []
    return [*(Member(key, None) for key in keys), *children]


def output_type(analysis: Analysis, behaviour: hir.Behaviour) -> TypeValue | None:
    """The type of a node's result; null where nothing is known of it."""
    match behaviour:
        case hir.ModelNode(agent=hir.Ref(name)) | hir.ChildNode(kind="subagent", callee=hir.Ref(name)):
            return agent_output(analysis, name)
        case hir.ModelNode(output=output):
            return output.value if output else STRING
        case hir.ChildNode(callee=hir.Ref(name)):
            return graph_output(analysis, name)
        case hir.ToolNode(tool=hir.Ref(name)):
            return tool_output(analysis, name)
        case hir.InterruptNode():
            return Record(tuple(RecordField(name, JSON, required=True) for name in ("answer", "value", "actor")))
        case _:
            return None


def agent_output(analysis: Analysis, name: str) -> TypeValue:
    """What an agent answers in: a text, unless it declares another type."""
    agent = analysis.project.agents.get(name)
    return agent.output.value if agent and agent.output else STRING


def graph_output(analysis: Analysis, name: str) -> TypeValue | None:
    """What a run of a graph returns: its declared output, else its channels."""
    graph = analysis.project.graphs.get(name)
    if graph is None:
        return None
    if graph.output is not None:
        return Record(tuple(RecordField(each.name.name, each.type.value, required=True) for each in graph.output))
    return Record(
        tuple(RecordField(each, channel_type(graph.channels[each]), required=True) for each in graph.channels)
    )


def tool_output(analysis: Analysis, name: str) -> TypeValue | None:
    """What a tool returns, where that can be read."""
    tool = analysis.registry.tools.get(name)
    return _of_schema(tool.output) if tool and tool.output is not None else None


def tool_input(analysis: Analysis, name: str) -> TypeValue | None:
    """What a tool takes, where that can be read."""
    tool = analysis.registry.tools.get(name)
    return _of_schema(tool.input) if tool and tool.input is not None else None


def _of_schema(schema: object) -> TypeValue | None:
    try:
        return from_schema(schema)  # type: ignore[arg-type]
    except ValueError:
        return None


def callee_input(analysis: Analysis, kind: str, name: str) -> list[Member]:
    """The declared input of an agent (`subagent`) or a graph (`subgraph`)."""
    callees = analysis.project.agents if kind == "subagent" else analysis.project.graphs
    callee = callees.get(name)
    fields = callee.input if callee is not None else None
    return [Member(field.name.name, field.type.value, field.doc) for field in fields or ()]
