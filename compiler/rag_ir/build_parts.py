"""Parts of graphs that are built by hand: policies, and what stands for code and routes in the constructors of `build`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from rag_ir import graph as ir
from rag_ir.graph import Code

DEFAULT_POLICY = ir.Policy(
    input_trust="trusted", max_depth=8, max_fanout=None, max_budget=None, require_review="never", allow={}, deny={}
)
"""The policy of a machine whose manifest says nothing of it."""

RouteTable = Mapping[str, str] | Sequence[tuple[str | None, Code, str]]
Payload = Mapping[str, Code]


def join_sends(
    target: str,
    wait: Literal["all", "race", "quorum", "best_effort", "fallback", "compare"] = "all",
    *,
    quorum: int | None = None,
    keep: bool = False,
    timeout: int | None = None,
    on_timeout: str | None = None,
) -> ir.JoinSends:
    """What a node's `join` does with its sends. `quorum` is the number that `wait="quorum"` needs; `timeout` in milliseconds."""
    return ir.JoinSends(
        kind="join", target=target, wait=wait, quorum=quorum, keep=keep, timeout=timeout, on_timeout=on_timeout
    )


def budget(
    *,
    tokens: int | None = None,
    cost_usd: str | None = None,
    model_calls: int | None = None,
    tool_calls: int | None = None,
    wall: int | None = None,
) -> ir.Budget:
    """Limits of what may be spent; `cost_usd` is a decimal string, `wall` milliseconds."""
    return ir.Budget(tokens=tokens, cost_usd=cost_usd, model_calls=model_calls, tool_calls=tool_calls, wall=wall)


def retry(
    max_attempts: int = 4,
    *,
    backoff: Literal["constant", "linear", "exponential"] = "exponential",
    initial: int = 200,
    max: int = 30_000,
    jitter: bool = True,
    on: Sequence[str] = ("timeout", "rate_limit", "server", "connection"),
) -> ir.Retry:
    """How often a failing call is made again, the first try counted; waits in milliseconds."""
    return ir.Retry(max_attempts=max_attempts, backoff=backoff, initial=initial, max=max, jitter=jitter, on=tuple(on))


def as_text(code: Code) -> Code:
    """A template; a plain text stands for itself."""
    return ["template", code] if isinstance(code, str) else code


def as_entries(mapping: Payload) -> tuple[ir.Entry, ...]:
    """Keys and their code."""
    return tuple(ir.Entry(name=name, value=value) for name, value in mapping.items())


def as_routes(table: RouteTable) -> Iterable[ir.Route]:
    """The entries of a table of routes."""
    if isinstance(table, Mapping):
        table = [(None if label == "else" else label, None, target) for label, target in table.items()]
    for label, when, target in table:
        yield ir.Route(label=label, when=when, target=target)
