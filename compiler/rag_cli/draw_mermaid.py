"""A graph as a Mermaid flowchart: one subgraph for each graph of the document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rag_cli.marks import UNMARKED, Mark, Marks, drawable, worst
from rag_cli.printable import printable
from rag_ir.graph import END, Document
from rag_verify.picture import Arrow, Box, Picture

LONGEST_LABEL = 80

_SHAPES = {
    "interrupt": ("{{", "}}"),
    "router": ("{", "}"),
    "subgraph": ("[[", "]]"),
    "tool": ("[/", "/]"),
    "tool_executor": ("[/", "/]"),
    "join": ("([", "])"),
    "pass": ("(", ")"),
}
_COLOURS = {"error": "#cf222e", "warning": "#9a6700", "info": "#0969da"}
_PLAIN = frozenset(" _-./:,=+()[]!?")


def draw_mermaid(document: Document, marks: Marks = UNMARKED) -> str:
    """The flowchart's text. Identifiers are numbered: no name of the source is ever syntax."""
    shown = drawable(document)
    ids = {
        (picture.graph, box.name): f"n{at}x{row}"
        for at, picture in enumerate(shown)
        for row, box in enumerate(picture.boxes)
    }
    graphs = {picture.graph: f"g{at}" for at, picture in enumerate(shown)}
    lines = ["flowchart TD"]
    for at, picture in enumerate(shown):
        own = {box.name: ids[picture.graph, box.name] for box in picture.boxes}
        said = marks.get((picture.graph, ""), ())
        lines.append(f'  subgraph g{at}["{"<br/>".join(map(_text, (picture.graph, *(mark.text for mark in said))))}"]')
        lines += [f"    {line}" for line in _graph(picture, own, f"z{at}", f"s{at}", marks)]
        lines.append("  end")
    for picture in shown:
        for box in picture.boxes:
            if box.calls in graphs:
                lines.append(f"  {ids[picture.graph, box.name]} -.->|runs| {graphs[box.calls]}")
    return "".join(line + "\n" for line in (*lines, *_coloured(shown, ids, graphs, marks)))


def _coloured(
    shown: Sequence[Picture], ids: Mapping[tuple[str, str], str], graphs: Mapping[str, str], marks: Marks
) -> Iterator[str]:
    """The borders of what something is said of."""
    found: dict[str, list[str]] = {}
    for picture in shown:
        for name in ("", *(box.name for box in picture.boxes)):
            severity = worst(marks.get((picture.graph, name), ()))
            if severity is not None:
                found.setdefault(severity, []).append(ids[picture.graph, name] if name else graphs[picture.graph])
    for level, nodes in sorted(found.items()):
        yield f"  classDef {level} stroke:{_COLOURS[level]},stroke-width:3px"
        yield f"  class {','.join(nodes)} {level}"


def _graph(picture: Picture, ids: Mapping[str, str], end: str, start: str, marks: Marks) -> Iterator[str]:
    yield f"{start}((start))"
    for box in picture.boxes:
        yield _box(box, ids[box.name], marks.get((picture.graph, box.name), ()))
    if any(box.ends for box in picture.boxes) or any(arrow.target == END for arrow in picture.arrows):
        yield f"{end}(((end)))"
    for box in picture.boxes:
        if box.start:
            yield f"{start} --> {ids[box.name]}"
    targets = {**ids, END: end}
    for arrow in picture.arrows:
        yield from _arrow(arrow, picture, targets)
    for box in picture.boxes:
        if box.ends:
            yield f"{ids[box.name]} --> {end}"


def _box(box: Box, id: str, said: Iterable[Mark]) -> str:
    opening, closing = _SHAPES.get(box.kind, ("[", "]"))
    below = f"{box.kind}: {box.detail}" if box.detail else box.kind
    lines = "<br/>".join(map(_text, (below, *(mark.text for mark in said))))
    return f'{id}{opening}"<b>{_text(box.name)}</b><br/>{lines}"{closing}'


def _arrow(arrow: Arrow, picture: Picture, ids: Mapping[str, str]) -> Iterator[str]:
    target = ids[arrow.target]
    match arrow.kind:
        case "route":
            yield f"{ids[arrow.source]} -->{_label(arrow.label)} {target}"
        case "send":
            yield f"{ids[arrow.source]} -.->{_label(arrow.label or 'send')} {target}"
        case "error":
            yield f"{ids[arrow.source]} -.->{_label(arrow.label)} {target}"
        case "join":
            # A child that is a declared node may end anywhere downstream, so that its join is drawn from the sender.
            implicit = {box.name for box in picture.boxes if box.implicit}
            direct = [name for name in arrow.after if not arrow.source or name in implicit]
            sources = direct if len(direct) == len(arrow.after) else [*direct, arrow.source]
            for source in sources or [arrow.source]:
                yield f"{ids[source]} ==>{_label(f'join {arrow.label}')} {target}"


def _label(text: str) -> str:
    return f'|"{_text(text)}"|' if text else ""


def _text(text: str) -> str:
    shown = printable(text)
    if len(shown) > LONGEST_LABEL:
        shown = shown[: LONGEST_LABEL - 3] + "..."
    return "".join(char if char.isalnum() or char in _PLAIN else f"#{ord(char)};" for char in shown)
