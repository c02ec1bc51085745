"""Every safe fix of every broken case: alone it never adds an error, and together they leave nothing that has one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.test_cases import CASES, MANIFEST, PAGE_CASES, diagnose

if TYPE_CHECKING:
    from rag_compiler.diagnostics import Diagnostic, Edit, Fix
    from tests.markdown_cases import Case

MOST_ROUNDS = 8
BROKEN = [case for case in (*CASES, *PAGE_CASES) if case.output("diagnostics")]


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: f"{case.path.stem}: {case.title}")
def test_safe_fixes(case: Case) -> None:
    files = _inputs(case)
    before = [found for _, _, found in diagnose(files)]
    for fix in (fix for found in before for fix in _safe(found)):
        after = [found for _, _, found in diagnose(apply(files, [fix]))]
        assert _errors(after) <= _errors(before), fix.title
    left = mend(files)
    assert not any(_safe(found) for found in left)
    if all(_safe(found) for found in before):
        assert left == []


def test_most_broken_cases_can_be_mended_by_a_machine() -> None:
    """A guard of the test above: it has something to apply."""
    counts = Counter(bool(_safe(found)) for case in BROKEN for _, _, found in diagnose(_inputs(case)))
    assert counts[True] > 100


def mend(files: dict[str, str]) -> list[Diagnostic]:
    """What is left when safe fixes have been applied, round after round, until there are none."""
    for _ in range(MOST_ROUNDS):
        found = [diagnostic for _, _, diagnostic in diagnose(files)]
        fixes = [fix for diagnostic in found for fix in _safe(diagnostic)[:1]]
        if not fixes:
            return found
        files = apply(files, _apart(fixes))
    raise AssertionError("the fixes never end")


def apply(files: dict[str, str], fixes: list[Fix]) -> dict[str, str]:
    """The files with the edits of all fixes, which do not overlap."""
    texts = {name: text.encode() for name, text in files.items()}
    for edit in sorted((edit for fix in fixes for edit in fix.edits), key=_start, reverse=True):
        span, text = edit.place.span, texts[edit.place.path]
        texts[edit.place.path] = text[: span.start] + edit.text.encode() + text[span.end :]
    return {name: text.decode() for name, text in texts.items()}


def _apart(fixes: list[Fix]) -> list[Fix]:
    """Those that touch no text that one before them touches."""
    kept: list[Fix] = []
    for fix in fixes:
        if not any(_touch(own, other) for own in fix.edits for before in kept for other in before.edits):
            kept.append(fix)
    return kept


def _touch(one: Edit, other: Edit) -> bool:
    a, b = one.place.span, other.place.span
    return one.place.path == other.place.path and a.start <= b.end and b.start <= a.end


def _start(edit: Edit) -> int:
    return edit.place.span.start


def _safe(diagnostic: Diagnostic) -> list[Fix]:
    return [fix for fix in diagnostic.fixes if fix.applicability == "safe"]


def _errors(found: list[Diagnostic]) -> int:
    return sum(diagnostic.severity == "error" for diagnostic in found)


def _inputs(case: Case) -> dict[str, str]:
    return {"rag.toml": MANIFEST, **case.files()}
