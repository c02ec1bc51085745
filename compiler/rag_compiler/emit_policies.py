"""Emit policies: what a node says of itself, else what its graph says of all nodes."""

from __future__ import annotations

from typing import TypeVar

from rag_compiler import hir
from rag_compiler.emit_code import name_of, names_of
from rag_compiler.kinds import KINDS
from rag_compiler.places import Places
from rag_ir import graph as ir

Block = TypeVar("Block", hir.Budget, hir.Cache, hir.Steering)


def emit_timeout(own: hir.Duration | None, graph: hir.Graph, kind: hir.Kind, at: str, places: Places) -> int | None:
    """The milliseconds of an activation of a node of this kind."""
    default = graph.timeout if "timeout" in KINDS[kind].items else None
    return milliseconds(own or default, f"{at}/timeout", places)


def emit_retry(own: hir.Retry | None, graph: hir.Graph, kind: hir.Kind, at: str, places: Places) -> ir.Retry | None:
    """How the calls of a node of this kind are made again."""
    default = graph.retry if "retry" in KINDS[kind].items else None
    return retry_of(own or default, at, places)


def emit_budget(own: hir.Budget | None, agent: hir.Agent | None, at: str, places: Places) -> ir.Budget | None:
    """The budget of an activation: where the node runs an agent in place, the agent's holds beside its own."""
    if own is None:
        return agent.budget.value if agent is not None and agent.budget is not None else None
    places.put(f"{at}/budget", own.keyword)
    return own.value if agent is None or agent.budget is None else _tighter(own.value, agent.budget.value)


def _tighter(one: ir.Budget, other: ir.Budget) -> ir.Budget:
    from decimal import Decimal

    costs = [cost for cost in (one.cost_usd, other.cost_usd) if cost is not None]
    return ir.Budget(
        tokens=_least(one.tokens, other.tokens),
        cost_usd=min(costs, key=Decimal, default=None),
        model_calls=_least(one.model_calls, other.model_calls),
        tool_calls=_least(one.tool_calls, other.tool_calls),
        wall=_least(one.wall, other.wall),
    )


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def emit_listed(listed: hir.Listed | None, word: str, at: str, places: Places) -> tuple[str, ...]:
    """`stores` or `middleware`."""
    if listed is None:
        return ()
    places.put(f"{at}/{word}", listed.keyword)
    for index, name in enumerate(each for each in listed.names if isinstance(each, hir.Ref)):
        places.put(f"{at}/{word}/{index}", name.span)
    return names_of(listed.names)


def emit_block(block: Block | None, word: str, at: str, places: Places) -> Block | None:
    """A policy that stands as it is written, with its place."""
    if block is not None:
        places.put(f"{at}/{word}", block.keyword)
    return block


def emit_allow(graph: hir.Graph, at: str, places: Places) -> dict[str, tuple[str, ...]]:
    """The lists of `allow`. One with a hole in it is left out: what it would have allowed is not known."""
    allowed: dict[str, tuple[str, ...]] = {}
    for each in graph.allow:
        places.put(f"{at}/allow/{each.kind}", each.span)
        places.put(f"{at}/allow", each.span)
        if all(isinstance(name, hir.Ref) for name in each.names):
            allowed[each.kind] = names_of(each.names)
    return allowed


def emit_join(join: hir.JoinSends, at: str, places: Places) -> ir.JoinSends:
    """`join TARGET { .. }`"""
    wait, options = join.options.wait, join.options
    places.put(f"{at}/target", join.target.span)
    if wait:
        places.put(f"{at}/wait", wait.span)
        places.put(f"{at}/quorum", wait.span)
        places.put(f"{at}/keep", wait.keep or wait.span)
    if options.on_timeout:
        places.put(f"{at}/on_timeout", options.on_timeout.span)
    return ir.JoinSends(
        kind="join",
        target=name_of(join.target),
        wait=wait.policy if wait else "all",
        quorum=wait.quorum if wait else None,
        keep=wait is not None and wait.keep is not None,
        timeout=milliseconds(options.timeout, f"{at}/timeout", places),
        on_timeout=name_of(options.on_timeout) if options.on_timeout and options.timeout else None,
    )


def milliseconds(duration: hir.Duration | None, at: str, places: Places) -> int | None:
    """A duration, with its place."""
    if duration is None:
        return None
    places.put(at, duration.keyword)
    return duration.ms


def retry_of(retry: hir.Retry | None, at: str, places: Places) -> ir.Retry | None:
    """A `retry`, with its place."""
    if retry is None:
        return None
    places.put(f"{at}/retry", retry.keyword)
    return retry.value
