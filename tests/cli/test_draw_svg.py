"""Graphs as SVG and as a page: golden files of one document, what must hold of every drawing, hostile names in every place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser
from importlib.metadata import PackageNotFoundError
from itertools import combinations
from pathlib import Path
from typing import cast
from xml.etree.ElementTree import Element, fromstring

import pytest

from rag_cli import lay_out as module
from rag_cli.compose import SIZES, compose
from rag_cli.draw_html import draw_html
from rag_cli.draw_svg import draw_svg
from rag_cli.lay_out import lay_out
from rag_cli.printable import width
from rag_cli.scene import Layout, Scene
from rag_cli.target import target
from rag_ir import build
from rag_ir.graph import Code, Document, Node
from rag_verify.picture import pictures
from tests.cli.conftest import EXAMPLES, Rag
from tests.cli.hostile import HOSTILE, ascii_start
from tests.cli.test_draw import every_kind

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).parent / "golden"
SVG = "{http://www.w3.org/2000/svg}"
NAMES = [text for text in HOSTILE if text != "\ud800"]
SOURCES = sorted(EXAMPLES.glob("*/workflows/*.rag"))


def _big() -> Document:
    """Forty nodes with loops, error ways, forks and ends on the way."""
    nodes: list[Node] = []
    for row in range(40):
        name, after = f"n{row}", f"n{row + 1}" if row < 39 else "END"
        match row % 8:
            case 3:
                many: Code = ["<", build.get("state", "n"), ["lit", row]]
                nodes.append(build.router(name, routes=[(None, many, f"n{max(0, row - 5)}"), (None, None, after)]))
            case 5:
                sends = [build.send("worker", {"q": build.lit(row)}), build.send("critic", {"q": build.lit("x")})]
                nodes.append(build.pass_(name, sends=sends, join=after))
            case 6:
                nodes.append(build.interrupt(name, options=["on", "stop"], routes={"on": after, "stop": "END"}))
            case _:
                nodes.append(build.model(name, next=after, on_error=f"n{min(39, row + 4)}"))
    agents = [build.declare_agent("worker"), build.declare_agent("critic")]
    graph = build.graph("big", start="n0", channels=[build.channel("n", "sum")], nodes=nodes)
    return build.document("big", graphs=[graph], agents=agents)


def _compiled(source: Path) -> Document:
    return target(str(source), None).document


DOCUMENTS: dict[str, Callable[[], Document]] = {
    "every kind": every_kind,
    "forty nodes": _big,
    **{source.stem: partial(_compiled, source) for source in SOURCES},
}


@pytest.fixture(params=DOCUMENTS)
def document(request: pytest.FixtureRequest) -> Document:
    return DOCUMENTS[cast("str", request.param)]()


@dataclass(frozen=True)
class Drawn:
    """A drawing's rectangles, by the element that they belong to."""

    scene: Scene
    layout: Layout

    def cards(self) -> dict[str, tuple[float, float, float, float]]:
        """Left, top, right and bottom of every shape."""
        found: dict[str, tuple[float, float, float, float]] = {}
        for shape in self.scene.shapes:
            x, y = self.layout.shapes[shape.id]
            found[shape.id] = (x - shape.width / 2, y - shape.height / 2, x + shape.width / 2, y + shape.height / 2)
        return found


def _drawn(document: Document) -> Drawn:
    scene = compose(pictures(document))
    return Drawn(scene, lay_out(scene))


# What is drawn


@pytest.mark.parametrize(("draw", "file"), [(draw_svg, "graph.svg"), (draw_html, "graph.html")])
def test_a_graph_is_drawn(draw: Callable[[Document], str], file: str, update: bool) -> None:
    found = draw(every_kind())
    if update:
        (GOLDEN / file).write_text(found, encoding="utf-8")
    assert found == (GOLDEN / file).read_text(encoding="utf-8")


def test_the_picture_in_the_readme_is_the_example(update: bool) -> None:
    file = ROOT / "docs" / "images" / "research_review.svg"
    found = draw_svg(DOCUMENTS["research_review"]())
    if update:
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8")
    assert "docs/images/research_review.svg" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_same_document_gives_the_same_bytes(document: Document) -> None:
    assert draw_svg(document) == draw_svg(document)
    assert draw_html(document) == draw_html(document)


