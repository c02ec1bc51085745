"""Text in lines of at most so many cells, for letters of one width."""

from __future__ import annotations

from rag_cli.printable import printable, width
from rag_cli.scene import Line

CELL = 0.62
"""A cell's width, as a part of the font's size: no less than in the common fixed-width fonts."""

LONGEST = 400
"""What is kept of a text that is shown whole elsewhere, in characters."""


def cut(text: str, cells: int, style: str) -> Line:
    """The text on one line; what does not fit is marked, and kept in the line's `whole`."""
    shown = printable(text)
    if width(shown) <= cells:
        return Line(shown, style)
    return Line(_start(shown, cells - 1) + "…", style, _kept(shown))


def wrapped(text: str, cells: int, lines: int, style: str) -> tuple[Line, ...]:
    """The text on at most so many lines of about one length, broken where a reader would. No line for no text."""
    shown = printable(text)
    found = _broken(shown, cells, lines)
    if found and found[-1].endswith("…"):
        return tuple(Line(line, style, _kept(shown)) for line in found)
    while len(found) > 1 and len(narrower := _broken(shown, cells - 1, lines)) == len(found):
        if narrower[-1].endswith("…"):
            break
        found, cells = narrower, cells - 1
    return tuple(Line(line, style) for line in found)


def _broken(text: str, cells: int, lines: int) -> list[str]:
    """The text's lines; the last one says by an ellipsis that there would be more."""
    found: list[str] = []
    rest = text
    while rest and len(found) < lines - 1 and width(rest) > cells:
        head = _start(rest, cells)
        head = head[: _break(head, rest[len(head) :], cells // 3)]
        found.append(head.rstrip(" "))
        rest = rest[len(head) :].lstrip(" ")
    if rest:
        found.append(rest if width(rest) <= cells else _start(rest, cells - 1) + "…")
    return found


def _break(head: str, rest: str, least: int) -> int:
    """Where a line is best broken: at a blank, else behind an opening or a mark, but not too early."""
    if rest.startswith(" "):
        return len(head)
    blank = head.rfind(" ")
    mark = max(head.rfind(mark) for mark in "([{.,/-_") + 1
    return next((at for at in (blank, mark) if at >= least), len(head))


def _start(text: str, cells: int) -> str:
    """As much of the text's start as fits."""
    taken = 0
    for at, char in enumerate(text):
        taken += width(char)
        if taken > cells:
            return text[:at]
    return text


def _kept(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
