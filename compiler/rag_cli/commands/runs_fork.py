"""`rag runs fork`: a new run that has done what another had done before some superstep."""

from __future__ import annotations

from argparse import Namespace

from rag_cli.arguments import Parser
from rag_cli.printable import printable
from rag_cli.run_place import configure_place, opened, place_of
from rag_cli.terminal import say
from rag_cli.trouble import FINISHED

EXAMPLES = """\
  rag runs fork 01hk3v9q2m0a7c --at 2                 what supersteps 0 and 1 did is kept, the rest is yet to do
  rag runs fork 01hk3v9q2m0a7c --at 0                 the same input again"""


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("run", metavar="RUN", help="the run's name, as `rag runs list` shows it")
    parser.add_argument(
        "--at", metavar="STEP", type=int, required=True, help="the first superstep that is to be done anew"
    )
    configure_place(parser)


def execute(arguments: Namespace) -> int:
    """Prints the new run's name; nothing of it is run yet."""
    from rag_runtime.archive import fork_run
    from rag_runtime.names import new_name
    from rag_runtime.stores.store import now

    place = place_of(arguments.project, arguments.store)
    with opened(place) as store:
        made = fork_run(store, arguments.run, arguments.at, new_name(now()))
    print(printable(made.id))
    say(f"go on with it: rag runs resume {printable(made.id)}")
    return FINISHED
