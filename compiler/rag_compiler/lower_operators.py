"""Operators as other languages spell them, and operators where the language wants something else."""

from __future__ import annotations

from rag_compiler.concrete import Concrete
from rag_compiler.lower_names import STRINGS
from rag_compiler.lowering import Lowering
from rag_compiler.words.foreign import foreign, no_operator, operator, rewrite
from rag_ir.operators import BINARY

COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">="))
SPELLINGS = {"=": "==", "&&": "and", "||": "or", "===": "==", "!==": "!=", "<>": "!="}


def check_unary(low: Lowering, node: Concrete) -> str:
    """The operator; `!` is reported and stands for `not`."""
    sign = node.child("operator")
    if sign is None or sign.kind != "foreign_operator":
        return "-" if sign is not None and sign.kind == "-" else "not"
    operand = node.child("operand")
    spaced = operand is not None and operand.start > sign.end
    low.report(operator(low.place(sign), "!", "not", " " if not spaced else ""))
    return "not"


def check_binary(low: Lowering, node: Concrete, sign: Concrete, left: Concrete, right: Concrete) -> str | None:
    """The operator of the language that stands there or is meant; null where none is."""
    written = " ".join(low.text(sign).split())
    if written in SPELLINGS:
        low.report(operator(low.place(sign), written, SPELLINGS[written]))
        return SPELLINGS[written]
    if written == "not in":
        text = f"not ({low.text(left)} in {low.text(right)})"
        low.report(rewrite(low.place(node), "`not` stands before what it negates", text))
        return written
    if sign.kind == "foreign_operator":
        low.report(
            no_operator(low.place(sign), written, "the operators are " + ", ".join(f"`{own}`" for own in BINARY))
        )
        return None
    if written in COMPARISONS and _compares(low, left):
        _report_chain(low, node, left, right, written)
    return written


def _compares(low: Lowering, node: Concrete) -> bool:
    sign = node.child("operator")
    return node.kind == "binary" and sign is not None and low.text(sign) in COMPARISONS


def _report_chain(low: Lowering, node: Concrete, left: Concrete, right: Concrete, written: str) -> None:
    middle = left.child("right")
    if middle is not None:
        text = f"{low.text(left)} and {low.text(middle)} {written} {low.text(right)}"
        low.report(rewrite(low.place(node), "comparisons do not chain", text, safe=False))


def concatenation(node: Concrete) -> list[Concrete]:
    """The operands of a chain of `+` that puts texts together; empty if the node is none."""
    operands: list[Concrete] = []
    while node.kind == "binary" and (sign := node.child("operator")) is not None and sign.kind == "+":
        left, right = node.child("left"), node.child("right")
        if left is None or right is None:
            return []
        operands.append(right)
        node = left
    operands.append(node)
    return operands[::-1] if any(operand.kind in STRINGS for operand in operands) else []


def report_concatenation(low: Lowering, node: Concrete, operands: list[Concrete]) -> None:
    """Report `"a" + x` with the template that it stands for."""
    message = "texts are put together in a template, not with `+`"
    text = f'"{"".join(_as_template(low, operand) for operand in operands)}"'
    if "\n" in text or "\r" in text or node.broken:
        low.report(foreign(low.place(node), message, 'write `"..{{ x }}.."`'))
    else:
        low.report(rewrite(low.place(node), message, text, safe=False))


def _as_template(low: Lowering, node: Concrete) -> str:
    text = low.text(node)
    match node.kind:
        case "string":
            return text[1:-1]
        case "block_string":
            return text[3:-3]
        case "foreign_string":
            return text[1:-1].replace('"', '\\"')
        case _:
            return f"{{{{ {text} }}}}"
