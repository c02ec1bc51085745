"""The tokens of a file as the formatter takes them over, one behind the other, each with the comments that belong to it.

A comment is taken with the token that it stands behind on a line, else with the token that it stands before. So none is lost,
whatever becomes of the tokens around it, and their order stays. Tokens have to be taken in the order of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from rag_compiler.concrete import Concrete
from rag_compiler.format_layout import GAP, NOTHING, Layout, Note, row, rows
from rag_compiler.parse import Parsed
from rag_compiler.source import enumerate_breaks
from rag_compiler.suppress import ALLOW

_BLANK_LINE = re.compile(rb"[ \t\f\v]*\n[ \t\f\v]*\n")
_REST_OF_LINE = re.compile(rb"[ \t\f\v]*")
_LINES_ENDED = b"\n"


class Tokens:
    """A file whose lines end with LF, and how much of its comments has been taken."""

    __slots__ = ("_at", "_comments", "_held", "_starts", "data")

    def __init__(self, parsed: Parsed) -> None:
        self.data = parsed.data
        self._comments = parsed.extras
        self._at = 0
        self._starts: list[int] = []
        self._held = frozenset(self._suppressed()) if b"rag:" in parsed.data else frozenset[int]()

    def text(self, node: Concrete) -> str:
        """What was written."""
        return self.data[node.start : node.end].decode("utf-8", "replace")

    def take(self, node: Concrete, text: str | None = None) -> Layout:
        """A token, or a node that is written as one, with its comments; `text` is written in its place."""
        before, own = self.before(node.start), self.text(node) if text is None else text
        behind = self._behind(node.end)
        return own if before is NOTHING and behind is NOTHING else row(before, own, behind)

    def drop(self, node: Concrete) -> Layout:
        """The comments of a token that is not written."""
        return row(self.before(node.start), self._behind(node.end))

    def before(self, offset: int) -> Layout:
        """The comments before a place that have not been taken."""
        found: list[Layout] = []
        while self._at < len(self._comments) and self._comments[self._at].start < offset:
            comment = self._comments[self._at]
            if self.gap_before(comment.start):
                found.append(GAP)
            found.append(self._note())
        if found and self.gap_before(offset):
            found.append(GAP)
        return rows(found)

    def gap_before(self, offset: int) -> bool:
        """Whether a blank line stands before a place."""
        start = offset
        while start > 0 and self.data[start - 1] in b" \t\n\f\v":
            start -= 1
        return _BLANK_LINE.match(self.data, start, offset) is not None

    def gap_ahead(self, offset: int) -> bool:
        """Whether a blank line stands before what begins at a place, its comments included."""
        if self._at < len(self._comments) and self._comments[self._at].start < offset:
            return self.gap_before(self._comments[self._at].start)
        return self.gap_before(offset)

    def noted(self, offset: int) -> bool:
        """Whether a comment that has not been taken stands before a place."""
        return self._at < len(self._comments) and self._comments[self._at].start < offset

    def verbatim(self, node: Concrete) -> Layout:
        """A node as it was written, lines and all."""
        before = self.before(node.start)
        while self._at < len(self._comments) and self._comments[self._at].start < node.end:
            self._at += 1
        return row(before, self.text(node), self._behind(node.end))

    def held(self, node: Concrete) -> bool:
        """Whether a line of a node is one that a suppression speaks of: what stands on it has to stay together."""
        if not self._held:
            return False
        first = self._line(node.start)
        return any(line in self._held for line in range(first, self._line(node.end) + 1))

    def crowded(self, starts: Sequence[int]) -> bool:
        """Whether two of some places stand on one line that a suppression speaks of."""
        if not self._held:
            return False
        lines = [line for line in map(self._line, starts) if line in self._held]
        return len(lines) > len(set(lines))

    def holds_line_of(self, offset: int) -> bool:
        """Whether the line of a place is one that a suppression speaks of."""
        return bool(self._held) and self._line(offset) in self._held

    def _note(self) -> Note:
        comment = self._comments[self._at]
        self._at += 1
        return Note(self.text(comment).rstrip(), self._owns_line(comment))

    def _behind(self, end: int) -> Layout:
        """The comment that stands behind a place, with nothing between."""
        if self._at == len(self._comments):
            return NOTHING
        match = _REST_OF_LINE.match(self.data, end)
        if match is None or self._comments[self._at].start != match.end():
            return NOTHING
        return self._note()

    def _owns_line(self, comment: Concrete) -> bool:
        line = self.data.rfind(_LINES_ENDED, 0, comment.start) + 1
        return not self.data[line : comment.start].strip()

    def _line(self, offset: int) -> int:
        self._starts = self._starts or [0, *(at + length for at, length in enumerate_breaks(self.data))]
        return bisect_right(self._starts, offset)

    def _suppressed(self) -> Iterator[int]:
        """The lines that suppressions speak of: their own, or the next one without a comment."""
        lines = {self._line(comment.start) for comment in self._comments if self._owns_line(comment)}
        for comment in self._comments:
            if ALLOW.match(self.text(comment)):
                line = self._line(comment.start)
                while line in lines:
                    line += 1
                yield line
