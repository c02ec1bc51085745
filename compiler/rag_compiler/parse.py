"""Read a file's bytes into a concrete tree. Any bytes give a tree: what is broken in it is marked, never raised.

A file over 1 MiB, or with brackets nested more than 64 deep, is refused before it is parsed and gives an empty tree.
"""

from __future__ import annotations

import gc
import re
from functools import cache

from tree_sitter import Language, Parser, Range, Tree

from rag_compiler import _grammar
from rag_compiler.concrete import ERROR, EXTRAS, MISSING, MOST_LEVELS, TOO_DEEP, Concrete
from rag_compiler.diagnostics import Diagnostic, Place
from rag_compiler.source import SourceFile, Span
from rag_compiler.words.syntax import invalid_utf8, nesting_too_deep, source_too_large
from rag_ir.record import record

MOST_BYTES = 1 << 20
MOST_NESTED = 64
MOST_TEMPLATE = 1030
NOTHING = Concrete("source_file", None, 0, 0, (), False)

_QUOTED = rb'"(?:\\[^\r\n]|[^"\\\r\n])*"'
TEMPLATE = re.compile(rb"\{\{(?:" + _QUOTED + rb"|[^\"\r\n}]|\}(?!\})){0,1024}\}\}")
"""A template in a string, as the grammar's scanner reads it."""
_MARK = re.compile(rb'"""|"|//|#|[\[({]|[\])}]')
_LINE = re.compile(rb"[^\r\n]*")
_IN_STRING = re.compile(rb'(?:[^"\\{\r\n]|\\[^\r\n]|\{(?!\{))*')
_OPEN = re.compile(rb'[^"\r\n]*')
_IN_BLOCK = re.compile(rb'(?:[^"\\]|\\.|"(?!""))*', re.DOTALL)
_INVALID = re.compile("[\udc80-\udcff]")
_SUBSTITUTE = "\x1a"
_OPENING = (b"{", b"[", b"(")
_CLOSING = (b"}", b"]", b")")


@record
class Parsed:
    """A file, the bytes that were parsed (invalid UTF-8 replaced, lengths kept), its tree, and its comments in order."""

    source: SourceFile
    data: bytes
    root: Concrete
    extras: tuple[Concrete, ...] = ()


def parse(source: SourceFile) -> tuple[Parsed, list[Diagnostic]]:
    """The concrete tree of a file, and why it was refused, if it was."""
    if len(source.data) > MOST_BYTES:
        place = Place(source.path, Span(0, 0))
        return Parsed(source, b"", NOTHING), [source_too_large(place, len(source.data))]
    data, invalid = _valid(source.data)
    diagnostics = [invalid_utf8(Place(source.path, Span(invalid, invalid + 1)))] if invalid is not None else []
    deep = _too_deep(data)
    if deep is not None:
        diagnostics.append(nesting_too_deep(Place(source.path, Span(deep, deep + 1)), MOST_NESTED))
        return Parsed(source, data, NOTHING), diagnostics
    root, extras = _concrete(Parser(_language()).parse(data))
    return Parsed(source, data, root, extras), diagnostics


def parse_template(data: bytes, start: int, end: int) -> Concrete:
    """The tree of one template of a text: the bytes from its `{{` to behind its `}}`."""
    parser = Parser(_language())
    parser.included_ranges = [Range((0, start), (0, end), start, end)]
    root, _ = _concrete(parser.parse(data))
    return root


@cache
def _language() -> Language:
    return Language(_grammar.language())


@cache
def _kinds() -> tuple[str, ...]:
    language = _language()
    return tuple(_kind(language, number) for number in range(language.node_kind_count))


def _kind(language: Language, number: int) -> str:
    name = language.node_kind_for_id(number) or ERROR
    keyword = not language.node_kind_is_named(number) and (name[0].isalpha() or name[0] == "_")
    return f"@{name}" if keyword else name


@cache
def _fields() -> tuple[str | None, ...]:
    language = _language()
    return (None, *(language.field_name_for_id(number) for number in range(1, language.field_count + 1)))


def _valid(data: bytes) -> tuple[bytes, int | None]:
    """The bytes with every byte that is not UTF-8 replaced by one that no token can hold, and the place of the first."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = data.decode("utf-8", "surrogateescape")
        return _INVALID.sub(_SUBSTITUTE, text).encode("utf-8"), error.start
    return data, None


def _too_deep(data: bytes) -> int | None:
    """The place of the bracket that is one too deep. Strings and comments hold none."""
    if data.count(b"{") + data.count(b"[") + data.count(b"(") <= MOST_NESTED:
        return None
    depth = 0
    match = _MARK.search(data)
    while match:
        mark, end = match[0], match.end()
        if mark in _OPENING:
            depth += 1
            if depth > MOST_NESTED:
                return match.start()
        elif mark in _CLOSING:
            depth = max(depth - 1, 0)
        elif mark == b'"""':
            end = _end(_IN_BLOCK, data, end) + 3
        elif mark == b'"':
            end = _string_end(data, end)
        else:
            end = _end(_LINE, data, end)
        match = _MARK.search(data, end)
    return None


def _string_end(data: bytes, at: int) -> int:
    """Behind the quote that closes a string, or where its line ends; `at` is behind the quote that opens it."""
    while True:
        at = _end(_IN_STRING, data, at)
        if data[at : at + 2] != b"{{":
            return at + 1 if data[at : at + 1] == b'"' else _end(_LINE, data, at)
        closed = data.find(b"}}", at, at + MOST_TEMPLATE) >= 0
        template = TEMPLATE.match(data, at) if closed else None
        if template is None:
            return _end(_OPEN, data, at) + 1
        at = template.end()


def _end(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    match = pattern.match(data, at)
    return match.end() if match else at


def _concrete(tree: Tree) -> tuple[Concrete, tuple[Concrete, ...]]:
    """The tree as plain tuples, and the comments and odd blanks that stand between its tokens.

    Nothing of what is built can be garbage before the end: the collector would only look at it again and again.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return _copy(tree)
    finally:
        if collects:
            gc.enable()


def _copy(tree: Tree) -> tuple[Concrete, tuple[Concrete, ...]]:
    """Walks without recursion: a tree can be as deep as its text is long."""
    cursor = tree.walk()
    kinds, fields = _kinds(), _fields()
    extras: list[Concrete] = []
    above: list[tuple[str, str | None, int, int, list[Concrete]]] = []
    done: list[Concrete] = []
    while True:
        node = cursor.node
        assert node is not None
        number = node.kind_id
        kind = kinds[number] if number < len(kinds) else ERROR
        if node.is_missing:
            kind = f"missing:{kind}"
        name = fields[cursor.field_id or 0]
        start, end = node.start_byte, node.end_byte
        if len(above) < MOST_LEVELS and cursor.goto_first_child():
            above.append((kind, name, start, end, done))
            done = []
            continue
        if kind in EXTRAS:
            extras.append(Concrete(kind, None, start, end, (), False))
        elif len(above) >= MOST_LEVELS and node.child_count:
            done.append(Concrete(TOO_DEEP, name, start, end, (), True))
        else:
            broken = kind == ERROR or kind in MISSING or kind.startswith("missing:")
            done.append(Concrete(kind, name, start, end, (), broken))
        while not cursor.goto_next_sibling():
            if not above:
                return done[0] if done else NOTHING, tuple(extras)
            cursor.goto_parent()
            kind, name, start, end, siblings = above.pop()
            broken = kind == ERROR or any(child.broken for child in done)
            siblings.append(Concrete(kind, name, start, end, tuple(done), broken))
            done = siblings
