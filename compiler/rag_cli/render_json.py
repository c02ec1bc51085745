"""Diagnostics as one JSON object of a stable, versioned shape: `schema/check.schema.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rag_cli.json_text import json_text
from rag_compiler.diagnostics import Diagnostic, Edit, Fix, Label, Place
from rag_compiler.source import Position, SourceFile

VERSION = 1

Files = Mapping[str, SourceFile]


def render_json(diagnostics: Sequence[Diagnostic], files: Files, *, checked: int) -> str:
    """The object, indented, ending in a line break. `files` are keyed by path; `checked` counts the sources that were read."""
    value = {
        "version": VERSION,
        "files": checked,
        "errors": sum(diagnostic.severity == "error" for diagnostic in diagnostics),
        "warnings": sum(diagnostic.severity == "warning" for diagnostic in diagnostics),
        "diagnostics": [_diagnostic(diagnostic, files) for diagnostic in diagnostics],
    }
    return json_text(value, indent=2) + "\n"


def _diagnostic(diagnostic: Diagnostic, files: Files) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **_place(diagnostic.place, files),
        "label": diagnostic.label,
        "help": diagnostic.help,
        "related": [_label(label, files) for label in diagnostic.related],
        "flow": [_label(label, files) for label in diagnostic.flow],
        "candidates": list(diagnostic.candidates),
        "fixes": [_fix(fix, files) for fix in diagnostic.fixes],
        "explain": f"rag explain {diagnostic.code}",
    }


def _label(label: Label, files: Files) -> dict[str, Any]:
    return {"message": label.message, **_place(label.place, files)}


def _fix(fix: Fix, files: Files) -> dict[str, Any]:
    edits = [_edit(edit, files) for edit in fix.edits]
    return {"title": fix.title, "applicability": fix.applicability, "edits": edits}


def _edit(edit: Edit, files: Files) -> dict[str, Any]:
    return {**_place(edit.place, files), "text": edit.text}


def _place(place: Place, files: Files) -> dict[str, Any]:
    lines = files[place.path].lines
    start, end = _position(lines.position(place.span.start)), _position(lines.position(place.span.end))
    return {"path": place.path, "range": {"start": start, "end": end}}


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}
