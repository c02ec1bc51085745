"""What the passes of `lower` share while they walk one file: its text, what they have found, and how troubles are counted.

A trouble is something missing, unclosed or out of place. Each declaration and each item reports its first one only, so that one
slip gives one diagnostic; `guarded` makes sure that what is broken is never silent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from rag_compiler.concrete import ERROR, TOO_DEEP, Concrete, first_token, first_trouble
from rag_compiler.diagnostics import Diagnostic, Edit, Fix, Place
from rag_compiler.kinds import GRAPH_ITEMS
from rag_compiler.source import Span
from rag_compiler.syntax import Name
from rag_compiler.words.foreign import FOREIGN_WORDS, arrow, change, floor_division, foreign_word
from rag_compiler.words.syntax import (
    delete,
    graph_item,
    insert,
    item_punctuation,
    misplaced,
    missing_mark,
    nesting_too_deep,
    unclosed_block,
    unexpected,
    unopened_block,
)
from rag_ir.record import field, mutable
from rag_ir.rules import Severity

Result = TypeVar("Result")
STRUCTURAL = ("syntax-error", "unclosed-block", "unclosed-string")
"""What is reported under these codes may leave pieces behind that fit nothing either."""
MOST_FOUND = 1_000
"""At most so many errors, and so many warnings, are kept of one file."""
MOST_LEVELS = 100
"""An expression or a type may be so many levels deep."""
SHOWN = 24
"""At most so many characters of unexpected text are shown."""
SURPLUS = (";", ",", "}", "]", ")")
"""What can be left out where it fits nothing."""
PAIRS = {"{": "}", "[": "]", "(": ")", "<": ">"}
BLANKS = b" \t"
_EMPTY = re.compile(rb"\s*(?:\Z|\}|(?:node|channel|graph|agent|type|test|start|join)\b)")
"""What follows a declaration that has no block at all."""
_DETACHED = re.compile(rb"[ \t]+([\[(])")
_GRAPH_ITEM = re.compile(rb"\s*(channel|node|start|join|type|defaults)\b[ \t]+[\w\[{]")
MOST_MOVED = 60
"""At most so many lines are moved."""
_DIVIDED = re.compile(rb"[ \t]*(//)(?!/)[ \t]*(?:[\d(]|(?:input|state|args|output|len)\b)[^\r\n]*")
_OTHER = re.compile(rb"[ \t]*([\])}])")
WORD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"


def always(_left: Concrete, _right: Concrete) -> bool:
    """Every two elements need a comma between them."""
    return True


@mutable
class Lowering:
    """One file being lowered."""

    path: str
    data: bytes
    docs: dict[int, str] = field(default_factory=dict[int, str])
    found: list[Diagnostic] = field(default_factory=list[Diagnostic])
    counts: dict[Severity, int] = field(default_factory=dict[Severity, int])
    where: str = ""
    expected: str = ""
    troubles: int = 0
    breaks: int = 0
    troubled: bool = False
    silent: bool = False
    nested: bool = False

    def text(self, node: Concrete) -> str:
        """What was written."""
        return self.slice(node.start, node.end)

    def slice(self, start: int, end: int) -> str:
        """The text between two places."""
        return self.data[start:end].decode("utf-8", "replace")

    def place(self, where: Concrete | Span) -> Place:
        """The place of a node or a span."""
        return Place(self.path, where if isinstance(where, Span) else where.span)

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic, unless what it is about lies in pieces, or there are very many of its severity already."""
        if self.silent:
            return
        count = self.counts.get(diagnostic.severity, 0)
        self.counts[diagnostic.severity] = count + 1
        if count < MOST_FOUND:
            self.found.append(diagnostic)

    def trouble(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic of something missing or broken, if it is the first of its item."""
        self.troubles += 1
        self.breaks += diagnostic.code in STRUCTURAL
        if not (self.troubled or self.silent):
            self.troubled = True
            self.report(diagnostic)

    def guarded(self, node: Concrete, lower: Callable[[Lowering, Concrete], Result]) -> Result:
        """Lower a declaration or an item of its own: its first trouble is reported, and at least one if it is broken."""
        outer, before = self.troubled, self.troubles
        self.troubled = False
        result = lower(self, node)
        if node.broken and self.troubles == before:
            self.unexpected(first_trouble(node))
        self.troubled = outer
        return result

    def unexpected(self, node: Concrete) -> None:
        """Report text that fits nothing where it stands."""
        if node.kind.startswith("missing:") and not node.kind.endswith(("operator", "identifier")):
            mark = node.kind.removeprefix("missing:").removeprefix("@")
            message = f"`{mark}` is missing {self.where}".rstrip()
            self.trouble(missing_mark(self.place(node), mark, message, insert(self.place(node), mark, safe=False)))
            return
        if node.kind == TOO_DEEP:
            self.too_deep(node)
            return
        if node.kind == "missing:foreign_operator" and self._detached(node):
            return
        if node.kind == "stray" and self.text(node) in SURPLUS:
            self._surplus(node)
            return
        token = first_token(node) if node.kind == ERROR else node
        if (
            token.kind.startswith("@")
            and self.where.startswith("in node")
            and (word := self.text(token)) in GRAPH_ITEMS
        ):
            help_ = "write it outside of the node, in the block of the graph"
            self.trouble(misplaced(self.place(token), f"`{word}` is an item of a graph, not of a node", help_))
            return
        start, end = token.start, min(token.end, self.line_end(token.start))
        if end == start and node.kind == ERROR:
            end = min(node.end, self.line_end(start))
        written = self.slice(start, end)
        shown = written if len(written) <= SHOWN else written[:SHOWN] + ".."
        found = f"`{shown}`" if shown.strip() and shown.isprintable() else "text"
        self.trouble(unexpected(self.place(Span(start, end)), found, self.where, self.expected))

    def _detached(self, node: Concrete) -> bool:
        """Report a blank before the `[` of an index or the `(` of a call; whether there is one."""
        blank = _DETACHED.match(self.data, node.end)
        if blank is None:
            return False
        sign = blank.group(1).decode()
        fix = delete(self.place(Span(node.end, blank.start(1))), "delete the blank")
        place = self.place(Span(*blank.span(1)))
        self.trouble(misplaced(place, f"a blank stands before `{sign}`", f"write `{sign}` right behind the name", fix))
        return True

    def _surplus(self, node: Concrete) -> None:
        """Report a mark at the end of a line, or a bracket, that is one too many."""
        sign = self.text(node)
        message = f"unexpected `{sign}` {self.where}".rstrip()
        help_ = "nothing is open here" if sign in "}])" else "an item ends with its line, and takes no mark"
        self.trouble(misplaced(self.place(node), message, help_, delete(self.place(node), f"delete `{sign}`")))

    def too_deep(self, node: Concrete) -> None:
        """Report an expression or a type with too many levels."""
        token = first_token(node)
        self.trouble(nesting_too_deep(self.place(Span(token.start, token.end)), MOST_LEVELS))

    def line_end(self, offset: int) -> int:
        """Where the line of a place ends, its break excluded."""
        feed = self.data.find(b"\n", offset)
        end = len(self.data) if feed < 0 else feed
        back = self.data.find(b"\r", offset, end)
        return end if back < 0 else back

    def line_start(self, offset: int) -> int:
        """Where the line of a place begins."""
        feed = self.data.rfind(b"\n", 0, offset)
        return max(feed, self.data.rfind(b"\r", feed + 1, offset)) + 1

    def same_line(self, start: int, end: int) -> bool:
        """Whether no line ends between two places."""
        between = self.data[start:end]
        return b"\n" not in between and b"\r" not in between

    def indent(self, offset: int) -> str:
        """The blanks that the line of a place begins with."""
        start = end = self.line_start(offset)
        while end < len(self.data) and self.data[end] in BLANKS:
            end += 1
        return self.slice(start, end)

    def before(self, offset: int) -> Span:
        """The word or the sign before a place, a colon after a key left out."""
        end = offset
        while end > 0 and self.data[end - 1] in b" \t\r\n:=":
            end -= 1
        start = end
        while start > 0 and (self.data[start - 1] in WORD or self.data[start - 1] > 127):
            start -= 1
        while start == end and start > 0 and self.data[start - 1] > 32:
            start -= 1
        return Span(start, end)

    def keyword(self, node: Concrete, folded: str = "") -> Name:
        """The word of an item or a declaration; `folded` is its canonical spelling, where that differs."""
        word = node.child("word") or node.children[0]
        return Name(folded or self.text(word), word.span)

    def punctuation(self, node: Concrete) -> None:
        """Report `:` or `=` behind the word of an item, and an arrow of another language."""
        for at, child in enumerate(node.children):
            if child.field == "separator" and at:
                self._separator(node, at, child)
        self.arrows(node)

    def arrows(self, node: Concrete) -> None:
        """Report arrows of other languages."""
        for child in node.children:
            if child.kind == "foreign_arrow":
                self.report(arrow(self.place(child), self.text(child)))

    def _separator(self, node: Concrete, at: int, sign: Concrete) -> None:
        before = node.children[at - 1]
        behind = node.children[at + 1] if at + 1 < len(node.children) else sign
        fix = None
        if behind.end > behind.start and self.same_line(sign.end, behind.start):
            span = Span(before.end, behind.start)
            fix = delete(self.place(sign), f"delete `{self.text(sign)}`")
            fix = type(fix)(fix.title, (type(fix.edits[0])(self.place(span), " "),), fix.applicability)
        self.report(item_punctuation(self.place(sign), self.text(before), self.text(sign), fix))

    def brackets(self, node: Concrete, owner: str) -> None:
        """Report a bracket of a node that is not opened or not closed."""
        opener: Concrete | None = None
        if any(child.kind == "string" and child.first("missing_quote") for child in node.children):
            return
        for child in node.children:
            if child.kind in PAIRS:
                opener = child
            elif child.kind == "missing_open":
                here = self.place(child)
                empty = _EMPTY.match(self.data, child.end) is not None
                fix = insert(
                    here, " { }" if empty else " {", "open the block", safe=not empty and self._lacks("{", "}")
                )
                self.trouble(unopened_block(here, owner, fix))
            elif child.kind == "missing_close" or (child.kind.startswith("missing:") and child.kind[-1] in "}])>"):
                self._unclosed(child, opener, owner)

    def _unclosed(self, missing: Concrete, opener: Concrete | None, owner: str) -> None:
        if opener and owner.startswith("node") and self._holds_graph_item(missing, opener):
            return
        bracket = PAIRS[opener.kind] if opener else "}"
        here = self.place(missing)
        divided = _DIVIDED.match(self.data, missing.end)
        if divided and bracket.encode() in divided.group():
            self.trouble(floor_division(self.place(Span(*divided.span(1)))))
            return
        text = bracket
        if opener and not self.same_line(opener.start, missing.start):
            text = f"\n{self.indent(opener.start)}{bracket}"
        fix = insert(here, text, f"insert `{bracket}`", safe=opener is not None and self._lacks(bracket, opener.kind))
        other = _OTHER.match(self.data, missing.end)
        if other and other.group(1).decode() != bracket and self.data.count(b"{") < self.data.count(b"}"):
            fix = change(self.place(Span(*other.span(1))), bracket, safe=False)
        self.trouble(unclosed_block(here, bracket, self.place(opener) if opener else None, fix))

    def _lacks(self, bracket: str, partner: str) -> bool:
        """Whether the file lacks one bracket, and it alone: then nothing else was meant by what is found where it is missing."""
        missing = self.data.count(partner.encode()) - self.data.count(bracket.encode())
        others = [(one, two) for one, two in PAIRS.items() if bracket not in (one, two) and one != "<"]
        return missing == 1 and all(
            self.data.count(one.encode()) == self.data.count(two.encode()) for one, two in others
        )

    def _holds_graph_item(self, missing: Concrete, opener: Concrete) -> bool:
        """Report an item of a graph in a node that is closed behind it; whether there is one. No brace is missing then."""
        word = _GRAPH_ITEM.match(self.data, missing.end)
        if word is None or self.data.count(b"{") != self.data.count(b"}"):
            return False
        place = self.place(Span(*word.span(1)))
        self.nested = True
        moved = self._moved(word.start(1), self.line_start(opener.start))
        self.trouble(graph_item(place, word[1].decode(), *moved))
        return True

    def _moved(self, start: int, target: int) -> tuple[Fix, ...]:
        """The fix that moves whole lines, from a word that begins one to where its braces are closed, before a line."""
        first = end = self.line_start(start)
        if self.data[first:start].strip():
            return ()
        for _ in range(MOST_MOVED):
            end = self.line_end(end)
            end += 2 if self.data[end : end + 2] == b"\r\n" else 1
            text = self.data[first:end]
            if text.count(b"{") == text.count(b"}"):
                written = self.slice(first, end)
                kept = self.indent(target) + written.lstrip(" \t")
                edits = (Edit(self.place(Span(target, target)), kept), Edit(self.place(Span(first, end)), ""))
                return (Fix("move it out of the node", edits),)
        return ()

    def commas(self, node: Concrete, *, between: Callable[[Concrete, Concrete], bool] | None = None) -> None:
        """Report commas that separate nothing, and those that are missing: `between` says of two elements whether they need one."""
        before: Concrete | None = None
        for child in node.children:
            if child.kind == "stray" and self.text(child) == ";":
                self.trouble(
                    misplaced(self.place(child), "`;` separates nothing", "write `,`", change(self.place(child), ","))
                )
            elif child.kind == "," and (before is None or before.kind == ","):
                fix = delete(self.place(child), "delete `,`")
                self.trouble(misplaced(self.place(child), "a `,` with nothing before it", "delete it", fix))
            elif before is not None and between and self._unseparated(before, child) and between(before, child):
                self._missing_comma(before, child)
            before = None if child.kind in ("[", "(", "{", "stray") else child

    def _missing_comma(self, before: Concrete, child: Concrete) -> None:
        for word in (child, before):
            if self.text(word) in FOREIGN_WORDS:
                self.trouble(foreign_word(self.place(word), self.text(word)))
                return
        here = self.place(Span(before.end, before.end))
        fix = insert(here, ",", safe=before.end < child.start)
        self.trouble(missing_mark(here, ",", "a `,` is missing between two elements", fix))

    def _unseparated(self, before: Concrete, child: Concrete) -> bool:
        return (
            before.kind != ","
            and child.kind not in (",", "]", ")", "}", "[", "(", "{", ERROR)
            and not child.kind.startswith("missing")
        )
