"""Hostile sources, manifests and documents: nothing raises, nothing hangs, and what is said is said of the text.

Bounded and seeded, so that every run of the suite tries the same inputs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_compiler.pipeline import analyse, compile_graph
from rag_compiler.source import SourceFile
from rag_ir.codec import dump
from rag_ir.graph import Document
from rag_registry.manifest import read_manifest
from tests.fuzz.mutations import mutants, single_deletions
from tests.fuzz.soundness import check_document, check_manifest, check_source
from tests.test_cases import CASES, MANIFEST

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted((ROOT / "examples").rglob("?*.rag"))
MANIFESTS = [path.read_bytes() for path in sorted((ROOT / "examples").rglob("rag.toml"))]
CASE_TEXTS = sorted({fence.text.encode() for case in CASES for fence in case.fences if fence.language == "rag"})
EXAMPLE_TEXTS = [path.read_bytes() for path in EXAMPLES]
TEXTS = [*EXAMPLE_TEXTS, *CASE_TEXTS]
REGISTRY, _ = read_manifest(MANIFEST)


def documents() -> list[bytes]:
    """The compiled examples."""
    found: list[bytes] = []
    for path in EXAMPLES:
        registry, _ = read_manifest((path.parent.parent / "rag.toml").read_bytes())
        others = sorted(path.parent.glob("*.rag"))
        files = [SourceFile(each.name, each.read_bytes()) for each in others]
        document = compile_graph(analyse(files, registry), None, path.name)
        if isinstance(document, Document):
            found.append(dump(document))
    assert found
    return found


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_without_one_character(path: Path) -> None:
    registry, _ = read_manifest((path.parent.parent / "rag.toml").read_bytes())
    text = path.read_bytes()
    for index, mutant in enumerate(single_deletions(text)):
        if index % 19 == 0:
            check_source(mutant, registry)


def test_cases_without_one_character() -> None:
    for at, text in enumerate(CASE_TEXTS):
        for index, mutant in enumerate(single_deletions(text)):
            if (index + at) % 397 == 0:
                check_source(mutant, REGISTRY)


@pytest.mark.parametrize("seed", range(4))
def test_mutants(seed: int) -> None:
    for mutant in mutants(TEXTS, seed, 150):
        check_source(mutant, REGISTRY)


def test_mutants_of_manifests() -> None:
    for mutant in mutants(MANIFESTS, 5, 400):
        check_manifest(mutant)


def test_mutants_ofdocuments() -> None:
    for mutant in mutants(documents(), 6, 300):
        check_document(mutant)
