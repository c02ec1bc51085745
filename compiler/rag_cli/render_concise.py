"""Diagnostics, one a line: `path:line:column: severity[code]: message`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag_cli.printable import printable
from rag_compiler.diagnostics import Diagnostic
from rag_compiler.source import SourceFile


def render_concise(diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile]) -> str:
    """The lines, in the order given; empty where there is nothing to say. `files` are keyed by path."""
    return "".join(_line(diagnostic, files[diagnostic.place.path]) for diagnostic in diagnostics)


def _line(diagnostic: Diagnostic, file: SourceFile) -> str:
    start = file.lines.position(diagnostic.place.span.start)
    where = f"{printable(file.path)}:{start.line}:{start.column}"
    return f"{where}: {diagnostic.severity}[{diagnostic.code}]: {printable(diagnostic.message)}\n"
