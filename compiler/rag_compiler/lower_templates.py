"""Templates that are no expressions: blocks of other languages, escaped quotes, broken insides."""

from __future__ import annotations

from rag_compiler.concrete import ERROR, Concrete, first_token, first_trouble
from rag_compiler.diagnostics import Edit, Fix
from rag_compiler.lowering import Lowering
from rag_compiler.source import Span
from rag_compiler.words.foreign import template_block
from rag_compiler.words.syntax import insert, invalid_template

MARKS = "#/^>!%&"
"""A template that begins with one of these is a block, a comment or a partial of another language."""
HELP = "write one expression of the language between `{{` and `}}`, or `\\{{` for two braces"


def check_template(low: Lowering, node: Concrete) -> bool:
    """Whether the inside of a template can be an expression; what cannot be one is reported."""
    inside = low.slice(node.start + 2, node.end - 2)
    text = inside.strip()
    if not text:
        mark = low.place(node)
        low.report(
            invalid_template(mark, "the template is empty", HELP, insert(mark, "\\", "write `\\{{`", safe=False))
        )
        return False
    if text[0] in MARKS and not (text[0] == "!" and text[1:2].isalpha() is False):
        low.report(template_block(low.place(node), low.text(node)))
        return False
    if '\\"' in inside:
        _report_escapes(low, node)
        return False
    return True


def report_template(low: Lowering, node: Concrete, root: Concrete) -> None:
    """Report a template whose inside does not parse; `root` is its tree."""
    broken = first_trouble(root) if root.broken else root
    message = f"`{low.text(node)}` is not an expression"
    if broken.kind.startswith("missing"):
        where = low.before(broken.start)
        if broken.kind.startswith("missing:") and broken.kind[-1] in ")]}":
            mark = broken.kind[-1]
            here = low.place(Span(where.end, where.end))
            message = f"`{mark}` is missing behind `{low.slice(where.start, where.end)}`"
            low.report(invalid_template(low.place(where), message, HELP, insert(here, mark, safe=False)))
            return
        low.report(
            invalid_template(
                low.place(where), f"something is missing behind `{low.slice(where.start, where.end)}`", HELP
            )
        )
        return
    token = first_token(broken) if broken.kind == ERROR else broken
    inside = node.start + 2 <= token.start < token.end <= node.end - 2
    span = token.span if inside else Span(node.start + 2, node.end - 2)
    low.report(invalid_template(low.place(span), message, HELP))


def _report_escapes(low: Lowering, node: Concrete) -> None:
    edits: list[Edit] = []
    at = low.data.find(b'\\"', node.start, node.end)
    while at >= 0:
        edits.append(Edit(low.place(Span(at, at + 1)), ""))
        at = low.data.find(b'\\"', at + 2, node.end)
    message = "inside a template quotes stand without backslashes"
    low.report(invalid_template(edits[0].place, message, HELP, Fix("delete the backslashes", tuple(edits))))
