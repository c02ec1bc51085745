"""Bounds in a few words, as pictures and editors show them."""

from __future__ import annotations

from collections.abc import Iterator

from rag_verify.amounts import Bound
from rag_verify.bounds import Bounds


def bounds_text(bounds: Bounds) -> str:
    """`at most 50 model calls, 100 tool calls, 0.5 US dollars`; what is not bounded is `any number of` it; empty for nothing at all."""
    limited = [f"{_number(bound, bounds)} {name}" for name, bound in _named(bounds) if bound.most]
    free = [name for name, bound in _named(bounds) if bound.most is None]
    said = [f"at most {', '.join(limited)}"] if limited else []
    if free:
        said.append(f"any number of {', '.join(free)}")
    return "; ".join(said)


def _named(bounds: Bounds) -> Iterator[tuple[str, Bound]]:
    yield "model calls", bounds.model_calls
    yield "tool calls", bounds.tool_calls
    if bounds.cost.most is not None:
        yield "US dollars", bounds.cost


def _number(bound: Bound, bounds: Bounds) -> str:
    return str(bounds.cost_usd) if bound is bounds.cost else f"{bound.most:,}"
