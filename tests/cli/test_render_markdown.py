"""Markdown: what a model is given, golden files for how it reads, and hostile strings that must stay text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from rag_cli.edit_diff import edit_diff
from rag_cli.glossary import glossary
from rag_cli.markdown_text import code, prose
from rag_cli.printable import printable
from rag_cli.render_markdown import render_markdown
from rag_compiler.diagnostics import Diagnostic, Edit, Fix, Label, Place
from rag_compiler.pipeline import analyse
from rag_compiler.source import SourceFile, Span
from rag_registry.manifest import read_manifest
from tests.cli.hostile import HOSTILE, ascii_start
from tests.cli.test_render import DRAWN, FILES, GOLDEN
from tests.test_cases import MANIFEST

PARSER = MarkdownIt("commonmark")
TEXTS = [
    *HOSTILE,
    "a`b",
    "``",
    "`a` <b> `c`",
    "[x](http://example.org)",
    "![x](y)",
    "*a* _b_ **c**",
    "~~x~~",
    "# x",
    "- x",
]


@pytest.mark.parametrize("name", ["one_name", "two_files", "nested_blocks", "a_way", "empty_file", "many_candidates"])
def test_markdown_is_drawn(name: str, update: bool) -> None:
    glossaries = {DRAWN["one_name"]: {"tools": "a node of kind agent"}}
    drawn = render_markdown([DRAWN[name]], FILES, glossaries, checked=3)
    golden = GOLDEN / f"markdown_{name}.md"
    if update:
        golden.write_text(drawn, encoding="utf-8")
    assert drawn == golden.read_text(encoding="utf-8")


SOURCE = """\
graph flow {
  start ask
  channel findings appendd
  node ask {
    kind agent
    model "defualt"
    tools ["serch"]
    sytem "x"
    next reviw
  }
  node review { kind pass  command { update { finding: lenn(input.a) } } }
}
"""


def test_candidates_are_explained_from_registry_graph_and_language() -> None:
    registry, _ = read_manifest(MANIFEST.encode())
    analysis = analyse([SourceFile("flow.rag", SOURCE.encode())], registry)
    found = {each.code: glossary(analysis, each) for each in analysis.diagnostics}
    assert found["unknown-reducer"]["append"] == "a list that grows"
    assert found["unknown-model"]["default"] == "echo `default`"
    assert found["unknown-tool"]["search"] == "`search(query: string) -> string`; effects: read"
    assert found["unknown-item"]["system"].startswith("The system message")
    assert found["unknown-node"]["review"] == "a node of kind pass"
    assert found["unknown-channel"]["findings"].startswith("json")
    assert found["unknown-function"]["len"]
    for each in analysis.diagnostics:
        assert list(found[each.code]) == [name for name in each.candidates if name in found[each.code]]


def _tokens(text: str) -> Iterator[Token]:
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


@pytest.mark.parametrize("text", TEXTS, ids=ascii_start)
def test_prose_is_text_and_quoted_words(text: str) -> None:
    tokens = list(_tokens(f"- help: {prose(text)}"))
    assert {token.type for token in tokens} <= {
        *("bullet_list_open", "list_item_open", "paragraph_open", "inline", "text", "code_inline"),
        *("bullet_list_close", "list_item_close", "paragraph_close"),
    }
    shown = "".join(
        f"`{it.content}`" if it.type == "code_inline" else it.content for it in tokens if it.type != "inline"
    )
    assert shown.strip() == f"help: {printable(text)}".strip()


@pytest.mark.parametrize("text", TEXTS, ids=ascii_start)
def test_code_is_one_span_that_holds_the_text(text: str) -> None:
    spans = [token.content for token in _tokens(f"- found: {code(text)}") if token.type == "code_inline"]
    assert spans == [printable(text)]


@given(st.text())
def test_any_text_is_one_span(text: str) -> None:
    shown = printable(text)
    spans = [token.content for token in _tokens(f"- found: {code(text)}") if token.type == "code_inline"]
    assert spans == ([shown] if shown else [])


@pytest.mark.parametrize("text", [*TEXTS, "```\n# x", "~~~"], ids=ascii_start)
def test_hostile_text_makes_no_markup(text: str) -> None:
    data = f"graph {text} {{\n```\n".encode("utf-8", "replace")
    path = f"dir/{text}.rag"
    here = Place(path, Span(0, len(data)))
    label = Label(here, text)
    diagnostic = Diagnostic(
        *("bad-value", here, text, text, text, (label,), (label,), (text,)), fixes=(Fix(text, (Edit(here, text),)),)
    )
    drawn = render_markdown([diagnostic], {path: SourceFile(path, data)}, {diagnostic: {text: text}}, checked=1)
    assert all(line.replace("\t", "").isprintable() for line in drawn.split("\n"))
    tokens = list(_tokens(drawn))
    counts = {
        kind: sum(token.type == kind for token in tokens) for kind in ("heading_open", "fence", "ordered_list_open")
    }
    assert counts == {"heading_open": 2, "fence": 2, "ordered_list_open": 1}
    assert not {token.type for token in tokens} & {
        "html_inline",
        "html_block",
        "link_open",
        "image",
        "em_open",
        "strong_open",
    }


def test_a_diff_of_edits_near_and_far() -> None:
    lines = [f"line {number}" for number in range(1, 21)]
    data = "\n".join(lines).encode()
    file = SourceFile("a.rag", data)

    def edit(old: str, new: str) -> Edit:
        at = data.index(old.encode())
        return Edit(Place("a.rag", Span(at, at + len(old))), new)

    fix = Fix("mend", (edit("line 20", "last"), edit("line 3\n", ""), edit("line 5", "five\nand more")))
    assert edit_diff(fix, {"a.rag": file}) == [
        *("--- a.rag", "+++ a.rag"),
        *("@@ -3,3 +3,3 @@", "-line 3", "-line 4", "-line 5", "+line 4", "+five", "+and more"),
        *("@@ -20 +20 @@", "-line 20", "+last"),
    ]


def test_golden_files_are_all_drawn() -> None:
    assert {path.stem for path in Path(GOLDEN).glob("markdown_*.md")} == {
        f"markdown_{name}"
        for name in ("one_name", "two_files", "nested_blocks", "a_way", "empty_file", "many_candidates")
    }
