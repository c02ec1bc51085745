"""`rag graph`: a picture of a graph and of those that it calls, with what `rag check` says of its nodes."""

from __future__ import annotations

import sys
from argparse import Namespace

from rag_cli.arguments import Parser
from rag_cli.files import folder_of
from rag_cli.marks import with_bounds
from rag_cli.sketch import Sketch, sketch
from rag_cli.target import configure_target
from rag_cli.terminal import palette
from rag_cli.trouble import FAILED, FINISHED
from rag_ir.record import replace

EXAMPLES = """\
  rag graph workflows/support.rag
  rag graph workflows/support.rag --format svg > support.svg
  rag graph support.rag.json --format html > support.html     a page with a table of the nodes

  rag graph workflows/support.rag --bounds
  rag graph workflows/support.rag --format dot | dot -Tpdf -o support.pdf

A source with errors is drawn as far as it is whole, and the status is 1.
`svg` and `html` need a layout program: pip install 'raglang[graph]'"""

FORMATS = ("text", "mermaid", "dot", "svg", "html")


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    configure_target(parser, ir=True)
    parser.add_argument("--bounds", action="store_true", help="what each node can cost at most in one run")
    parser.add_argument("--format", choices=FORMATS, default="text", help="default: text")


def execute(arguments: Namespace) -> int:
    """Prints the picture; the status is 1 if the source has errors."""
    found = sketch(arguments.file, arguments.graph)
    if arguments.bounds and not found.errors:
        found = replace(found, marks=with_bounds(found.document, found.marks))
    print(_drawn(found, arguments.format), end="")
    return FAILED if found.errors else FINISHED


def _drawn(found: Sketch, format: str) -> str:
    match format:
        case "mermaid":
            from rag_cli.draw_mermaid import draw_mermaid

            return draw_mermaid(found.document, found.marks)
        case "dot":
            from rag_cli.draw_dot import draw_dot

            return draw_dot(found.document, found.marks)
        case "svg":
            from rag_cli.draw_svg import draw_svg

            return draw_svg(found.document, found.marks)
        case "html":
            from rag_cli.draw_html import draw_html

            return draw_html(found.document, folder_of(found.root), found.marks)
        case _:
            from rag_cli.draw_text import draw_text

            return draw_text(found.document, palette(sys.stdout), found.marks)
