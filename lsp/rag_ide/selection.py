"""What a selection grows to: everything around a place, from the word to the whole file."""

from __future__ import annotations

from rag_compiler.pipeline import Analysis
from rag_compiler.source import Span
from rag_ide.tokens import declaration_start, tokens
from rag_ir.record import is_record


def selection(analysis: Analysis, path: str, offset: int) -> tuple[Span, ...]:
    """The spans around a byte offset, the smallest first, each within the next; none of a file that is no source."""
    for file, tree in zip(analysis.files, analysis.trees, strict=True):
        if file.path == path:
            spans = {Span(0, len(file.data)), *_around(tree, offset)}
            start = declaration_start(file.data, offset)
            near = (Span(it.start, it.end) for it in tokens(file.data, start, len(file.data)) if it.sort != "line")
            for span in near:
                if span.start > offset:
                    break
                if span.end >= offset:
                    spans.add(span)
            return _nested(spans)
    return ()


def _around(tree: object, offset: int) -> set[Span]:
    """The spans of every part of a tree that holds the offset."""
    found: set[Span] = set()
    pending = [tree]
    while pending:
        part = pending.pop()
        if isinstance(part, tuple):
            pending += part
        elif isinstance(part, Span):
            if part.start <= offset <= part.end:
                found.add(part)
        elif is_record(part):
            pending += [getattr(part, name) for name in part.__class__.__dict__["__slots__"]]
    return found


def _nested(spans: set[Span]) -> tuple[Span, ...]:
    """The spans that hold all that are smaller; of two that cross, the smaller."""
    chain: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.end - each.start, each.start)):
        if not chain or (span.start <= chain[-1].start and chain[-1].end <= span.end):
            chain.append(span)
    return tuple(chain)
