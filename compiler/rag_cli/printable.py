"""Text for a terminal: nothing that could move the cursor, change colours or reorder what is read passes unescaped."""

from __future__ import annotations

from unicodedata import category, east_asian_width

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    """The text on one line: controls, separators, bidirectional marks and lone surrogates written as escapes."""
    return text if text.isprintable() else "".join(map(_escape, text))


def printable_lines(text: str) -> list[str]:
    """The text's lines, each printable."""
    return [printable(line.rstrip("\r")) for line in text.split("\n")]


def quoted(text: str) -> str:
    """The text in backticks, as every message shows names and tokens."""
    return f"`{printable(text)}`"


def counted(number: int, noun: str) -> str:
    """A number with its noun in the right form."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def width(text: str) -> int:
    """How many cells of a terminal a printable text takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _escape(char: str) -> str:
    return char if char.isprintable() else _NAMED.get(char) or f"\\u{{{ord(char):x}}}"


def _cells(char: str) -> int:
    if category(char) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
