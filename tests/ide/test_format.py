"""Formatting from an editor: the edits make the canonical form, and those of some lines touch no others."""

from __future__ import annotations

import pytest

from rag_compiler.format import format_source
from rag_compiler.source import MARK, SourceFile, Span
from rag_ide.format import Replacement, format_block, format_file, format_range
from tests.format.sources import sources
from tests.ide.asking import PATH, analysis_of

LOOSE = """\
graph g {
  start a
  node a { kind pass  next b }
  // Größe 大小
  node b {
      kind   pass
      command { goto   END
      }
  }
}
"""
TEXTS = sorted({text for files in sources().values() for name, text in files.items() if name.endswith(".rag")})[::7]


def applied(data: bytes, edits: tuple[Replacement, ...]) -> bytes:
    """The text after edits that do not touch each other."""
    for edit in reversed(edits):
        data = data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]
    return data


@pytest.mark.parametrize("text", [LOOSE, *TEXTS])
def test_the_edits_make_the_canonical_form(text: str) -> None:
    form = format_source(SourceFile(PATH, text.encode()))
    found = applied(text.encode(), format_file(analysis_of(text), PATH))
    assert found == (form if isinstance(form, bytes) else text.encode())


@pytest.mark.parametrize(("mark", "line_end"), [(MARK, "\n"), (b"", "\r\n"), (MARK, "\r\n")])
def test_line_ends_and_mark_stay(mark: bytes, line_end: str) -> None:
    form = format_source(SourceFile(PATH, LOOSE.encode()))
    assert isinstance(form, bytes)
    whole = form.replace(b"\n", line_end.encode())
    data = mark + LOOSE.replace("\n", line_end).encode()
    assert applied(data, format_file(analysis_of(data.decode()), PATH)) == mark + whole
    assert format_file(analysis_of((mark + whole).decode()), PATH) == ()


def test_a_range_touches_its_lines_only() -> None:
    start = LOOSE.index("kind   pass")
    edits = format_range(analysis_of(LOOSE), PATH, Span(start, start + 3))
    assert applied(LOOSE.encode(), edits).decode().startswith(LOOSE[: LOOSE.index("  node b {")])
    assert b"    kind pass\n    command { goto END }\n  }\n}\n" in applied(LOOSE.encode(), edits)


def test_a_bracket_that_is_closed_formats_its_block() -> None:
    end = len(LOOSE[: LOOSE.index("END\n")].encode()) + len("END\n      }")
    found = applied(LOOSE.encode(), format_block(analysis_of(LOOSE), PATH, end)).decode()
    assert "    command { goto END }\n" in found
    assert "node a { kind pass  next b }" in found
    for offset in (0, 5, end - 1, end + 1, len(LOOSE) + 9):
        assert format_block(analysis_of(LOOSE), PATH, offset) == ()


def test_a_broken_file_and_one_that_is_not_there_give_nothing() -> None:
    assert format_file(analysis_of(LOOSE + "graph {"), PATH) == ()
    assert format_file(analysis_of(LOOSE), "other.rag") == ()
    assert format_block(analysis_of(LOOSE), "other.rag", 3) == ()
