"""The canonical form of a file: its text in, its text out.

Tokens keep their order, strings and numbers every byte, comments their place; what changes is white space, commas, and the
spelling of what the language spells in several ways. A file that is broken is not formatted, and no result is given out that
would read otherwise than the text did.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator

from rag_compiler.concrete import ERROR, Concrete
from rag_compiler.diagnostics import Diagnostic, Place
from rag_compiler.format_blocks import BLOCKS, file
from rag_compiler.format_items import is_unknown
from rag_compiler.format_layout import lay_out
from rag_compiler.format_meaning import Text, same_meaning
from rag_compiler.format_tokens import Tokens
from rag_compiler.lower import lower
from rag_compiler.parse import MOST_BYTES, Parsed, parse
from rag_compiler.source import MARK, SourceFile, Span
from rag_compiler.words.syntax import unexpected


def format_source(source: SourceFile) -> bytes | Diagnostic:
    """The file in canonical form: UTF-8 without a mark of the byte order, lines that end with LF, the last one ended.

    For a file that cannot be read whole, the first error that keeps it from being formatted, placed in the text as it was given.
    """
    collects = gc.isenabled()
    gc.disable()  # Trees are needed until the end, and the collector would only look at them again and again.
    try:
        return _canonical(source)
    finally:
        if collects:
            gc.enable()


def _canonical(source: SourceFile) -> bytes | Diagnostic:
    plain = SourceFile(source.path, _lines(source.data))
    text, wrong = _read(plain)
    if wrong is not None:
        return wrong if plain.data == source.data else _read(source)[1] or wrong
    written = lay_out(file(Tokens(text.parsed), text.parsed.root)).encode()
    if len(written) > MOST_BYTES:
        return _too_large(source, len(written))
    result, wrong = _read(SourceFile(source.path, written))
    return _unsafe(source) if wrong is not None or not same_meaning(text, result) else written


def _read(source: SourceFile) -> tuple[Text, Diagnostic | None]:
    """A file, and its first error: one of its bytes before any of its syntax."""
    parsed, refused = parse(source)
    tree, found = lower(parsed)
    errors = [each for each in found if each.severity == "error"]
    errors += [_left_over(source, node) for node in _strays(parsed, parsed.root)]
    first = min(errors, key=lambda each: each.place.span.start, default=None)
    return Text(parsed, tree), refused[0] if refused else first


def _strays(parsed: Parsed, node: Concrete) -> Iterator[Concrete]:
    """What fits nothing, and words that are no item beside what they may belong to: lower leaves them to those who know names."""
    before = node
    end = node.start
    for child in node.children:
        shares = b"\n" not in parsed.data[end : child.start]
        unknown = is_unknown(parsed.data, child) or (is_unknown(parsed.data, before) and child.kind != "}")
        if child.kind in ("stray", ERROR) or (shares and unknown):
            yield child
        elif child.kind in BLOCKS:
            yield from _strays(parsed, child)
        before, end = child, child.end


def _left_over(source: SourceFile, node: Concrete) -> Diagnostic:
    place = Place(source.path, node.span)
    return unexpected(place, "text", "in this place", "an item")


def _lines(data: bytes) -> bytes:
    return data.removeprefix(MARK).replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _too_large(source: SourceFile, size: int) -> Diagnostic:
    return Diagnostic(
        code="source-too-large",
        place=Place(source.path, Span(0, 0)),
        message=f"the canonical form of this file has {size:,} bytes, more than the {MOST_BYTES:,} that a source file may have",
        help="split it: a project may have any number of files",
    )


def _unsafe(source: SourceFile) -> Diagnostic:
    return Diagnostic(
        code="syntax-error",
        place=Place(source.path, Span(0, 0)),
        message="the canonical form of this file would read otherwise than the file does",
        help="this is a defect of the formatter; the file stays as it is",
    )
