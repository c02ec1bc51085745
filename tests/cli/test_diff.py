"""`rag diff`: what it compares, what it says, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_cli.diff_text import diff_text
from rag_cli.terminal import PLAIN
from rag_verify.diff import Change, Difference
from tests.cli.conftest import Rag
from tests.cli.hostile import HOSTILE

Copy = Callable[[str], Path]
SOURCE = "workflows/support.rag"


@pytest.fixture
def other(example: Copy) -> str:
    """Another version of the example's source, as text."""
    text = (example("support") / SOURCE).read_text()
    return (
        text.replace("rounds > 5", "rounds > 6")
        .replace("apologise", "say_sorry")
        .replace("You answer customers", "You serve customers")
    )


EXPECTED = """\
graph `support`
  > node `say_sorry`, formerly `apologise`
  ~ node `assistant`
      system:
        - "You answer customers of a bookshop. Look the order and the policy up before you promise anything."
        + "You serve customers of a bookshop. Look the order and the policy up before you promise anything."
      - routing when state.rounds > 5: "open_ticket"
      + routing when state.rounds > 6: "open_ticket"

paused runs of the older graph could not go on with the newer one:
  node `say_sorry`: journals know it by its former name
  node `assistant`: activations that have ended would have led elsewhere
"""


def test_standard_input_stands_for_the_other_file(rag: Rag, other: str) -> None:
    done = rag("diff", SOURCE, "-", stdin=other.encode())
    assert (done.status, done.out) == (0, EXPECTED)
    back = rag("diff", "-", SOURCE, stdin=other.encode())
    assert "> node `apologise`, formerly `say_sorry`" in back.out


def test_two_versions_may_stand_in_one_project(rag: Rag, other: str) -> None:
    Path("workflows/other.rag").write_text(other)
    assert rag("diff", SOURCE, "workflows/other.rag").out == EXPECTED


def test_a_source_and_what_was_compiled_from_it_do_not_differ(rag: Rag, other: str) -> None:
    assert rag("compile", SOURCE, "-o", "old.rag.json").status == 0
    done = rag("diff", "old.rag.json", SOURCE, "--exit-code")
    assert (done.status, done.out) == (0, "the graphs mean the same\n")
    loose = Path(SOURCE).read_text().replace("  ", " ").replace("// One", "// This one")
    assert rag("diff", "old.rag.json", "-", "--exit-code", stdin=loose.encode()).status == 0
    done = rag("diff", "old.rag.json", "-", "--exit-code", stdin=other.encode())
    assert (done.status, done.out) == (1, EXPECTED)


def test_json_has_every_change(rag: Rag, other: str) -> None:
    done = rag("diff", SOURCE, "-", "--format", "json", stdin=other.encode())
    found = json.loads(done.out)
    assert (found["version"], found["resumable"], len(found["changes"])) == (1, False, 4)
    assert found["changes"][0] == {
        "change": "renamed",
        "thing": "node",
        "graph": "support",
        "name": "say_sorry",
        "field": [],
        "before": "apologise",
        "after": "say_sorry",
        "hinders": "journals know it by its former name",
    }
    assert rag("diff", SOURCE, "-", "--format", "json", stdin=other.encode()).out == done.out


def test_what_does_not_compile_or_hold_is_refused(rag: Rag, other: str) -> None:
    done = rag("diff", SOURCE, "-", stdin=other.replace("kind agent", "kind agnt").encode())
    assert (done.status, done.out) == (1, "")
    assert "error[unknown-kind]" in done.err
    assert rag("diff", SOURCE, "-", stdin=b'{"ir": 1}').status == 4
    assert rag("diff", "-", "-").status == 2
    assert rag("diff", SOURCE, "nothing.rag").status == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_document_moves_a_cursor(text: str) -> None:
    changes = tuple(
        Change(sort, "node", text, text, field, [text], {"target": text, "x": [text]}, text)
        for sort in ("added", "removed", "changed", "moved", "renamed")
        for field in ((), (text,), ("behaviour", text), ("routing", "value"))
    )
    found = diff_text(Difference(changes), PLAIN)
    assert all(line.isprintable() for line in found.split("\n"))
