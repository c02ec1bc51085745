"""Draws lines of a source with marks under them: which ranges are meant, and what each is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_cli.canvas import Row
from rag_cli.fit_line import FittedLine, fit_line
from rag_compiler.source import SourceFile, Span
from rag_ir.record import record, replace

SHORT_BLOCK = 4
"""A mark over at most so many lines shows all of them; of a longer one, the first and the last."""


@record
class Mark:
    """A range of a file and what it is. The primary mark is what the diagnostic is about."""

    span: Span
    message: str
    style: str
    primary: bool


@record
class _Range:
    """A mark in lines (from 1) and code points (from 0); `lane` is the margin's column of one over several lines."""

    first: int
    start: int
    last: int
    end: int
    mark: Mark
    lane: int = 0

    @property
    def several(self) -> bool:
        return self.last > self.first

    @property
    def sign(self) -> str:
        return "^" if self.mark.primary else "-"


@record
class _Page:
    """Where things stand: line numbers take `gutter` cells, `lanes` bars follow, the text begins at cell `base`."""

    file: SourceFile
    ranges: tuple[_Range, ...]
    gutter: int
    lanes: int
    columns: int

    @property
    def base(self) -> int:
        return self.gutter + 3 + (self.lanes + 1 if self.lanes else 0)

    def row(self, number: str, bars: Sequence[_Range]) -> Row:
        """A row with its gutter and the bars of the ranges that are open there."""
        row = Row()
        row.put(self.gutter - len(number), number, "frame")
        row.put(self.gutter + 1, "|", "frame")
        for it in bars:
            row.put(self.lane(it), "|", it.mark.style)
        return row

    def lane(self, it: _Range) -> int:
        """The cell of a range's bar."""
        return self.gutter + 3 + it.lane


def excerpt(file: SourceFile, marks: Sequence[Mark], gutter: int, columns: int, context: int = 0) -> list[Row]:
    """The rows, behind `gutter` cells of line numbers; a line of source that is wider than `columns` is clipped.

    `context`: how many lines are shown before and behind the primary mark.
    """
    ranges = _in_lanes([_range(file, mark) for mark in marks])
    lanes = max((it.lane + 1 for it in ranges if it.several), default=0)
    page = _Page(file, tuple(ranges), gutter, lanes, columns)
    rows: list[Row] = []
    before = 0
    for number in _shown(ranges, context, len(file.lines.starts)):
        if before and number > before + 1:
            rows.append(_gap(page, before, number))
        rows.extend(_line(page, number))
        before = number
    return rows


def last_line(file: SourceFile, marks: Sequence[Mark]) -> int:
    """The greatest line number that `excerpt` shows."""
    return max(_range(file, mark).last for mark in marks)


def _range(file: SourceFile, mark: Mark) -> _Range:
    start, end = file.lines.position(mark.span.start), file.lines.position(max(mark.span.end, mark.span.start))
    if end.line > start.line and end.column == 1:
        # A range that takes in its line's break ends on that line.
        length = len(file.lines.line_bytes(end.line - 1).decode("utf-8", "replace"))
        return _Range(start.line, start.column - 1, end.line - 1, length, mark)
    return _Range(start.line, start.column - 1, end.line, end.column - 1, mark)


def _in_lanes(ranges: list[_Range]) -> list[_Range]:
    """The ranges by position; those over several lines that overlap get lanes of their own."""
    until: list[int] = []
    placed: list[_Range] = []
    for it in sorted(ranges, key=lambda it: (it.first, it.start, -it.last, not it.mark.primary)):
        lane = 0
        if it.several:
            lane = next((at for at, last in enumerate(until) if last < it.first), len(until))
            until[lane : lane + 1] = [it.last]
        placed.append(replace(it, lane=lane))
    return placed


