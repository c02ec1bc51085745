"""The tokens of a text, and the same tokens in other layouts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_compiler.parse import parse
from rag_compiler.source import SourceFile

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from rag_compiler.concrete import Concrete

BLANKS = ("", " ", " ", "  ", "\t", "\n", "\n", "\n  ", "\n\t")
COMMENTS = ("// note\n", " // note\n", "\n// note\n", "\n  // one\n// two\n", "\n/// said\n")
TEXTS = ("string", "block_string")


def comments(data: bytes) -> list[bytes]:
    """The comments of a text in order, without the blanks that end them."""
    return [data[node.start : node.end].rstrip() for node in parse(SourceFile("case.rag", data))[0].extras]


def mutant(data: bytes, chance: random.Random, *, rate: float, noted: bool) -> bytes:
    """The text with some of the gaps between its tokens filled in another way, by comments too where they may be `noted`."""
    parsed, _ = parse(SourceFile("case.rag", data))
    out: list[bytes] = []
    at = 0
    for token in _tokens(parsed.root):
        gap = data[at : token.start]
        if chance.random() < rate and b"//" not in gap:
            gap = chance.choice((*BLANKS, *COMMENTS) if noted else BLANKS).encode()
        out += [gap, data[token.start : token.end]]
        at = token.end
    return b"".join((*out, data[at:]))


def _tokens(node: Concrete) -> Iterator[Concrete]:
    if node.children and node.kind not in TEXTS:
        for child in node.children:
            yield from _tokens(child)
    elif node.end > node.start:
        yield node
