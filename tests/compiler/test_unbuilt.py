"""What cannot be run yet is known everywhere: each row of the table has a case, and stands in the README, which names nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_verify.unbuilt import UNBUILT

ROOT = Path(__file__).parent.parent.parent
CASES = "".join(path.read_text() for path in sorted((ROOT / "tests" / "cases" / "unbuilt").glob("*.md")))


@pytest.mark.parametrize("key", UNBUILT)
def test_each_row_has_a_case(key: str) -> None:
    assert f"{UNBUILT[key][0]} cannot be run by this version" in CASES


def test_the_readme_lists_the_table() -> None:
    listed = [
        line for line in (ROOT / "README.md").read_text().split("\n") if line.startswith("- in a graph or an agent: ")
    ]
    named = listed[0].partition(": ")[2].split("; ") if listed else []
    assert sorted(named) == sorted({what for what, _ in UNBUILT.values()})
