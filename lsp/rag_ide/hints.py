"""What the source leaves out, as an editor may show it between the lines: kinds, types of channels, default writes."""

from __future__ import annotations

from collections.abc import Iterator

from rag_compiler import hir
from rag_compiler.blocks import word_of
from rag_compiler.check_values import channel_type
from rag_compiler.default_writes import default_writes
from rag_compiler.pipeline import Analysis
from rag_compiler.source import Span
from rag_ir.record import record
from rag_ir.types import spell_out


@record
class Hint:
    """A text behind a byte offset, and why it holds."""

    offset: int
    text: str
    reason: str


def hints(analysis: Analysis, path: str, within: Span) -> tuple[Hint, ...]:
    """The hints of a range of a source, in the order of the text."""
    graphs = (*analysis.project.graphs.values(), *analysis.project.unnamed)
    found = [hint for graph in graphs if graph.path == path for hint in _graph(analysis, graph)]
    return tuple(
        sorted((hint for hint in found if within.start <= hint.offset <= within.end), key=lambda it: it.offset)
    )


def _graph(analysis: Analysis, graph: hir.Graph) -> Iterator[Hint]:
    for channel in graph.channels.values():
        if channel.type is None and channel.reducer is not None:
            text = f": {spell_out(channel_type(channel))}"
            yield Hint(channel.name.span.end, text, f"what the reducer `{channel.reducer.name}` makes")
    for node in graph.nodes.values():
        words = [word_of(item) for item in node.syntax.items]
        if "kind" not in words and not isinstance(node.behaviour, hir.UnknownNode):
            yield Hint(node.name.span.end, f" kind {node.kind}", "the kind of a node that names none")
        if node.writes is None and node.into is None:
            yield from _writes(analysis, graph, node)


def _writes(analysis: Analysis, graph: hir.Graph, node: hir.Node) -> Iterator[Hint]:
    written = default_writes(node.behaviour, graph, analysis.project, analysis.registry)
    if written.fields:
        names = ", ".join(written.fields)
        yield Hint(node.name.span.end, f" writes {names}", "fields of its output that channels are called like")
