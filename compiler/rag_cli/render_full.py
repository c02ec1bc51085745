"""Diagnostics as people read them: the message, the source with every range marked, what helps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag_cli.excerpt import Mark, excerpt, last_line
from rag_cli.printable import printable
from rag_cli.terminal import Palette
from rag_compiler.diagnostics import Diagnostic
from rag_compiler.source import SourceFile, Span

MOST_CANDIDATES = 12

Files = Mapping[str, SourceFile]


def render_full(diagnostics: Sequence[Diagnostic], files: Files, palette: Palette, columns: int) -> str:
    """The whole text, an empty line after each diagnostic. `files` are keyed by path; `columns` is the terminal's width."""
    return "".join(
        line + "\n" for diagnostic in diagnostics for line in _diagnostic(diagnostic, files, palette, columns)
    )


def _diagnostic(diagnostic: Diagnostic, files: Files, palette: Palette, columns: int) -> Iterator[str]:
    head = palette.paint(diagnostic.severity, f"{diagnostic.severity}[{diagnostic.code}]")
    yield f"{head}: {palette.paint('bold', printable(diagnostic.message))}"
    marks = _marks(diagnostic)
    gutter = max(len(str(last_line(files[path], marks[path]))) for path in marks)
    bar = " " * (gutter + 1) + palette.paint("frame", "|")
    for path, there in marks.items():
        where = _where(files[path], there[0].span, gutter, palette, first=path == diagnostic.place.path)
        yield where if files[path].data else f"{where} {there[0].message}".rstrip()
        if files[path].data:
            yield bar
            yield from (row.paint(palette) for row in excerpt(files[path], there, gutter, columns))
    notes = list(_notes(diagnostic))
    if notes or diagnostic.flow:
        yield bar
    yield from _flow(diagnostic, files, gutter, palette)
    for word, text in notes:
        yield f"{' ' * (gutter + 1)}{palette.paint('frame', '=')} {palette.paint('bold', word)}: {printable(text)}"
    yield ""


def _marks(diagnostic: Diagnostic) -> dict[str, list[Mark]]:
    """The marks by file, the diagnostic's own file and mark first."""
    own = Mark(diagnostic.place.span, printable(diagnostic.label), diagnostic.severity, True)
    marks = {diagnostic.place.path: [own]}
    for label in diagnostic.related:
        mark = Mark(label.place.span, printable(label.message), "frame", False)
        marks.setdefault(label.place.path, []).append(mark)
    return marks


def _where(file: SourceFile, span: Span, gutter: int, palette: Palette, *, first: bool) -> str:
    start = file.lines.position(span.start)
    arrow = palette.paint("frame", "-->" if first else ":::")
    return f"{' ' * gutter}{arrow} {printable(file.path)}:{start.line}:{start.column}"


def _flow(diagnostic: Diagnostic, files: Files, gutter: int, palette: Palette) -> Iterator[str]:
    """The steps of the way that leads there, numbered, one a line."""
    if diagnostic.flow:
        yield f"{' ' * (gutter + 1)}{palette.paint('frame', '=')} {palette.paint('bold', 'path')}:"
    for number, step in enumerate(diagnostic.flow, 1):
        start = files[step.place.path].lines.position(step.place.span.start)
        where = printable(f"{step.place.path}:{start.line}:{start.column}")
        yield f"{' ' * (gutter + 3)}{number:>{len(str(len(diagnostic.flow)))}}. {where}: {printable(step.message)}"


def _notes(diagnostic: Diagnostic) -> Iterator[tuple[str, str]]:
    for line in diagnostic.help.split("\n") if diagnostic.help else ():
        yield "help", line
    if diagnostic.candidates:
        shown = ", ".join(f"`{name}`" for name in diagnostic.candidates[:MOST_CANDIDATES])
        more = len(diagnostic.candidates) - MOST_CANDIDATES
        yield "available", f"{shown} and {more} more" if more > 0 else shown
    for fix in diagnostic.fixes:
        yield "fix" if fix.applicability == "safe" else "possible fix", fix.title
