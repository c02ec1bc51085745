"""Graphs as text and Mermaid: golden files of one document, hostile names in every place."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_cli.draw_mermaid import draw_mermaid
from rag_cli.draw_text import draw_text
from rag_cli.terminal import PLAIN, Palette
from rag_ir import build
from rag_ir.graph import Code, Document
from rag_verify.code_text import code_text
from tests.cli.conftest import Rag
from tests.cli.hostile import HOSTILE, ascii_start

GOLDEN = Path(__file__).parent / "golden"


def every_kind(name: str = "triage") -> Document:
    """Every kind of box and arrow; `name` stands wherever a source can put a text."""
    many: Code = [">", ["call", "len", build.get("state", name)], ["lit", 3]]
    main = build.graph(
        "main",
        start="plan",
        channels=[build.channel("messages", "messages"), build.channel(name, "append")],
        nodes=[
            build.model("plan", sends=[build.send("worker", {name: build.lit(name)})], join=name),
            build.router(name, routes=[(None, many, "ask"), (None, None, "tools")]),
            build.interrupt("ask", prompt=name, options=[name, "no"], routes={name: "tools", "no": "END"}),
            build.tool_executor("tools", tools=["search"], next="call", on_error="sum_up"),
            build.tool("call", tool="search", arguments={"query": build.template("about ", build.get("input", "q"))}),
            build.subgraph("sum_up", graph="other", routes={"final": "gather", "failed": "END"}),
            build.join("gather", next="END"),
        ],
        joins=[(("call", "sum_up"), "gather")],
    )
    other = build.graph("other", start="only", nodes=[build.pass_("only")])
    return build.document("main", graphs=[main, other], agents=[build.declare_agent("worker")])


@pytest.mark.parametrize(("draw", "file"), [("text", "graph.txt"), ("mermaid", "graph.mmd")])
def test_a_graph_is_drawn(draw: str, file: str, update: bool) -> None:
    found = draw_text(every_kind(), PLAIN) if draw == "text" else draw_mermaid(every_kind())
    if update:
        (GOLDEN / file).write_text(found, encoding="utf-8")
    assert found == (GOLDEN / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [text for text in HOSTILE if text != "\ud800"], ids=ascii_start)
def test_hostile_names_stay_text(name: str) -> None:
    document = every_kind(name)
    text, plain = draw_text(document, PLAIN), draw_text(every_kind(), PLAIN)
    assert all(line.isprintable() for line in text.split("\n"))
    assert text.count("\n") == plain.count("\n")
    picture = draw_mermaid(document)
    assert all(line.isprintable() for line in picture.split("\n"))
    assert _bones(picture) == _bones(draw_mermaid(every_kind()))


def _bones(picture: str) -> list[str]:
    """The flowchart without its quoted texts: what a parser takes for syntax."""
    return [re.sub(r'"[^"]*"', '""', line) for line in picture.split("\n")]


def test_colour_is_asked_for() -> None:
    assert "\x1b[" in draw_text(every_kind(), Palette(True))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (["lit", "a"], '"a"'),
        (["lit", None], "null"),
        (["get", "state", "a", "b c"], 'state.a["b c"]'),
        (["index", ["get", "state", "a"], ["lit", 0]], "state.a[0]"),
        (["+", ["*", ["lit", 1], ["lit", 2]], ["lit", 3]], "1 * 2 + 3"),
        (["*", ["+", ["lit", 1], ["lit", 2]], ["lit", 3]], "(1 + 2) * 3"),
        (["-", ["lit", 1], ["-", ["lit", 2], ["lit", 3]]], "1 - (2 - 3)"),
        (["==", ["==", ["lit", 1], ["lit", 2]], ["lit", True]], "(1 == 2) == true"),
        (["not", ["and", ["lit", True], ["lit", False]]], "not (true and false)"),
        (["and", ["not", ["lit", True]], ["lit", False]], "not true and false"),
        (["neg", ["member", ["call", "first", ["get", "args"]], "n"]], "-first(args).n"),
        (["if", ["lit", True], ["lit", 1], ["if", ["lit", False], ["lit", 2], ["lit", 3]]], "if true then 1 else (if false then 2 else 3)"),
        (["??", ["var", "x"], ["list", ["lit", 1], ["object", ["k", ["lit", 2]]]]], "x ?? [1, { k: 2 }]"),
        (["each", "map", ["get", "input"], "x", [">", ["var", "x"], ["lit", 1]]], "map(input, x => x > 1)"),
        (["template", "Hi ", ["get", "input", "n"]], '"Hi {{ input.n }}"'),
    ],
)  # fmt: skip
def test_expressions_read_as_source(code: Code, text: str) -> None:
    assert code_text(code) == text


def test_deep_expressions_are_cut() -> None:
    code: Code = ["lit", 1]
    for _ in range(5000):
        code = ["neg", code]
    assert code_text(code).endswith("-...")


def test_bounds_stand_below_what_they_are_of(rag: Rag, example: Callable[[str], Path]) -> None:
    example("fanout")
    plain, bounded = rag("graph", "workflows/survey.rag"), rag("graph", "workflows/survey.rag", "--bounds")
    assert "at most 4,000 model calls, 4,000 tool calls" in bounded.out
    told = [line for line in bounded.out.splitlines() if line.lstrip().startswith("at most")]
    assert [line for line in bounded.out.splitlines() if line not in told] == plain.out.splitlines()
    for form in ("mermaid", "dot", "svg", "html"):
        assert "model calls" in rag("graph", "workflows/survey.rag", "--bounds", "--format", form).out
