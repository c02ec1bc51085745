"""Where and why a text is no TOML: the reader's message, with its line and column made a byte range."""

from __future__ import annotations

import re

from rag_ir.finding import Finding

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def syntax_error(message: str, data: bytes) -> Finding:
    """The finding for what `tomllib` says of some bytes, which are UTF-8."""
    place = _PLACE.search(message)
    words = message[: place.start()] if place else message
    start = len(data)
    if place and place[1]:
        start = _offset(data, int(place[1]), int(place[2]))
    end = min(start + 1, len(data))
    while end < len(data) and data[end] & 0xC0 == 0x80:
        end += 1
    words = words[:1].lower() + words[1:]
    return Finding("manifest-syntax", "", f"the manifest is not TOML: {_quoted(words)}", span=(start, end))


def _offset(data: bytes, line: int, column: int) -> int:
    """The byte offset of a line and a column in code points, both from 1; lines end with a line feed."""
    start = 3 if line == 1 and data.startswith(b"\xef\xbb\xbf") else 0
    for _ in range(line - 1):
        start = data.find(b"\n", start) + 1
    text = data[start:].split(b"\n", 1)[0].decode("utf-8", "replace")
    return start + len(text[: column - 1].encode())


def _quoted(words: str) -> str:
    """The message with what it quotes in backticks."""
    return re.sub(r"'([^']*)'", r"`\1`", words)
