"""A line of source made fit for the terminal: tabs spread, controls escaped, what is too wide cut away."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from rag_cli.printable import printable, width
from rag_ir.record import record

TAB = 4
CUT = "..."


@record
class FittedLine:
    """What is shown of a line. `offsets` give the cell of each code point, and of the end, before `left` cells were cut off."""

    text: str
    offsets: Sequence[int]
    left: int
    width: int

    def cell(self, column: int) -> int:
        """The cell at which a code point (from 0) is shown, or the edge beyond which it was cut."""
        return min(max(self.offsets[min(column, len(self.offsets) - 1)] - self.left, 0), self.width)


def fit_line(text: str, wanted: int, cells: int) -> FittedLine:
    """At most `cells` cells of the text, the code point `wanted` (from 0) among them."""
    parts, offsets = _spread(text)
    if offsets[-1] <= cells:
        return FittedLine("".join(parts), offsets, 0, offsets[-1])
    target = offsets[min(wanted, len(parts))]
    start = 0 if target < cells * 2 // 3 else bisect_left(offsets, target - cells // 3)
    head = CUT if start else ""
    room = cells - len(head) - len(CUT)
    end = bisect_right(offsets, offsets[start] + room) - 1
    tail = CUT if end < len(parts) else ""
    shown = head + "".join(parts[start:end]) + tail
    return FittedLine(shown, offsets, offsets[start] - len(head), width(shown))


def _spread(text: str) -> tuple[Sequence[str], Sequence[int]]:
    """What is shown for each code point, and the cell at which it begins, with the end's at the end."""
    if text.isascii() and text.isprintable():
        return text, range(len(text) + 1)
    parts: list[str] = []
    offsets = [0]
    for char in text:
        shown = " " * (TAB - offsets[-1] % TAB) if char == "\t" else printable(char)
        parts.append(shown)
        offsets.append(offsets[-1] + width(shown))
    return parts, offsets
