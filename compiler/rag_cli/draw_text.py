"""A graph as text: its nodes in the order of their declaration, each with what leads away from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rag_cli.marks import UNMARKED, Mark, Marks, drawable
from rag_cli.printable import printable, width
from rag_cli.terminal import Palette
from rag_ir.graph import Document
from rag_verify.picture import Arrow, Picture

LONGEST_DETAIL = 100
WIDEST_NAME = 40


def draw_text(document: Document, palette: Palette, marks: Marks = UNMARKED) -> str:
    """The document's graphs, the entry first, an empty line between them."""
    graphs = (_graph(picture, palette, marks) for picture in drawable(document))
    return "\n".join("".join(line + "\n" for line in lines) for lines in graphs)


def _graph(picture: Picture, palette: Palette, marks: Marks) -> Iterator[str]:
    yield f"{palette.paint('dim', 'graph')} {palette.paint('bold', printable(picture.graph))}"
    yield from _said(marks.get((picture.graph, ""), ()), palette, "  ")
    for word, listed in (("input", picture.inputs), ("channels", picture.channels)):
        if listed:
            yield f"  {palette.paint('dim', word)} {printable(', '.join(listed))}"
    names = min(max(width(printable(box.name)) for box in picture.boxes), WIDEST_NAME)
    kinds = max(len(box.kind) for box in picture.boxes)
    for box in picture.boxes:
        name = printable(box.name)
        head = f"{'*' if box.start else ' '} {palette.paint('bold', name)}{' ' * (names - width(name))}"
        yield f"{head}  {palette.paint('info', box.kind)}{' ' * (kinds - len(box.kind))}  {_short(box.detail)}".rstrip()
        yield from _said(marks.get((picture.graph, box.name), ()), palette, "      ")
        for arrow in picture.arrows:
            if arrow.source == box.name:
                yield f"      {_arrow(arrow, palette)}"
        if box.ends:
            yield f"      {palette.paint('dim', '-> ends here')}"
    for arrow in picture.arrows:
        if not arrow.source:
            yield f"  join [{printable(', '.join(arrow.after))}] -> {palette.paint('bold', printable(arrow.target))}"


def _said(marks: Iterable[Mark], palette: Palette, indent: str) -> Iterator[str]:
    for mark in marks:
        yield indent + palette.paint(mark.severity, printable(mark.text))


def _arrow(arrow: Arrow, palette: Palette) -> str:
    target = palette.paint("bold", printable(arrow.target))
    label = _short(arrow.label)
    match arrow.kind:
        case "send":
            payload = f" {palette.paint('dim', _short(arrow.detail))}" if arrow.detail else ""
            return f"send -> {target}{f'  {label}' if label else ''}{payload}"
        case "join":
            return f"join ({label}) -> {target}"
        case _:
            return f"{label} -> {target}" if label else f"-> {target}"


def _short(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= LONGEST_DETAIL else shown[: LONGEST_DETAIL - 3] + "..."
