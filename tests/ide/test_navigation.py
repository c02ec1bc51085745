"""References, renaming, calls, colours, hints, folds, selections and actions, asked of texts with a mark in them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rag_compiler.apply_fixes import apply_edits
from rag_compiler.diagnostics import Edit, Fix
from rag_compiler.pipeline import analyse
from rag_compiler.source import SourceFile, Span
from rag_ide import calls
from rag_ide.actions import actions, fix_all
from rag_ide.folding import folding
from rag_ide.hints import hints
from rag_ide.naming import naming
from rag_ide.references import highlights, references
from rag_ide.rename import Refused, rename
from rag_ide.selection import selection
from rag_ide.subjects import Subject, index
from rag_registry.manifest import read_manifest
from tests.ide.asking import MANIFEST, PATH, Asked, analysis_of, ask

FLOW = """\
// What the shop does
// with a question.
graph flow {
  start plan

  input { topic: string }
  output { hits: json = state.hits }
  channel hits: string[] append
  channel notes append

  node plan {
    system "Plan."
    prompt "{{ input.topic }} {{ state.notes }}"
    model "default"
    send [
      look { words: input.topic },
      reviewer { draft: "{{ state.hits }}" } into notes
    ]
    join done
  }

  node look {
    kind tool
    tool "search"
    args { query: args.words }
    routes {
      done -> END
      error -> END
    }
  }

  node done { kind pass  next END }
}

