"""Texts that are no `.rag` file at all, and files that stand in a Markdown fence: one finding for the whole."""

from __future__ import annotations

import re

from rag_compiler.diagnostics import Diagnostic, Edit, Fix
from rag_compiler.lowering import Lowering
from rag_compiler.source import Span
from rag_compiler.words.foreign import markdown_fence, other_format

_HEAD = re.compile(rb"^[ \t]*(?:(?:graph|agent|test)\b[^\n{:]*\{|type[ \t]+\w+\s*[={])", re.MULTILINE)
_DOT = re.compile(
    rb"\s*(?:strict[ \t]+)?(?:di)?graph\b[^\n{]*\{[^{}\"/]*(?:\[\s*\w+\s*=(?!=)|\brankdir\s*=|(?<=[{;\n])[ \t]*\w+[ \t]*--[ \t]*\w)"
)
"""A graph of Graphviz, told by what stands before the first text, comment and block in it."""
_WIDE = re.compile(rb"\x1a\x1a(?:\0[^\0]|[^\0]\0)")
"""UTF-16, whose mark has been replaced and reported as no UTF-8."""
_FENCE = re.compile(rb"^[ \t]*(?:```|~~~)[\w-]*[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
_FIRST = re.compile(rb"[^\s#]\S*|#(?=\S)")
_FORMATS = (
    ("TOML", rb"\[\[?[\w.\"-]+\]\]?[ \t]*(?:\r?\n|\Z)|[\w-]+[ \t]*=[ \t]*(?:[\"\d\[']|true|false)"),
    ("JSON", rb"[{\[]"),
    ("YAML", rb"---|-[ \t]|[\w.-]+:(?:\s|\Z)"),
    ("Mermaid", rb"(?:flowchart|graph)[ \t]+(?:TD|TB|LR|RL|BT)\b|stateDiagram|sequenceDiagram"),
    ("DOT", rb"(?:strict[ \t]+)?(?:di)?graph\b[^\n{]*\{"),
    ("XML", rb"<[?!/\w]"),
    ("Python", rb"(?:from[ \t]+[\w.]+[ \t]+import|import[ \t]+[\w.]+|def[ \t]+\w+\(|class[ \t]+\w+[(:])"),
    ("JavaScript", rb"(?:import[ \t]*[{*]|const[ \t]|let[ \t]|var[ \t]|export[ \t]|function[ \t])"),
)
"""Patterns that are compiled when a file without a declaration is met."""


def whole_file(low: Lowering) -> bool:
    """Report a file that is of another format; whether it is."""
    if _WIDE.match(low.data):
        return True
    if _HEAD.search(low.data) and not _DOT.match(low.data):
        return False
    for first in _FIRST.finditer(low.data):
        if low.data.startswith(b"//", first.start()):
            continue
        at = Span(first.start(), first.start() + 1) if first.group()[:1] in b"{[" else Span(*first.span())
        for name, begins in _FORMATS:
            if re.compile(begins).match(low.data, first.start()):
                end = at.end - 1 if low.data[at.start : at.end].endswith(b":") else at.end
                low.report(other_format(low.place(Span(at.start, end)), name))
                return True
        return False
    return False


class Fence:
    """The Markdown fence around the declarations of a file, if there is one: `start` and `end` are those of its inside."""

    __slots__ = ("end", "start", "whole")

    def __init__(self, data: bytes) -> None:
        self.start, self.end, self.whole = 0, len(data), len(data)
        head, opening = _HEAD.search(data), _FENCE.search(data)
        if head is None or opening is None or opening.start() > head.start():
            return
        self.start = opening.end()
        for closing in _FENCE.finditer(data, head.end()):
            self.end = closing.start()

    def holds(self, offset: int) -> bool:
        """Whether a place is inside; without a fence everything is."""
        return self.start <= offset < self.end or offset >= self.whole

    def report(self, low: Lowering) -> list[Diagnostic]:
        """What has been found inside, and the fence itself."""
        if not self.start:
            return low.found
        edits = [Edit(low.place(Span(0, self.start)), "")]
        if self.end < self.whole:
            edits.append(Edit(low.place(Span(self.end, self.whole)), ""))
        line = low.data.rfind(b"\n", 0, self.start - 1) + 1
        mark = Span(line, low.line_end(line))
        found = [diagnostic for diagnostic in low.found if self.start <= diagnostic.place.span.start <= self.end]
        return [markdown_fence(low.place(mark), Fix("keep what stands inside", tuple(edits))), *found]
