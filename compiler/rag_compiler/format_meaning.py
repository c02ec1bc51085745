"""Whether two texts say the same: the same syntax trees but for places and spellings, the same comments in the same order."""

from __future__ import annotations

from typing import Any, cast

from rag_compiler import syntax
from rag_compiler.kinds import KIND_ALIASES, REDUCER_ALIASES
from rag_compiler.parse import Parsed
from rag_ir.record import is_record, names, record
from rag_ir.types import ALIASES

PLACES = ("span", "head", "quoted", "own_line", "comments")
"""Members of syntax that say where and how something was written."""


@record
class Text:
    """A file that was read: its concrete tree and its syntax."""

    parsed: Parsed
    tree: syntax.File

    @property
    def comments(self) -> list[bytes]:
        """The comments in order, without the blanks that end them."""
        return [self.parsed.data[node.start : node.end].rstrip() for node in self.parsed.extras]


def same_meaning(left: Text, right: Text) -> bool:
    """Whether two texts without errors say the same."""
    return left.comments == right.comments and _meaning(left.tree) == _meaning(right.tree)


def _meaning(value: Any) -> object:
    match value:
        case tuple():
            return tuple(map(_meaning, cast("tuple[object, ...]", value)))
        case syntax.RefItem(keyword, syntax.Name(text)) if keyword.text == "kind":
            return "kind", KIND_ALIASES.get(text, text)
        case syntax.NamedType(name):
            return "type", ALIASES.get(name.text, name.text)
        case syntax.Channel(reducer=syntax.Name(text)) if text in REDUCER_ALIASES:
            return _members(value, reducer=REDUCER_ALIASES[text])
        case syntax.Channel(reducer=syntax.Name(text)):
            return _members(value, reducer=text)
        case _:
            return _members(value) if is_record(value) else value


def _members(value: Any, **given: object) -> object:
    found = {
        name: given[name] if name in given else _meaning(getattr(value, name))
        for name in names(value.__class__)
        if name not in PLACES
    }
    return type(value).__name__, found
