"""Calls of tools, agents and graphs: what they are given, and that graphs do not call each other without an end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_compiler import hir
from rag_compiler.diagnostics import Diagnostic, Label
from rag_compiler.sink import Sink
from rag_compiler.source import Span
from rag_compiler.words.structure import graph_recursion, missing_item
from rag_ir.types import may_be_absent
from rag_registry.registry import Registry


def sent_to(graph: hir.Graph) -> frozenset[str]:
    """The declared nodes that are sent to."""
    sends = (send for node in graph.nodes.values() for send in node.sends)
    return frozenset(send.target.name for send in sends if isinstance(send.target, hir.Ref) and send.child is None)


def check_calls(
    graph: hir.Graph, node: hir.Node, sent: frozenset[str], project: hir.Project, registry: Registry, sink: Sink
) -> None:
    """What the arguments of a tool and the inputs of children lack; of which types they are is `check_types`'.

    `sent` are the nodes that sends to declared nodes lead to: their children are given the payloads.
    """
    match node.behaviour:
        case hir.ToolNode(tool=hir.Ref(name), arguments=arguments):
            _check_tool(node, name, arguments, registry, sink)
        case hir.ChildNode(input=None) if node.name.name in sent:
            pass
        case hir.ChildNode(kind=kind, callee=hir.Ref(name, span), input=given):
            _check_input(hir.Child(kind, name), given, span, graph, project, sink)
        case hir.ModelNode(agent=hir.Ref(name, span)):
            _check_input(hir.Child("subagent", name), None, span, graph, project, sink)
        case _:
            pass
    for send in node.sends:
        if send.child and isinstance(send.target, hir.Ref):
            _check_input(send.child, send.payload, send.target.span, graph, project, sink)


def _check_tool(node: hir.Node, tool: str, arguments: hir.Entries, registry: Registry, sink: Sink) -> None:
    schema = registry.tools[tool].input
    properties = schema.get("properties") if schema else None
    required = schema.get("required") if schema else None
    if not isinstance(properties, dict):
        return
    given = {entry.key.name for entry in arguments}
    missing = [str(name) for name in required if name not in given] if isinstance(required, list) else []
    if missing and given <= properties.keys():
        owner = f"the call of tool `{tool}` in node `{node.name.name}`"
        help_ = f"add `args {{ {missing[0]}: .. }}`; the tool takes {', '.join(f'`{name}`' for name in properties)}"
        sink.add(missing_item(sink.at(node.name.span), owner, missing[0], help_))


def _check_input(
    child: hir.Child,
    given: hir.Entries | None,
    span: Span,
    graph: hir.Graph,
    project: hir.Project,
    sink: Sink,
) -> None:
    """What the callee requires is in the mapping; without one, among the channels and the fields of the run's input.

    Beside a key that the callee does not know nothing is missing: that key is likely the one.
    """
    fields, owner = _declared(child, project)
    if fields is None or (given is None and graph.input is None):
        return
    values = {entry.key.name for entry in given or ()}
    derived = {*graph.channels, *(field.name.name for field in graph.input or ())} if given is None else set[str]()
    known = values <= {field.name.name for field in fields}
    for field in fields:
        name = field.name.name
        if (
            name not in values
            and name not in derived
            and known
            and field.value is None
            and field.type.whole
            and not may_be_absent(field.type.value)
        ):
            sink.add(missing_item(sink.at(span), f"the input of {owner}", name, _mapping(name, given is None)))


def _mapping(name: str, derived: bool) -> str:
    if derived:
        mapped = f"in `with {{ {name}: .. }}` of a child node, or behind a send's target"
        return f"no channel and no field of the graph's input is called `{name}`: declare one, or pass it {mapped}"
    return f"add `{name}: ..`, or declare it with a default or as `{name}: T?`"


def _declared(child: hir.Child, project: hir.Project) -> tuple[tuple[hir.Field, ...] | None, str]:
    if child.kind == "subagent":
        agent = project.agents.get(child.callee)
        return (agent.input if agent else None), f"agent `{child.callee}`"
    graph = project.graphs.get(child.callee)
    return (graph.input if graph else None), f"graph `{child.callee}`"


def check_recursion(project: hir.Project, found: list[Diagnostic]) -> None:
    """Report each cycle of graphs once, at the call that closes it."""
    state: dict[str, int] = {}
    for root in project.graphs:
        trail: list[tuple[str, hir.Ref | None]] = []
        pending: list[tuple[str, hir.Ref | None] | None] = [(root, None)]
        while pending:
            step = pending.pop()
            if step is None:
                state[trail.pop()[0]] = 2
                continue
            name, call = step
            if state.get(name) == 1:
                found.append(_cycle(project, trail, name, call))
            if name in state or name not in project.graphs:
                continue
            state[name] = 1
            trail.append(step)
            pending.append(None)
            pending.extend((ref.name, ref) for ref in reversed(list(graph_calls(project.graphs[name]))))


def graph_calls(graph: hir.Graph) -> Iterator[hir.Ref]:
    """The graphs that a graph starts, as they are named in it."""
    for node in graph.nodes.values():
        match node.behaviour:
            case hir.ChildNode(kind="subgraph", callee=hir.Ref() as callee):
                yield callee
            case _:
                pass
        for send in node.sends:
            if send.child and send.child.kind == "subgraph" and isinstance(send.target, hir.Ref):
                yield send.target


def _cycle(
    project: hir.Project, trail: Sequence[tuple[str, hir.Ref | None]], name: str, call: hir.Ref | None
) -> Diagnostic:
    at = next(index for index, (graph, _) in enumerate(trail) if graph == name)
    names = [graph for graph, _ in trail[at:]]
    others = [
        Label(Sink(project.graphs[caller].path).at(ref.span), f"`{caller}` calls `{callee}`")
        for (caller, _), (callee, ref) in zip(trail[at:], trail[at + 1 :], strict=False)
        if ref is not None
    ]
    sink = Sink(project.graphs[names[-1]].path)
    span = call.span if call else project.graphs[name].name.span
    return graph_recursion(sink.at(span), [*names, name], others)
