"""Where everything of a scene stands. Graphviz decides, in the port that installs as a package: `graphviz-pure`.

The program reads a description that holds numbers and ids of ours alone, so that no text of a source is ever syntax to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rag_cli.scene import Area, Layout, Point, Scene, Shape, Way, Wire
from rag_cli.trouble import Trouble

PACKAGE = "graphviz-pure"
INSTALL = "pip install 'raglang[graph]'"
SECONDS = 60
INCH = 72
MARGIN = 16

LARGE = 200
"""From so many shapes and wires on, wires are straight and less is tried: curves would take minutes."""

_CAREFUL = "rankdir=TB nodesep=0.42 ranksep=0.46"
_QUICK = f"{_CAREFUL} splines=line nslimit=0.5 mclimit=0.3"


def lay_out(scene: Scene) -> Layout:
    """The layout. The same scene gives the same one on every machine. `Trouble` where the program is missing or gives up."""
    answer = json.loads(run_layout(_described(scene)))
    return _read(scene, answer)


def _described(scene: Scene) -> bytes:
    """The scene in the DOT language."""
    return "\n".join(_lines(scene)).encode("ascii")


def _lines(scene: Scene) -> Iterator[str]:
    yield "digraph {"
    yield f"graph [{_QUICK if len(scene.shapes) + len(scene.wires) >= LARGE else _CAREFUL}]"
    yield 'node [shape=box fixedsize=true label="" margin=0]'
    yield "edge [arrowsize=0.75]"
    yield from (_node(shape) for shape in scene.shapes)
    yield from _inside(None, scene)
    back = _going_back(scene)
    yield from (_edge(wire, wire.id in back) for wire in scene.wires)
    yield "}"


def _node(shape: Shape) -> str:
    form = " shape=circle" if shape.form in ("start", "end") else ""
    return f"{shape.id} [width={shape.width / INCH:.3f} height={shape.height / INCH:.3f}{form}]"


def _inside(parent: str | None, scene: Scene) -> Iterator[str]:
    for frame in scene.frames:
        if frame.parent == parent:
            yield f"subgraph cluster_{frame.id} {{"
            yield f"graph [margin=16 labeljust=l label={_blank(frame.width, 15)}]"
            yield " ".join(shape.id for shape in scene.shapes if shape.frame == frame.id)
            yield from _inside(frame.id, scene)
            yield "}"


def _edge(wire: Wire, back: bool) -> str:
    """The wire as an edge that leads downwards; one that goes back is drawn the other way round."""
    settings = [f"id={wire.id}"]
    if wire.lines:
        settings.append(f"label={_blank(wire.width + 10, wire.height)}")
    source, target = (wire.target, wire.source) if back else (wire.source, wire.target)
    if back:
        settings.append("dir=back")
    return f"{source} -> {target} [{' '.join(settings)}]"


def _going_back(scene: Scene) -> set[str]:
    """The wires that close a loop, seen from the start: every other one leads downwards."""
    leaving: dict[str, list[Wire]] = {shape.id: [] for shape in scene.shapes}
    for wire in scene.wires:
        leaving[wire.source].append(wire)
    found: set[str] = set()
    seen: set[str] = set()
    for shape in scene.shapes:
        if shape.id not in seen:
            _walk(shape.id, leaving, seen, found)
    return found


def _walk(root: str, leaving: Mapping[str, Sequence[Wire]], seen: set[str], found: set[str]) -> None:
    """Depth first from a shape: what leads to a shape that is still being left closes a loop."""
    seen.add(root)
    path = {root: iter(leaving[root])}
    while path:
        here = next(reversed(path))
        wire = next(path[here], None)
        if wire is None:
            del path[here]
        elif wire.target in path:
            found.add(wire.id)
        elif wire.target not in seen:
            seen.add(wire.target)
            path[wire.target] = iter(leaving[wire.target])


def _blank(width: float, height: float) -> str:
    """A label that takes room and shows nothing."""
    size = f'fixedsize="true" width="{width:.0f}" height="{height:.0f}"'
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0" {size}><tr><td></td></tr></table>>'


def run_layout(description: bytes) -> bytes:
    """What the program answers to a description in DOT: the laid out graph as JSON."""
    import subprocess

    try:
        done = subprocess.run(
            [_program(), "-Kdot", "-Tjson0"], input=description, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise Trouble(
            f"the graph is too large to be laid out in {SECONDS} seconds", "`--format mermaid` needs no layout"
        ) from None
    except OSError as error:
        raise Trouble(
            f"`{PACKAGE}` cannot be started: {error.strerror or error}", f"install it anew: {INSTALL}"
        ) from None
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise Trouble(
            f"`{PACKAGE}` failed: {said or f'status {done.returncode}'}", "`--format mermaid` needs no layout"
        )
    return done.stdout


def _program() -> str:
    """The program's path, as the installed package records it."""
    from importlib.metadata import PackageNotFoundError, files

    try:
        recorded = files(PACKAGE) or []
    except PackageNotFoundError:
        recorded = []
    for file in recorded:
        if file.stem == PACKAGE and file.suffix in ("", ".exe"):
            return str(Path(str(file.locate())).resolve())
    raise Trouble("this picture needs a layout program that is not installed", f"install it: {INSTALL}")


def _read(scene: Scene, answer: Any) -> Layout:
    """The program's answer in our terms."""
    plane = _Plane(*_numbers(answer["bb"])[2:])
    named = {each["name"]: each for each in answer.get("objects", ())}
    edges = {each["id"]: each for each in answer.get("edges", ())}
    return Layout(
        width=plane.width,
        height=plane.height,
        shapes={shape.id: plane.point(named[shape.id]["pos"]) for shape in scene.shapes},
        wires={wire.id: plane.way(edges[wire.id]["pos"]) for wire in scene.wires},
        labels={wire.id: plane.point(edges[wire.id]["lp"]) for wire in scene.wires if wire.lines},
        frames={frame.id: plane.area(named[f"cluster_{frame.id}"]["bb"]) for frame in scene.frames},
    )


class _Plane:
    """Turns the program's plane, where y grows upwards, into ours, with a margin around everything."""

    def __init__(self, right: float, top: float) -> None:
        self._top = top
        self.width = _rounded(right + 2 * MARGIN)
        self.height = _rounded(top + 2 * MARGIN)

    def point(self, text: str) -> Point:
        x, y = _numbers(text)
        return _rounded(x + MARGIN), _rounded(self._top - y + MARGIN)

    def way(self, text: str) -> Way:
        """A way like `e,TIP START P1 P2 P3 ..`, or `s,TIP ..` where the tip is at the start."""
        tip, *points = text[2:].split(" ")
        if text.startswith("s,"):
            points.reverse()
        return Way(tuple(map(self.point, points)), self.point(tip))

    def area(self, text: str) -> Area:
        left, low, right, high = _numbers(text)
        left, top = self.point(f"{left},{high}")
        right, bottom = self.point(f"{right},{low}")
        return Area(left, top, right, bottom)


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]


def _rounded(length: float) -> float:
    return round(length, 1)
