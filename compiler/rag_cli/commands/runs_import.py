"""`rag runs import`: puts an exported run into a store."""

from __future__ import annotations

from argparse import Namespace

from rag_cli.arguments import Parser
from rag_cli.files import STDIN, read_bytes, shown
from rag_cli.printable import printable
from rag_cli.run_place import configure_place, opened, place_of
from rag_cli.trouble import FAILED, FINISHED, Trouble

EXAMPLES = """\
  rag runs import run.jsonl
  rag runs import run.jsonl --as copy-of-it
  zcat run.jsonl.gz | rag runs import -"""


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="what `rag runs export` wrote, `-` for standard input")
    parser.add_argument("--as", dest="name", metavar="NAME", help="what to call the run here (default: its own name)")
    configure_place(parser)


def execute(arguments: Namespace) -> int:
    """Prints the run's name. Every journal is replayed before anything is written."""
    from rag_runtime.archive import BadArchive, import_run

    place = place_of(arguments.project, arguments.store)
    text = read_bytes(arguments.file).decode("utf-8", "replace")
    with opened(place, make=True) as store:
        try:
            made = import_run(store, [line for line in text.split("\n") if line], arguments.name)
        except BadArchive as bad:
            name = "standard input" if arguments.file == STDIN else shown(arguments.file)
            raise Trouble(
                f"{name} cannot be brought in: {bad}", "`rag runs export` writes such files", FAILED
            ) from None
    print(printable(made.id))
    return FINISHED
