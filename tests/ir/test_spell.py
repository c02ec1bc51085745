"""Suggestions: one name or none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_ir.spell import closest

NAMES = ["model", "node", "tools", "tool_executor", "research_agent", "verifier_agent", "x", "if", "Finding"]


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("toolz", "tools"),
        ("tool", "tools"),
        ("moedl", "model"),
        ("nod", "node"),
        ("Model", "model"),
        ("finding", "Finding"),
        ("tool-executor", "tool_executor"),
        ("reserch_agnt", "research_agent"),
        ("fi", "if"),
        ("xyz", None),
        ("y", None),
        ("", None),
        ("agent", None),
        ("ab", None),
        ("q" * 1000, None),
    ],
)
def test_closest(word: str, name: str | None) -> None:
    assert closest(word, NAMES) == name


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=6))
def test_the_order_of_names_does_not_matter(word: str, names: list[str]) -> None:
    found = closest(word, names)
    assert found == closest(word, reversed(names))
    assert found is None or (found in names and found != word)
