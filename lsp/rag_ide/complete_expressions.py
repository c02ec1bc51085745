"""What can stand in an expression: roots, members of a path, loop variables, functions, words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_ide import offers
from rag_ide.cursor import Block
from rag_ide.documentation import ROOTS
from rag_ide.here import Here
from rag_ide.hover import chain
from rag_ide.offers import Offer
from rag_ide.shapes import Member, members_of, members_of_element
from rag_ir.operators import FUNCTIONS

_AFTER: tuple[Block, ...] = ("writes", "update", "command", "routes", "send", "payload")
"""Blocks of a node in which it has run, so that `output` is there."""
_KEYWORDS = ("if", "not", "true", "false", "null")


def complete_expression(here: Here, entry: Sequence[str]) -> Iterator[Offer]:
    """What can follow the tokens of an expression so far."""
    if entry and entry[-1] == ".":
        yield from _members(here, chain(list(entry)))
        return
    if (entry and entry[-1] == "=>") or not entry or not _is_operand(entry[-1]):
        yield from (Offer(name, "variable", "a loop variable", rank=0) for name in _variables(here))
        yield from (Offer(root, "variable", ROOTS[root]) for root in _roots(here))
        yield from (_function(name) for name in FUNCTIONS)
        yield from offers.words(_KEYWORDS, "keyword", rank=3)
    else:
        yield from offers.words(("and", "or", "in", "then", "else"), "keyword", rank=3)


def _is_operand(text: str) -> bool:
    """Whether a token ends an operand, so that an operator would follow."""
    if text in ("and", "or", "not", "in", "if", "then", "else", "when"):
        return False
    return text[:1].isalnum() or text[:1] in ('_"')


def _function(name: str) -> Offer:
    function = FUNCTIONS[name]
    arguments = "$1, ${2:x} => $3" if function.takes_lambda == "must" else "$1, $2" if function.least == 2 else "$1"
    return Offer(name, "function", function.summary, text=f"{name}(", snippet=f"{name}({arguments})", rank=2)


def _roots(here: Here) -> list[str]:
    cursor = here.cursor
    if cursor.level("agent") is not None:
        return ["input"]
    if cursor.level("outputs") is not None:
        return ["state", "input"]
    roots = ["state", "input", "args"]
    return [*roots, "output"] if cursor.level(*_AFTER) is not None else roots


def _members(here: Here, path: list[str]) -> Iterator[Offer]:
    if path and path[0] in _variables(here):
        yield from offers.members(_of_variable(here, path))
        return
    inside = here.node or here.agent
    found = members_of(here.analysis, here.graph, inside, path)
    yield from offers.members(found, "channel" if path == ["state"] else "field")


def _variables(here: Here) -> dict[str, list[str]]:
    """The variables that are in scope, with the path of the list that each runs over, where it is one."""
    found: dict[str, list[str]] = {}
    for tokens in (*(level.head for level in here.cursor.levels), here.cursor.entry):
        texts = [token.text for token in tokens]
        for at, text in enumerate(texts):
            if text == "each" and at + 2 < len(texts) and texts[at + 2] == "in":
                found[texts[at + 1]] = _path_from(texts, at + 3)
            elif text == "=>" and at > 0:
                found[texts[at - 1]] = []
    return found


def _path_from(texts: Sequence[str], at: int) -> list[str]:
    path = [texts[at]] if at < len(texts) else []
    while at + 2 < len(texts) and texts[at + 1] == ".":
        path.append(texts[at + 2])
        at += 2
    return path


def _of_variable(here: Here, path: list[str]) -> list[Member]:
    """The members of what a loop runs over."""
    inside = here.node or here.agent
    return members_of_element(here.analysis, here.graph, inside, _variables(here)[path[0]], path[1:])
