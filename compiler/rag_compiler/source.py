"""Source text, half-open byte spans, and the one index that turns bytes into lines and columns.

Lines break only where the language-server protocol breaks them: at LF, CR LF and CR.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from rag_ir.record import record

MARK = b"\xef\xbb\xbf"
"""The mark of the byte order, which some editors write before a text; it is in no line."""
_BREAK = re.compile(rb"\r\n|\n|\r")


@record(order=True)
class Span:
    """A half-open range of bytes of one file."""

    start: int
    end: int

    def cover(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


@record
class Position:
    """A line and a column, both from 1; columns count Unicode code points."""

    line: int
    column: int


class SourceFile:
    """One file: its path as it is shown to people (relative, `/`-separated) and its bytes. A value; nothing changes it."""

    __slots__ = ("_lines", "data", "path")

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self._lines: LineIndex | None = None

    @property
    def lines(self) -> LineIndex:
        """The file's line index, made on first use."""
        if self._lines is None:
            self._lines = LineIndex(self.data)
        return self._lines

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SourceFile) and (self.path, self.data) == (other.path, other.data)

    def __hash__(self) -> int:
        return hash((self.path, self.data))

    def __repr__(self) -> str:
        return f"SourceFile(path={self.path!r})"


class LineIndex:
    """Byte offset <-> line and column of one text."""

    __slots__ = ("data", "starts")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.starts = tuple(_line_starts(data))

    def position(self, offset: int) -> Position:
        """The position of a byte offset; offsets past the end are the end."""
        offset = min(max(offset, self.starts[0]), len(self.data))
        line = bisect_right(self.starts, offset) - 1
        before = self.data[self.starts[line] : offset]
        return Position(line + 1, len(before.decode("utf-8", "replace")) + 1)

    def offset(self, line: int, column: int) -> int:
        """The byte offset of a line and column, both from 1, clamped to the text."""
        line = min(max(line, 1), len(self.starts))
        text = self.line_bytes(line).decode("utf-8", "replace")
        return self.starts[line - 1] + len(text[: max(column - 1, 0)].encode())

    def line_start(self, offset: int) -> int:
        """The offset at which the line of a byte offset begins."""
        return self.starts[self.position(offset).line - 1]

    def line_bytes(self, line: int) -> bytes:
        """The bytes of a line, counted from 1, without its break."""
        start = self.starts[line - 1]
        end = self.starts[line] if line < len(self.starts) else len(self.data)
        return self.data[start:end].rstrip(b"\r\n")


def _line_starts(data: bytes) -> Iterator[int]:
    yield len(MARK) if data.startswith(MARK) else 0
    for at, length in enumerate_breaks(data):
        yield at + length


def enumerate_breaks(data: bytes) -> Iterator[tuple[int, int]]:
    """Each line break's offset and length in bytes."""
    return ((found.start(), found.end() - found.start()) for found in _BREAK.finditer(data))
