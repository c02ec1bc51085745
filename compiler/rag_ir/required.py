"""What a graph needs of the machine that it runs on, and what that machine allows: parts of the model of `graph`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from rag_ir.record import record

if TYPE_CHECKING:
    from rag_ir.graph import Budget, Schema


@record(kw_only=True)
class Price:
    """Decimal strings, US dollars for a million tokens; null: cached input costs what other input costs."""

    input_per_mtok: str
    output_per_mtok: str
    cached_input_per_mtok: str | None = None


@record(kw_only=True)
class ModelRequirement:
    """What the checker reads of a model."""

    name: str
    capabilities: tuple[str, ...]
    context_window: int | None
    max_output_tokens: int | None
    price: Price | None
    digest: str


@record(kw_only=True)
class ToolRequirement:
    """A tool's schema and labels. `input` is an object schema; `output` null: unknown."""

    name: str
    description: str
    input: Schema
    output: Schema | None
    effects: Literal["none", "read", "write", "external", "unknown"]
    reads: Literal["public", "private", "secret", "unknown"]
    returns_trust: Literal["trusted", "untrusted", "unknown"]
    idempotent: bool
    on_error: Literal["answer", "fail"]
    approval: Literal["never", "always"]
    digest: str


@record(kw_only=True)
class RouterRequirement:
    """A registered route function and the labels that it may answer."""

    name: str
    labels: tuple[str, ...]
    digest: str


@record(kw_only=True)
class ReducerRequirement:
    """A registered reducer and the type that it makes (`{}`: any)."""

    name: str
    schema: Schema
    digest: str


@record(kw_only=True)
class StoreRequirement:
    """A registered store: who shares it, how private it is, and the type of its values (`{}`: any)."""

    name: str
    scope: Literal["thread", "project"]
    reads: Literal["public", "private", "secret", "unknown"]
    schema: Schema
    digest: str


@record(kw_only=True)
class MiddlewareRequirement:
    """Registered middleware and the hooks that it has."""

    name: str
    hooks: tuple[str, ...]
    digest: str


Requirement = (
    ModelRequirement
    | ToolRequirement
    | RouterRequirement
    | ReducerRequirement
    | StoreRequirement
    | MiddlewareRequirement
)


@record(kw_only=True)
class Requires:
    """Every capability that the document names, by kind, sorted by name. A digest is SHA-256 of the canonical rest of its entry."""

    models: tuple[ModelRequirement, ...]
    tools: tuple[ToolRequirement, ...]
    routers: tuple[RouterRequirement, ...]
    reducers: tuple[ReducerRequirement, ...]
    stores: tuple[StoreRequirement, ...]
    middleware: tuple[MiddlewareRequirement, ...]


@record(kw_only=True)
class Policy:
    """Effective limits of the machine, the trust of the run's input, which graphs need a review, and what may be named.

    `allow` (only these) and `deny` go by kind: models tools agents graphs stores routers reducers middleware scripts.
    """

    input_trust: Literal["trusted", "untrusted"]
    max_depth: int
    max_fanout: int | None
    max_budget: Budget | None
    require_review: Literal["never", "generated", "effects", "always"]
    allow: Mapping[str, tuple[str, ...]]
    deny: Mapping[str, tuple[str, ...]]
