"""Cascades: findings that only follow from others are left out, so that one slip gives one diagnostic.

In:  the diagnostics of all files, and the files with their trees.
Out: the same without what a broken declaration is said to lack, what stands on the line of text that fits nothing, names that
     broken text may declare, and suppressions that have nothing to suppress because of that.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from rag_compiler import syntax
from rag_compiler.diagnostics import Diagnostic
from rag_compiler.source import SourceFile, Span

BROKEN = frozenset(
    (
        *("syntax-error", "missing-name", "missing-value", "unclosed-block", "unclosed-string", "foreign-syntax"),
        "doubled-token",
        *("unknown-item", "unknown-kind", "invalid-utf8", "nesting-too-deep", "source-too-large"),
    )
)
"""What may have swallowed the items around it."""
TEARING = BROKEN | {"bad-value"}
"""What may leave a node without something that it has."""
LOSING = BROKEN | {"illegal-item", "reserved-name"}
"""What may have swallowed the declaration of a name on its line."""
CAUSES = TEARING | LOSING
SYNTAX = BROKEN - {"unknown-item", "unknown-kind"} | {"invalid-number", "invalid-escape", "invalid-template"}
GARBLING = ("syntax-error", "unclosed-string")
"""What leaves the meaning of its line open, unless a fix mends it surely."""

LACKS = ("missing-item", "send-without-join", "join-without-send", "missing-label")
TYPED = ("type-mismatch", "guard-not-bool", "missing-field", "possibly-null", "never-equal", "unknown-field")
"""What rests on the types of declarations that broken text may have swallowed."""
NAMES = ("unknown-node", "unknown-target", "unknown-channel", "unknown-agent", "unknown-graph", "unknown-type")
_ALONE = re.compile(rb"[ \t]*(?:[\r\n}]|\Z)")
_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")


def without_cascades(
    diagnostics: Sequence[Diagnostic], files: Sequence[tuple[SourceFile, syntax.File]]
) -> list[Diagnostic]:
    """The diagnostics that do not follow from others."""
    causes: dict[str, list[Diagnostic]] = {}
    for diagnostic in diagnostics:
        if diagnostic.code in CAUSES:
            causes.setdefault(diagnostic.place.path, []).append(diagnostic)
    if not causes:
        return list(diagnostics)
    sites = {source.path: _Site(source, tree, causes.get(source.path, ())) for source, tree in files}
    return [each for each in diagnostics if each.place.path not in sites or not _follows(each, sites)]


def _follows(diagnostic: Diagnostic, sites: Mapping[str, _Site]) -> bool:
    span, site = diagnostic.place.span, sites[diagnostic.place.path]
    code = diagnostic.code
    if code == "unknown-item" and site.continues(span):
        return True
    if code not in SYNTAX and (span.start in site.said or site.garbled(diagnostic)):
        return True
    if code in GARBLING and site.behind_unknown(diagnostic):
        return True
    if code in SYNTAX and site.behind_doubled(diagnostic):
        return True
    if code in NAMES:
        name = site.data[span.start : span.end]
        return any(each is not site or at != span.start for each in sites.values() for at in each.lost.get(name, ()))
    if code in LACKS:
        return site.torn(span)
    if code in TYPED:
        return (
            site.torn(span) or site.torn_outside_nodes(span) or (code == "possibly-null" and site.torn_anywhere(span))
        )
    if code == "missing-start":
        return site.torn_outside_nodes(span)
    return code == "unused-suppression" and bool(site.broken)


class _Site:
    """One file: where its causes stand, in order, and the words that may be lost there, with their places."""

    __slots__ = (
        "broken",
        "data",
        "doubled",
        "garbles",
        "heads",
        "lines",
        "lost",
        "nodes",
        "open",
        "outside",
        "said",
        "tearing",
        "unknown",
    )

    def __init__(self, source: SourceFile, tree: syntax.File, causes: Iterable[Diagnostic]) -> None:
        self.data = source.data
        self.heads = sorted(declaration.span for declaration in tree.declarations)
        items = chain.from_iterable(each.items for each in tree.declarations if isinstance(each, syntax.Graph))
        members = [item for item in items if isinstance(item, syntax.Node | syntax.UnknownItem)]
        self.nodes = sorted(item.span for item in members if isinstance(item, syntax.Node))
        ends = {item.span.start: item.span.end for item in members if isinstance(item, syntax.UnknownItem)}
        self.lines = source.lines
        causes = list(causes)
        self.said = {each.place.span.start for each in causes if each.code in SYNTAX and each.severity == "error"}
        self.open = {each.place.span.end for each in causes if each.code in ("missing-name", "missing-value")}
        self.garbles = self._first(each for each in causes if _garbles(each))
        self.unknown = self._first(each for each in causes if each.code == "unknown-item")
        found = sorted((each.place.span.start, each.code) for each in causes)
        self.broken = [at for at, code in found if code in BROKEN]
        self.doubled = [at for at, code in found if code == "doubled-token"]
        self.tearing = [at for at, code in found if code in TEARING]
        self.outside = [at for at in self.broken if _around(self.nodes, at) is None]
        self.lost = _lost(source.data, [at for at, code in found if code in LOSING], ends)

    def _line(self, at: int) -> int:
        return self.lines.position(at).line

    def _first(self, causes: Iterable[Diagnostic]) -> dict[int, int]:
        """Where the first of some causes stands on each line."""
        first: dict[int, int] = {}
        for at in sorted(each.place.span.start for each in causes):
            first.setdefault(self._line(at), at)
        return first

    def continues(self, span: Span) -> bool:
        """Whether a word that stands alone on its line is what the item above it lacks."""
        return (
            bool(self.open) and _ALONE.match(self.data, span.end) is not None and self._before(span.start) in self.open
        )

    def _before(self, at: int) -> int:
        """Where the text before a place ends."""
        while at > 0 and self.data[at - 1] in b" \t\r\n":
            at -= 1
        return at

    def garbled(self, diagnostic: Diagnostic) -> bool:
        """Whether its line holds text that fits nothing, so that what stands beside it is guessed."""
        start = diagnostic.place.span.start
        first = self.garbles.get(self._line(start)) if self.garbles else None
        return first is not None and (diagnostic.code != "unknown-item" or first < start)

    def behind_unknown(self, diagnostic: Diagnostic) -> bool:
        """Whether what fits nothing stands behind an unknown word on its line: nobody knows what fits there."""
        if not self.unknown or not _garbles(diagnostic):
            return False
        start = diagnostic.place.span.start
        return self.unknown.get(self._line(start), start) < start

    def behind_doubled(self, diagnostic: Diagnostic) -> bool:
        """Whether a token that stands twice is before it on its line, or, of a bracket that is not closed, in its declaration."""
        start = diagnostic.place.span.start
        if diagnostic.code == "unclosed-block":
            around = _around(self.heads, start)
            return around is not None and _any_in(self.doubled, Span(around.start, start))
        return diagnostic.code != "doubled-token" and _any_in(self.doubled, Span(self.lines.line_start(start), start))

    def torn(self, span: Span) -> bool:
        """Whether the node, or the other declaration, around a place is broken."""
        around = _around(self.nodes, span.start) or _around(self.heads, span.start)
        return around is not None and _any_in(self.tearing, around)

    def torn_anywhere(self, span: Span) -> bool:
        """Whether the graph around a place is broken."""
        around = _around(self.heads, span.start)
        return around is not None and _any_in(self.broken, around)

    def torn_outside_nodes(self, span: Span) -> bool:
        """Whether the graph around a place is broken between its nodes."""
        around = _around(self.heads, span.start)
        return around is not None and _any_in(self.outside, around)


def _garbles(diagnostic: Diagnostic) -> bool:
    if diagnostic.code == "doubled-token":
        return True
    if diagnostic.code == "foreign-syntax":
        return not diagnostic.fixes
    return diagnostic.code in GARBLING and not any(fix.applicability == "safe" for fix in diagnostic.fixes)


def _lost(data: bytes, causes: Iterable[int], ends: Mapping[int, int]) -> dict[bytes, list[int]]:
    """The words behind each cause on its line, and to the end of what it begins."""
    words: dict[bytes, list[int]] = {}
    done = -1
    for at in causes:
        if at > done:
            end = data.find(b"\n", at)
            done = max(len(data) if end < 0 else end, ends.get(at, 0))
            for word in _WORD.finditer(data, at, done):
                words.setdefault(word.group(), []).append(word.start())
    return words


def _around(spans: Sequence[Span], at: int) -> Span | None:
    """The last of sorted spans that holds an offset."""
    index = bisect_right(spans, at, key=lambda span: span.start)
    return spans[index - 1] if index and at <= spans[index - 1].end else None


def _any_in(offsets: Sequence[int], span: Span) -> bool:
    index = bisect_left(offsets, span.start)
    return index < len(offsets) and offsets[index] <= span.end
