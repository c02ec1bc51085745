"""`rag compile`: the IR of an entry graph."""

from __future__ import annotations

from argparse import Namespace

from rag_cli.arguments import Parser
from rag_cli.files import STDIN, read_bytes, shown, write_bytes
from rag_cli.target import compiled, configure_target
from rag_cli.terminal import say
from rag_cli.trouble import FINISHED

EXAMPLES = """\
  rag compile workflows/support.rag -o support.rag.json
  rag compile workflows/all.rag --graph support -o -"""


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    configure_target(parser, ir=False)
    parser.add_argument(
        "-o", "--output", metavar="OUT", required=True, help="the file to write; `-` for standard output"
    )


def execute(arguments: Namespace) -> int:
    """Writes the IR; nothing is written if the source has errors."""
    from rag_ir.codec import dump

    target = compiled(arguments.file, read_bytes(arguments.file), arguments.graph, warn=True)
    write_bytes(arguments.output, dump(target.document))
    if arguments.output != STDIN:
        say(f"{shown(arguments.output)}: graph `{target.document.entry}`, {target.document.digest}")
    return FINISHED
