"""Diagnostics as a language model reads them best: what is wrong and where, what could stand there, and the edits as text.

Whoever has this and the file, and no other document, can mend it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag_cli.edit_diff import edit_diff
from rag_cli.excerpt import Mark, excerpt, last_line
from rag_cli.markdown_text import code, fenced, prose
from rag_cli.printable import counted, printable
from rag_cli.terminal import PLAIN
from rag_compiler.diagnostics import Diagnostic, Fix, Label, Place
from rag_compiler.source import SourceFile
from rag_ir.rules import RULES

WIDEST_LINE = 240
CONTEXT = 2
LONGEST_FOUND = 80
MOST_CANDIDATES = 40

Files = Mapping[str, SourceFile]
Glossaries = Mapping[Diagnostic, Mapping[str, str]]


def render_markdown(diagnostics: Sequence[Diagnostic], files: Files, glossaries: Glossaries, *, checked: int) -> str:
    """The whole text. `files` are keyed by path; `glossaries` say what candidates are, as far as that is known."""
    lines = [_summary(diagnostics, checked)]
    for number, diagnostic in enumerate(diagnostics, 1):
        lines += ["", *_diagnostic(number, diagnostic, files, glossaries.get(diagnostic, {}))]
    return "\n".join(lines) + "\n"


def _summary(diagnostics: Sequence[Diagnostic], checked: int) -> str:
    counts = {level: sum(each.severity == level for each in diagnostics) for level in ("error", "warning", "info")}
    said = [counted(number, "note" if level == "info" else level) for level, number in counts.items() if number]
    found = ", ".join(said) or "no problems"
    return f"# rag check: {found} in {counted(checked, 'file')}"


def _diagnostic(number: int, diagnostic: Diagnostic, files: Files, glossary: Mapping[str, str]) -> Iterator[str]:
    yield f"## {number}. {diagnostic.severity}: {prose(diagnostic.message)}"
    yield ""
    yield f"- code: {code(diagnostic.code)}, {prose(RULES[diagnostic.code].summary)}"
    blind = bool(diagnostic.label) and not files[diagnostic.place.path].data
    yield f"- where: {_where(diagnostic.place, files)}" + (f": {prose(diagnostic.label)}" if blind else "")
    found = _found(diagnostic.place, files)
    if found:
        yield f"- found: {found}"
    yield from (f"- help: {prose(line)}" for line in diagnostic.help.split("\n") if line)
    yield from _excerpts(diagnostic, files)
    yield from _steps("the path that leads there:", diagnostic.flow, files)
    yield from _allowed(diagnostic, glossary)
    for fix in diagnostic.fixes:
        yield from _fix(fix, files)


def _where(place: Place, files: Files) -> str:
    """The range: line and column of its first character, and of the one behind its last."""
    lines = files[place.path].lines
    start, end = lines.position(place.span.start), lines.position(place.span.end)
    there = f"line {start.line}, columns {start.column} to {end.column - 1}"
    if place.span.end <= place.span.start:
        there = f"line {start.line}, before column {start.column}"
    elif end.line > start.line:
        there = f"line {start.line}, column {start.column}, to line {end.line}, column {end.column}"
    return f"{code(place.path)}, {there}"


def _found(place: Place, files: Files) -> str:
    """The text of a range that is short and on one line."""
    text = files[place.path].data[place.span.start : place.span.end].decode("utf-8", "replace")
    return code(text) if 0 < len(text) <= LONGEST_FOUND and "\n" not in text else ""


def _excerpts(diagnostic: Diagnostic, files: Files) -> Iterator[str]:
    """The lines with all ranges marked, a fence for each file; what stands in an empty file is said in words."""
    marks = {diagnostic.place.path: [Mark(diagnostic.place.span, printable(diagnostic.label), "", True)]}
    for label in diagnostic.related:
        marks.setdefault(label.place.path, []).append(Mark(label.place.span, printable(label.message), "", False))
    gutter = max(len(str(last_line(files[path], there) + CONTEXT)) for path, there in marks.items())
    for path, there in marks.items():
        if files[path].data:
            title = [] if path == diagnostic.place.path else ["", f"in {code(path)}:"]
            rows = [row.paint(PLAIN) for row in excerpt(files[path], there, gutter, WIDEST_LINE, CONTEXT)]
            yield from (*title, "", *fenced(rows, "text"))
    blind = tuple(label for label in diagnostic.related if not files[label.place.path].data)
    yield from _steps("related:", blind, files)


def _steps(title: str, labels: Sequence[Label], files: Files) -> Iterator[str]:
    if labels:
        yield from ("", title, "")
    for number, label in enumerate(labels, 1):
        yield f"{number}. {_where(label.place, files)}: {prose(label.message)}"


def _allowed(diagnostic: Diagnostic, glossary: Mapping[str, str]) -> Iterator[str]:
    if diagnostic.candidates:
        yield from ("", "allowed here:", "")
    for name in diagnostic.candidates[:MOST_CANDIDATES]:
        yield f"- {code(name)}: {prose(glossary[name])}" if name in glossary else f"- {code(name)}"
    more = len(diagnostic.candidates) - MOST_CANDIDATES
    if more > 0:
        yield f"- and {more} more"


def _fix(fix: Fix, files: Files) -> Iterator[str]:
    kind = "fix" if fix.applicability == "safe" else "possible fix, to be looked at"
    yield from ("", f"{kind}: {prose(fix.title)}", "", *fenced(edit_diff(fix, files), "diff"))
