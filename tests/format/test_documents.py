"""What the project shows of the language is in canonical form: examples, and whole sources in its pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rag_compiler.diagnostics import Diagnostic
from rag_compiler.format import format_source
from rag_compiler.source import SourceFile

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*/workflows/*.rag"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "examples").glob("*/README.md"))]
_FENCE = re.compile(r"^```(?:rag)?\n((?:///?.*\n)*(?:graph|agent|type|test) .*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples(path: Path) -> None:
    assert format_source(SourceFile(path.name, path.read_bytes())) == path.read_bytes()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages(page: Path) -> None:
    for fence in _FENCE.finditer(page.read_text()):
        found = format_source(SourceFile(page.name, fence[1].encode()))
        if not isinstance(found, Diagnostic):
            assert found.decode() == fence[1]


def test_the_founding_example_of_the_readme_is_one_of_them() -> None:
    fences = _FENCE.findall((ROOT / "README.md").read_text())
    assert any(fence.startswith("graph research_review {") for fence in fences)
