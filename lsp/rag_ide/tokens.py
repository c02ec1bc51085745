"""The tokens before a place, read without a parser: what an author is typing is seldom whole.

A string is one token, also where it is not closed; what is inside of `{{ }}` is read when the place is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, cast

from rag_ir.record import record

Sort = Literal["word", "string", "mark", "number", "line", "comment", "group"]

_TOKEN = re.compile(
    rb'(?P<string>"""(?:\\.|(?!""").)*(?:"""|\Z)|"(?:\\[^\r\n]|\{\{(?:"(?:\\[^\r\n]|[^"\\\r\n])*"|[^"\r\n}]|\}(?!\}))*\}\}'
    rb'|[^"\\\r\n])*"?)'
    rb"|(?P<comment>//[^\r\n]*)"
    rb"|(?P<line>\r\n?|\n)"
    rb"|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    rb"|(?P<number>[0-9][0-9_]*(?:\.[0-9]+)?[A-Za-z]*)"
    rb"|(?P<mark>->|=>|==|!=|<=|>=|\?\?|[^\s])",
    re.DOTALL,
)
_DECLARATION = re.compile(rb"^(?:graph|agent|type|test)\b", re.MULTILINE)
_TEMPLATE = re.compile(rb"(?<!\\)\{\{")


@record
class Token:
    """A token and its bytes. A `group` is a bracket that was closed, with everything in it; `text` is then the bracket."""

    sort: Sort
    text: str
    start: int
    end: int


def tokens(data: bytes, start: int, end: int) -> Iterator[Token]:
    """The tokens between two places."""
    for match in _TOKEN.finditer(data, start, end):
        yield Token(cast("Sort", match.lastgroup), match[0].decode("utf-8", "replace"), match.start(), match.end())


def declaration_start(data: bytes, offset: int) -> int:
    """Where the declaration that a place is in begins: the last one before it that begins a line, outside of long strings."""
    found = 0
    for match in _DECLARATION.finditer(data, 0, offset):
        if data.count(b'"""', found, match.start()) % 2 == 0:
            found = match.start()
    return found


def is_closed(string: Token) -> bool:
    """Whether a string's quotes are both there."""
    text = string.text
    if text.startswith('"""'):
        return len(text) >= 6 and text.endswith('"""')
    return len(text) >= 2 and text.endswith('"') and not _escaped(text)


def _escaped(text: str) -> bool:
    body = text[1:-1]
    return (len(body) - len(body.rstrip("\\"))) % 2 == 1


def open_template(string: bytes) -> int | None:
    """Where the inside of the template begins that a string's beginning leaves open."""
    last = None
    for match in _TEMPLATE.finditer(string):
        last = match.end()
    return last if last is not None and b"}}" not in string[last:] else None
