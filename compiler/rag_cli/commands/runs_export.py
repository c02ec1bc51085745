"""`rag runs export`: a run with everything that belongs to it, as JSON lines."""

from __future__ import annotations

import sys
from argparse import Namespace

from rag_cli.arguments import Parser
from rag_cli.files import STDIN, write_bytes
from rag_cli.run_place import configure_place, opened, place_of
from rag_cli.trouble import FINISHED

EXAMPLES = """\
  rag runs export 01hk3v9q2m0a7c -o run.jsonl
  rag runs export 01hk3v9q2m0a7c | gzip > run.jsonl.gz

the file holds all that the run was given, said and was told"""


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("run", metavar="RUN", help="the run's name, as `rag runs list` shows it")
    parser.add_argument(
        "-o", "--output", metavar="FILE", default=STDIN, help="where to write it (default: standard output)"
    )
    configure_place(parser)


def execute(arguments: Namespace) -> int:
    """Writes the run."""
    from rag_runtime.archive import export_run

    place = place_of(arguments.project, arguments.store)
    with opened(place) as store:
        text = "".join(f"{line}\n" for line in export_run(store, arguments.run))
    if arguments.output == STDIN:
        sys.stdout.write(text)
    else:
        write_bytes(arguments.output, text.encode("utf-8", "surrogatepass"))
    return FINISHED
