"""Forgotten: a name that stands where its keyword is missing is offered with it.

In:  what is wrong with some files, and the files.
Out: the same; an unknown item that reads like a node, a channel or a kind of node has the edit that writes the keyword before it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence

from rag_compiler.diagnostics import Diagnostic, Place
from rag_compiler.kinds import KIND_ALIASES, KINDS, REDUCER_ALIASES, REDUCERS
from rag_compiler.source import SourceFile, Span
from rag_compiler.words.syntax import insert
from rag_ir.record import replace

FOLLOWING = ("unknown-item", "syntax-error")
_BLOCK = re.compile(rb"[ \t]*\{")
_CHANNEL = re.compile(rb"[ \t]*(?::[ \t]*[^\s=]+[ \t]+|[ \t]+)(\w+)\b")
_ALONE = re.compile(rb"[ \t]*(?:\r?\n|\Z)")
_TARGETS = re.compile(rb"(?:\b(?:start|next|join|goto|on_error)\s+|->\s*)(\w+)")
_REDUCERS = frozenset((*REDUCERS, *REDUCER_ALIASES))
_KINDS = frozenset((*KINDS, *KIND_ALIASES))


def with_forgotten(diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile]) -> list[Diagnostic]:
    """The diagnostics, those that a missing keyword explains with the fix that writes it; the words behind it are silent."""
    found: list[Diagnostic] = []
    targets: dict[str, frozenset[bytes]] = {}
    silent: dict[str, list[Span]] = {}
    for each in diagnostics:
        path = each.place.path
        if each.code == "unknown-item" and not each.fixes and path in files:
            data = files[path].data
            if path not in targets:
                targets[path] = frozenset(_TARGETS.findall(data))
            explained = _explained(each, data, targets[path])
            if explained is not each:
                silent.setdefault(path, []).append(_behind(each.place.span, data))
            each = explained
        found.append(each)
    return [each for each in found if each.code not in FOLLOWING or not _in(each.place, silent)]


def _behind(span: Span, data: bytes) -> Span:
    """The rest of a line."""
    end = data.find(b"\n", span.end)
    return Span(span.end, end if end >= 0 else len(data))


def _in(place: Place, spans: Mapping[str, Sequence[Span]]) -> bool:
    return any(span.start <= place.span.start < span.end for span in spans.get(place.path, ()))


def _explained(diagnostic: Diagnostic, data: bytes, targets: Container[bytes]) -> Diagnostic:
    span = diagnostic.place.span
    word = data[span.start : span.end]
    in_node = "kind" in diagnostic.candidates
    keyword = _in_node(word, span.end, data) if in_node else _in_graph(word, span.end, data, targets)
    if keyword is None or keyword not in diagnostic.candidates:
        return diagnostic
    help_ = f"the keyword is missing: write `{keyword} {word.decode('utf-8', 'replace')}`"
    return replace(diagnostic, help=help_, fixes=(insert(diagnostic.place, f"{keyword} "),))


def _in_graph(word: bytes, end: int, data: bytes, targets: Container[bytes]) -> str | None:
    """A block that something leads to is a node; a name with a reducer behind it is a channel."""
    if _BLOCK.match(data, end):
        return "node" if word in targets else None
    channel = _CHANNEL.match(data, end)
    return "channel" if channel and channel[1].decode("utf-8", "replace") in _REDUCERS else None


def _in_node(word: bytes, end: int, data: bytes) -> str | None:
    """The name of a kind, alone on its line."""
    return "kind" if word.decode("utf-8", "replace") in _KINDS and _ALONE.match(data, end) else None
