"""The items of one block by keyword. Of two items of one keyword the first counts; `check` reports the second."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rag_compiler import syntax

Form = TypeVar("Form")


class Block:
    """The first item of each keyword, those that are legal only: what is illegal is reported, and its names are not looked at."""

    __slots__ = ("_first", "items")

    def __init__(self, items: tuple[syntax.Item, ...], legal: Iterable[str]) -> None:
        words = frozenset(legal)
        self.items = items
        self._first: dict[str, syntax.Item] = {}
        for item in items:
            word = word_of(item)
            if word in words:
                self._first.setdefault(word, item)

    def pick(self, word: str, form: type[Form]) -> Form | None:
        """The item of a keyword, if it has the form."""
        item = self._first.get(word)
        return item if isinstance(item, form) else None

    def every(self, form: type[Form]) -> Iterator[Form]:
        """All items of a form, in order."""
        return (item for item in self.items if isinstance(item, form))


def word_of(item: syntax.Item) -> str:
    """An item's keyword; an edge has none."""
    return "" if isinstance(item, syntax.Edge) else item.keyword.text
