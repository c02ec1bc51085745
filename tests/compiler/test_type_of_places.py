"""Types by their place, as editors ask for them."""

from __future__ import annotations

import pytest

from rag_compiler.pipeline import Analysis, analyse
from rag_compiler.source import SourceFile
from rag_compiler.type_of_places import channel_takes, derived_writes, output_of, scene, type_at
from rag_ir.types import spell_out
from rag_registry.manifest import read_manifest
from tests.test_cases import MANIFEST

TEXT = """
type Finding { title: string  score: float?  notes: string }

agent critic {
  model "default"
  input { draft: string  tags: string[] }
  prompt "Judge {{ input.draft }} by {{ join(input.tags, ", ") }}."
  output Finding
}

graph flow {
  start a
  input { drafts: string[]  limit: int? }
  output { found: json = state.found, title: string? }
  channel found: Finding[] append
  channel title: string? overwrite
  channel notes append
  channel seen: string? overwrite
  node a {
    kind pass
    command { update { seen: first(input.drafts) ?? "none" } }
    send [ each d in input.drafts as b { draft: d, rank: len(d) + 1 } ]
    next c
  }
  node b { kind subagent  agent "critic"  with { draft: upper(args.draft), tags: [state.seen] }  writes { found: output } }
  node c {
    kind agent
    agent "critic"
    routes { when input.limit != null and input.limit > 3 -> END  else -> d }
  }
  node d { kind pass  command { update { found: filter(state.found, f => f.score != null and f.score > 0.5) } } }
}
"""


def analysis() -> Analysis:
    """The text, analysed."""
    registry, _ = read_manifest(MANIFEST.encode())
    return analyse([SourceFile("flow.rag", TEXT.encode())], registry)


@pytest.mark.parametrize(
    ("around", "at", "text", "type_"),
    [
        ("Judge {{ input.draft }}", "draft", "input.draft", "string"),
        ("Judge {{ input.draft }}", "input", "input", "{ draft: string, tags: string[] }"),
        ('join(input.tags, ", ")', "join", 'join(input.tags, ", ")', "string"),
        ('first(input.drafts) ?? "none"', "first", "first(input.drafts)", "string?"),
        ('first(input.drafts) ?? "none"', "??", 'first(input.drafts) ?? "none"', "string"),
        ("draft: d, rank", "d, rank", "d", "string"),
        ("len(d) + 1", "+ 1", "len(d) + 1", "int"),
        ("upper(args.draft)", "draft)", "args.draft", "string"),
        ("tags: [state.seen]", "seen", "state.seen", "string"),
        ("input.limit > 3", "limit", "input.limit", "int"),
        ("input.limit != null", "limit", "input.limit", "int?"),
        ("f.score > 0.5", "score", "f.score", "float"),
        ("f.score != null", "f.", "f", "Finding"),
    ],
)
def test_the_type_at_a_place(around: str, at: str, text: str, type_: str) -> None:
    offset = TEXT.index(at, TEXT.index(around))
    known = analysis()
    found = type_at(known.project, known.registry, "flow.rag", offset)
    assert found is not None
    assert TEXT[found.span.start : found.span.end] == text
    assert spell_out(found.type) == type_


@pytest.mark.parametrize("at", ["start a", "node b", 'agent "critic"', "append", "score: float?"])
def test_outside_of_expressions_there_is_no_type(at: str) -> None:
    known = analysis()
    assert type_at(known.project, known.registry, "flow.rag", TEXT.index(at)) is None


def test_what_nodes_give_and_write() -> None:
    known = analysis()
    graph = known.project.graphs["flow"]
    outputs = {name: spell_out(output_of(known.project, known.registry, node)) for name, node in graph.nodes.items()}
    assert outputs == {"a": "null", "b": "Finding", "c": "Finding", "d": "null"}
    made, types = derived_writes(known.project, known.registry, graph, graph.nodes["c"])
    assert made.fields == ("title", "notes")
    assert {name: spell_out(type_) for name, type_ in types.items()} == {"title": "string", "notes": "string"}
    assert spell_out(channel_takes(known.project, graph.channels["found"])) == "Finding | Finding[]"
    assert spell_out(channel_takes(known.project, graph.channels["notes"])) == "json"


def test_what_can_be_named() -> None:
    known = analysis()
    graph = known.project.graphs["flow"]
    inside = scene(known.project, known.registry, graph, graph.nodes["b"])
    args = inside.path(("args",))
    assert args is not None
    assert [(field.name, spell_out(field.type)) for field in inside.fields(args)] == [
        ("draft", "string"),
        ("rank", "int"),
    ]
    item = inside.element(inside.path(("state", "found")) or args)
    assert item is not None
    assert [field.name for field in inside.fields(item)] == ["title", "score", "notes"]
    assert inside.path(("state", "found", "title")) is None
    assert scene(known.project, known.registry, None, None).path(("state",)) is None
