"""Formatting: the lines of a file that differ from its canonical form. Line ends and a mark of the byte order stay the editor's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_compiler.concrete import Concrete
from rag_compiler.diagnostics import Diagnostic
from rag_compiler.format import format_source
from rag_compiler.parse import parse
from rag_compiler.pipeline import Analysis
from rag_compiler.source import MARK, Span
from rag_ir.record import record

MOST_LINES = 20_000
"""More lines than this are not compared with each other, but replaced as a whole."""


@record
class Replacement:
    """A text that stands in place of a span."""

    span: Span
    text: str


def format_file(analysis: Analysis, path: str) -> tuple[Replacement, ...]:
    """What makes a file canonical, in order; nothing for one with errors."""
    return tuple(_replacements(analysis, path))


def format_range(analysis: Analysis, path: str, span: Span) -> tuple[Replacement, ...]:
    """What makes the lines of a span canonical."""
    return tuple(each for each in _replacements(analysis, path) if _meet(each.span, span))


def format_block(analysis: Analysis, path: str, offset: int) -> tuple[Replacement, ...]:
    """What makes the lines of the block canonical whose closing bracket stands before a place."""
    for file in analysis.files:
        if file.path == path:
            block = _closed(parse(file)[0].root, offset)
            return format_range(analysis, path, block.span) if block else ()
    return ()


def _meet(left: Span, right: Span) -> bool:
    return left.start <= right.end and right.start <= left.end


def _closed(node: Concrete, offset: int) -> Concrete | None:
    """The node whose last token is a closing bracket that ends at a place."""
    while node.children:
        last = node.children[-1]
        if last.kind in ("}", "]") and last.end == offset:
            return node
        inner = next((child for child in node.children if child.start < offset <= child.end), None)
        if inner is None:
            return None
        node = inner
    return None


def _replacements(analysis: Analysis, path: str) -> Iterator[Replacement]:
    source = next((file for file in analysis.files if file.path == path), None)
    form = format_source(source) if source is not None else None
    if source is None or form is None or isinstance(form, Diagnostic):
        return
    skipped = len(MARK) if source.data.startswith(MARK) else 0
    data = source.data[skipped:]
    old = _lines(data)
    new = _lines(form.replace(b"\n", b"\r\n") if b"\r\n" in data else form)
    starts = [skipped]
    for line in old:
        starts.append(starts[-1] + len(line))
    for first, last, text in _hunks(old, new):
        yield Replacement(Span(starts[first], starts[last]), b"".join(text).decode("utf-8", "replace"))


def _lines(data: bytes) -> list[bytes]:
    whole = data.split(b"\n")
    return [*(line + b"\n" for line in whole[:-1]), *([whole[-1]] if whole[-1] else [])]


def _hunks(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[tuple[int, int, Sequence[bytes]]]:
    """The first and the last line of `old` (from 0, the end excluded) that others stand in place of, and those."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    if len(before) + len(after) > MOST_LINES:
        yield start, start + len(before), after
        return
    from difflib import SequenceMatcher

    for tag, first, last, begin, stop in SequenceMatcher(None, before, after).get_opcodes():
        if tag != "equal":
            yield start + first, start + last, after[begin:stop]
