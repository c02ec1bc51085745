"""The difference of two documents: what changed is told, once, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_compiler.pipeline import analyse, compile_graph
from rag_compiler.source import SourceFile
from rag_ir.codec import encode, seal
from rag_ir.decoder import Problems, read_document
from rag_ir.graph import Document, Json
from rag_registry.manifest import read_manifest
from rag_verify.diff import Change, diff
from tests.diff.mutations import mutated
from tests.format.sources import MANIFEST
from tests.machine.test_any_graph import documents

FLOW = """\
/// Finds things.
type Finding { title: string  score: float }
agent digger {
  model "default"
  input { topic: string }
  output { found: string }
}
graph flow {
  start plan
  input { question: string }
  output { found: string[] = state.found }
  channel messages messages
  channel found: string[] append
  channel rounds: int sum
  node plan {
    kind agent
    model "default"
    prompt "Plan {{ input.question }}"
    tools ["search"]
    command { update { rounds: 1 } }
    routes {
      when state.rounds > 3 -> END
      tool_call -> tools
      final -> dig
    }
  }
  node tools { kind tool_executor  next plan }
  node dig { kind pass  send [digger { topic: input.question }]  join ask }
  node ask {
    kind interrupt
    prompt "Go on? {{ state.found }}"
    options ["yes", "no"]
    routes { yes -> plan  no -> END }
  }
}
"""


def compiled(text: str, manifest: str = MANIFEST) -> Document:
    registry, _ = read_manifest(manifest.encode())
    found = compile_graph(analyse([SourceFile("flow.rag", text.encode())], registry), None)
    assert isinstance(found, Document), found
    return found


def changed(*replacements: tuple[str, str]) -> tuple[Change, ...]:
    """The changes of the flow after replacements in its text."""
    text = FLOW
    for before, after in replacements:
        assert before in text
        text = text.replace(before, after)
    return diff(compiled(FLOW), compiled(text)).changes


def told(changes: tuple[Change, ...]) -> list[str]:
    return [" ".join([each.sort, each.thing, each.name, *each.field]) for each in changes]


def test_a_document_does_not_differ_from_itself() -> None:
    assert diff(compiled(FLOW), compiled(FLOW)).changes == ()
    assert diff(compiled(FLOW), compiled(f"// moved\n\n{FLOW}".replace("Finds", "Looks for"))).changes == ()


@pytest.mark.parametrize(
    ("before", "after", "expected", "resumable"),
    [
        ('"Plan {{', '"Think of {{', ["changed node plan behaviour prompt"], True),
        (
            'tools ["search"]',
            'tools ["search", "publish"]',
            ["changed node plan behaviour tools", "changed node tools behaviour tools", "added tool publish"],
            True,
        ),
        ('  model "default"\n  input', '  model "default"\n  max_turns 3\n  input', ["changed agent digger max_turns"], True),
        ("when state.rounds > 3 -> END", "", ["removed node plan routing entries when state.rounds > 3"], False),
        ("final -> dig", "final -> ask", ["changed node plan routing entries final target"], False),
        ("{ rounds: 1 }", "{ rounds: 2 }", ["changed node plan update rounds value"], False),
        ("rounds: int sum", "rounds: int max", ["changed channel rounds reducer", "changed channel rounds initial"], False),
        ("channel rounds", "channel extra overwrite\n  channel rounds", ["added channel extra"], True),
        ('  node tools {', '  node spare { kind pass }\n  node tools {', ["added node spare"], True),
        ('["yes", "no"]', '["yes", "no", "later"]', ["changed node ask behaviour options", "changed node ask labels"], False),
        ("{ topic: input.question }", "{ topic: \"x\" }", ["changed node dig sends dig/digger payload topic value"], False),
        ("state.found }\n  channel m", "state.found ?? [] }\n  channel m", ["changed graph flow output found value"], True),
        ("start plan", "start plan\n  recursion_limit 40", ["changed graph flow recursion_limit"], False),
        ("question: string }\n  output", "question: string  depth: int = 1 }\n  output", ["added graph flow input depth"], False),
    ],
)  # fmt: skip
def test_one_change(before: str, after: str, expected: list[str], resumable: bool) -> None:
    found = changed((before, after))
    assert told(found) == expected
    assert all(not each.hinders for each in found) == resumable


def test_names_that_changed_everywhere_are_renames() -> None:
    assert told(changed(("tools {", "executor {"), ("-> tools", "-> executor"))) == ["renamed node executor"]
    assert told(changed(("rounds", "turns"))) == ["renamed channel turns"]
    assert told(changed(("digger", "miner"))) == ["renamed agent miner", "renamed node dig/miner"]
    assert told(changed(("graph flow", "graph stream"))) == ["renamed graph stream"]
    assert told(changed(("dig {", "find {"), ("-> dig", "-> find"))) == [
        "renamed node find",
        "renamed node find/digger",
    ]


def test_several_renames_and_a_change() -> None:
    found = changed(("rounds", "turns"), ("ask", "person"), ("Go on?", "Well?"))
    assert told(found)[0] == "renamed channel turns"
    assert {"removed node ask", "added node person"} <= set(told(found))
    both = changed(("tools {", "executor {"), ("-> tools", "-> executor"), ("plan", "think"))
    assert told(both) == ["renamed node think", "renamed node executor"]


def test_a_tool_that_has_other_effects_hinders() -> None:
    other = MANIFEST.replace('effects = "read"', 'effects = "write"')
    assert other != MANIFEST
    found = diff(compiled(FLOW), compiled(FLOW, other))
    assert "changed tool search effects" in told(found.changes)
    assert not any("digest" in each.field for each in found.changes)
    assert not found.resumable


@settings(max_examples=200)
@given(st.data(), documents(ordered=False))
def test_every_mutation_is_told(data: st.DataObject, document: Document) -> None:
    """Documents differ if and only if their digests do."""
    other = mutated(document, data)
    if other is not None:
        assert bool(diff(document, other).changes) == (document.digest != other.digest)
        assert bool(diff(other, document).changes) == (document.digest != other.digest)


@settings(max_examples=60)
@given(documents(ordered=False))
def test_a_renamed_node_is_one_change(document: Document) -> None:
    assert told(diff(document, seal(_renamed_node(document, "c", "zz"))).changes) == ["renamed node zz"]


def _renamed_node(document: Document, before: str, after: str) -> Document:
    """Written again by hand: every place that names a node."""

    def swap(value: Json, field: str = "") -> Json:
        if isinstance(value, dict):
            return {name: swap(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [swap(each, field) for each in value]
        named = field in ("name", "start", "target", "on_error", "on_timeout", "sources")
        return after if named and value == before else value

    whole = encode(document)
    whole["graphs"] = swap(whole["graphs"])
    found = read_document(whole, Problems())
    assert found is not None
    return found
