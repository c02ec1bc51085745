"""Every safe fix of every broken case: what is mended is gone for good, and no error comes instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

from rag_compiler.apply_fixes import MOST_ROUNDS, Mended, Texts, apply_edits, apply_fixes
from tests.test_cases import CASES, MANIFEST, PAGE_CASES, diagnose

if TYPE_CHECKING:
    from rag_compiler.diagnostics import Diagnostic, Fix
    from tests.markdown_cases import Case

BROKEN = [case for case in (*CASES, *PAGE_CASES) if case.output("diagnostics")]


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: f"{case.path.stem}: {case.title}")
def test_safe_fixes(case: Case) -> None:
    texts = _texts(case)
    before = _found(texts)
    done = mend(texts)
    assert len(done.rounds) < MOST_ROUNDS
    assert _errors(done.left) <= _errors(before)
    mended = [repair.diagnostic for each in done.rounds for repair in each.repairs]
    assert not _said(mended) & _said(done.left)
    for fix in (fix for found in done.left for fix in found.fixes if fix.applicability == "safe"):
        assert _errors(_found(apply_edits(done.texts, [fix]))) > _errors(done.left), fix.title


def test_most_broken_cases_can_be_mended_by_a_machine() -> None:
    """A guard of the test above: it has something to apply."""
    clean = Counter(not mend(_texts(case)).left for case in BROKEN)
    assert clean[True] > 100


def mend(texts: Texts) -> Mended:
    """What safe fixes make of a project."""

    def is_safe(_diagnostic: Diagnostic, fix: Fix) -> bool:
        return fix.applicability == "safe"

    return apply_fixes(texts, _found, is_safe)


def _found(texts: Texts) -> list[Diagnostic]:
    return [found for _, _, found in diagnose({name: text.decode() for name, text in texts.items()})]


def _errors(found: Iterable[Diagnostic]) -> int:
    return sum(diagnostic.severity == "error" for diagnostic in found)


def _said(found: Iterable[Diagnostic]) -> set[tuple[str, str]]:
    return {(diagnostic.code, diagnostic.message) for diagnostic in found}


def _texts(case: Case) -> dict[str, bytes]:
    return {name: text.encode() for name, text in {"rag.toml": MANIFEST, **case.files()}.items()}
