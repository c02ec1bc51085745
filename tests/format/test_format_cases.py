"""Every case under `cases/`: a source, and its canonical form; a case without a `formatted` fence is in canonical form."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_compiler.diagnostics import Diagnostic
from rag_compiler.format import format_source
from rag_compiler.source import SourceFile
from tests.markdown_cases import Case, read_cases

CASES = [case for path in sorted((Path(__file__).parent / "cases").glob("*.md")) for case in read_cases(path)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path.stem}: {case.title}")
def test_the_canonical_form(case: Case, update: bool) -> None:
    before = case.files()["case.rag"]
    found = _form(before)
    if update:
        case.replace("formatted", "" if found == before else found)
        return
    expected = case.output("formatted")
    assert found == (expected.text if expected else before)


def _form(text: str) -> str:
    source = SourceFile("case.rag", text.encode())
    found = format_source(source)
    if not isinstance(found, Diagnostic):
        return found.decode()
    at = source.lines.position(found.place.span.start)
    return f"{at.line}:{at.column}: {found.severity}[{found.code}]: {found.message}\n"
