"""Diagnostics as workflow commands of GitHub Actions, one a line, which it shows as annotations at the place in a change."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from rag_cli.files import STDIN
from rag_cli.printable import printable
from rag_compiler.diagnostics import Diagnostic
from rag_compiler.source import SourceFile

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = {**_DATA, **str.maketrans({":": "%3A", ",": "%2C"})}


def render_github(diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile], *, folder: str = "") -> str:
    """The lines, in the order given. `folder`: the current one, below the root of the checkout, from which annotations count.

    Columns count from 1, and `endColumn` is the one behind the last, as other checkers have it; across lines there are none.
    """
    return "".join(_command(diagnostic, files, folder) for diagnostic in diagnostics)


def _command(diagnostic: Diagnostic, files: Mapping[str, SourceFile], folder: str) -> str:
    path, span = diagnostic.place.path, diagnostic.place.span
    lines = files[path].lines
    start, end = lines.position(span.start), lines.position(span.end)
    properties: dict[str, str | int] = {"file": _path(path, folder)} if path != STDIN else {}
    properties |= {"line": start.line, "endLine": end.line}
    if start.line == end.line:
        properties |= {"col": start.column, "endColumn": end.column}
    properties["title"] = diagnostic.code
    written = ",".join(f"{key}={printable(str(value)).translate(_PROPERTY)}" for key, value in properties.items())
    message = "\n".join(map(printable, _message(diagnostic, files, folder)))
    return f"::{_LEVELS[diagnostic.severity]} {written}::{message.translate(_DATA)}\n"


def _message(diagnostic: Diagnostic, files: Mapping[str, SourceFile], folder: str) -> Iterator[str]:
    yield diagnostic.message
    for label in diagnostic.related:
        start = files[label.place.path].lines.position(label.place.span.start)
        yield f"{_path(label.place.path, folder)}:{start.line}:{start.column}: {label.message}"
    for number, step in enumerate(diagnostic.flow, 1):
        start = files[step.place.path].lines.position(step.place.span.start)
        yield f"{number}. {_path(step.place.path, folder)}:{start.line}:{start.column}: {step.message}"
    yield from (f"help: {line}" for line in diagnostic.help.split("\n") if line)
    yield from (f"fix: {fix.title}" for fix in diagnostic.fixes)


def _path(path: str, folder: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path)) if path != STDIN else path
