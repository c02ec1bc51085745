"""Codes of rules, and the pages that explain them: they lie beside the compiler, so that they are installed with it."""

from __future__ import annotations

from rag_cli.printable import quoted
from rag_cli.trouble import Trouble
from rag_ir.rules import RULES


def rule_page(code: str) -> str:
    """The Markdown of a rule's page, without a last line break. An `OSError` if it cannot be read."""
    import rag_compiler

    with open(f"{rag_compiler.__path__[0]}/rules/{code}.md", encoding="utf-8") as page:  # noqa: PTH123
        return page.read().rstrip("\n")


def known_code(code: str) -> str:
    """The code, if there is such a rule; `Trouble` with the likely one otherwise."""
    if code in RULES:
        return code
    from rag_ir.spell import closest

    near = closest(code, RULES)
    advice = f"did you mean `{near}`?" if near else "`rag explain` lists the codes"
    raise Trouble(f"there is no diagnostic {quoted(code)}", advice)
