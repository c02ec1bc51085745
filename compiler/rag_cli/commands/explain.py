"""`rag explain`: the page of a diagnostic."""

from __future__ import annotations

from argparse import Namespace

from rag_cli.arguments import Parser
from rag_cli.printable import quoted
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
    if code not in RULES:
        raise _unknown(code)
    from rag_cli.rule_page import rule_page

    try:
        return rule_page(code)
    except OSError as error:
        raise Trouble(f"the page of {quoted(code)} cannot be read: {error.strerror}", RULES[code].summary) from None


def _unknown(code: str) -> Trouble:
    from rag_ir.spell import closest

    near = closest(code, RULES)
    return Trouble(
        f"there is no diagnostic {quoted(code)}", f"did you mean `{near}`?" if near else "`rag explain` lists the codes"
    )


def _list() -> str:
    size = max(map(len, RULES))
    return "\n".join(f"{rule.code:<{size}}  {rule.severity:<7}  {rule.summary}" for rule in RULES.values())
