"""Doubled: a token that stands twice side by side is what is wrong, where the text around it fits nothing.

In:  what is wrong with some files, and the files.
Out: the same; each finding that a doubled token explains is one about that token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from rag_compiler.diagnostics import Diagnostic, Place
from rag_compiler.source import SourceFile, Span
from rag_compiler.words.syntax import doubled_token

TEXTUAL = ("syntax-error", "missing-name", "missing-value")
NAMING = (
    *("unknown-node", "unknown-model", "unknown-tool", "unknown-agent", "unknown-graph", "unknown-router"),
    *("unknown-kind", "unknown-reducer", "unknown-type"),
)
LONGEST_LINE = 1_000
_TOKEN = re.compile(rb'"(?:\\[^\r\n]|[^"\\\r\n])*"|\w+|[-=]>|[=!<>]=|\?\?|&&|\|\||[^\s\w]')
_CLOSING = (b"}", b"]", b")")

Pair = tuple[Span, Span]


def with_doubled(diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile]) -> list[Diagnostic]:
    """The diagnostics, those that a doubled token explains replaced."""
    return [_explained(each, files) if each.code in TEXTUAL or each.code in NAMING else each for each in diagnostics]


def _explained(diagnostic: Diagnostic, files: Mapping[str, SourceFile]) -> Diagnostic:
    place = diagnostic.place
    if place.path not in files:
        return diagnostic
    data = files[place.path].data
    doubled = [pair for pair in _pairs(data, place.span.start) if _is_doubled(pair, data)]
    found = _naming(doubled, place.span) if diagnostic.code in NAMING else _textual(doubled, place.span, data)
    if found is None:
        return diagnostic
    first, second = found
    word = data[second.start : second.end].decode("utf-8", "replace")
    return doubled_token(Place(place.path, second), word, Place(place.path, Span(first.end, second.end)))


def _pairs(data: bytes, at: int) -> list[Pair]:
    """The neighbours among the tokens of the line of a place; none where strings may reach over lines."""
    start = max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at)) + 1
    end = min((found for found in (data.find(b"\n", at), data.find(b"\r", at)) if found >= 0), default=len(data))
    line = data[start:end]
    if len(line) > LONGEST_LINE or b'"""' in line:
        return []
    return list(pairwise(Span(start + found.start(), start + found.end()) for found in _TOKEN.finditer(line)))


def _is_doubled(pair: Pair, data: bytes) -> bool:
    """Whether two tokens are equal. Two strings or numbers with a blank between them may be two elements without their comma."""
    one, two = pair
    token = data[one.start : one.end]
    if token in _CLOSING or token != data[two.start : two.end]:
        return False
    return one.end == two.start or not (token.startswith(b'"') or token.isdigit())


def _naming(doubled: Sequence[Pair], span: Span) -> Pair | None:
    """A name that is the word before it: `next next b`."""
    return next((pair for pair in doubled if pair[1] == span), None)


def _textual(doubled: Sequence[Pair], span: Span, data: bytes) -> Pair | None:
    """What the finding is about, else what ends right before it or begins right behind it."""
    about = [pair for pair in doubled if pair[0].start <= span.start <= pair[1].start]
    before = [pair for pair in doubled if pair[1].end <= span.start and not data[pair[1].end : span.start].strip()]
    behind = [pair for pair in doubled if span.end <= pair[0].start and not data[span.end : pair[0].start].strip()]
    return next(iter((*about, *before, *behind)), None)
