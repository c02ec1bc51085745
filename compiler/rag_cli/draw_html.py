"""A graph as one HTML page that loads nothing: the picture, to be moved and enlarged, and a table of what is in it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from urllib.parse import quote

from rag_cli.compose import compose
from rag_cli.draw_svg import STYLE, picture_element
from rag_cli.files import STDIN
from rag_cli.lay_out import lay_out
from rag_cli.marks import UNMARKED, Mark, Marks, drawable
from rag_cli.markup import element, escaped
from rag_cli.scene import Scene, Shape
from rag_ir.graph import Document, SourcePlace
from rag_verify.picture import Box, Picture

PAGE_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --paper: #f6f8fa; --rule: #d1d9e0; --faint: #59636e; --mark: #fff8c5; --sheet: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --paper: #010409; --rule: #3d444d; --faint: #9198a1; --mark: #2e2a1f; --sheet: #0d1117; }
}
body { margin: 0; padding: 24px; background: var(--paper); color: var(--ink); font: 14px/1.5 system-ui, sans-serif; }
h1 { font-size: 20px; margin: 0 0 4px; }
h2 { font-size: 16px; margin: 24px 0 4px; }
p { margin: 0 0 4px; color: var(--faint); }
code { overflow-wrap: anywhere; font: 12.5px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
#view { overflow: auto; max-height: 85vh; margin: 16px 0; border: 1px solid var(--rule); border-radius: 12px; background: var(--sheet); }
#view.held { cursor: grabbing; user-select: none; }
#view svg { display: block; margin: 0 auto; }
#view a:hover .card, #view a:focus .card, #view a:target .card { stroke: var(--hue); stroke-width: 2; }
#tools { display: none; gap: 8px; }
#tools.ready { display: flex; }
button { font: inherit; padding: 2px 12px; border: 1px solid var(--rule); border-radius: 6px; background: none; color: inherit; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; border-top: 1px solid var(--rule); }
th { font-weight: 600; color: var(--faint); border-top: 0; }
tr:target td { background: var(--mark); }
a { color: inherit; }
.said-error { color: #cf222e; } .said-warning { color: #9a6700; } .said-info { color: #0969da; }
""".strip()

SCRIPT = """
const view = document.getElementById("view"), svg = view.querySelector("svg"), tools = document.getElementById("tools");
const wide = svg.width.baseVal.value, high = svg.height.baseVal.value;
let scale = 1, held = null;
function zoom(to, x, y) {
  to = Math.min(4, Math.max(0.1, to));
  const ratio = to / scale;
  scale = to;
  svg.setAttribute("width", wide * scale);
  svg.setAttribute("height", high * scale);
  view.scrollLeft = (view.scrollLeft + x) * ratio - x;
  view.scrollTop = (view.scrollTop + y) * ratio - y;
}
function centred(to) { zoom(to, view.clientWidth / 2, view.clientHeight / 2); }
tools.children[0].onclick = () => centred(scale * 1.25);
tools.children[1].onclick = () => centred(scale / 1.25);
tools.children[2].onclick = () => centred(Math.min(1, view.clientWidth / wide));
tools.children[3].onclick = () => centred(1);
tools.classList.add("ready");
view.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  const box = view.getBoundingClientRect();
  zoom(scale * Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
}, { passive: false });
view.addEventListener("pointerdown", (event) => {
  if (event.button === 0 && event.pointerType === "mouse") held = { x: event.clientX, y: event.clientY };
});
window.addEventListener("pointermove", (event) => {
  if (!held) return;
  view.classList.add("held");
  view.scrollBy(held.x - event.clientX, held.y - event.clientY);
  held = { x: event.clientX, y: event.clientY };
});
window.addEventListener("pointerup", () => { held = null; view.classList.remove("held"); });
svg.addEventListener("dragstart", (event) => event.preventDefault());
""".strip()


def draw_html(document: Document, folder: str = "", marks: Marks = UNMARKED) -> str:
    """The page, ending in a line break. Places lead to sources as they are found from `folder`, the project's root as seen by the page.

    `Trouble` where the graphs cannot be laid out.
    """
    scene = compose(drawable(document), marks)
    picture = picture_element(scene, lay_out(scene), links=True)
    title = escaped(f"graph {document.entry}")
    head = [
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">',
        '<meta name="viewport" content="width=device-width">',
        element("title", title),
        element("style", PAGE_STYLE),
    ]
    body = [
        element("h1", title),
        *_about(scene.pictures[0]),
        '<div id="tools"><button>larger</button><button>smaller</button><button>fit</button><button>100 %</button></div>',
        element("div", picture, id="view"),
        *(part for at in range(len(scene.pictures)) for part in _section(scene, at, document, folder, marks)),
        element("script", SCRIPT),
    ]
    lines = ["<!doctype html>", '<html lang="en">', "<head>", *head, "</head>", "<body>", *body, "</body>", "</html>"]
    return "\n".join(lines) + "\n"


def _policy() -> str:
    """Nothing but the page's own styles and script may load or run."""
    styles = " ".join(map(_digest, (PAGE_STYLE, STYLE + "\n")))
    return f"default-src 'none'; style-src {styles}; script-src {_digest(SCRIPT)}; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _about(picture: Picture) -> Iterator[str]:
    if picture.about:
        yield element("p", escaped(picture.about))
    for word, listed in (("input", picture.inputs), ("channels", picture.channels)):
        if listed:
            yield element("p", [f"{word} ", element("code", escaped(", ".join(listed)))])


def _section(scene: Scene, at: int, document: Document, folder: str, marks: Marks) -> Iterator[str]:
    """The table of a graph's nodes; where there are several graphs, under a heading."""
    picture = scene.pictures[at]
    if at > 0:
        yield element("h2", escaped(f"graph {picture.graph}"))
        yield from _about(picture)
    elif len(scene.pictures) > 1:
        yield element("h2", escaped(f"nodes of {picture.graph}"))
    yield from (_said(mark, "p") for mark in marks.get((picture.graph, ""), ()))
    titles = "".join(element("th", title) for title in ("node", "kind", "does", "source"))
    boxes = set(map(id, picture.boxes))
    rows = [
        _row(shape, shape.box, document, folder, marks.get((picture.graph, shape.box.name), ()))
        for shape in scene.shapes
        if shape.box and id(shape.box) in boxes
    ]
    yield element("table", ["\n", element("tr", titles), "\n", *(f"{row}\n" for row in rows)])


def _row(shape: Shape, box: Box, document: Document, folder: str, said: Iterable[Mark]) -> str:
    cells = [
        element("a", element("code", escaped(box.name)), href=f"#pic-{shape.id}"),
        escaped(box.kind),
        "<br>".join([*(element("code", escaped(fact)) for fact in box.facts), *(_said(mark, "span") for mark in said)]),
        _source(document.source_map.get(box.at), folder),
    ]
    return element("tr", [f"<td>{cell}</td>" for cell in cells], id=f"row-{shape.id}")


def _said(mark: Mark, name: str) -> str:
    return element(name, escaped(mark.text), class_=f"said-{mark.severity}")


def _source(place: SourcePlace | None, folder: str) -> str:
    if place is None:
        return ""
    path = f"{folder}/{place.file}" if folder and not place.file.startswith("/") else place.file
    line, column = place.start
    shown = element("code", escaped(f"{path}:{line}:{column}"))
    # Two slashes at the start would name a host.
    target = f"/{path.lstrip('/')}" if path.startswith("/") else path
    return shown if place.file == STDIN else element("a", shown, href=f"{quote(target, errors='replace')}#L{line}")