def test_every_node_is_named_and_every_arrow_is_drawn(document: Document) -> None:
    root = fromstring(draw_svg(document))
    scene = compose(pictures(document))
    names = ["".join(text.itertext()) for text in _texts(root, "name")]
    boxes = [box.name.rpartition("/")[2] for picture in scene.pictures for box in picture.boxes]
    assert sorted(names) == sorted(boxes)
    wires = [each for each in root.iter(f"{SVG}path") if "wire" in _classes(each)]
    arrows = sum(len(picture.arrows) + len(picture.forks) for picture in scene.pictures)
    assert len(wires) == len(scene.wires) >= arrows


def test_sends_are_dashed_and_what_runs_side_by_side_is_framed() -> None:
    root = fromstring(draw_svg(DOCUMENTS["research_review"]()))
    assert len([each for each in root.iter() if "send" in _classes(each)]) == 2
    assert [text.text for text in _texts(root, "caption")] == ["children of supervisor"]
    assert [text.text for text in _texts(root, "join")] == ["join all"]


def test_a_branch_of_several_nodes_ends_at_its_join() -> None:
    scene = compose(pictures(DOCUMENTS["survey"]()))
    ids = {shape.box.name: shape for shape in scene.shapes if shape.box}
    (join,) = (shape.id for shape in scene.shapes if shape.form == "join")
    assert {wire.source for wire in scene.wires if wire.target == join} == {ids["condense"].id}
    assert ids["digger"].frame == ids["condense"].frame is not None
    assert [name for name, shape in ids.items() if shape.many] == ["digger"]


def test_a_graph_that_is_run_stands_beside_its_caller() -> None:
    scene = compose(pictures(DOCUMENTS["digest"]()))
    assert [frame.caption.text for frame in scene.frames] == ["graph digest", "graph summarise"]
    (runs,) = (wire for wire in scene.wires if wire.kind == "runs")
    assert runs.target == "s1"


# Where it stands


def test_nothing_covers_anything(document: Document) -> None:
    drawn = _drawn(document)
    cards = drawn.cards()
    for one, other in combinations(cards.values(), 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    for left, top, right, bottom in cards.values():
        assert left >= 0
        assert top >= 0
        assert right <= drawn.layout.width
        assert bottom <= drawn.layout.height


def test_what_belongs_to_a_frame_stands_in_it(document: Document) -> None:
    drawn = _drawn(document)
    inside = {frame.id: {frame.id} for frame in drawn.scene.frames}
    for frame in drawn.scene.frames:
        if frame.parent is not None:
            inside[frame.parent].add(frame.id)
    for shape in drawn.scene.shapes:
        left, top, right, bottom = drawn.cards()[shape.id]
        for frame_id, area in drawn.layout.frames.items():
            held = area.left <= left and right <= area.right and area.top <= top and bottom <= area.bottom
            assert held == (shape.frame in inside[frame_id])


def test_the_start_is_above_what_follows(document: Document) -> None:
    drawn = _drawn(document)
    for wire in drawn.scene.wires:
        if wire.kind == "start":
            assert drawn.layout.shapes[wire.source][1] < drawn.layout.shapes[wire.target][1]


def test_every_wire_begins_and_ends_at_its_shapes(document: Document) -> None:
    drawn = _drawn(document)
    cards = drawn.cards()
    for wire in drawn.scene.wires:
        way = drawn.layout.wires[wire.id]
        assert len(way.points) % 3 == 1
        for (x, y), shape_id in ((way.points[0], wire.source), (way.tip, wire.target)):
            left, top, right, bottom = cards[shape_id]
            assert left - 2 <= x <= right + 2
            assert top - 2 <= y <= bottom + 2


@pytest.mark.parametrize("name", [*NAMES, "plain"], ids=ascii_start)
def test_every_text_fits_its_card(name: str) -> None:
    for group in fromstring(draw_svg(every_kind(name))).iter(f"{SVG}g"):
        card = group.find(f"{SVG}rect")
        if card is None or "card" not in _classes(card):
            continue
        left, top = float(card.attrib["x"]), float(card.attrib["y"])
        for text in group.findall(f"{SVG}text"):
            x, y, size = float(text.attrib["x"]), float(text.attrib["y"]), SIZES[text.attrib["class"]]
            taken = float(text.get("textLength", 0)) or width(text.text or "") * size * 0.602
            assert left <= x
            assert x + taken <= left + float(card.attrib["width"])
            assert top <= y - size * 0.8
            assert y + size * 0.25 <= top + float(card.attrib["height"])


# What may stand in it


@pytest.mark.parametrize("name", NAMES, ids=ascii_start)
def test_hostile_names_stay_text_in_the_picture(name: str) -> None:
    text = draw_svg(every_kind(name))
    assert all(line.isprintable() for line in text.split("\n"))
    root = fromstring(text)
    tags = {"svg", "title", "style", "rect", "g", "path", "circle", "text"}
    assert {each.tag.removeprefix(SVG) for each in root.iter()} == tags
    plain = {"d", "class", "x", "y", "cx", "cy", "r", "rx", "width", "height", "viewBox", "role"}
    anchors = {"text-anchor", "textLength", "lengthAdjust"}
    assert {key for each in root.iter() for key in each.attrib} <= plain | anchors


@pytest.mark.parametrize("name", NAMES, ids=ascii_start)
def test_hostile_names_stay_text_on_the_page(name: str) -> None:
    page, plain = _Page(draw_html(every_kind(name))), _Page(draw_html(every_kind()))
    assert page.tags == plain.tags
    assert page.scripts == plain.scripts == 1
    assert page.links == plain.links
    assert page.handlers == []


def test_the_page_may_load_nothing_and_run_its_own_script_alone() -> None:
    page = draw_html(every_kind())
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert len(re.findall(r"'sha256-[\w+/=]{44}'", rules["script-src"])) == page.count("<script>") == 1
    assert len(re.findall(r"'sha256-[\w+/=]{44}'", rules["style-src"])) == page.count("<style>") == 2
    assert "unsafe" not in policy
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)


