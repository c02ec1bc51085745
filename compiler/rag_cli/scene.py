"""A drawing before and after it is laid out: shapes with sizes and the wires between them; then where each of them stands.

Lengths are CSS pixels; y grows downwards. A `Shape`, `Wire` or `Frame` is known by its `id`, which is never a name of the source.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from rag_ir.record import record
from rag_ir.rules import Severity
from rag_verify.picture import Box, Picture

WireKind = Literal["start", "route", "send", "join", "error", "runs"]

Point = tuple[float, float]


@record
class Line:
    """A line of text that fits its place: `text` is printable, `whole` is what it was cut from, where it was."""

    text: str
    style: str
    whole: str = ""


@record
class Shape:
    """A node's card, the point where a graph starts or ends, or the place where branches join.

    `frame` is what it stands in. `many`: it runs once for each element of a list. `said`: the severity of what is said of it.
    """

    id: str
    form: Literal["card", "start", "end", "join"]
    width: float
    height: float
    frame: str | None
    lines: tuple[Line, ...] = ()
    box: Box | None = None
    many: bool = False
    said: Severity | None = None


@record
class Wire:
    """An arrow between shapes. Its label takes `width` by `height`, or nothing."""

    id: str
    kind: WireKind
    source: str
    target: str
    lines: tuple[Line, ...] = ()
    width: float = 0
    height: float = 0


@record
class Frame:
    """A region: a graph among several, or what runs side by side. `width` is what its caption takes."""

    id: str
    kind: Literal["graph", "fork"]
    parent: str | None
    caption: Line
    width: float


@record
class Scene:
    """Everything that is to be placed. Shapes that begin something come first."""

    pictures: tuple[Picture, ...]
    shapes: tuple[Shape, ...]
    wires: tuple[Wire, ...]
    frames: tuple[Frame, ...]


@record
class Way:
    """A route: a starting point and three more for each cubic curve; `tip` is where the arrow's head ends."""

    points: tuple[Point, ...]
    tip: Point


@record
class Area:
    """A rectangle by two corners."""

    left: float
    top: float
    right: float
    bottom: float


@record
class Layout:
    """Where everything stands, by id: centres of shapes and labels, ways of wires, areas of frames."""

    width: float
    height: float
    shapes: Mapping[str, Point]
    wires: Mapping[str, Way]
    labels: Mapping[str, Point]
    frames: Mapping[str, Area]
