"""`rag runs prune`: takes old runs out of the store."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag_cli.arguments import Parser
from rag_cli.printable import counted, printable
from rag_cli.run_place import configure_place, opened, place_of
from rag_cli.terminal import say
from rag_cli.trouble import FINISHED, Trouble

if TYPE_CHECKING:
    from rag_runtime.reading import RunLine

EXAMPLES = """\
  rag runs prune --older-than 30d                     finished, failed and cancelled runs; --dry-run shows which
  rag runs prune --older-than 7d --status failed
  rag runs prune 01hk3v9q2m0a7c 01hk3v9q2m0a7d        these runs, however they stand"""

OVER = ("finished", "failed", "cancelled")
STATUSES = (*OVER, "paused", "interrupted")


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("runs", metavar="RUN", nargs="*", help="names of runs, as `rag runs list` shows them")
    parser.add_argument("--older-than", metavar="DAYS", help="runs in which nothing has happened for so long: 30d, 12h")
    parser.add_argument(
        "--status", choices=STATUSES, action="append", help="only runs that stand so (default: those that are over)"
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would go, and change nothing")
    configure_place(parser)


def execute(arguments: Namespace) -> int:
    """Removes the runs, each with its children."""
    from rag_runtime.archive import remove_run
    from rag_runtime.reading import list_runs
    from rag_runtime.stores.store import now

    if bool(arguments.runs) == bool(arguments.older_than):
        raise Trouble("name runs, or say `--older-than`", "`rag runs list` lists them")
    place = place_of(arguments.project, arguments.store)
    with opened(place) as store:
        if arguments.runs:
            names = list(dict.fromkeys(arguments.runs))
        else:
            names = _old(list_runs(store), now() - _milliseconds(arguments.older_than), arguments.status or OVER)
        for name in names:
            if not arguments.dry_run:
                remove_run(store, name)
            print(printable(name))
    say(f"{counted(len(names), 'run')} {'would be ' if arguments.dry_run else ''}removed")
    return FINISHED


def _old(lines: Sequence[RunLine], before: int, statuses: Sequence[str]) -> list[str]:
    from rag_cli.run_report import status_of

    return [
        line.run.id
        for line in lines
        if not line.live and line.run.updated < before and status_of(line.run, line.live) in statuses
    ]


def _milliseconds(text: str) -> int:
    """`30d`, `12h`, `90m`."""
    units = {"d": 86_400_000, "h": 3_600_000, "m": 60_000}
    if not (text[:-1].isdecimal() and text.isascii() and text[-1:] in units):
        raise Trouble(f"`{printable(text)}` is no time", "write days, hours or minutes, as `30d`, `12h`, `90m`")
    return int(text[:-1]) * units[text[-1]]
