"""What is known of a word, and where what it names is declared."""

from __future__ import annotations

import pytest

from rag_compiler.kinds import KINDS, REDUCERS
from rag_ide.definition import definition
from rag_ide.hover import hover
from rag_ide.outline import Symbol, outline
from tests.ide.asking import PATH, analysis_of, ask
from tests.ide.test_complete import FLOW, in_flow

HOVERS: dict[str, tuple[str, str, list[str]]] = {
    "a tool": ('tools ["search"]', 'tools ["se<|>arch"]', ["search(query: string, limit: int?)", "effects: read"]),
    "a model": ('model "default"', 'model "<|>default"', ['model "default"', "128_000 tokens", "USD out"]),
    "a channel": (
        "state.findings as",
        "state.fin<|>dings as",
        ["channel findings: Finding[] append", "read by `plan`"],
    ),
    "a channel's declaration": (
        "channel report",
        "channel rep<|>ort",
        ["string overwrite", "read by the run's output"],
    ),
    "a field of the input": ("{{ input.question", "{{ input.question<|>", ["input.question: string"]),
    "a node": ("join judge", "join judge<|>", ["kind model", "one model call", "goes to `END`, `plan`"]),
    "an agent": ("critic { question", "cri<|>tic { question", ["agent critic(question: string) -> string"]),
    "a graph": ("graph flow", "graph fl<|>ow", ["Finds things.", "starts at `plan`"]),
    "a type": ("Finding[]", "Find<|>ing[]", ["{ title: string, url: string? }"]),
    "a kind": ("kind agent", "kind ag<|>ent", [KINDS["agent"].summary, "`tool_call`"]),
    "a reducer": ("[] append", "[] app<|>end", [REDUCERS["append"]]),
    "an item": ("join judge", "jo<|>in judge", ["Waits for what this node sends"]),
    "a function": ("output.score > 0.5", "le<|>n(state.findings) > 5", ["number of elements"]),
    "a member of the output": ("when output.score", "when output.sc<|>ore", ["output.score: float"]),
    "a member of an element": (
        "input.question }}.",
        "state.findings[0].ti<|>tle }}.",
        ["state.findings[0].title: string?"],
    ),
    "a variable": ("output.score > 0.5", "any(state.findings, f => <|>f.title == input.question)", ["f: Finding"]),
    "a member of a variable": (
        "output.score > 0.5",
        "any(state.findings, f => f.ti<|>tle == input.question)",
        ["f.title: string"],
    ),
    "a root": ("when output.score", "when out<|>put.score", ["the node's own result"]),
    "a name that is not bound": ("start plan", "start no<|>where", []),
    "a text": ('"Plan {{', '"Pl<|>an {{', []),
    "a comment": ("start plan", "start plan // pl<|>an", []),
}


@pytest.mark.parametrize("word", HOVERS)
def test_what_is_known_of(word: str) -> None:
    old, new, expected = HOVERS[word]
    found = ask(in_flow(old, new)).hover()
    assert all(part in found for part in expected), found
    assert bool(found) == bool(expected)


DEFINITIONS: dict[str, tuple[str, str, list[str]]] = {
    "a node": ("join judge", "join ju<|>dge", ["node judge {"]),
    "a node where it is declared": ("node judge", "node ju<|>dge", ["node judge {"]),
    "a channel": ("= state.report", "= state.rep<|>ort", ["channel report: string overwrite"]),
    "a channel in a template": ("{{ input.question", "{{ state.re<|>port", ["channel report: string overwrite"]),
    "a field": ("{{ input.question", "{{ input.qu<|>estion", ["input { question: string  depth: int = 2 }"]),
    "a field of an agent's input": ("critic { question", "critic { ques<|>tion", ["input { question: string }"]),
    "an agent": ("critic { question", "cri<|>tic { question", ["agent critic {"]),
    "a type": ("Finding[]", "Fin<|>ding[]", ["type Finding { title: string  url: string? }"]),
    "a tool": ('tools ["search"]', 'tools ["sea<|>rch"]', ["rag.toml: [tools.search]"]),
    "a model": ('model "default"', 'model "def<|>ault"', ["rag.toml: [models.default]"]),
    "a registered agent": (
        "critic { question: input.question }",
        'revie<|>wer { draft: "x" }',
        ["rag.toml: [agents.reviewer]"],
    ),
    "a name that is not bound": ("start plan", "start no<|>where", []),
    "the end": ("next END", "next EN<|>D", []),
    "a word of the language": ("kind agent", "ki<|>nd agent", []),
}


@pytest.mark.parametrize("name", DEFINITIONS)
def test_where_it_is_declared(name: str) -> None:
    old, new, expected = DEFINITIONS[name]
    assert ask(in_flow(old, new)).defined() == expected


def test_who_writes_and_reads_a_channel() -> None:
    text = in_flow("next END", "into rep<|>ort\n    next END").replace(
        "Plan {{ input.question }}", "{{ state.report }}"
    )
    assert "- written by `digger`\n- read by the run's output, `plan`" in ask(text).hover()


def test_the_outline() -> None:
    found = outline(analysis_of(FLOW), PATH)
    assert [(each.sort, each.name) for each in found] == [("type", "Finding"), ("graph", "flow"), ("agent", "critic")]
    assert [(each.sort, each.name, each.detail) for each in found[1].children] == [
        ("channel", "messages", "messages"),
        ("channel", "findings", "append"),
        ("channel", "report", "overwrite"),
        ("node", "plan", "agent"),
        ("node", "digger", "tool"),
        ("node", "judge", "model"),
    ]
    assert [each.name for each in found[0].children] == ["title", "url"]


@pytest.mark.parametrize("cut", range(0, len(FLOW), 40))
def test_a_symbol_holds_its_name_and_what_is_in_it(cut: int) -> None:
    pending: list[Symbol] = list(outline(analysis_of(FLOW[:cut]), PATH))
    for symbol in pending:
        assert symbol.span.start <= symbol.selection.start <= symbol.selection.end <= symbol.span.end
        assert symbol.name
        pending.extend(symbol.children)


@pytest.mark.parametrize("cut", [*range(1, len(FLOW), 90), len(FLOW)])
def test_every_place_has_an_answer(cut: int) -> None:
    analysis = analysis_of(FLOW[:cut])
    for offset in range(cut + 1):
        found = hover(analysis, PATH, offset)
        assert found is None or found.span.start <= offset <= found.span.end
        named = definition(analysis, PATH, offset)
        assert named is None or named.origin.span.start <= offset <= named.origin.span.end
