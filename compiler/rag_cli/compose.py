"""Pictures as a scene: what is written on each shape and wire, how large that is, and what stands inside of what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from rag_cli.fit_text import CELL, cut, wrapped
from rag_cli.marks import UNMARKED, Mark, Marks, worst
from rag_cli.printable import width
from rag_cli.scene import Frame, Line, Scene, Shape, Wire
from rag_ir.graph import END
from rag_verify.picture import Arrow, Box, Picture

SIZES = {
    "kind": 11.0,
    "name": 14.0,
    "fact": 11.5,
    "label": 11.5,
    "payload": 10.5,
    "caption": 11.5,
    "join": 11.5,
    "said-error": 11.5,
    "said-warning": 11.5,
    "said-info": 11.5,
}
"""Font sizes of the styles of lines."""

LEADING = {
    "kind": 14.0,
    "name": 19.0,
    "fact": 16.0,
    "label": 15.0,
    "payload": 14.0,
    "caption": 16.0,
    "join": 16.0,
    "said-error": 16.0,
    "said-warning": 16.0,
    "said-info": 16.0,
}
"""Heights of lines."""

PADDING = 12.0
STRIPE = 5.0
"""The coloured edge of a card."""

STACK = 5.0
"""How far the cards behind one that runs many times look out."""

POINT = 18.0
SMALLEST = 96.0
NAME, FACT, LABEL = 32, 38, 34
"""The longest lines, in cells."""

FACT_LINES, LABEL_LINES, SAID_LINES = 2, 3, 4


def compose(pictures: Sequence[Picture], marks: Marks = UNMARKED) -> Scene:
    """The scene of some graphs; where there are several, each has a frame, and what calls a graph leads into it.

    What is said of a node stands on its card; what is said of a graph, on a card of its own.
    """
    several = len(pictures) > 1
    parts = [_Part(picture, at, several, marks) for at, picture in enumerate(pictures)]
    graphs = {part.picture.graph: part for part in parts}
    return Scene(
        pictures=tuple(pictures),
        shapes=tuple(shape for part in parts for shape in part.shapes()),
        wires=tuple(wire for part in parts for wire in (*part.wires(), *part.calls(graphs))),
        frames=tuple(frame for part in parts for frame in part.frames()),
    )


class _Part:
    """One graph of the scene, with the ids of what belongs to it."""

    def __init__(self, picture: Picture, at: int, framed: bool, marks: Marks) -> None:
        self.picture = picture
        self._marks = marks
        self._at = at
        self.frame = f"g{at}" if framed else None
        self._ids = {box.name: f"n{at}x{row}" for row, box in enumerate(picture.boxes)}
        self.start, self._end = f"s{at}", f"e{at}"
        self._forks = {fork.sender: (row, fork) for row, fork in enumerate(picture.forks)}
        self._fork_of = {name: row for row, fork in enumerate(picture.forks) for name in fork.members}

    def shapes(self) -> Iterator[Shape]:
        yield Shape(self.start, "start", POINT, POINT, self.frame)
        many = {arrow.target for arrow in self.picture.arrows if arrow.kind == "send" and arrow.label}
        for box in self.picture.boxes:
            said = self._marks.get((self.picture.graph, box.name), ())
            yield _card(box, self._ids[box.name], self._frame_of(box.name), box.name in many, said)
        for row, mark in enumerate(self._marks.get((self.picture.graph, ""), ())):
            yield _note(mark, f"m{self._at}x{row}", self.frame)
        for row, arrow in self._joins():
            words = Line(f"join {arrow.label}", "join")
            size = line_width(words) + 2 * PADDING
            yield Shape(f"j{self._at}x{row}", "join", size, 26.0, self._frame_of(arrow.source), (words,))
        if self._has_end():
            yield Shape(self._end, "end", POINT, POINT, self.frame)

    def frames(self) -> Iterator[Frame]:
        if self.frame is not None:
            yield _frame(self.frame, "graph", None, f"graph {self.picture.graph}")
        for row, fork in enumerate(self.picture.forks):
            if fork.members:
                yield _frame(f"f{self._at}x{row}", "fork", self._frame_of(fork.sender), f"children of {fork.sender}")

    def wires(self) -> Iterator[Wire]:
        for box in self.picture.boxes:
            if box.start:
                yield Wire(f"b{self._at}", "start", self.start, self._ids[box.name])
        for row, arrow in enumerate(self.picture.arrows):
            if arrow.kind == "join":
                yield from self._join(row, arrow)
            else:
                yield self._wire(row, arrow)
        for row, box in enumerate(self.picture.boxes):
            if box.ends:
                yield Wire(f"x{self._at}x{row}", "route", self._ids[box.name], self._end_of(box.name))

    def calls(self, graphs: Mapping[str, _Part]) -> Iterator[Wire]:
        """From nodes to the graphs that they run."""
        for row, box in enumerate(self.picture.boxes):
            if box.calls is not None and box.calls in graphs:
                yield Wire(f"r{self._at}x{row}", "runs", self._ids[box.name], graphs[box.calls].start)

    def _wire(self, row: int, arrow: Arrow) -> Wire:
        lines = (
            *wrapped(arrow.label, LABEL, LABEL_LINES, "label"),
            *wrapped(arrow.detail, LABEL, LABEL_LINES, "payload"),
        )
        target = self._end_of(arrow.source) if arrow.target == END else self._ids[arrow.target]
        kind = "route" if arrow.kind == "join" else arrow.kind
        return Wire(f"a{self._at}x{row}", kind, self._ids[arrow.source], target, lines, *_extent(lines))

    def _join(self, row: int, arrow: Arrow) -> Iterator[Wire]:
        here = f"j{self._at}x{row}"
        for at, source in enumerate(self._arriving(arrow)):
            yield Wire(f"i{self._at}x{row}x{at}", "join", source, here)
        yield Wire(f"o{self._at}x{row}", "join", here, self._ids[arrow.target])

    def _arriving(self, arrow: Arrow) -> list[str]:
        """What leads to a join: its sources, or the children of its sender that end at themselves.

        Children that are more than one node arrive from where they end; those that cannot be told apart, from their sender.
        """
        if not arrow.source:
            return [self._ids[name] for name in arrow.after]
        _, fork = self._forks[arrow.source]
        implicit = [self._ids[box.name] for box in self.picture.boxes if box.implicit and box.name in arrow.after]
        if fork.apart and (implicit or self._ending(fork.members)):
            return implicit
        return [*implicit, self._ids[arrow.source]]

    def _ending(self, names: Collection[str]) -> bool:
        """Whether a branch ends at one of the nodes."""
        ends = any(box.ends for box in self.picture.boxes if box.name in names)
        return ends or any(arrow.target == END for arrow in self.picture.arrows if arrow.source in names)

    def _joins(self) -> Iterator[tuple[int, Arrow]]:
        return ((row, arrow) for row, arrow in enumerate(self.picture.arrows) if arrow.kind == "join")

    def _end_of(self, name: str) -> str:
        """Where a branch goes that ends at a node: to the join of the children that it belongs to, else to the graph's end."""
        if name in self._fork_of:
            sender = self.picture.forks[self._fork_of[name]].sender
            for row, arrow in self._joins():
                if arrow.source == sender:
                    return f"j{self._at}x{row}"
        return self._end

    def _has_end(self) -> bool:
        ends = [box.name for box in self.picture.boxes if box.ends]
        ends += [arrow.source for arrow in self.picture.arrows if arrow.target == END]
        return any(self._end_of(name) == self._end for name in ends)

    def _frame_of(self, name: str) -> str | None:
        """The frame that a node stands in: of the children that it belongs to, else of the graph."""
        return f"f{self._at}x{self._fork_of[name]}" if name in self._fork_of else self.frame


