"""Text in lines: nothing is lost without a mark, and no line is wider than it may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_cli.fit_text import cut, wrapped
from rag_cli.printable import printable, width


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("short", ["short"]),
        ("each topic in state.topics, at most 5", ["each topic in", "state.topics,", "at most 5"]),
        ('contains(lower(state.reply ?? ""), "no")', ["contains(lower(", "state.reply ??", '""), "no")']),
        ("a" * 18 + "b" * 18, ["a" * 18, "b" * 18]),
        ("x" * 100, ["x" * 18, "x" * 18, "x" * 17 + "…"]),
        ("日本語日本語日本語日本語", ["日本語日本語", "日本語日本語"]),
    ],
)
def test_lines_break_where_a_reader_would(text: str, lines: list[str]) -> None:
    assert [line.text for line in wrapped(text, 18, 3, "label")] == lines


@given(st.text(max_size=80), st.integers(4, 40), st.integers(1, 4))
def test_lines_fit_and_keep_the_text(text: str, cells: int, most: int) -> None:
    lines = wrapped(text, cells, most, "label")
    assert len(lines) <= most
    assert all(width(line.text) <= cells for line in lines)
    shown = printable(text)
    if lines and not lines[-1].whole:
        assert "".join(line.text for line in lines).replace(" ", "") == shown.replace(" ", "")
    elif lines:
        assert {line.whole for line in lines} == {shown}


@given(st.text(max_size=80), st.integers(1, 40))
def test_a_line_that_is_cut_keeps_the_whole(text: str, cells: int) -> None:
    line = cut(text, cells, "name")
    assert width(line.text) <= cells
    assert (line.whole or line.text) == printable(text)
