"""What holds of the canonical form of any text: it is its own canonical form, says the same, and keeps every comment."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from rag_compiler.concrete import Concrete
from rag_compiler.diagnostics import Diagnostic
from rag_compiler.format import format_source
from rag_compiler.format_meaning import Text, same_meaning
from rag_compiler.lower import lower
from rag_compiler.parse import parse
from rag_compiler.pipeline import Analysis, analyse, compile_graph
from rag_compiler.source import SourceFile
from rag_registry.manifest import read_manifest
from tests.format.layouts import comments, mutant
from tests.format.sources import sources
from tests.fuzz.mutations import mutants

SOURCES = sources()
SPELLINGS = {"item-punctuation", "foreign-syntax"}
"""Rules about spellings that the formatter changes."""


def formatted(data: bytes) -> bytes | None:
    """The canonical form; null for a text with errors. The formatter never has to give up on a whole one."""
    found = format_source(SourceFile("case.rag", data))
    if isinstance(found, Diagnostic):
        assert "defect" not in found.help, data.decode("utf-8", "replace")
        return None
    return found


WHOLE = {
    f"{where} {name}": text.encode()
    for where, files in SOURCES.items()
    for name, text in files.items()
    if name.endswith(".rag") and formatted(text.encode()) is not None
}


def test_there_is_something_to_format() -> None:
    assert len(WHOLE) > 500


@pytest.mark.parametrize("name", WHOLE)
def test_the_canonical_form_is_its_own(name: str) -> None:
    once = formatted(WHOLE[name])
    assert once is not None
    assert formatted(once) == once


@pytest.mark.parametrize("name", WHOLE)
def test_what_a_text_says_stays(name: str) -> None:
    """The formatter compares too, but for spellings; here nothing of the text may get lost."""
    once = formatted(WHOLE[name])
    assert once is not None
    assert same_meaning(_text(WHOLE[name]), _text(once))
    assert comments(once) == comments(WHOLE[name])
    assert _values(once) == _values(WHOLE[name])


@pytest.mark.parametrize("name", SOURCES)
def test_findings_and_digests_stay(name: str) -> None:
    """Nothing is found that was not; what is found no more is a spelling. Compiled graphs are the same."""
    before, after = (_analysis(SOURCES[name], canonical=canonical) for canonical in (False, True))
    gone, new = _findings(before) - _findings(after), _findings(after) - _findings(before)
    assert not new
    assert {code for _, code, _ in gone} <= SPELLINGS
    for graph in before.project.graphs:
        left, right = compile_graph(before, graph), compile_graph(after, graph)
        if not isinstance(left, tuple):
            assert not isinstance(right, tuple)
            assert left.digest == right.digest


@pytest.mark.parametrize("seed", range(12))
def test_the_layout_of_a_text_does_not_show(seed: int) -> None:
    """Texts that differ in white space only have one canonical form, blank lines aside."""
    chance = random.Random(seed)
    tried = 0
    for name in chance.sample(sorted(WHOLE), 60):
        if comments(WHOLE[name]) or _unknown(WHOLE[name]):
            continue
        other = mutant(WHOLE[name], chance, rate=0.2, noted=False)
        form = formatted(other)
        if form is None or not _same(WHOLE[name], other):
            continue
        whole = formatted(WHOLE[name])
        assert whole is not None
        assert _squeezed(form) == _squeezed(whole), other.decode()
        tried += 1
    assert tried > 5


@pytest.mark.parametrize("seed", range(12))
def test_comments_anywhere_are_kept(seed: int) -> None:
    chance = random.Random(seed)
    tried = 0
    for name in chance.sample(sorted(WHOLE), 80):
        other = mutant(WHOLE[name], chance, rate=0.15, noted=True)
        form = formatted(other)
        if form is None:
            continue
        assert comments(form) == comments(other)
        assert formatted(form) == form, other.decode()
        tried += 1
    assert tried > 5


@pytest.mark.parametrize("seed", range(4))
def test_hostile_texts_are_formatted_or_refused(seed: int) -> None:
    kept = 0
    for other in mutants(list(WHOLE.values()), seed, 100):
        form = formatted(other)
        if form is not None:
            assert formatted(form) == form
            kept += 1
    assert kept > 5


def _analysis(files: dict[str, str], *, canonical: bool) -> Analysis:
    registry, _ = read_manifest(files["rag.toml"].encode())
    texts = {name: text.encode() for name, text in files.items() if name.endswith(".rag")}
    if canonical:
        texts = {name: formatted(text) or text for name, text in texts.items()}
    return analyse([SourceFile(name, text) for name, text in texts.items()], registry)


def _findings(analysis: Analysis) -> Counter[tuple[str, str, str]]:
    return Counter((each.place.path, each.code, each.message) for each in analysis.diagnostics)


def _values(data: bytes) -> list[bytes]:
    """The strings with templates in them, numbers and durations of a text, as they are written."""
    parsed, _ = parse(SourceFile("case.rag", data))
    return [data[node.start : node.end] for node in _leaves(parsed.root)]


def _leaves(node: Concrete) -> list[Concrete]:
    if node.kind in ("template", "escape", "number", "duration"):
        return [node]
    return [leaf for child in node.children for leaf in _leaves(child)]


def _same(left: bytes, right: bytes) -> bool:
    """Whether a change of layout left the syntax as it was: a line that ends can end an item."""
    parsed = parse(SourceFile("case.rag", right))[0]
    errors = [each for each in lower(parsed)[1] if each.severity == "error"]
    return not errors and same_meaning(_text(left), _text(right))


def _text(data: bytes) -> Text:
    parsed, _ = parse(SourceFile("case.rag", data))
    return Text(parsed, lower(parsed)[0])


def _unknown(data: bytes) -> bool:
    """Whether a text holds what is no item: that stays as it is written."""
    nodes = [parse(SourceFile("case.rag", data))[0].root]
    for node in nodes:
        nodes.extend(node.children)
    return any(node.kind == "unknown_item" for node in nodes)


def _squeezed(data: bytes) -> bytes:
    return re.sub(rb"\n+", b"\n", data)