def _card(box: Box, id: str, frame: str | None, many: bool, said: Sequence[Mark]) -> Shape:
    name = box.name.rpartition("/")[2] if box.implicit else box.name
    lines = (
        cut(box.kind, NAME, "kind"),
        cut(name, NAME, "name"),
        *(line for fact in box.facts for line in wrapped(fact, FACT, FACT_LINES, "fact")),
        *(line for mark in said for line in _lines(mark)),
    )
    wide, high = _extent(lines)
    behind = 2 * STACK if many else 0
    wide = max(SMALLEST, wide + 2 * PADDING + STRIPE) + behind
    return Shape(id, "card", wide, high + 2 * PADDING - 4 + behind, frame, lines, box, many, worst(said))


def _note(mark: Mark, id: str, frame: str | None) -> Shape:
    """A card for what is said of a whole graph."""
    lines = _lines(mark)
    wide, high = _extent(lines)
    size = (max(SMALLEST, wide + 2 * PADDING + STRIPE), high + 2 * PADDING - 4)
    return Shape(id, "card", *size, frame, lines, said=mark.severity)


def _lines(mark: Mark) -> tuple[Line, ...]:
    return tuple(wrapped(mark.text, FACT, SAID_LINES, f"said-{mark.severity}"))


def _frame(id: str, kind: str, parent: str | None, caption: str) -> Frame:
    line = cut(caption, FACT, "caption")
    return Frame(id, "graph" if kind == "graph" else "fork", parent, line, line_width(line))


def _extent(lines: Sequence[Line]) -> tuple[float, float]:
    """The width and height of some lines."""
    return max(map(line_width, lines), default=0), sum(LEADING[line.style] for line in lines)


def line_width(line: Line) -> float:
    return round(width(line.text) * SIZES[line.style] * CELL, 1)
