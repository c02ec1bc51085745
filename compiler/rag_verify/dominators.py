"""Dominators: the nodes that every way from the start to a node leads through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rag_verify.flow import reversed_edges


def dominators(start: str, edges: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """The immediate dominator of every node that `start` leads to; that of `start` is itself (Cooper, Harvey and Kennedy)."""
    order = _postorder(start, edges)
    number = {name: index for index, name in enumerate(order)}
    before = reversed_edges({name: tuple(edges.get(name, ())) for name in order})
    found = {start: start}
    changed = True
    while changed:
        changed = False
        for name in reversed(order[:-1]):
            nearest = ""
            for source in before[name]:
                if source in found:
                    nearest = source if not nearest else _meet(nearest, source, found, number)
            if found.get(name) != nearest:
                found[name] = nearest
                changed = True
    return found


def dominates(one: str, other: str, immediate: Mapping[str, str]) -> bool:
    """Whether every way to `other` leads through `one`."""
    while other != one:
        above = immediate.get(other, other)
        if above == other:
            return False
        other = above
    return True


def _meet(one: str, other: str, found: Mapping[str, str], number: Mapping[str, int]) -> str:
    while one != other:
        while number[one] < number[other]:
            one = found[one]
        while number[other] < number[one]:
            other = found[other]
    return one


def _postorder(start: str, edges: Mapping[str, Iterable[str]]) -> list[str]:
    """Every node behind those that it leads to, as far as there are no loops; `start` is the last."""
    order: list[str] = []
    seen = {start}
    work = [(start, iter(edges.get(start, ())))]
    while work:
        name, targets = work[-1]
        target = next(targets, None)
        if target is None:
            work.pop()
            order.append(name)
        elif target not in seen:
            seen.add(target)
            work.append((target, iter(edges.get(target, ()))))
    return order
