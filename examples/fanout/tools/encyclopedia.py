"""A small encyclopedia: one entry a line in `entries.txt`, the word before a colon."""

from __future__ import annotations

from pathlib import Path

ENTRIES = Path(__file__).parent.parent / "entries.txt"


def look_up(word: str) -> str:
    """The entry of a word.

    Args:
        word: In lower case.
    """
    lines = (line.partition(": ") for line in ENTRIES.read_text(encoding="utf-8").splitlines())
    entries = {head: text for head, _, text in lines}
    if word not in entries:
        raise ValueError(f"there is no entry on {word}; there are {', '.join(entries)}")
    return entries[word]
