"""Write declarations: graphs, nodes, agents, types and tests, with the blank lines around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rag_compiler.concrete import Concrete
from rag_compiler.format_expressions import Write, enclosed, spaced
from rag_compiler.format_items import channel, head_and_block, item, state_channel, test_item
from rag_compiler.format_layout import GAP, HARD, NOTHING, SPACE, Layout, measured, nest, row, rows
from rag_compiler.format_tokens import Tokens

BLOCKS = ("graph_declaration", "agent_declaration", "node_declaration", "test_declaration")
SET_APART = (*BLOCKS, "type_declaration")
"""Declarations that have a blank line before and behind them, if they stand over lines."""


def file(tokens: Tokens, root: Concrete) -> Layout:
    """A whole file."""
    if tokens.crowded([child.start for child in root.children]):
        return tokens.verbatim(root)
    found = rows(_members(tokens, root.children, member))
    return row(found, NOTHING if found is NOTHING else HARD, tokens.before(len(tokens.data)))


def _members(tokens: Tokens, children: Iterable[Concrete], write: Write) -> Iterator[Layout]:
    """Members, each on lines of its own, with the blank lines between them."""
    first, apart = True, False
    for child in _flat(tokens, children):
        gap = tokens.gap_ahead(child.start)
        notes, written = tokens.before(child.start), write(tokens, child)
        _, broken, _ = measured(written)
        block = child.kind in SET_APART and broken
        if not first:
            yield HARD
        if gap or ((block or apart) and not first):
            yield GAP
        yield notes
        yield written
        first, apart = False, block


def _flat(tokens: Tokens, children: Iterable[Concrete]) -> Iterator[Concrete]:
    """The members, the lines of `state` blocks in place of the blocks; commas are none."""
    for child in children:
        if child.kind == "state_declaration" and _opens(tokens, child):
            yield from (line for line in child.children if line.kind == "state_channel")
        elif child.kind != ",":
            yield child


def _opens(tokens: Tokens, state: Concrete) -> bool:
    """Whether the lines of a `state` block can stand without it: they can, unless a comment speaks of the block."""
    first = state.first("state_channel")
    return first is not None and not tokens.held(state) and not tokens.noted(first.start)


def member(tokens: Tokens, node: Concrete) -> Layout:
    """A declaration, or an item."""
    if node.kind == "state_declaration":
        return _state(tokens, node)
    if node.kind == "state_channel":
        return channel(tokens, node)
    if node.kind not in BLOCKS:
        return item(tokens, node)
    if tokens.crowded([child.start for child in (node, *_inside(node))]):
        return tokens.verbatim(node)
    head, block = head_and_block(tokens, node)
    opening, *inner, closing = block.children
    first = tokens.take(opening)
    found = rows(_members(tokens, inner, test_item if node.kind == "test_declaration" else member))
    notes = tokens.before(closing.start)
    if found is NOTHING and notes is NOTHING:
        return row(head, SPACE, first, tokens.take(closing))
    between = HARD if found is not NOTHING and notes is not NOTHING else NOTHING
    return row(head, SPACE, first, nest(HARD, found, between, notes), HARD, tokens.take(closing))


def _inside(node: Concrete) -> Sequence[Concrete]:
    return node.children[next(at for at, child in enumerate(node.children) if child.kind == "{") + 1 :]


def _state(tokens: Tokens, node: Concrete) -> Layout:
    if tokens.held(node):
        return tokens.verbatim(node)
    head, block = head_and_block(tokens, node)
    return spaced([head, enclosed(tokens, block, state_channel, comma=NOTHING, last=NOTHING, spread=True)])
