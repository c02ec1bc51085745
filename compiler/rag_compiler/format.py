"""The canonical form of a file: its text in, its text out.

Tokens keep their order, strings and numbers every byte, comments their place; what changes is white space, commas, and the
spelling of what the language spells in several ways. A file that is broken is not formatted, and no result is given out that
would read otherwise than the text did.
"""

from __future__ import annotations

from rag_compiler.diagnostics import Diagnostic, Place
from rag_compiler.format_blocks import file
from rag_compiler.format_layout import lay_out
from rag_compiler.format_meaning import same_meaning
from rag_compiler.format_tokens import Tokens
from rag_compiler.lower import lower
from rag_compiler.parse import parse
from rag_compiler.source import MARK, SourceFile, Span


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
    _, found = lower(parsed)
    errors = [each for each in (*refused, *found) if each.severity == "error"]
    return min(errors, key=lambda each: each.place.span.start) if errors else None


def _lines(data: bytes) -> bytes:
    return data.removeprefix(MARK).replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _unsafe(source: SourceFile) -> Diagnostic:
    return Diagnostic(
        code="syntax-error",
        place=Place(source.path, Span(0, 0)),
        message="the canonical form of this file would read otherwise than the file does",
        help="this is a defect of the formatter; the file stays as it is",
    )
