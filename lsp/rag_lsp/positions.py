"""Positions of the protocol: a line and a character, both from 0, characters counted in the units that were agreed on.

Lines break at LF, CR LF and CR, as in the compiler. A character past the end of its line is the line's end, a line past the end of
the text is the text's end, and a position within a character is the character's beginning.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal

from rag_compiler.source import LineIndex, Span

Encoding = Literal["utf-8", "utf-16", "utf-32"]
Point = tuple[int, int]
"""Line and character."""


def offset_at(lines: LineIndex, point: Point, encoding: Encoding) -> int:
    """The byte offset of a position."""
    line, character = point
    if line < 0:
        return 0
    if line >= len(lines.starts):
        return len(lines.data)
    text = lines.line_bytes(line + 1)
    return lines.starts[line] + _bytes_of(text, max(character, 0), encoding)


def point_at(lines: LineIndex, offset: int, encoding: Encoding) -> Point:
    """The position of a byte offset; one past the end is the end."""
    offset = min(max(offset, 0), len(lines.data))
    line = bisect_right(lines.starts, offset) - 1
    before = lines.data[lines.starts[line] : offset].rstrip(b"\r\n")
    return line, _units_of(before, encoding)


def points_of(lines: LineIndex, span: Span, encoding: Encoding) -> tuple[Point, Point]:
    """Where a span begins and ends."""
    return point_at(lines, span.start, encoding), point_at(lines, span.end, encoding)


def _bytes_of(text: bytes, units: int, encoding: Encoding) -> int:
    """How many bytes the first units of a line take."""
    if text.isascii():
        return min(units, len(text))
    at = taken = 0
    for character in text.decode("utf-8", "surrogateescape"):
        encoded = character.encode("utf-8", "surrogateescape")
        at += _width(character, len(encoded), encoding)
        if at > units:
            break
        taken += len(encoded)
    return taken


def _units_of(text: bytes, encoding: Encoding) -> int:
    if encoding == "utf-8" or text.isascii():
        return len(text)
    return sum(_width(character, 0, encoding) for character in text.decode("utf-8", "surrogateescape"))


def _width(character: str, size: int, encoding: Encoding) -> int:
    match encoding:
        case "utf-8":
            return size
        case "utf-16":
            return 2 if character > "\uffff" else 1
        case "utf-32":
            return 1