def test_the_page_leads_from_nodes_to_rows_and_on_to_the_source(rag: Rag, example: Callable[[str], Path]) -> None:
    example("subgraph")
    page = rag("graph", "workflows/digest.rag", "--format", "html").out
    assert '<a href="workflows/digest.rag#L18"><code>workflows/digest.rag:18:8</code></a>' in page
    rows, cards = re.findall(r'id="row-(\w+)"', page), re.findall(r'id="pic-(\w+)"', page)
    assert rows == cards == re.findall(r'href="#pic-(\w+)"', page) == re.findall(r'href="#row-(\w+)"', page)
    assert len(rows) == 4


class _Page(HTMLParser):
    """What a reader of the page takes for markup. The drawing has a text element for each line, which depends on the names."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.scripts = 0
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.scripts += tag == "script"
        self.links += [value or "" for key, value in attrs if key in ("href", "src")]
        self.handlers += [key for key, _ in attrs if key.startswith("on")]


def _texts(root: Element, style: str) -> Iterator[Element]:
    return (each for each in root.iter(f"{SVG}text") if each.get("class") == style)


def _classes(each: Element) -> list[str]:
    return each.get("class", "").split()


# The program that lays out


def test_a_missing_layout_program_is_named(rag: Rag, monkeypatch: pytest.MonkeyPatch) -> None:
    def files(package: str) -> None:
        raise PackageNotFoundError(package)

    monkeypatch.setattr("importlib.metadata.files", files)
    done = rag("graph", SOURCES[0], "--format", "svg")
    assert (done.status, done.out) == (2, "")
    assert "needs a layout program" in done.err
    assert "pip install 'raglang[graph]'" in done.err


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("#!/bin/sh\necho out of luck >&2\nexit 3\n", "`graphviz-pure` failed: out of luck"),
        ("#!/bin/sh\nexit 3\n", "`graphviz-pure` failed: status 3"),
        ("no program", "`graphviz-pure` cannot be started"),
    ],
)
def test_a_layout_program_that_fails_is_told(
    program: str, said: str, rag: Rag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "program"
    file.write_text(program)
    file.chmod(0o755)
    monkeypatch.setattr(module, "_program", lambda: str(file))
    done = rag("graph", SOURCES[0], "--format", "html")
    assert (done.status, done.out) == (2, "")
    assert said in done.err


def test_a_large_graph_is_laid_out() -> None:
    nodes = [build.model(f"n{row}", next=f"n{row + 1}" if row < 199 else "END") for row in range(200)]
    document = build.document("long", graphs=[build.graph("long", start="n0", nodes=nodes)])
    assert draw_svg(document).count('class="name"') == 200