def _shown(ranges: Sequence[_Range], context: int, count: int) -> list[int]:
    """The lines to show: ends of ranges, all lines of short ones, those around the primary one, a single line between two shown ones."""
    lines = {line for it in ranges for line in (it.first, it.last)}
    for it in ranges:
        if it.last - it.first < SHORT_BLOCK:
            lines.update(range(it.first, it.last + 1))
        if it.mark.primary and context:
            lines.update(range(max(it.first - context, 1), it.first))
            lines.update(range(it.last + 1, min(it.last + context, count) + 1))
    lines.update([line + 1 for line in lines if line + 2 in lines])
    return sorted(lines)


def _gap(page: _Page, before: int, after: int) -> Row:
    row = Row()
    row.put(0, "...", "frame")
    for it in page.ranges:
        if it.several and it.first <= before and it.last >= after:
            row.put(page.lane(it), "|", it.mark.style)
    return row


def _line(page: _Page, number: int) -> Iterator[Row]:
    """The line itself, the marks that lie within it, then the ends of those over several lines."""
    text = page.file.lines.line_bytes(number).decode("utf-8", "replace")
    starting = [it for it in page.ranges if it.several and it.first == number]
    ending = [it for it in page.ranges if it.several and it.last == number]
    within = [it for it in page.ranges if not it.several and it.first == number]
    line = fit_line(text, _wanted([*within, *ending, *starting], number), page.columns - page.base)

    bars = [it for it in page.ranges if it.several and it.first < number <= it.last]
    indent = len(text) - len(text.lstrip())
    leading = [it for it in starting if it.start <= indent]
    row = page.row(str(number), bars)
    for it in leading:
        row.put(page.lane(it), "/", it.mark.style)
    row.put(page.base, line.text)
    yield row

    bars += leading
    yield from _within(page, line, within, bars)
    for it in starting:
        if it not in leading:
            yield _corner(page, it, line.cell(it.start), bars)
            bars.append(it)
    for it in ending:
        row = _corner(page, it, line.cell(max(it.end - 1, 0)), bars)
        row.put(row.width + 1, it.mark.message, it.mark.style)
        yield row
        bars.remove(it)


def _wanted(here: Sequence[_Range], number: int) -> int:
    """The code point that must not be clipped: where the primary mark stands, else the first."""
    for it in sorted(here, key=lambda it: not it.mark.primary):
        return it.start if it.first == number else it.end
    return 0


def _corner(page: _Page, it: _Range, cell: int, bars: Sequence[_Range]) -> Row:
    """A row in which a range's bar turns to the place where the range starts or ends."""
    row = page.row("", bars)
    start = page.lane(it) + 1
    row.put(start, "_" * (page.base + cell - start) + it.sign, it.mark.style)
    return row


def _within(page: _Page, line: FittedLine, marks: Sequence[_Range], bars: Sequence[_Range]) -> Iterator[Row]:
    """Carets under all ranges with the rightmost one's message beside them, then a row for each other message."""
    if not marks:
        return
    row = page.row("", bars)
    for it in sorted(marks, key=lambda it: it.mark.primary):
        start = line.cell(it.start)
        row.put(page.base + start, it.sign * max(line.cell(it.end) - start, 1), it.mark.style)
    waiting = sorted((it for it in marks if it.mark.message), key=lambda it: (it.start, not it.mark.primary))
    rightmost = max(line.cell(it.end) for it in marks)
    if waiting and line.cell(waiting[-1].end) == rightmost:
        row.put(row.width + 1, waiting[-1].mark.message, waiting[-1].mark.style)
        waiting.pop()
    yield row
    if waiting:
        yield _hanging(page, line, waiting, bars)
    while waiting:
        it = waiting.pop()
        row = _hanging(page, line, waiting, bars)
        row.put(page.base + line.cell(it.start), it.mark.message, it.mark.style)
        yield row


def _hanging(page: _Page, line: FittedLine, waiting: Sequence[_Range], bars: Sequence[_Range]) -> Row:
    """A row of the bars from which messages hang that are still to come."""
    row = page.row("", bars)
    for it in waiting:
        row.put(page.base + line.cell(it.start), "|", it.mark.style)
    return row
