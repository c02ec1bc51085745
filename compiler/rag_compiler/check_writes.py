"""Writes: no channel is named twice in what one node writes."""

from __future__ import annotations

from rag_compiler import hir
from rag_compiler.default_writes import default_writes
from rag_compiler.sink import Sink
from rag_compiler.words.structure import duplicate_key
from rag_registry.registry import Registry


def check_writes(graph: hir.Graph, node: hir.Node, project: hir.Project, registry: Registry, sink: Sink) -> None:
    """`writes`, `into` or the default writes, and `update`, are one write set."""
    first: dict[str, hir.Ref] = {}
    why = f" among the writes of node `{node.name.name}`"
    for channel in _written(node.writes, node.into):
        _take(channel, first, why, sink)
    if node.writes is None and node.into is None:
        derived = default_writes(node.behaviour, graph, project, registry).fields
        for entry in node.update:
            if entry.key.name in derived:
                reason = f": the output of node `{node.name.name}` goes to the channel of that name already"
                sink.add(duplicate_key(sink.at(entry.key.span), entry.key.name, sink.at(node.name.span), reason))
    for entry in node.update:
        _take(entry.key, first, why, sink)
    for send in node.sends:
        taken: dict[str, hir.Ref] = {}
        for channel in _written(send.writes, send.into):
            _take(channel, taken, " among the writes of one child", sink)


def _written(writes: hir.Entries | None, into: hir.Target | None) -> list[hir.Ref]:
    channels = [entry.key for entry in writes or ()]
    if isinstance(into, hir.Ref):
        channels.append(into)
    return sorted(channels, key=lambda channel: channel.span)


def _take(channel: hir.Ref, first: dict[str, hir.Ref], why: str, sink: Sink) -> None:
    before = first.setdefault(channel.name, channel)
    if before is not channel:
        sink.add(duplicate_key(sink.at(channel.span), channel.name, sink.at(before.span), why))
