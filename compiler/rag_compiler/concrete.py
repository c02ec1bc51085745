"""The concrete tree: every token of the text with its place, as plain tuples.

A token that is punctuation or a symbol has its own text as its kind; a keyword has its text behind an `@`; everything else has
the name of its rule in `grammar/grammar.js`. Comments and odd blanks stand apart from the tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rag_compiler.source import Span

ERROR = "ERROR"
TOO_DEEP = "too_deep"
"""Stands for a subtree that is nested deeper than MOST_LEVELS."""
MOST_LEVELS = 320
EXTRAS = frozenset(("comment", "doc_comment", "hash_comment", "block_comment", "odd_blank"))
MISSING = frozenset(
    ("missing_name", "missing_type", "missing_value", "missing_arrow", "missing_open", "missing_close", "missing_quote")
)


class Concrete(NamedTuple):
    """A node: its kind, the field of its parent that it fills, its bytes, its children, and whether something in it is broken."""

    kind: str
    field: str | None
    start: int
    end: int
    children: tuple[Concrete, ...]
    broken: bool

    @property
    def span(self) -> Span:
        """The node's bytes."""
        return Span(self.start, self.end)

    def child(self, field: str) -> Concrete | None:
        """The first child in a field."""
        for child in self.children:
            if child.field == field:
                return child
        return None

    def every(self, field: str) -> Iterator[Concrete]:
        """All children in a field."""
        return (child for child in self.children if child.field == field)

    def first(self, *kinds: str) -> Concrete | None:
        """The first child of one of some kinds."""
        for child in self.children:
            if child.kind in kinds:
                return child
        return None


def first_trouble(node: Concrete) -> Concrete:
    """The first broken place in a node: an error, or what is missing."""
    while node.kind != ERROR and node.children:
        node = next((child for child in node.children if child.broken), node.children[0])
    return node


def first_token(node: Concrete) -> Concrete:
    """The first token of a node, or the node itself if it has none."""
    while node.children:
        node = node.children[0]
    return node
