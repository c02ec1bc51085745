"""The edits of one fix as a unified diff of the lines that they touch, without reading the rest of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag_cli.printable import printable
from rag_compiler.diagnostics import Edit, Fix
from rag_compiler.source import SourceFile, enumerate_breaks

NEAR = 2
"""Edits with at most so many lines between them stand in one hunk."""


def edit_diff(fix: Fix, files: Mapping[str, SourceFile]) -> list[str]:
    """The lines of the diff, safe to show, tabs kept. Files in the order in which the fix names them."""
    lines: list[str] = []
    for path in dict.fromkeys(edit.place.path for edit in fix.edits):
        edits = sorted((it for it in fix.edits if it.place.path == path), key=lambda it: it.place.span)
        lines += [f"--- {printable(path)}", f"+++ {printable(path)}", *_hunks(edits, files[path])]
    return lines


def _hunks(edits: Sequence[Edit], file: SourceFile) -> Iterator[str]:
    moved = 0
    for group in _near(edits, file):
        first, last = _lines(group[0], file)[0], _lines(group[-1], file)[1]
        start = file.lines.starts[first - 1]
        end = file.lines.starts[last] if last < len(file.lines.starts) else len(file.data)
        before, after = _split(file.data[start:end]), _split(_mended(file.data[start:end], group, start))
        yield f"@@ -{_range(first, len(before))} +{_range(first + moved, len(after))} @@"
        yield from (f"-{_shown(line)}" for line in before)
        yield from (f"+{_shown(line)}" for line in after)
        moved += len(after) - len(before)


def _near(edits: Sequence[Edit], file: SourceFile) -> list[list[Edit]]:
    groups: list[list[Edit]] = []
    for edit in edits:
        if groups and _lines(edit, file)[0] - _lines(groups[-1][-1], file)[1] <= NEAR:
            groups[-1].append(edit)
        else:
            groups.append([edit])
    return groups


def _lines(edit: Edit, file: SourceFile) -> tuple[int, int]:
    """The first and the last line that an edit touches; a range that ends where a line begins does not touch that line's text."""
    start, end = file.lines.position(edit.place.span.start), file.lines.position(edit.place.span.end)
    return start.line, end.line


def _mended(text: bytes, edits: Sequence[Edit], offset: int) -> bytes:
    for edit in reversed(edits):
        span = edit.place.span
        text = text[: max(span.start - offset, 0)] + edit.text.encode("utf-8", "replace") + text[span.end - offset :]
    return text


def _split(text: bytes) -> list[bytes]:
    """The lines of a text; behind its last break begins none."""
    lines: list[bytes] = []
    at = 0
    for found, length in enumerate_breaks(text):
        lines.append(text[at:found])
        at = found + length
    return [*lines, text[at:]] if at < len(text) else lines


def _range(first: int, count: int) -> str:
    return f"{first}" if count == 1 else f"{first if count else first - 1},{count}"


def _shown(line: bytes) -> str:
    return "\t".join(printable(part) for part in line.decode("utf-8", "replace").split("\t"))
