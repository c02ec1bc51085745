"""Walk the bodies of declarations: what is an item, what is left over, and what stands outside of where it belongs."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator

from rag_compiler import syntax
from rag_compiler.concrete import ERROR, TOO_DEEP, Concrete
from rag_compiler.lower_items import (
    lower_mode_item,
    lower_name_item,
    lower_policy_item,
    lower_target_item,
    lower_type_item,
    lower_unknown_item,
    lower_value_item,
)
from rag_compiler.lower_routing import (
    lower_command_item,
    lower_join_item,
    lower_loose_routes,
    lower_routes_item,
    lower_send_item,
)
from rag_compiler.lowering import Lowering
from rag_compiler.words.syntax import graph_value, misplaced

Lower = Callable[[Lowering, Concrete], syntax.Item]

NODE_ITEMS: dict[str, Lower] = {
    "name_item": lower_name_item,
    "target_item": lower_target_item,
    "value_item": lower_value_item,
    "policy_item": lower_policy_item,
    "type_item": lower_type_item,
    "mode_item": lower_mode_item,
    "routes_item": lower_routes_item,
    "send_item": lower_send_item,
    "join_item": lower_join_item,
    "command_item": lower_command_item,
    "unknown_item": lower_unknown_item,
    "edge": lower_unknown_item,
}
"""The items of nodes and agents; edges are taken out before the table is asked."""
GRAPH_VALUES = ("description", "recursion_limit", "max_concurrency")
GRAPH_BLOCKS = ("metadata", "defaults", "budget")

LEFT_OVER = ("unknown_item", "edge", "stray", ERROR)
"""What the block behind an unknown word falls into, where it holds neither pairs nor items."""


def contents(
    low: Lowering, parts: Iterable[Concrete], kinds: Container[str], where: str, expected: str
) -> Iterator[Concrete]:
    """The items of a body, each to be lowered before the next is asked for.

    What is none is reported, unless the item before it is broken and has left it behind; items inside of it are kept.
    """
    outer = low.where, low.expected
    low.where, low.expected = where, expected
    broken, hurt, torn, end = False, False, False, 0
    for part in parts:
        if torn and part.kind in LEFT_OVER:
            low.troubles += 1
            low.breaks += 1
            continue
        torn = part.kind == "unknown_item" and part.broken
        if part.kind in kinds:
            before, troubles, quiet = low.breaks, low.troubles, low.silent
            low.silent = quiet or (broken and low.same_line(end, part.start))
            yield part
            low.silent = quiet
            broken, hurt, end = low.breaks > before, low.troubles > troubles, part.end
        elif part.kind in (ERROR, TOO_DEEP, "stray") or part.kind.startswith("missing:"):
            if broken or (hurt and low.same_line(end, part.start)):
                low.troubles += 1
            else:
                low.unexpected(part)
            broken, end = True, part.end
            yield from _salvaged(part, kinds)
    low.where, low.expected = outer


def _salvaged(node: Concrete, kinds: Container[str]) -> Iterator[Concrete]:
    for child in node.children:
        if child.kind in kinds:
            yield child
        elif child.kind == ERROR:
            yield from _salvaged(child, kinds)


def orphans(low: Lowering, parts: Iterable[Concrete], kinds: Container[str], owner: str) -> Iterator[Concrete]:
    """Items behind the declaration that they belong to, reported once, unless something in the declaration is broken."""
    broken = low.breaks > 0
    for part in parts:
        if not broken:
            _report_orphan(low, part, owner)
        low.troubles += 1
        broken = True
        if part.kind in kinds:
            yield part


def _report_orphan(low: Lowering, part: Concrete, owner: str) -> None:
    if not part.kind.endswith(("_item", "_declaration", "edge")):
        low.unexpected(part)
        return
    word = part.children[0] if part.children else part
    if part.kind == "unknown_item":
        low.unexpected(word)
        return
    what = "an edge" if part.kind == "edge" else f"`{low.text(word)}`"
    help_ = f"a `}}` before it closes {owner} too early" if owner else "write it inside of `graph NAME { .. }`"
    low.trouble(misplaced(low.place(word), f"{what} stands outside of a declaration", help_))


def is_loose(low: Lowering, member: Concrete) -> bool:
    """Whether an item of a graph is at home in a node only. `next -> b` is an edge: a node may be called `next`."""
    match member.kind:
        case "name_item" | "routes_item" | "send_item" | "command_item":
            return True
        case "target_item":
            return member.first("->", "foreign_arrow") is None
        case "value_item":
            return low.text(member.children[0]) not in GRAPH_VALUES
        case "policy_item":
            return low.text(member.children[0]) not in GRAPH_BLOCKS
        case _:
            return False


def report_loose(low: Lowering, member: Concrete, *, behind_node: bool) -> None:
    """Report an item of a node that stands in a graph."""
    word = member.children[0]
    if low.nested:
        low.troubles += 1
        return
    message = f"`{low.text(word)}` stands outside of a node"
    help_ = "a `}` before it closes the node too early" if behind_node else "write it inside of `node NAME { .. }`"
    low.trouble(misplaced(low.place(word), message, help_))


def lower_body(low: Lowering, body: Iterable[Concrete]) -> tuple[syntax.Item, ...]:
    """The items of a node or an agent. Edges that stand together are routes without their `routes`."""
    items: list[syntax.Item] = []
    loose: list[Concrete] = []
    for child in body:
        if child.kind == "edge" and low.where.startswith("in agent"):
            low.trouble(misplaced(low.place(child), "an edge stands in an agent", "edges stand in a graph"))
            continue
        if child.kind == "edge" and low.text(child.children[0]) in GRAPH_VALUES:
            low.trouble(graph_value(low.place(child.children[0]), low.text(child.children[0])))
            continue
        if child.kind == "edge":
            loose.append(child)
            continue
        if loose:
            items.append(lower_loose_routes(low, loose))
            loose = []
        items.append(low.guarded(child, NODE_ITEMS[child.kind]))
    if loose:
        items.append(lower_loose_routes(low, loose))
    return tuple(items)
