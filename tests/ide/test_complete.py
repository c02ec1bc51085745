"""What is offered at a place, in texts that are whole and in texts that are being written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_compiler.kinds import (
    AGENT_ITEMS,
    BACKOFFS,
    BUDGET,
    DEFAULTS,
    GRAPH_ITEMS,
    JOIN_OPTIONS,
    KINDS,
    RETRY,
    SCOPES,
    WAITS,
)
from rag_ide.complete import complete
from rag_ide.complete_policies import BLOCKS, MODIFIERS
from rag_ide.documentation import DECLARATIONS, KEYS, SNIPPETS, item_doc
from rag_ir.policies import ACTIONS, RETRIED
from rag_verify.unbuilt import UNBUILT
from tests.ide.asking import MARK, PATH, analysis_of, ask

FLOW = """\
type Finding { title: string  url: string? }

/// Finds things.
graph flow {
  start plan
  input { question: string  depth: int = 2 }
  output { report: string = state.report }
  channel messages messages
  channel findings: Finding[] append
  channel report: string overwrite

  node plan {
    kind agent
    model "default"
    prompt "Plan {{ input.question }}."
    tools ["search"]
    send [
      critic { question: input.question },
      each finding in state.findings as digger { topic: finding.title },
    ]
    join judge
  }

  node digger {
    kind tool
    tool "search"
    args { query: args.topic }
    next END
  }

  node judge {
    kind model
    output { verdict: "good" | "bad"  score: float }
    routes {
      when output.score > 0.5 -> END
      else -> plan
    }
  }
}

