"""A graph as SVG: one file that needs nothing else, for light and dark surroundings, without scripts."""

from __future__ import annotations

from rag_cli.compose import LEADING, PADDING, SIZES, STACK, STRIPE, compose, line_width
from rag_cli.lay_out import lay_out
from rag_cli.marks import UNMARKED, Marks, drawable
from rag_cli.markup import element, escaped, number
from rag_cli.scene import Area, Frame, Layout, Line, Point, Scene, Shape, Way, Wire
from rag_ir.graph import Document
from rag_verify.picture import Box

FONTS = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace'

STYLE = f"""
.rag {{
  --back: #ffffff; --card: #ffffff; --text: #1f2328; --soft: #59636e; --line: #8c959f; --edge: #d1d9e0; --frame: #f6f8fa;
  --model: #0969da; --tool: #1a7f37; --choice: #9a6700; --person: #cf222e; --child: #8250df; --plain: #6e7781;
  font-family: {FONTS};
}}
@media (prefers-color-scheme: dark) {{
  .rag {{
    --back: #0d1117; --card: #161b22; --text: #e6edf3; --soft: #9198a1; --line: #7d8590; --edge: #3d444d; --frame: #11161d;
    --model: #58a6ff; --tool: #3fb950; --choice: #d29922; --person: #ff7b72; --child: #bc8cff; --plain: #9198a1;
  }}
}}
.rag text {{ white-space: pre; fill: var(--text); }}
.rag .back {{ fill: var(--back); }}
.rag .card {{ fill: var(--card); stroke: var(--edge); }}
.rag .fork {{ fill: var(--frame); stroke: var(--line); stroke-dasharray: 2 4; }}
.rag .graph {{ fill: none; stroke: var(--edge); }}
.rag .stripe {{ fill: var(--hue); }}
.rag .kind {{ font-size: {SIZES["kind"]}px; fill: var(--hue); }}
.rag .said-error {{ font-size: {SIZES["said-error"]}px; fill: var(--person); }}
.rag .said-warning {{ font-size: {SIZES["said-warning"]}px; fill: var(--choice); }}
.rag .said-info {{ font-size: {SIZES["said-info"]}px; fill: var(--model); }}
.rag .marked-error .card {{ stroke: var(--person); stroke-width: 2.5; }}
.rag .marked-warning .card {{ stroke: var(--choice); stroke-width: 2.5; }}
.rag .marked-info .card {{ stroke: var(--model); stroke-width: 2.5; }}
.rag .name {{ font-size: {SIZES["name"]}px; font-weight: 700; }}
.rag .fact {{ font-size: {SIZES["fact"]}px; fill: var(--soft); }}
.rag .caption {{ font-size: {SIZES["caption"]}px; fill: var(--soft); stroke: var(--frame); }}
.rag .join {{ font-size: {SIZES["join"]}px; font-weight: 700; fill: var(--soft); }}
.rag .bar {{ fill: var(--card); stroke: var(--line); stroke-width: 1.5; }}
.rag .label, .rag .payload, .rag .caption {{ stroke-width: 4; stroke-linejoin: round; paint-order: stroke; }}
.rag .label, .rag .payload, .rag .of-graph text {{ stroke: var(--back); }}
.rag .label {{ font-size: {SIZES["label"]}px; }}
.rag .payload {{ font-size: {SIZES["payload"]}px; fill: var(--soft); }}
.rag .wire {{ fill: none; stroke: var(--line); stroke-width: 1.5; }}
.rag .tip {{ fill: var(--line); }}
.rag .send {{ stroke-dasharray: 6 4; }}
.rag .joining {{ stroke-width: 2.25; }}
.rag .error {{ stroke: var(--person); stroke-dasharray: 1.5 3.5; stroke-linecap: round; }}
.rag .tip-error {{ fill: var(--person); }}
.rag .runs {{ stroke: var(--child); stroke-dasharray: 1.5 3.5; stroke-linecap: round; }}
.rag .tip-runs {{ fill: var(--child); }}
.rag .point {{ fill: var(--text); }}
.rag .ring {{ fill: none; stroke: var(--text); stroke-width: 1.5; }}
.rag .hue-model {{ --hue: var(--model); }} .rag .hue-tool {{ --hue: var(--tool); }} .rag .hue-choice {{ --hue: var(--choice); }}
.rag .hue-person {{ --hue: var(--person); }} .rag .hue-child {{ --hue: var(--child); }} .rag .hue-plain {{ --hue: var(--plain); }}
""".strip()

HUES = {
    "model": "model",
    "agent": "model",
    "tool": "tool",
    "tool_executor": "tool",
    "router": "choice",
    "interrupt": "person",
    "subagent": "child",
    "subgraph": "child",
}
"""The colour of each kind of node; the others are plain."""

HEAD_WIDTH = 3.6


def draw_svg(document: Document, marks: Marks = UNMARKED) -> str:
    """The document's graphs as one SVG file, ending in a line break. `Trouble` where they cannot be laid out."""
    scene = compose(drawable(document), marks)
    layout = lay_out(scene)
    return picture_element(scene, layout, links=False) + "\n"


