"""What leads to a node, and what it leads to: over routes, sends, joins and the children that it runs."""

from __future__ import annotations

from collections.abc import Iterator

from rag_compiler import hir
from rag_compiler.diagnostics import Place
from rag_compiler.pipeline import Analysis
from rag_ide.subjects import Subject, index
from rag_ir.record import record

CALLABLE = ("node", "graph", "agent")


@record
class Call:
    """One subject leads to another; `place` is where the text says so."""

    source: Subject
    target: Subject
    place: Place


def callable_at(analysis: Analysis, path: str, offset: int) -> Subject | None:
    """The node, graph or agent that is named at a byte offset."""
    found = index(analysis).at(path, offset)
    return found.subject if found is not None and found.subject.sort in CALLABLE else None


def outgoing(analysis: Analysis, subject: Subject) -> tuple[Call, ...]:
    """What a subject leads to: a graph to its start, a node to what follows it and what it runs."""
    return tuple(call for call in _calls(analysis) if call.source == subject)


def incoming(analysis: Analysis, subject: Subject) -> tuple[Call, ...]:
    """What leads to a subject."""
    return tuple(call for call in _calls(analysis) if call.target == subject)


def _calls(analysis: Analysis) -> Iterator[Call]:
    for graph in analysis.project.graphs.values():
        owner = graph.name.name
        yield from _to_nodes(graph, Subject("graph", "", owner), graph.start)
        for node in graph.nodes.values():
            yield from _of_node(graph, node, Subject("node", owner, node.name.name))
        for join in graph.joins:
            for source in join.sources:
                if isinstance(source, hir.Ref):
                    yield from _to_nodes(graph, Subject("node", owner, source.name), join.target)


def _of_node(graph: hir.Graph, node: hir.Node, source: Subject) -> Iterator[Call]:
    yield from _to_nodes(graph, source, node.on_error)
    for routing in node.routings:
        match routing:
            case hir.Next(target=target) | hir.JoinSends(target=target):
                yield from _to_nodes(graph, source, target)
            case hir.Routes(entries=entries):
                yield from _to_nodes(graph, source, *(entry.target for entry in entries))
    for send in node.sends:
        if send.child is None:
            yield from _to_nodes(graph, source, send.target)
        else:
            yield from _to_child(graph, source, send.child.kind, send.target)
    match node.behaviour:
        case hir.ChildNode(kind=kind, callee=callee):
            yield from _to_child(graph, source, kind, callee)
        case hir.ModelNode(agent=hir.Ref() as agent):
            yield from _to_child(graph, source, "subagent", agent)
        case hir.JoinNode(sources=sources):
            for each in sources or ():
                if isinstance(each, hir.Ref):
                    yield from _to_nodes(
                        graph, Subject("node", graph.name.name, each.name), hir.Ref(source.name, each.span)
                    )
        case _:
            pass


def _to_nodes(graph: hir.Graph, source: Subject, *targets: hir.Target | None) -> Iterator[Call]:
    for target in targets:
        if isinstance(target, hir.Ref) and target.name in graph.nodes:
            yield Call(source, Subject("node", graph.name.name, target.name), Place(graph.path, target.span))


def _to_child(graph: hir.Graph, source: Subject, kind: str, callee: hir.Target) -> Iterator[Call]:
    if isinstance(callee, hir.Ref):
        subject = Subject("agent" if kind == "subagent" else "graph", "", callee.name)
        yield Call(source, subject, Place(graph.path, callee.span))
