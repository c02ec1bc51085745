"""The types of what expressions start from: inputs, channels, and the outputs of nodes, agents, tools and graphs."""

from __future__ import annotations

from collections.abc import Sequence

from rag_compiler import hir, syntax
from rag_compiler.check_values import channel_type
from rag_compiler.labels import calls_once
from rag_ir.graph import Schema
from rag_ir.record import record
from rag_ir.types import (
    INT,
    JSON,
    NULL,
    STRING,
    ListOf,
    Literals,
    Record,
    RecordField,
    TypeValue,
    from_schema,
    may_be_absent,
    optional,
)
from rag_registry.registry import Registry

ERROR: TypeValue = Record(tuple(RecordField(name, STRING, True) for name in ("code", "message", "node", "task")))
"""A failure, as a handler sees it."""
OUTCOMES = Literals(("succeeded", "failed", "cancelled", "timeout", "skipped"))


@record
class Declared:
    """What the types of roots rest on."""

    project: hir.Project
    registry: Registry

    def output(self, node: hir.Node) -> TypeValue:
        """What a node gives when it has run; `json` where a word that is no item may have said it.

        An answer that only calls tools is null: see `output_is_null`.
        """
        unknown = any(isinstance(item, syntax.UnknownItem) for item in node.syntax.items)
        return JSON if unknown else self.of_behaviour(node.behaviour)

    def of_behaviour(self, behaviour: hir.Behaviour) -> TypeValue:
        """What the behaviour of a node gives; `json` where nothing is known of it."""
        match behaviour:
            case hir.ModelNode(agent=hir.Ref(name)):
                return self.agent_output(name)
            case hir.ModelNode(agent=None, output=output):
                return output.value if output else STRING
            case hir.ChildNode(kind=kind, callee=hir.Ref(name)):
                return self.child_output(hir.Child(kind, name))
            case hir.ToolNode(tool=hir.Ref(name)):
                return self.tool_output(name)
            case hir.ExecutorNode():
                return ListOf(JSON)
            case hir.RouterNode(router=hir.Ref(name)):
                return Literals(self.registry.routers[name].labels)
            case hir.RouterNode(router=None) | hir.PassNode():
                return NULL
            case hir.InterruptNode(options=options):
                return _answer(tuple(option.name for option in options))
            case hir.JoinNode():
                return ListOf(child_entry(JSON))
            case _:
                return JSON

    def child_output(self, child: hir.Child) -> TypeValue:
        """What a child run gives."""
        return self.agent_output(child.callee) if child.kind == "subagent" else self.graph_output(child.callee)

    def agent_output(self, name: str) -> TypeValue:
        """What an agent answers in: a text, unless it declares another type."""
        agent = self.project.agents.get(name)
        return agent.output.value if agent and agent.output else STRING

    def graph_output(self, name: str) -> TypeValue:
        """What a run of a graph returns: its declared output, else its channels."""
        graph = self.project.graphs.get(name)
        if graph is None:
            return JSON
        if graph.output is None:
            return state_type(graph)
        return Record(tuple(RecordField(each.name.name, each.type.value, True) for each in graph.output))

    def tool_output(self, name: str) -> TypeValue:
        """What a tool returns; `json` where that cannot be read."""
        tool = self.registry.tools.get(name)
        return type_of_schema(tool.output) if tool else JSON

    def tool_input(self, name: str) -> TypeValue:
        """What a tool takes; `json` where that cannot be read."""
        tool = self.registry.tools.get(name)
        return type_of_schema(tool.input) if tool else JSON

    def callee_input(self, child: hir.Child) -> tuple[hir.Field, ...] | None:
        """The declared input of an agent or a graph; null where it takes anything."""
        if child.kind == "subagent":
            agent = self.project.agents.get(child.callee)
            return agent.input if agent else None
        graph = self.project.graphs.get(child.callee)
        return graph.input if graph else None


def input_type(fields: Sequence[hir.Field] | None) -> TypeValue:
    """The input of a graph or an agent when it runs: with its defaults."""
    if fields is None:
        return JSON
    return Record(tuple(RecordField(each.name.name, _filled(each), True, each.doc) for each in fields))


def _filled(field: hir.Field) -> TypeValue:
    match field.value:
        case hir.Constant(None):
            return optional(field.type.value)
        case _:
            return field.type.value


def state_type(graph: hir.Graph) -> TypeValue:
    """The channels of a graph. One that nothing has been written to yet may be null whatever its type: that is a rule of its own."""
    return Record(tuple(RecordField(name, channel_type(each), True, each.doc) for name, each in graph.channels.items()))


def child_entry(output: TypeValue) -> TypeValue:
    """An element of `args.children`. Its `error` is null of a child that has not failed, and is read all the same."""
    return Record(
        (
            RecordField("node", STRING, True),
            RecordField("index", INT, True),
            RecordField("outcome", OUTCOMES, True),
            RecordField("output", output, True),
            RecordField("error", JSON, True),
        )
    )


def output_is_null(node: hir.Node) -> bool:
    """Whether the node may end with an answer that only calls tools."""
    return isinstance(node.behaviour, hir.ModelNode) and node.behaviour.kind == "agent" and calls_once(node)


def is_required(field: hir.Field) -> bool:
    """Whether a caller must give the field."""
    return field.value is None and field.type.whole and not may_be_absent(field.type.value)


def type_of_schema(schema: Schema | None) -> TypeValue:
    """The type of a schema; `json` where there is none, or it says what no type says."""
    try:
        return from_schema(schema) if schema is not None else JSON
    except ValueError:
        return JSON


def _answer(options: tuple[str, ...]) -> TypeValue:
    """What a person's answer is: one of the options, or anything."""
    answer: TypeValue = Literals(options) if options else NULL
    value: TypeValue = Literals(options) if options else JSON
    return Record(
        (
            RecordField("answer", answer, True),
            RecordField("value", value, True),
            RecordField("actor", STRING, True),
        )
    )
