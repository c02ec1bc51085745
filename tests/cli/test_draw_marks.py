"""What is said of nodes on their pictures, graphs that are not whole, and DOT."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rag_cli.draw_dot import draw_dot
from rag_cli.draw_html import draw_html
from rag_cli.draw_mermaid import draw_mermaid
from rag_cli.draw_svg import draw_svg
from rag_cli.draw_text import draw_text
from rag_cli.lay_out import run_layout
from rag_cli.marks import Mark, Marks
from rag_cli.printable import printable
from rag_cli.terminal import PLAIN
from rag_compiler.link import link
from tests.cli.conftest import Rag
from tests.cli.hostile import HOSTILE, ascii_start
from tests.cli.test_draw import GOLDEN, every_kind
from tests.fuzz.mending import Example, sources, token_mutants

NAMES = [text for text in HOSTILE if text != "\ud800"]
SVG = "{http://www.w3.org/2000/svg}"


def marks(message: str = "reads `x` before anything can have written it") -> Marks:
    """A warning and an error on one node, one more of each sort elsewhere, one on the graph itself."""
    return {
        ("main", "plan"): (Mark("error", "unknown-node", message), Mark("warning", "missing-label", message)),
        ("main", "ask"): (Mark("warning", "missing-label", message),),
        ("main", "call"): (Mark("info", "not-a-rule", message),),
        ("main", ""): (Mark("warning", "no-way-to-end", message),),
        ("other", "only"): (Mark("error", "unknown-node", message),),
    }


DRAWINGS = {
    "marks.txt": lambda: draw_text(every_kind(), PLAIN, marks()),
    "marks.mmd": lambda: draw_mermaid(every_kind(), marks()),
    "marks.dot": lambda: draw_dot(every_kind(), marks()),
    "graph.dot": lambda: draw_dot(every_kind()),
    "marks.svg": lambda: draw_svg(every_kind(), marks()),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_marks_are_drawn(name: str, update: bool) -> None:
    found = DRAWINGS[name]()
    if update:
        (GOLDEN / name).write_text(found, encoding="utf-8")
    assert found == (GOLDEN / name).read_text(encoding="utf-8")


def test_cards_have_borders_in_the_worst_severity() -> None:
    root = ElementTree.fromstring(draw_svg(every_kind(), marks()))
    found = [each.get("class", "") for each in root.iter(f"{SVG}g")]
    assert sum("marked-error" in each for each in found) == 2
    assert sum("marked-warning" in each for each in found) == 2
    assert sum("marked-info" in each for each in found) == 1
    said = [each.text for each in root.iter(f"{SVG}text") if each.get("class") == "said-error"]
    assert any(text is not None and text.startswith("error[unknown-node]: reads") for text in said)


def test_findings_stand_in_the_table_of_the_page() -> None:
    page = draw_html(every_kind(), marks=marks("a < b"))
    assert page.count('<span class="said-error">error[unknown-node]: a &lt; b</span>') == 2
    assert page.count('<p class="said-warning">warning[no-way-to-end]: a &lt; b</p>') == 1


@pytest.mark.parametrize("name", NAMES, ids=ascii_start)
def test_hostile_names_and_messages_stay_text(name: str) -> None:
    document = every_kind(name)
    said = marks(name)
    plain = marks()
    text = draw_text(document, PLAIN, said)
    assert text.count("\n") == draw_text(every_kind(), PLAIN, plain).count("\n")
    mermaid, dot = draw_mermaid(document, said), draw_dot(document, said)
    for drawn in (text, mermaid, dot):
        assert all(line.isprintable() for line in drawn.split("\n"))
    assert _bones(mermaid) == _bones(draw_mermaid(every_kind(), plain))
    assert _bones(dot) == _bones(draw_dot(every_kind(), plain))
    root = ElementTree.fromstring(draw_svg(document, said))
    assert {each.tag for each in root.iter()} == {
        each.tag for each in ElementTree.fromstring(draw_svg(every_kind(), plain)).iter()
    }


def _bones(picture: str) -> list[str]:
    """The text without what stands in quotes: what a parser takes for syntax."""
    return [re.sub(r'"[^"]*"', '""', line) for line in picture.split("\n")]


@pytest.mark.parametrize("name", ["triage", 'a" b \\" \\N', "</table>&lt;", "\\"])
def test_dot_is_read_by_the_program_it_is_for(name: str) -> None:
    answer = run_layout(draw_dot(every_kind(name), marks(name)).encode())
    objects = json.loads(answer)["objects"]
    labels = [unescape(each["label"]).split("\\n")[0] for each in objects if each["name"].startswith("n")]
    assert labels.count(printable(name)) == 1, labels


BROKEN = "graph g {\n  start a\n  node a { kind pass  next nowhere }\n  node b { kind nothing }\n}\n"


@pytest.mark.parametrize("format", ["text", "mermaid", "dot", "svg", "html"])
def test_a_broken_source_is_drawn_as_far_as_it_goes(format: str, rag: Rag, here: Path) -> None:
    (here / "a.rag").write_text(BROKEN)
    done = rag("graph", "a.rag", "--format", format)
    assert done.status == 1
    assert "unknown-node" in done.out
    assert "unknown-kind" in done.out
    assert "error[unknown-node]" in done.err


def test_warnings_are_drawn_on_nodes_and_fail_nothing(rag: Rag, here: Path) -> None:
    (here / "a.rag").write_text("graph g {\n  start a\n  node a { kind pass }\n  node b { kind pass }\n}\n")
    done = rag("graph", "a.rag")
    assert done.status == 0
    assert "warning[unreachable-node]: " in done.out


@pytest.mark.parametrize("text", ["type T { a: string }\n", "graph g {\n}\n", ""])
def test_a_file_without_a_graph_has_no_picture(text: str, rag: Rag, here: Path) -> None:
    (here / "a.rag").write_text(text)
    done = rag("graph", "a.rag")
    assert (done.status, done.out) == (1, "")


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.stem)
def test_whatever_is_wrong_something_is_drawn(path: Path) -> None:
    example = Example(path)
    drawn = 0
    for index, (_, mutant) in enumerate(token_mutants(example.text)):
        if index % 29:
            continue
        analysis = example.analysis(mutant)
        for name in [name for name, graph in analysis.program.graphs.items() if graph.nodes]:
            document = link(analysis.program, name).document(analysis.registry, analysis.files, "test")
            for picture in (draw_text(document, PLAIN), draw_mermaid(document), draw_dot(document)):
                assert printable(name) in picture
            drawn += 1
    assert drawn > 3
