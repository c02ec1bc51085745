"""`rag review`: what a graph can reach and spend, beside what was approved of it last; and the approval."""

from __future__ import annotations

from argparse import Namespace

from rag_cli.arguments import Parser
from rag_cli.target import configure_target, target
from rag_cli.terminal import say
from rag_cli.trouble import FINISHED

EXAMPLES = """\
  rag review workflows/support.rag
  rag review workflows/support.rag --approve
  rag review support.rag.json --approve --by "Mia Example\""""


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    configure_target(parser, ir=True)
    parser.add_argument("--project", metavar="DIR", help="the project whose rag.toml says what exists")
    parser.add_argument("--approve", action="store_true", help="write down that you approve this version")
    parser.add_argument("--by", metavar="NAME", help="who approves it (default: the user who runs the command)")


def execute(arguments: Namespace) -> int:
    """Shows the graph on standard output; with `--approve` adds a line to the project's approvals."""
    from rag_cli.approving import approvals_of, approve, review_lines
    from rag_cli.printable import printable
    from rag_project.approvals import NAME

    aim = target(arguments.file, arguments.graph, arguments.project)
    for line in review_lines(aim.document, aim.registry, approvals_of(aim.root)):
        print(line)
    if arguments.approve:
        decision = approve(aim.document, aim.root, arguments.by)
        say(printable(f"approved by {decision.by} at {decision.at}, written to {NAME}"))
    return FINISHED
