"""`rag graph`: a picture of a graph and of those that it calls."""

from __future__ import annotations

import sys
from argparse import Namespace

from rag_cli.arguments import Parser
from rag_cli.target import configure_target, target
from rag_cli.terminal import palette
from rag_cli.trouble import FINISHED

EXAMPLES = """\
  rag graph workflows/support.rag
  rag graph workflows/support.rag --format mermaid > support.mmd"""


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    configure_target(parser, ir=True)
    parser.add_argument("--format", choices=("text", "mermaid"), default="text", help="default: text")


def execute(arguments: Namespace) -> int:
    """Prints the picture."""
    document = target(arguments.file, arguments.graph).document
    if arguments.format == "mermaid":
        from rag_cli.draw_mermaid import draw_mermaid

        print(draw_mermaid(document), end="")
    else:
        from rag_cli.draw_text import draw_text

        print(draw_text(document, palette(sys.stdout)), end="")
    return FINISHED
