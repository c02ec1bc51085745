"""Amounts that may have no bound, and why: how they add up, and which of several is the greater."""

from __future__ import annotations

from collections.abc import Iterable

from rag_ir.record import record

MOST_REASONS = 5


@record
class Bound:
    """At most this many; null: nothing bounds it, for the reasons in `because`."""

    most: int | None
    because: tuple[str, ...] = ()


ZERO = Bound(0)


@record
class Amounts:
    """What is spent: counts, tokens, and money in 10^-18 US dollars."""

    activations: Bound = ZERO
    model_calls: Bound = ZERO
    tool_calls: Bound = ZERO
    input_tokens: Bound = ZERO
    output_tokens: Bound = ZERO
    cost: Bound = ZERO

    @staticmethod
    def names() -> tuple[str, ...]:
        """The fields, in order."""
        return "activations", "model_calls", "tool_calls", "input_tokens", "output_tokens", "cost"


NOTHING = Amounts()


def plus(one: Bound, other: Bound) -> Bound:
    """Both."""
    if one.most is None or other.most is None:
        return Bound(None, _reasons((one, other)))
    return Bound(one.most + other.most)


def product(one: Bound, other: Bound) -> Bound:
    """One as often as the other says; nothing any number of times is nothing."""
    if one.most == 0 or other.most == 0:
        return ZERO
    if one.most is None or other.most is None:
        return Bound(None, _reasons((one, other)))
    return Bound(one.most * other.most)


def highest(bounds: Iterable[Bound]) -> Bound:
    """The greatest of several, zero of none."""
    found = ZERO
    for bound in bounds:
        if bound.most is None:
            found = Bound(None, _reasons((found, bound)))
        elif found.most is not None and bound.most > found.most:
            found = bound
    return found


def lower(one: Bound, other: Bound) -> Bound:
    """The lesser of two that both hold."""
    if one.most is None:
        return other if other.most is not None else one
    return one if other.most is None or one.most <= other.most else other


def added(one: Amounts, other: Amounts) -> Amounts:
    """The sums."""
    return Amounts(*(plus(getattr(one, name), getattr(other, name)) for name in Amounts.names()))


def times(amounts: Amounts, count: Bound) -> Amounts:
    """Everything so many times."""
    return Amounts(*(product(getattr(amounts, name), count) for name in Amounts.names()))


def _reasons(bounds: Iterable[Bound]) -> tuple[str, ...]:
    every = dict.fromkeys(reason for bound in bounds if bound.most is None for reason in bound.because)
    return tuple(every)[:MOST_REASONS]
