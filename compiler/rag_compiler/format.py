"""The canonical form of a file: its text in, its text out.

Tokens keep their order, strings and numbers every byte, comments their place; what changes is white space, commas, and the
spelling of what the language spells in several ways. A file that is broken is not formatted, and no result is given out that
would read otherwise than the text did.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag_compiler.concrete import ERROR, Concrete
from rag_compiler.diagnostics import Diagnostic, Place
from rag_compiler.format_blocks import BLOCKS, file
from rag_compiler.format_layout import lay_out
from rag_compiler.format_meaning import same_meaning
from rag_compiler.format_tokens import Tokens
from rag_compiler.lower import lower
from rag_compiler.parse import parse
from rag_compiler.source import MARK, SourceFile, Span
from rag_compiler.words.syntax import unexpected


def format_source(source: SourceFile) -> bytes | Diagnostic:
    """The file in canonical form: UTF-8 without a mark of the byte order, lines that end with LF, the last one ended.

    For a file that cannot be read whole, the first error that keeps it from being formatted, placed in the text as it was given.
    """
    wrong = _error(source)
    if wrong is not None:
        return wrong
    plain = SourceFile(source.path, _lines(source.data))
    parsed, _ = parse(plain)
    written = lay_out(file(Tokens(parsed), parsed.root)).encode()
    if not same_meaning(plain, SourceFile(source.path, written)):
        return _unsafe(source)
    return written


def _error(source: SourceFile) -> Diagnostic | None:
    parsed, refused = parse(source)
    if refused:
        return refused[0]
    _, found = lower(parsed)
    errors = [each for each in found if each.severity == "error"]
    errors += [_left_over(source, node) for node in _strays(parsed.root)]
    return min(errors, key=lambda each: each.place.span.start, default=None)


def _strays(node: Concrete) -> Iterator[Concrete]:
    """What fits nothing; behind a word that is no item it is reported with the word, which is not known before names are."""
    for child in node.children:
        if child.kind in ("stray", ERROR):
            yield child
        elif child.kind in BLOCKS:
            yield from _strays(child)


def _left_over(source: SourceFile, node: Concrete) -> Diagnostic:
    place = Place(source.path, node.span)
    return unexpected(place, "text", "behind a word that is no item", "one item on each line")


def _lines(data: bytes) -> bytes:
    return data.removeprefix(MARK).replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _unsafe(source: SourceFile) -> Diagnostic:
    return Diagnostic(
        code="syntax-error",
        place=Place(source.path, Span(0, 0)),
        message="the canonical form of this file would read otherwise than the file does",
        help="this is a defect of the formatter; the file stays as it is",
    )
