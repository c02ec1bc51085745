"""Every program in the documentation is one that checks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rag_compiler.pipeline import analyse
from rag_compiler.source import SourceFile
from rag_registry.manifest import read_manifest
from tests.markdown_cases import read_shared

ROOT = Path(__file__).resolve().parents[1]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "examples").glob("*/README.md"))]
MANIFEST = read_shared(ROOT / "docs" / "language.md")["rag.toml"]
SNIPPETS = [
    pytest.param(text, id=f"{page.relative_to(ROOT)}:{number}")
    for page in DOCS
    for number, text in enumerate(re.findall(r"^```rag\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL), 1)
]


@pytest.mark.parametrize("text", SNIPPETS)
def test_a_program_in_the_documentation_checks(text: str) -> None:
    registry, findings = read_manifest(MANIFEST.encode())
    assert not findings
    found = analyse([SourceFile("snippet.rag", text.encode())], registry).diagnostics
    assert not [f"{each.code}: {each.message}" for each in found]
