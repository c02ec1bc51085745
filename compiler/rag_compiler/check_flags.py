"""`blocking` and `optional` of a node are those of sends to it: they stand only where it runs in no other way."""

from __future__ import annotations

from collections.abc import Iterator

from rag_compiler import hir
from rag_compiler.sink import Sink
from rag_compiler.source import Span
from rag_compiler.words.structure import plain_activation, unsent


def check_flags(graph: hir.Graph, sink: Sink) -> None:
    """The nodes of a graph whose `blocking false` or `optional true` has no effect, or not always."""
    flagged = [(node, word, flag) for node in graph.nodes.values() for word, flag in _flags(node)]
    if not flagged:
        return
    plain: dict[str, tuple[Span, str]] = {}
    for target, how in _plain(graph):
        if isinstance(target, hir.Ref):
            plain.setdefault(target.name, (target.span, how))
    targets = [send.target for node in graph.nodes.values() for send in node.sends]
    sent = {target.name for target in targets if isinstance(target, hir.Ref)}
    whole = all(isinstance(target, hir.Ref) for target in targets)
    for node, word, flag in flagged:
        name = node.name.name
        if name in plain:
            span, how = plain[name]
            sink.add(plain_activation(sink.at(flag.span), word, name, sink.at(span), how))
        elif whole and name not in sent:
            sink.add(unsent(sink.at(flag.span), word, name))


def _flags(node: hir.Node) -> Iterator[tuple[str, hir.Flag]]:
    """What is not as it is anyway."""
    if node.policies.blocking is not None and not node.policies.blocking.value:
        yield "blocking false", node.policies.blocking
    if node.policies.optional is not None and node.policies.optional.value:
        yield "optional true", node.policies.optional


def _plain(graph: hir.Graph) -> Iterator[tuple[hir.Target, str]]:
    """What is activated otherwise than by a send or a join that fires, and how."""
    yield graph.start, "the run starts here"
    for node in graph.nodes.values():
        for routing in node.routings:
            match routing:
                case hir.Next(target=target):
                    yield target, f"`{node.name.name}` goes on here"
                case hir.Routes(entries=entries):
                    yield from ((entry.target, f"`{node.name.name}` is routed here") for entry in entries)
                case hir.JoinSends(options=hir.JoinOptions(on_timeout=late)):
                    if late is not None:
                        yield late, f"the join of `{node.name.name}` goes here when its time is over"
        if node.on_error is not None:
            yield node.on_error, f"failures of `{node.name.name}` go here"
