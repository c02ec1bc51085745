"""`rag explain`: the page of a diagnostic."""

from __future__ import annotations

from argparse import Namespace

from rag_cli.arguments import Parser
from rag_cli.printable import quoted
from rag_cli.rule_page import known_code, rule_page
from rag_cli.trouble import FINISHED, Trouble
from rag_ir.rules import RULES

EXAMPLES = """\
  rag explain unknown-node
  rag explain                 list all codes"""


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("code", nargs="?", metavar="CODE", help="a diagnostic's code; without one, all are listed")


def execute(arguments: Namespace) -> int:
    """Prints the page, or the list of codes."""
    code: str | None = arguments.code
    print(_list() if code is None else _page(code))
    return FINISHED


def _page(code: str) -> str:
    try:
        return rule_page(known_code(code))
    except OSError as error:
        raise Trouble(f"the page of {quoted(code)} cannot be read: {error.strerror}", RULES[code].summary) from None


def _list() -> str:
    size = max(map(len, RULES))
    return "\n".join(f"{rule.code:<{size}}  {rule.severity:<7}  {rule.summary}" for rule in RULES.values())