def picture_element(scene: Scene, layout: Layout, *, links: bool) -> str:
    """The element `svg`. With `links`, each card is an anchor `#pic-ID` that leads to `#row-ID`."""
    names = ", ".join(picture.graph for picture in scene.pictures)
    parts = [
        element("title", escaped(f"graph {names}")),
        element("style", STYLE + "\n"),
        element("rect", class_="back", width=layout.width, height=layout.height, rx=12.0),
        *(_frame(frame, layout.frames[frame.id]) for frame in scene.frames),
        *(_wire(wire, layout.wires[wire.id]) for wire in scene.wires),
        *(_caption(frame, layout.frames[frame.id]) for frame in scene.frames),
        *(_shape(shape, layout.shapes[shape.id], links=links) for shape in scene.shapes),
        *(_label(wire, layout.labels[wire.id]) for wire in scene.wires if wire.lines),
    ]
    return element(
        "svg",
        "\n" + "\n".join(parts) + "\n",
        xmlns="http://www.w3.org/2000/svg",
        class_="rag",
        width=layout.width,
        height=layout.height,
        viewBox=f"0 0 {number(layout.width)} {number(layout.height)}",
        role="img",
    )


def _frame(frame: Frame, area: Area) -> str:
    return _rect(frame.kind, area.left, area.top, area.right - area.left, area.bottom - area.top, 10.0)


def _caption(frame: Frame, area: Area) -> str:
    whole = element("title", escaped(frame.caption.whole)) if frame.caption.whole else ""
    return element("g", [whole, _text(frame.caption, area.left + 14, area.top + 20)], class_=f"of-{frame.kind}")


def _shape(shape: Shape, centre: Point, *, links: bool) -> str:
    x, y = centre
    match shape.form:
        case "start":
            return element("circle", element("title", "start"), class_="point", cx=x, cy=y, r=7.0)
        case "end":
            ring = element("circle", class_="ring", cx=x, cy=y, r=8.0)
            return element("g", [element("title", "END"), ring, element("circle", class_="point", cx=x, cy=y, r=4.5)])
        case "join":
            bar = _rect("bar", x - shape.width / 2, y - shape.height / 2, shape.width, shape.height, 13.0)
            return element("g", [bar, _text(shape.lines[0], x, y + 4, anchor="middle")])
        case "card":
            card = _card(shape, centre)
            return (
                element("a", card, id=f"pic-{shape.id}", href=f"#row-{shape.id}")
                if links and shape.box is not None
                else card
            )


def _card(shape: Shape, centre: Point) -> str:
    behind = 2 * STACK if shape.many else 0
    wide, high = shape.width - behind, shape.height - behind
    left, top = centre[0] - shape.width / 2, centre[1] - shape.height / 2
    parts = [element("title", escaped(_hint(shape.box, shape.lines)))] if shape.box is not None else []
    offsets = (2 * STACK, STACK, 0.0) if shape.many else (0.0,)
    parts += [_rect("card", left + by, top + by, wide, high, 7.0) for by in offsets]
    parts.append(element("path", class_="stripe", d=_stripe(left, top, high)))
    at = top + PADDING - 3
    for line in shape.lines:
        at += LEADING[line.style]
        parts.append(_text(line, left + STRIPE + PADDING - 1, at - 3))
    kind = shape.box.kind if shape.box is not None else ""
    marked = f" marked-{shape.said}" if shape.said is not None else ""
    return element("g", parts, class_=f"hue-{HUES.get(kind, 'plain')}{marked}")


def _hint(box: Box, lines: tuple[Line, ...]) -> str:
    """The full name, and in full what is cut."""
    return "; ".join([box.name, *dict.fromkeys(line.whole for line in lines if line.whole)])


def _rect(class_: str, left: float, top: float, wide: float, high: float, radius: float) -> str:
    return element("rect", class_=class_, x=left, y=top, width=wide, height=high, rx=radius)


def _stripe(left: float, top: float, height: float) -> str:
    """The card's left edge, rounded as its corners are."""
    down = number(height - 14)
    return (
        f"M{number(left + 7)} {number(top)}a7 7 0 0 0 -7 7v{down}a7 7 0 0 0 7 7"
        f"a7 7 0 0 1 {number(STRIPE - 7)} -7v-{down}a7 7 0 0 1 {number(7 - STRIPE)} -7z"
    )


def _wire(wire: Wire, path: Way) -> str:
    (x, y), *rest = path.points
    way = f"M{number(x)} {number(y)}C" + " ".join(f"{number(x)} {number(y)}" for x, y in rest)
    kind = "joining" if wire.kind == "join" else wire.kind
    line = element("path", class_=f"wire {kind}", d=way)
    return line + element("path", class_=f"tip tip-{kind}", d=_head(path))


def _head(path: Way) -> str:
    """The arrow's head: a triangle from the end of the curve to the tip."""
    (x, y), (tip_x, tip_y) = path.points[-1], path.tip
    length = ((tip_x - x) ** 2 + (tip_y - y) ** 2) ** 0.5 or 1.0
    across_x, across_y = (y - tip_y) / length * HEAD_WIDTH, (tip_x - x) / length * HEAD_WIDTH
    corners = ((tip_x, tip_y), (x + across_x, y + across_y), (x - across_x, y - across_y))
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in corners) + "z"


def _label(wire: Wire, centre: Point) -> str:
    x, y = centre
    at = y - wire.height / 2
    lines: list[str] = []
    for line in wire.lines:
        at += LEADING[line.style]
        lines.append(_text(line, x, at - 4, anchor="middle"))
    whole = dict.fromkeys(line.whole for line in wire.lines if line.whole)
    return element("g", [element("title", escaped("; ".join(whole))) if whole else "", *lines])


def _text(line: Line, x: float, y: float, *, anchor: str = "") -> str:
    attributes: dict[str, str | float] = {"class_": line.style, "x": x, "y": y}
    if anchor:
        attributes["text_anchor"] = anchor
    if not line.text.isascii():
        # Letters outside of the font come from others, of widths of their own.
        attributes |= {"textLength": line_width(line), "lengthAdjust": "spacingAndGlyphs"}
    return element("text", escaped(line.text), **attributes)
