"""A graph in the DOT language: one cluster for each graph of the document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rag_cli.marks import UNMARKED, Mark, Marks, drawable, worst
from rag_cli.printable import printable
from rag_ir.graph import END, Document
from rag_ir.rules import Severity
from rag_verify.picture import Arrow, Box, Picture

LONGEST_LABEL = 80
BREAK = r"\n"

_SHAPES = {
    "interrupt": "hexagon",
    "router": "diamond",
    "subgraph": "component",
    "tool": "parallelogram",
    "join": "oval",
}
_COLOURS: dict[Severity, str] = {"error": "#cf222e", "warning": "#9a6700", "info": "#0969da"}
_STYLES = {"route": "solid", "send": "dashed", "error": "dotted", "join": "bold"}


def draw_dot(document: Document, marks: Marks = UNMARKED) -> str:
    """The digraph's text. Identifiers are numbered and labels are spelt in entities: no name of the source is ever syntax."""
    shown = drawable(document)
    graphs = {picture.graph: f"s{at}" for at, picture in enumerate(shown)}
    lines = ["digraph {", "  compound=true", '  node [shape=box style=rounded fontname="monospace"]']
    for at, picture in enumerate(shown):
        said = marks.get((picture.graph, ""), ())
        lines.append(f"  subgraph cluster_g{at} {{")
        lines.append(f"    graph{_attributes(_title(picture.graph, said), said)}")
        lines += [f"    {line}" for line in _graph(picture, at, marks)]
        lines.append("  }")
    for at, picture in enumerate(shown):
        for row, box in enumerate(picture.boxes):
            if box.calls in graphs:
                lines.append(f'  n{at}x{row} -> {graphs[box.calls]} [style=dotted label="runs"]')
    return "".join(line + "\n" for line in [*lines, "}"])


def _title(name: str, said: tuple[Mark, ...]) -> list[str]:
    return [f"graph {name}", *(mark.text for mark in said)]


def _graph(picture: Picture, at: int, marks: Marks) -> Iterator[str]:
    ids = {box.name: f"n{at}x{row}" for row, box in enumerate(picture.boxes)}
    yield f's{at} [shape=point width=0.15 label=""]'
    for box in picture.boxes:
        yield _box(box, ids[box.name], marks.get((picture.graph, box.name), ()))
    if any(box.ends for box in picture.boxes) or any(arrow.target == END for arrow in picture.arrows):
        yield f'z{at} [shape=doublecircle width=0.15 label=""]'
    for box in picture.boxes:
        if box.start:
            yield f"s{at} -> {ids[box.name]}"
    targets = {**ids, END: f"z{at}"}
    for arrow in picture.arrows:
        yield from _arrow(arrow, picture, targets)
    for box in picture.boxes:
        if box.ends:
            yield f"{ids[box.name]} -> z{at}"


def _box(box: Box, id: str, said: tuple[Mark, ...]) -> str:
    below = f"{box.kind}: {box.detail}" if box.detail else box.kind
    shape = f"shape={_SHAPES[box.kind]}" if box.kind in _SHAPES else ""
    return f"{id}{_attributes([box.name, below, *(mark.text for mark in said)], said, shape)}"


def _attributes(lines: list[str], said: tuple[Mark, ...], *more: str) -> str:
    severity = worst(said)
    parts = [f'label="{BREAK.join(map(_text, lines))}"', *(part for part in more if part)]
    if severity is not None:
        parts += [f'color="{_COLOURS[severity]}"', f'fontcolor="{_COLOURS[severity]}"', "penwidth=2.5"]
    return f" [{' '.join(parts)}]"


def _arrow(arrow: Arrow, picture: Picture, ids: Mapping[str, str]) -> Iterator[str]:
    label = f"join {arrow.label}" if arrow.kind == "join" else arrow.label
    attributes = f'style={_STYLES[arrow.kind]} label="{_text(label)}"'
    for source in _sources(arrow, picture):
        yield f"{ids[source]} -> {ids[arrow.target]} [{attributes}]"


def _sources(arrow: Arrow, picture: Picture) -> list[str]:
    """Where an arrow comes from. A child that is a declared node may end anywhere downstream: its join is drawn from the sender."""
    if arrow.kind != "join":
        return [arrow.source]
    implicit = {box.name for box in picture.boxes if box.implicit}
    direct = [name for name in arrow.after if not arrow.source or name in implicit]
    return direct if direct and len(direct) == len(arrow.after) else [*direct, arrow.source]


def _text(text: str) -> str:
    """A text as it stands in a quoted label: what is neither a letter, a digit nor harmless is an entity."""
    shown = printable(text)
    if len(shown) > LONGEST_LABEL:
        shown = shown[: LONGEST_LABEL - 3] + "..."
    return "".join(char if char.isalnum() or char in " _-./:,=+()!?" else f"&#{ord(char)};" for char in shown)
