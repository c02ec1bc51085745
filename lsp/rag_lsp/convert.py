"""Between the protocol's types and ours: the only place where one becomes the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from lsprotocol import types

import rag_compiler
from rag_compiler.diagnostics import Diagnostic, Edit, Place
from rag_compiler.source import LineIndex, Span
from rag_ide import offers, outline
from rag_ide.definition import Definition
from rag_ide.hover import Hover
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


COMPLETIONS: dict[offers.Sort, types.CompletionItemKind] = {
    "graph": types.CompletionItemKind.Module,
    "agent": types.CompletionItemKind.Class,
    "type": types.CompletionItemKind.Struct,
    "node": types.CompletionItemKind.Method,
    "channel": types.CompletionItemKind.Variable,
    "field": types.CompletionItemKind.Field,
    "model": types.CompletionItemKind.Interface,
    "tool": types.CompletionItemKind.Function,
    "router": types.CompletionItemKind.Function,
    "kind": types.CompletionItemKind.EnumMember,
    "reducer": types.CompletionItemKind.EnumMember,
    "label": types.CompletionItemKind.Event,
    "item": types.CompletionItemKind.Property,
    "keyword": types.CompletionItemKind.Keyword,
    "function": types.CompletionItemKind.Function,
    "variable": types.CompletionItemKind.Variable,
    "value": types.CompletionItemKind.Value,
}
SYMBOLS: dict[outline.Sort, types.SymbolKind] = {
    "graph": types.SymbolKind.Module,
    "agent": types.SymbolKind.Class,
    "type": types.SymbolKind.Struct,
    "test": types.SymbolKind.Event,
    "node": types.SymbolKind.Method,
    "channel": types.SymbolKind.Variable,
    "field": types.SymbolKind.Field,
}


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
    others = [(label, label.message) for label in found.related]
    others += [(step, f"{number}. {step.message}") for number, step in enumerate(found.flow, 1)]
    related = [
        types.DiagnosticRelatedInformation(location(checked, label.place, encoding), message)
        for label, message in others
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


def workspace_edit(checked: Checked, edits: Iterable[Edit], encoding: Encoding) -> types.WorkspaceEdit:
    """Edits of a project's files, by file."""
    changes: dict[str, list[types.TextEdit]] = {}
    for edit in edits:
        where = location(checked, edit.place, encoding)
        changes.setdefault(where.uri, []).append(types.TextEdit(where.range, edit.text))
    return types.WorkspaceEdit(changes=changes)


def completions(
    found: Iterable[offers.Completion], lines: LineIndex, encoding: Encoding, *, snippets: bool
) -> types.CompletionList:
    """Completions in the order that they were given."""
    items = [_completion(each, at, lines, encoding, snippets) for at, each in enumerate(found)]
    return types.CompletionList(is_incomplete=False, items=items)


def _completion(
    completion: offers.Completion, at: int, lines: LineIndex, encoding: Encoding, snippets: bool
) -> types.CompletionItem:
    offer = completion.offer
    filled = bool(snippets and offer.snippet)
    edit = types.TextEdit(range_of(lines, completion.span, encoding), offer.snippet if filled else offer.text)
    return types.CompletionItem(
        label=offer.label,
        kind=COMPLETIONS[offer.sort],
        detail=offer.detail or None,
        documentation=_markdown(offer.doc) if offer.doc else None,
        sort_text=f"{at:04}",
        filter_text=offer.label,
        text_edit=edit,
        insert_text_format=types.InsertTextFormat.Snippet if filled else types.InsertTextFormat.PlainText,
    )


def _markdown(text: str) -> types.MarkupContent:
    return types.MarkupContent(types.MarkupKind.Markdown, text)


def hover(found: Hover, lines: LineIndex, encoding: Encoding) -> types.Hover:
    """A description, and the word that it is about."""
    return types.Hover(_markdown(found.text), range_of(lines, found.span, encoding))


def definition(
    found: Definition, checked: Checked, encoding: Encoding, *, links: bool
) -> list[types.Location] | list[types.LocationLink]:
    """Declarations as locations, or as links from the word that was asked about."""
    locations = [location(checked, target, encoding) for target in found.targets]
    if not links:
        return locations
    origin = location(checked, found.origin, encoding).range
    return [types.LocationLink(each.uri, each.range, each.range, origin) for each in locations]


def symbols(found: Iterable[outline.Symbol], lines: LineIndex, encoding: Encoding) -> list[types.DocumentSymbol]:
    """The symbols of a file, with what is in them."""
    return [
        types.DocumentSymbol(
            name=each.name,
            kind=SYMBOLS[each.sort],
            range=range_of(lines, each.span, encoding),
            selection_range=range_of(lines, each.selection, encoding),
            detail=each.detail or None,
            children=symbols(each.children, lines, encoding),
        )
        for each in found
    ]