agent critic {
  model "default"
  input { question: string }
  system "Doubt {{ input.question }}."
}
"""


def in_flow(old: str, new: str) -> str:
    """The flow with its first `old` replaced; `new` has the mark."""
    assert old in FLOW
    return FLOW.replace(old, new, 1)


REDUCER_NAMES = [
    "append",
    "ephemeral",
    "first",
    "max",
    "merge",
    "messages",
    "min",
    "overwrite",
    "sum",
    "topic",
    "union",
]
SECOND = "graph second {\n  start a\n  node a { kind pass }\n  a -> <|>\n}\n"
NODES = ["digger", "judge", "plan"]
PLACES: dict[str, tuple[str, str, list[str]]] = {
    "a tool in a list that is not closed": ('tools ["search"]', 'tools ["<|>', ["publish", "search"]),
    "a tool, the one that stands there left out": ('tools ["search"]', 'tools ["search", "<|>"]', ["publish"]),
    "a tool without quotes": ('tools ["search"]', "tools [<|>]", ["publish", "search"]),
    "a tool in the middle of a word": ('tools ["search"]', 'tools ["se<|>arch"]', ["publish", "search"]),
    "a list over several lines": ('tools ["search"]', 'tools [\n  "search",\n  "<|>"\n]', ["publish"]),
    "a model": ('model "default"', 'model "<|>"', ["default", "large"]),
    "a model without quotes": ('model "default"', "model <|>", ["default", "large"]),
    "a tool of a node": ('tool "search"', 'tool "<|>"', ["publish", "search"]),
    "a start": ("start plan", "start <|>", NODES),
    "a start in the middle of a word": ("start plan", "start pl<|>an", NODES),
    "a node after next": ("next END", "next <|>", [*NODES, "END"]),
    "a node after a route": ("else -> plan", "else -> <|>", [*NODES, "END"]),
    "a join": ("join judge", "join <|>", NODES),
    "a target of an edge": ("agent critic", SECOND + "agent critic", ["a", "END"]),
    "a type": ("channel report: string", "channel report: <|>", ["Finding", "bool", "float", "int", "json", "map", "message", "string"]),
    "a reducer behind a type": ("channel report: string overwrite", "channel report: string <|>", REDUCER_NAMES),
    "a reducer behind a name": ("channel report: string overwrite", "channel report <|>", REDUCER_NAMES),
    "channels in a template": ("{{ input.question }}", "{{ state.<|> }}", ["findings", "messages", "report"]),
    "channels in a template that is not closed": ("{{ input.question }}.", "{{ state.<|>", ["findings", "messages", "report"]),
    "fields of the input": ("{{ input.question }}", "{{ input.<|> }}", ["depth", "question"]),
    "fields in the middle of a word": ("{{ input.question }}", "{{ input.que<|>stion }}", ["depth", "question"]),
    "fields of an element": ("finding.title", "finding.<|>", ["title", "url"]),
    "fields of the output": ("when output.score", "when output.<|>", ["score", "verdict"]),
    "what a node was sent with": ("args.topic", "args.<|>", ["topic"]),
    "arguments of a tool": ("args { query: args.topic }", "args { <|> }", ["limit", "query"]),
    "input of an agent": ("critic { question: input.question }", "critic { <|> }", ["question"]),
    "input inside of an agent": ('system "Doubt {{ input.question', 'system "Doubt {{ input.<|>', ["question"]),
    "targets of a send": ("critic { question", "<|> { question", ["critic", "digger", "flow", "judge", "plan", "reviewer", "each"]),
    "labels and words of routes": ("else -> plan", "<|>", ["final", "else", "when"]),
    "channels that are written": ("next END", "next END\n writes { <|> }", ["findings", "messages", "report"]),
    "a channel behind into": ("next END", "into <|>", ["findings", "messages", "report"]),
    "defaults": ("start plan", "start plan\n  defaults { <|> }", list(DEFAULTS)),
    "retries of defaults": ("start plan", "start plan\n  defaults { retry: { <|> } }", list(RETRY)),
    "the model of defaults": ("start plan", 'start plan\n  defaults { model: "<|>" }', ["default", "large"]),
    "outputs of a graph": ("= state.report }", "= state.<|> }", ["findings", "messages", "report"]),
    "a command": ("next END", "command { <|> }", ["goto", "update"]),
    "options of a join": ("join judge", "join judge { <|> }", list(JOIN_OPTIONS)),
    "what waits": ("join judge", "join judge { wait: <|> }", list(WAITS)),
    "where a join goes when its time is over": ("join judge", "join judge { on_timeout: <|> }", NODES),
    "what a send says of its child": ("critic { question: input.question }", "critic {} <|>", list(MODIFIERS)),
    "what a child knows": ("critic { question: input.question }", "critic {} context <|>", ["fork", "fresh"]),
    "retries": ("next END", "next END\n    retry { <|> }", list(RETRY)),
    "retries of a send": ("critic { question: input.question }", "critic {} retry { <|> }", list(RETRY)),
    "how waits grow": ("next END", "next END\n    retry { backoff: <|> }", list(BACKOFFS)),
    "what is retried": ("next END", 'next END\n    retry { on: ["timeout", "<|>"] }', sorted({*RETRIED} - {"timeout"})),
    "what may be spent": ("next END", "next END\n    budget { <|> }", list(BUDGET)),
    "what is kept": ("next END", "next END\n    cache { ttl: 1h, scope: <|> }", list(SCOPES)),
    "who steers": ("next END", "next END\n    steering { <|> }", ["delivery", "human", "parent"]),
    "what a person may do": ("next END", "next END\n    steering { human: [<|>] }", list(ACTIONS)),
    "pauses": ("next END", "interrupt <|>", ["after", "before"]),
    "declarations": ("agent critic", "<|>\nagent critic", list(DECLARATIONS)),
    "a name of its own": ("node plan", "node <|>", []),
    "a text": ('"Plan {{', '"Pl<|>an {{', []),
    "a comment": ("start plan", "start plan // go <|>", []),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_what_is_offered(place: str) -> None:
    old, new, expected = PLACES[place]
    assert sorted(ask(in_flow(old, new)).labels()) == sorted(expected)


def test_kinds_come_with_what_they_do() -> None:
    found = {each.offer.label: each.offer for each in ask(in_flow("kind agent", "kind <|>")).completions()}
    assert set(found) == set(KINDS) - {"repl_agent"}
    assert found["router"].detail == "chooses a route"


def test_tools_come_with_what_they_do() -> None:
    (search,) = (each.offer for each in ask(in_flow('"search"', '"<|>')).completions() if each.offer.label == "search")
    assert search.detail == "Searches the library."
    assert "search(query: string, limit: int?) -> { hits: string[] }" in search.doc


def test_models_come_with_their_facts() -> None:
    (model,) = (
        each.offer for each in ask(in_flow('"default"', '"<|>"')).completions() if each.offer.label == "default"
    )
    assert model.detail == "echo"
    assert "128_000 tokens" in model.doc
    assert "0.25 USD" in model.doc


@pytest.mark.parametrize(
    ("old", "new", "label", "written"),
    [
        ('tools ["search"]', 'tools ["se<|>arch"]', "publish", 'tools ["publish"]'),
        ('tools ["search"]', 'tools ["<|>', "publish", 'tools ["publish"\n'),
        ('tools ["search"]', "tools [<|>]", "publish", 'tools ["publish"]'),
        ('model "default"', "model <|>", "large", 'model "large"'),
        ("start plan", "start pl<|>an", "judge", "start judge\n"),
        ("{{ input.question }}", "{{ input.que<|>stion }}", "depth", "{{ input.depth }}"),
        ("else -> plan", "fi<|>", "final", "final -> \n"),
    ],
)
def test_what_is_chosen_stands_where_the_word_stood(old: str, new: str, label: str, written: str) -> None:
    assert written in ask(in_flow(old, new)).choose(label)


def _unbuilt(block: str) -> set[str]:
    return {key.removeprefix(f"{block} ") for key in UNBUILT if key.startswith(f"{block} ")}


def test_items_of_a_node_are_those_of_its_kind() -> None:
    for kind, legal in (("tool", {"tool", "args"}), ("router", {"router", "routes"}), ("pass", {"command", "writes"})):
        text = f"graph g {{\n  start n\n  node n {{\n    kind {kind}\n    <|>\n  }}\n}}"
        labels = set(ask(text).labels())
        assert legal <= labels <= set(KINDS[kind].items)
        assert not labels & {"kind", *_unbuilt("node")}


def test_every_key_of_a_policy_is_explained() -> None:
    blocks = {**BLOCKS, "defaults": DEFAULTS}
    assert [(block, key) for block, keys in blocks.items() for key in keys if f"{block}:{key}" not in KEYS] == []


def test_items_that_stand_there_are_not_offered_again() -> None:
    labels = ask(in_flow("join judge", "<|>")).labels()
    assert not set(labels) & {"kind", "model", "prompt", "tools", "send"}
    assert {"join", "into", "writes"} <= set(labels)


def test_routing_is_offered_once() -> None:
    assert not {"next", "routes", "join"} & set(ask(in_flow("next END", "next END\n    <|>")).labels())


def test_items_of_a_graph_come_before_the_nodes_that_an_edge_can_begin_with() -> None:
    labels = ask(in_flow("start plan", "start plan\n  <|>")).labels()
    assert {"channel", "node", "defaults"} <= set(labels)
    assert labels[-3:] == NODES


def test_items_of_an_agent() -> None:
    labels = ask(in_flow('  system "Doubt', '  <|>\n  system "Doubt')).labels()
    assert set(labels) == set(AGENT_ITEMS) - {"model", "system", "input", *_unbuilt("agent")}


def test_expressions_have_roots_functions_and_variables() -> None:
    labels = ask(in_flow("topic: finding.title", "topic: <|>")).labels()
    assert labels[0] == "finding"
    assert {"state", "input", "args", "output", "len", "true"} <= set(labels)


def test_the_output_is_there_only_once_the_node_has_run() -> None:
    assert "output" not in ask(in_flow("{{ input.question }}", "{{ <|> }}")).labels()
    assert "output" in ask(in_flow("when output.score", "when <|>")).labels()


def test_the_variable_of_a_lambda() -> None:
    labels = ask(in_flow("when output.score > 0.5", "when any(state.findings, it => <|>)")).labels()
    assert labels[0] == "it"


def test_a_node_that_lost_its_bracket_ends_where_the_next_begins() -> None:
    text = in_flow("    join judge\n  }\n", "    join judge\n").replace("next END", "next <|>")
    assert ask(text).labels() == [*NODES, "END"]


def test_names_come_from_the_text_before_where_this_one_is_refused() -> None:
    lost = ask(FLOW.replace("start plan", "start <|>") + "graph deep { metadata " + "[" * 70)
    assert lost.labels() == []
    assert sorted(each.offer.label for each in lost.completions(analysis_of(FLOW))) == NODES


def test_every_item_is_documented() -> None:
    for block, items in (("graph", GRAPH_ITEMS), ("agent", AGENT_ITEMS)):
        assert all(item_doc(block, word) for word in items)
    assert all(item_doc("node", word) for kind in KINDS.values() for word in kind.items)


def test_snippets_are_for_words_of_their_block() -> None:
    assert all(snippet.startswith(key.partition(":")[2]) for key, snippet in SNIPPETS.items())


FRAGMENTS = [
    *FLOW.split(" "),
    "{{",
    "}}",
    '"',
    '"""',
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "->",
    "\n",
    "//",
    "é",
    "\U0001f600",
    "\\",
    "=>",
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40), st.data())
def test_any_place_of_any_text_has_an_answer(parts: list[str], data: st.DataObject) -> None:
    text = " ".join(parts)
    size = len(text.encode())
    offset = data.draw(st.integers(-1, size + 1))
    for each in complete(analysis_of(text), PATH, offset):
        assert 0 <= each.span.start <= max(offset, 0) <= each.span.end + 1
        assert each.span.end <= size


@pytest.mark.parametrize("step", range(7))
def test_every_place_of_a_text_has_an_answer(step: int) -> None:
    analysis = analysis_of(FLOW)
    for offset in range(step, len(FLOW.encode()) + 1, 7):
        for each in complete(analysis, PATH, offset):
            assert each.span.start <= offset <= each.span.end


def test_a_mark_is_no_text() -> None:
    assert MARK not in FLOW
