"""Text for Markdown: what is quoted in backticks stays quoted, everything else means nothing to a renderer but itself.

A text stands behind other words on its line, so that what means something only at the beginning of a line means nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag_cli.printable import printable

_MEANS_SOMETHING = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>|~&"})


def prose(text: str) -> str:
    """One line of text. Backticks quote where they come in pairs; a text in which they do not is not trusted to quote anything."""
    parts = printable(text).split("`")
    if len(parts) % 2 == 0:
        return _plain("`".join(parts))
    return "".join(code(part) if at % 2 else _plain(part) for at, part in enumerate(parts))


def code(text: str) -> str:
    """One line of text as code, whatever it holds."""
    shown = printable(text)
    if not shown:
        return "\\`\\`"
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if shown[0] in " `" or shown[-1] in " `" else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def fenced(lines: Sequence[str], language: str) -> list[str]:
    """Lines that are safe to show, in a fence that none of them can close."""
    fence = "`" * max(3, max(map(_longest_run, lines), default=0) + 1)
    return [f"{fence}{language}", *lines, fence]


def _plain(text: str) -> str:
    return text.translate(_MEANS_SOMETHING)


def _longest_run(text: str) -> int:
    """How many backticks stand side by side at most."""
    longest = run = 0
    for char in text:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    return longest
