"""`rag runs cancel`: ends a run that waits, or that was cut off."""

from __future__ import annotations

from argparse import Namespace

from rag_cli.arguments import Parser
from rag_cli.printable import quoted
from rag_cli.run_place import configure_place, opened, place_of
from rag_cli.terminal import say
from rag_cli.trouble import FINISHED

EXAMPLES = """\
  rag runs cancel 01hk3v9q2m0a7c
  rag runs cancel 01hk3v9q2m0a7c --reason "the order was withdrawn\""""


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("run", metavar="RUN", help="the run's name, as `rag runs list` shows it")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why, for whoever reads the run later")
    configure_place(parser)


def execute(arguments: Namespace) -> int:
    """Cancels the run; one that a process drives now is to be stopped there, with Ctrl-C."""
    from rag_runtime.archive import cancel_run

    place = place_of(arguments.project, arguments.store)
    with opened(place) as store:
        cancel_run(store, arguments.run, arguments.reason)
    say(f"run {quoted(arguments.run)} is cancelled; `rag runs resume` goes on with it all the same")
    return FINISHED
