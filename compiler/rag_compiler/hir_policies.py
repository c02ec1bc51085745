"""The policies of the HIR: limits, repetition, and what may be done to a node while it runs; each with the place that says so."""

from __future__ import annotations

from typing import Literal

from rag_compiler.hir_expressions import Target
from rag_compiler.source import Span
from rag_ir import graph as ir
from rag_ir.record import record


@record
class Duration:
    """Milliseconds, and the word that they are given to."""

    ms: int
    keyword: Span


@record
class Flag:
    """`optional` or `blocking`, and where it is said."""

    value: bool
    span: Span


@record
class Retry:
    """`retry { .. }`, what it leaves out included."""

    value: ir.Retry
    keyword: Span


@record
class Budget:
    """`budget { .. }`"""

    value: ir.Budget
    keyword: Span


@record
class Cache:
    """`cache { .. }`"""

    value: ir.Cache
    keyword: Span


@record
class Steering:
    """`steering { .. }`, or the older `human allow` and `parent allow`, at the first of them."""

    value: ir.Steering
    keyword: Span


@record
class Listed:
    """`stores [..]` or `middleware [..]`"""

    names: tuple[Target, ...]
    keyword: Span


@record
class Checkpoint:
    """The word of `checkpoint`, and where it stands."""

    word: Literal["every", "exit", "off", "inherit"]
    span: Span


@record
class Interrupts:
    """The word of `interrupt`, and where it stands."""

    word: Literal["manual", "off"]
    span: Span


@record
class Allow:
    """`allow KIND [..]`; `kind` is the manifest's section."""

    kind: str
    names: tuple[Target, ...]
    span: Span


@record
class Wait:
    """The policy of a join. `quorum` is the number of `quorum`, and `keep` where that word stands."""

    policy: Literal["all", "race", "quorum", "best_effort", "fallback", "compare"]
    quorum: int | None
    keep: Span | None
    span: Span


@record
class JoinOptions:
    """What stands in the block behind a join's target. `wait` null: all."""

    wait: Wait | None
    timeout: Duration | None
    on_timeout: Target | None


@record
class Policies:
    """The policies of a node, as far as it has some of its own. `blocking` and `optional` are those of sends to it."""

    timeout: Duration | None
    retry: Retry | None
    budget: Budget | None
    cache: Cache | None
    steering: Steering | None
    stores: Listed | None
    middleware: Listed | None
    blocking: Flag | None
    optional: Flag | None