test "it looks" {
  graph flow
  input { topic: "x" }
  model "default" at "plan" -> ["y"]
  tool "search" -> { hits: ["z"] }
  model "default" at "plan/reviewer" -> [{ verdict: "good", score: 1 }]
  expect state.hits == ["z"] and input.topic == "x"
}
"""


def _marked(text: str, number: int = 1) -> Asked:
    """The flow, asked at an occurrence of a text."""
    at = -1
    for _ in range(number):
        at = FLOW.index(text, at + 1)
    return ask(FLOW[:at] + "<|>" + FLOW[at:])


def _lines(asked: Asked, *, declared: bool = True) -> list[str]:
    lines = {file.path: file.lines for file in asked.analysis.files}
    if asked.analysis.manifest:
        lines["rag.toml"] = asked.analysis.manifest.lines
    places = references(asked.analysis, PATH, asked.offset, declared=declared)
    return [
        lines[place.path].line_bytes(lines[place.path].position(place.span.start).line).decode().strip()
        for place in places
    ]


def _renamed(asked: Asked, name: str) -> dict[str, str]:
    edits = rename(asked.analysis, PATH, asked.offset, name)
    texts = {file.path: file.data for file in asked.analysis.files}
    if asked.analysis.manifest:
        texts["rag.toml"] = asked.analysis.manifest.data
    return {path: data.decode() for path, data in apply_edits(texts, [Fix("", edits)]).items()}


def test_the_flow_is_whole() -> None:
    assert [each.code for each in analysis_of(FLOW).diagnostics if each.severity == "error"] == []


@pytest.mark.parametrize(
    ("text", "number", "count"),
    [
        ("hits", 2, 4),
        ("plan", 1, 4),
        ("topic", 1, 5),
        ("look", 1, 2),
        ("done", 1, 2),
        ("default", 1, 4),
        ("flow", 1, 2),
    ],
)
def test_every_place_that_names_a_thing_is_a_reference(text: str, number: int, count: int) -> None:
    asked = _marked(text, number)
    assert len(_lines(asked)) == count, _lines(asked)
    assert len(_lines(asked)) > len(_lines(asked, declared=False))


def test_a_registered_name_is_declared_in_the_manifest() -> None:
    assert _lines(_marked("search")) == ['tool "search"', 'tool "search" -> { hits: ["z"] }', "[tools.search]"]


def test_what_happens_to_a_channel_is_told() -> None:
    asked = _marked("notes", 1)
    roles = [each.role for each in highlights(asked.analysis, PATH, asked.offset)]
    assert roles == ["declaration", "read", "write"]


@pytest.mark.parametrize(
    ("text", "number"), [("hits", 3), ("plan", 1), ("topic", 1), ("look", 1), ("flow", 1), ("notes", 1)]
)
def test_a_renamed_text_means_the_same(text: str, number: int) -> None:
    """Whatever is declared in a source: the new name is everywhere, and the text is as whole as before."""
    changed = _renamed(_marked(text, number), "renamed")[PATH]
    found = analyse([SourceFile(PATH, changed.encode())], read_manifest(MANIFEST)[0]).diagnostics
    assert [each.code for each in found if each.severity == "error"] == []
    assert changed.count("renamed") >= 2
    at = FLOW.encode()[: _marked(text, number).offset].count(b"\n")
    line = changed.split("\n")[at]
    back = ask(changed.replace(line, line.replace("renamed", "<|>renamed", 1), 1))
    assert _renamed(back, text)[PATH] == FLOW


def test_a_registered_name_is_renamed_in_the_manifest_too() -> None:
    changed = _renamed(_marked("default"), "main")
    assert "[models.main]" in changed["rag.toml"]
    assert 'model = "main"' in changed["rag.toml"]
    assert changed[PATH].count('"main"') == 3
    registry, findings = read_manifest(changed["rag.toml"])
    assert not findings
    found = analyse([SourceFile(PATH, changed[PATH].encode())], registry).diagnostics
    assert [each.code for each in found if each.severity == "error"] == []


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        ("look", "done", "`"),
        ("look", "END", "reserved"),
        ("look", "a b", "no name"),
        ("look", "1a", "no name"),
        ("notes", "hits", "`"),
        ("kind tool", "x", "no name stands here"),
    ],
)
def test_a_name_that_would_break_the_text_is_refused(text: str, name: str, reason: str) -> None:
    asked = _marked(text)
    with pytest.raises(Refused, match=reason):
        rename(asked.analysis, PATH, asked.offset, name)


def test_what_leads_where() -> None:
    analysis = analysis_of(FLOW)
    plan, look = Subject("node", "flow", "plan"), Subject("node", "flow", "look")
    out = [call.target for call in calls.outgoing(analysis, plan)]
    assert out == [Subject("node", "flow", "done"), look, Subject("agent", "", "reviewer")]
    assert [call.source for call in calls.incoming(analysis, look)] == [plan]
    assert [call.source for call in calls.incoming(analysis, plan)] == [Subject("graph", "", "flow")]
    asked = _marked("plan")
    assert calls.callable_at(asked.analysis, PATH, asked.offset) == plan


def test_names_are_coloured_by_what_they_stand_for() -> None:
    analysis = analysis_of(FLOW)
    named = naming(analysis, PATH)
    words = [(FLOW.encode()[each.span.start : each.span.end].decode(), each.sort, each.declared) for each in named]
    assert ("flow", "graph", True) in words
    assert ("plan", "node", False) in words
    assert ("hits", "channel", True) in words
    assert ("search", "tool", False) in words
    assert ("reviewer", "agent", False) in words
    assert all(one.span.end <= other.span.start for one, other in pairwise(named))
    inside = naming(analysis, PATH, Span(0, named[2].span.start + 1))
    assert inside == named[:3]


def test_what_is_left_out_is_hinted() -> None:
    found = hints(analysis_of(FLOW), PATH, Span(0, len(FLOW)))
    told = [(FLOW.encode()[: hint.offset].decode().split()[-1], hint.text) for hint in found]
    assert told == [("notes", ": json[]"), ("plan", " kind model"), ("look", " writes hits")]


def test_blocks_and_comments_fold() -> None:
    folds = [(fold.first, fold.last, fold.sort) for fold in folding(analysis_of(FLOW), PATH)]
    assert (1, 2, "comment") in folds
    assert (3, 33, "region") in folds
    assert (11, 20, "region") in folds
    assert (15, 18, "region") in folds
    assert all(first < last for first, last, _ in folds)


def test_a_selection_grows_from_the_word_to_the_file() -> None:
    asked = _marked("args.words")
    data = FLOW.encode()
    chain = [data[span.start : span.end].decode() for span in selection(asked.analysis, PATH, asked.offset)]
    assert chain[0] == "args"
    assert chain[-1] == FLOW
    assert "args { query: args.words }" in chain
    assert any(text.startswith("node look {") for text in chain)
    assert all(len(one) <= len(other) for one, other in pairwise(chain))


def _acted(text: str, title: str) -> str:
    analysis = analysis_of(text)
    found = actions(analysis, analysis.diagnostics, PATH, Span(0, len(text)))
    (action,) = [each for each in found if each.title == title]
    return _edited(text, action.edits)


def _edited(text: str, edits: tuple[Edit, ...]) -> str:
    return apply_edits({PATH: text.encode()}, [Fix("", edits)])[PATH].decode()


def test_a_fix_is_an_action() -> None:
    assert _acted(FLOW.replace("join done", "join doen"), "change to `done`") == FLOW


@pytest.mark.parametrize(
    ("text", "title", "made"),
    [
        (FLOW.replace("done -> END", "done -> later"), "create node `later`", "node later {"),
        (FLOW.replace("into notes", "into thoughts"), "create channel `thoughts`", "channel thoughts overwrite"),
    ],
)
def test_what_is_missing_is_created(text: str, title: str, made: str) -> None:
    changed = _acted(text, title)
    assert made in changed
    assert [each.code for each in analysis_of(changed).diagnostics if each.severity == "error"] == []


def test_everything_that_is_safe_is_mended_at_once() -> None:
    broken = FLOW.replace("join done", "join doen").replace('tool "search"\n', 'tool "serch"\n')
    action = fix_all(analysis_of(broken), PATH)
    assert action is not None
    assert _edited(broken, action.edits) == FLOW
    assert fix_all(analysis_of(FLOW), PATH) is None


def test_no_place_makes_a_question_fail() -> None:
    text = FLOW.replace("join done", "join é").encode()
    analysis = analysis_of(text.decode())
    for offset in range(len(text) + 1):
        references(analysis, PATH, offset, declared=True)
        highlights(analysis, PATH, offset)
        selection(analysis, PATH, offset)
        calls.callable_at(analysis, PATH, offset)
    assert index(analysis).files[PATH]


LATE = """\
graph late {
  start ask
  allow agents ["reviewer"]
  channel notes append
  node ask { kind pass  send [ reviewer { draft: "x" } into notes ]  join done { timeout: 5m, on_timeout: over } }
  node done { kind pass }
  node ov<|>er { kind pass }
}
"""


def test_where_a_join_goes_when_its_time_is_over_is_renamed_too() -> None:
    renamed = _renamed(ask(LATE), "too_late")[PATH]
    assert "on_timeout: too_late" in renamed
    assert "node too_late" in renamed


def test_what_a_graph_may_name_is_a_use() -> None:
    asked = ask(LATE.replace("<|>", "").replace("send [ reviewer", "send [ re<|>viewer"))
    assert 'allow agents ["reviewer"]' in _lines(asked)
