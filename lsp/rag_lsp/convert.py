"""Between the protocol's types and ours: the only place where one becomes the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from lsprotocol import types

import rag_compiler
from rag_compiler.diagnostics import Diagnostic, Place
from rag_compiler.source import LineIndex, Span
from rag_ir.rules import Severity
from rag_lsp.documents import Change, uri_of
from rag_lsp.positions import Encoding, Point, points_of
from rag_lsp.workspace import Checked

SOURCE = "rag"
SEVERITIES: dict[Severity, types.DiagnosticSeverity] = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}
UNNECESSARY = ("unreachable-node", "unreachable-route", "unused-suppression")
"""Rules about text that could be left out; editors fade it."""


def point(position: types.Position) -> Point:
    """A position that a client names."""
    return position.line, position.character


def range_of(lines: LineIndex, span: Span, encoding: Encoding) -> types.Range:
    """A span as the client counts."""
    start, end = points_of(lines, span, encoding)
    return types.Range(types.Position(*start), types.Position(*end))


def changes(given: Iterable[types.TextDocumentContentChangeEvent]) -> list[Change]:
    """What a client changed, in its order."""
    return [_change(each) for each in given]


def _change(event: types.TextDocumentContentChangeEvent) -> Change:
    if isinstance(event, types.TextDocumentContentChangePartial):
        return Change((point(event.range.start), point(event.range.end)), event.text)
    return Change(None, event.text)


def location(checked: Checked, place: Place, encoding: Encoding) -> types.Location:
    """A place in one of a project's files."""
    return types.Location(checked.uri(place.path), range_of(checked.lines(place.path), place.span, encoding))


def diagnostics(checked: Checked, name: str, encoding: Encoding) -> list[types.Diagnostic]:
    """All diagnostics of one file."""
    lines = checked.lines(name)
    at: Callable[[Span], types.Range] = lambda span: range_of(lines, span, encoding)  # noqa: E731
    return [_diagnostic(each, at, checked, encoding) for each in checked.diagnostics if each.place.path == name]


def _diagnostic(
    found: Diagnostic, at: Callable[[Span], types.Range], checked: Checked, encoding: Encoding
) -> types.Diagnostic:
    page = _page(found.code)
    related = [
        types.DiagnosticRelatedInformation(location(checked, label.place, encoding), label.message)
        for label in found.related
    ]
    return types.Diagnostic(
        range=at(found.place.span),
        severity=SEVERITIES[found.severity],
        code=found.code,
        code_description=types.CodeDescription(page) if page else None,
        source=SOURCE,
        message=f"{found.message}\n{found.help}" if found.help else found.message,
        tags=[types.DiagnosticTag.Unnecessary] if found.code in UNNECESSARY else None,
        related_information=related or None,
    )


@cache
def _page(code: str) -> str | None:
    """The address of the page that explains a rule, which is installed beside the compiler."""
    page = Path(rag_compiler.__path__[0], "rules", f"{code}.md")
    return uri_of(page) if page.is_file() else None
