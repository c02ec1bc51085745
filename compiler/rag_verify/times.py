"""Sets of times, counted in supersteps, as the bits of integers: bit `t` stands for `t` supersteps later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Times = int


def sums(one: Times, other: Times) -> Times:
    """Every time of the one after every time of the other."""
    result = 0
    while one:
        lowest = one & -one
        result |= other * lowest
        one ^= lowest
    return result


def union(sets: Iterable[Times]) -> Times:
    """What is in any of them."""
    result = 0
    for times in sets:
        result |= times
    return result


def last_of(sets: list[Times]) -> Times:
    """When the last of several may come: at any of their times at which each of the others can have come."""
    if not all(sets):
        return 0
    latest = max((times & -times).bit_length() - 1 for times in sets)
    return union(sets) >> latest << latest


def from_first(times: Times, mask: Times) -> Times:
    """Every time of the mask from the first one on."""
    return mask & ~((times & -times) - 1) if times else 0


def up_to(times: Times) -> Times:
    """Every time up to the last one."""
    return (1 << times.bit_length()) - 1 if times else 0


def times_of(times: Times) -> Iterator[int]:
    """The times in a set, ascending."""
    while times:
        lowest = times & -times
        yield lowest.bit_length() - 1
        times ^= lowest
