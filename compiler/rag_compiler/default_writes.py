"""What a node writes when neither `writes` nor `into` says so.

A record output goes by field name to the channels that exist, never to the conversation; an output whose fields are not known
goes so when it is there; a text output of a child that reaches no channel is spoken into the conversation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rag_compiler import hir
from rag_compiler.callees import record_fields
from rag_ir.record import record
from rag_ir.types import (
    JSON,
    STRING,
    ListOf,
    Literals,
    MapOf,
    Named,
    Primitive,
    Record,
    TypeValue,
    Union,
    from_schema,
)
from rag_registry.registry import Registry


@record
class DefaultWrites:
    """`fields`: the channels that fields of a known record go to. `by_name` and `speak` as in the IR's `Writes`."""

    fields: tuple[str, ...]
    by_name: bool
    speak: bool


NOTHING = DefaultWrites((), False, False)


def conversation(graph: hir.Graph) -> str | None:
    """The channel that is the graph's conversation: the first one that `messages` reduces."""
    reduced = (name for name, each in graph.channels.items() if each.reducer and each.reducer.name == "messages")
    return next(reduced, None)


def default_writes(
    behaviour: hir.Behaviour, graph: hir.Graph, project: hir.Project, registry: Registry
) -> DefaultWrites:
    """The default writes of a declared node."""
    match behaviour:
        case hir.ModelNode(agent=None, output=output):
            return _of(output.value if output else STRING, graph, project, child=False)
        case hir.ModelNode(agent=hir.Ref(name)):
            return _of(_agent_output(name, project), graph, project, child=False)
        case hir.ChildNode(kind=kind, callee=hir.Ref(name)):
            return child_writes(hir.Child(kind, name), graph, project)
        case hir.ToolNode(tool=hir.Ref(name)):
            return _of(_tool_output(name, registry), graph, project, child=False)
        case hir.InterruptNode():
            return _fields(("answer", "value", "actor"), graph)
        case _:
            return NOTHING


def child_writes(child: hir.Child, graph: hir.Graph, project: hir.Project) -> DefaultWrites:
    """The default writes of a child run."""
    if child.kind == "subagent":
        return _of(_agent_output(child.callee, project), graph, project, child=True)
    callee = project.graphs.get(child.callee)
    if callee is None:
        return NOTHING
    return _fields(
        [field.name.name for field in callee.output] if callee.output is not None else callee.channels, graph
    )


def _agent_output(name: str, project: hir.Project) -> TypeValue:
    agent = project.agents.get(name)
    return agent.output.value if agent and agent.output else STRING


def _tool_output(name: str, registry: Registry) -> TypeValue:
    schema = registry.tools[name].output
    try:
        return from_schema(schema) if schema is not None else JSON
    except ValueError:
        return JSON


def _of(type_: TypeValue, graph: hir.Graph, project: hir.Project, *, child: bool) -> DefaultWrites:
    record = record_fields(type_, project.types)
    if record is not None:
        return _fields([field.name for field in record], graph)
    shapes = _shapes(type_, project.types)
    return DefaultWrites((), "object" in shapes, child and "text" in shapes)


def _fields(names: Iterable[str], graph: hir.Graph) -> DefaultWrites:
    spoken = conversation(graph)
    return DefaultWrites(tuple(name for name in names if name in graph.channels and name != spoken), False, False)


def _shapes(type_: TypeValue, types: Mapping[str, hir.TypeDeclaration]) -> set[str]:
    """Whether values of a type can be objects, and texts."""
    found: set[str] = set()
    seen: set[str] = set()
    pending = [type_]
    while pending:
        match pending.pop():
            case Union(members):
                pending.extend(members)
            case Named(name):
                if name in types and name not in seen:
                    seen.add(name)
                    pending.append(types[name].type.value)
                elif name not in types:
                    found.add("object")
            case Record() | MapOf():
                found.add("object")
            case Literals() | Primitive("string"):
                found.add("text")
            case Primitive("json"):
                found |= {"object", "text"}
            case Primitive() | ListOf():
                pass
    return found
