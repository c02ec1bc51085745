"""What a document requires, as a machine's registry offers it.

The registry is read through the shape that is needed here: it is `rag_registry`'s, or anything with the same members.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, Protocol, TypeVar

from rag_ir import graph as ir
from rag_ir.codec import requirement_digest
from rag_ir.finding import Finding, pointer
from rag_ir.graph import Document, Price, Schema
from rag_ir.record import replace
from rag_ir.requirements import EMPTY_OBJECT
from rag_ir.spell import closest
from rag_verify.names_used import NamesUsed

Entry = TypeVar("Entry")

# The members of the registry's entries that are read here.


class OfferedModel(Protocol):
    """A model of a registry."""

    @property
    def name(self) -> str: ...
    @property
    def capabilities(self) -> tuple[str, ...]: ...
    @property
    def context_window(self) -> int | None: ...
    @property
    def max_output_tokens(self) -> int | None: ...
    @property
    def price(self) -> Price | None: ...


class OfferedTool(Protocol):
    """A tool of a registry. `input` null: nothing is known of its arguments."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def input(self) -> Schema | None: ...
    @property
    def output(self) -> Schema | None: ...
    @property
    def effects(self) -> Literal["none", "read", "write", "external", "unknown"]: ...
    @property
    def reads(self) -> Literal["public", "private", "secret", "unknown"]: ...
    @property
    def returns_trust(self) -> Literal["trusted", "untrusted", "unknown"]: ...
    @property
    def idempotent(self) -> bool: ...
    @property
    def on_error(self) -> Literal["answer", "fail"]: ...
    @property
    def approval(self) -> Literal["never", "always"]: ...


class OfferedRouter(Protocol):
    """A route function of a registry."""

    @property
    def name(self) -> str: ...
    @property
    def labels(self) -> tuple[str, ...]: ...


class OfferedReducer(Protocol):
    """A reducer of a registry. `schema` null: any value."""

    @property
    def name(self) -> str: ...
    @property
    def schema(self) -> Schema | None: ...


class OfferedStore(Protocol):
    """A store of a registry. `schema` null: any value."""

    @property
    def name(self) -> str: ...
    @property
    def scope(self) -> Literal["thread", "project"]: ...
    @property
    def reads(self) -> Literal["public", "private", "secret", "unknown"]: ...
    @property
    def schema(self) -> Schema | None: ...


class OfferedMiddleware(Protocol):
    """Middleware of a registry."""

    @property
    def name(self) -> str: ...
    @property
    def hooks(self) -> tuple[str, ...]: ...


class OfferedProject(Protocol):
    """The project of a registry."""

    @property
    def input_trust(self) -> Literal["trusted", "untrusted"]: ...


class OfferedPolicy(Protocol):
    """The policy of a registry."""

    @property
    def max_budget(self) -> ir.Budget | None: ...
    @property
    def max_depth(self) -> int: ...
    @property
    def max_fanout(self) -> int | None: ...
    @property
    def require_review(self) -> Literal["never", "generated", "effects", "always"]: ...
    @property
    def allow(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def deny(self) -> Mapping[str, tuple[str, ...]]: ...


class Offer(Protocol):
    """A registry."""

    @property
    def project(self) -> OfferedProject: ...
    @property
    def models(self) -> Mapping[str, OfferedModel]: ...
    @property
    def tools(self) -> Mapping[str, OfferedTool]: ...
    @property
    def routers(self) -> Mapping[str, OfferedRouter]: ...
    @property
    def reducers(self) -> Mapping[str, OfferedReducer]: ...
    @property
    def stores(self) -> Mapping[str, OfferedStore]: ...
    @property
    def middleware(self) -> Mapping[str, OfferedMiddleware]: ...
    @property
    def policy(self) -> OfferedPolicy: ...


def rebind(document: Document, registry: Offer) -> tuple[Document, list[Finding]]:
    """The document with `requires` and `policy` as this machine has them, and what it lacks (`capability-missing`) or has
    changed (`capability-changed`). Models may change: only their names count."""
    required = document.requires
    used = NamesUsed(
        models=_names(required.models),
        tools=_names(required.tools),
        routers=_names(required.routers),
        reducers=_names(required.reducers),
        stores=_names(required.stores),
        middleware=_names(required.middleware),
    )
    requires = require(used, registry)
    findings = [
        *_missing("models", "model", required.models, registry.models),
        *_missing("tools", "tool", required.tools, registry.tools),
        *_missing("routers", "router", required.routers, registry.routers),
        *_missing("reducers", "reducer", required.reducers, registry.reducers),
        *_missing("stores", "store", required.stores, registry.stores),
        *_missing("middleware", "middleware", required.middleware, registry.middleware),
        *_changed("tools", "tool", required.tools, requires.tools),
        *_changed("routers", "router", required.routers, requires.routers),
        *_changed("reducers", "reducer", required.reducers, requires.reducers),
        *_changed("stores", "store", required.stores, requires.stores),
        *_changed("middleware", "middleware", required.middleware, requires.middleware),
    ]
    return replace(document, requires=requires, policy=policy_of(registry)), findings


def _names(entries: Iterable[ir.Requirement]) -> frozenset[str]:
    return frozenset(entry.name for entry in entries)


def require(used: NamesUsed, registry: Offer) -> ir.Requires:
    """The entries of the names that the registry has, each once, sorted by name."""
    return ir.Requires(
        models=tuple(_model(model) for model in _offered(used.models, registry.models)),
        tools=tuple(_tool(tool) for tool in _offered(used.tools, registry.tools)),
        routers=tuple(_router(router) for router in _offered(used.routers, registry.routers)),
        reducers=tuple(_reducer(reducer) for reducer in _offered(used.reducers, registry.reducers)),
        stores=tuple(_store(store) for store in _offered(used.stores, registry.stores)),
        middleware=tuple(_middleware(each) for each in _offered(used.middleware, registry.middleware)),
    )


def _offered(names: Iterable[str], offered: Mapping[str, Entry]) -> Iterator[Entry]:
    return (offered[name] for name in sorted(names) if name in offered)


def policy_of(registry: Offer) -> ir.Policy:
    """The limits of the machine, what it allows to be named, and its trust in a run's input."""
    policy = registry.policy
    return ir.Policy(
        input_trust=registry.project.input_trust,
        max_depth=policy.max_depth,
        max_fanout=policy.max_fanout,
        max_budget=policy.max_budget,
        require_review=policy.require_review,
        allow=policy.allow,
        deny=policy.deny,
    )


def _model(model: OfferedModel) -> ir.ModelRequirement:
    entry = ir.ModelRequirement(
        name=model.name,
        capabilities=model.capabilities,
        context_window=model.context_window,
        max_output_tokens=model.max_output_tokens,
        price=model.price,
        digest="",
    )
    return replace(entry, digest=requirement_digest(entry))


def _tool(tool: OfferedTool) -> ir.ToolRequirement:
    entry = ir.ToolRequirement(
        name=tool.name,
        description=tool.description,
        input=EMPTY_OBJECT if tool.input is None else tool.input,
        output=tool.output,
        effects=tool.effects,
        reads=tool.reads,
        returns_trust=tool.returns_trust,
        idempotent=tool.idempotent,
        on_error=tool.on_error,
        approval=tool.approval,
        digest="",
    )
    return replace(entry, digest=requirement_digest(entry))


def _router(router: OfferedRouter) -> ir.RouterRequirement:
    entry = ir.RouterRequirement(name=router.name, labels=router.labels, digest="")
    return replace(entry, digest=requirement_digest(entry))


def _reducer(reducer: OfferedReducer) -> ir.ReducerRequirement:
    entry = ir.ReducerRequirement(name=reducer.name, schema=reducer.schema or {}, digest="")
    return replace(entry, digest=requirement_digest(entry))


def _store(store: OfferedStore) -> ir.StoreRequirement:
    entry = ir.StoreRequirement(
        name=store.name, scope=store.scope, reads=store.reads, schema=store.schema or {}, digest=""
    )
    return replace(entry, digest=requirement_digest(entry))


def _middleware(middleware: OfferedMiddleware) -> ir.MiddlewareRequirement:
    entry = ir.MiddlewareRequirement(name=middleware.name, hooks=middleware.hooks, digest="")
    return replace(entry, digest=requirement_digest(entry))


def _missing(
    section: str, noun: str, required: Iterable[ir.Requirement], offered: Mapping[str, object]
) -> Iterator[Finding]:
    for index, entry in enumerate(required):
        name = entry.name
        if name in offered:
            continue
        near = closest(name, offered)
        every = ", ".join(f"`{each}`" for each in sorted(offered))
        yield Finding(
            code="capability-missing",
            at=pointer("requires", section, index),
            message=f"the graph requires {noun} `{name}`, and this registry has none of that name",
            help=f"did you mean `{near}`?" if near else f"it has {every}" if every else f"it has no {section} at all",
            candidates=tuple(sorted(offered)),
        )


def _changed(
    section: str,
    noun: str,
    required: Iterable[ir.Requirement],
    offered: Iterable[ir.Requirement],
) -> Iterator[Finding]:
    digests = {entry.name: entry.digest for entry in offered}
    for index, entry in enumerate(required):
        actual = digests.get(entry.name, entry.digest)
        if actual != entry.digest:
            yield Finding(
                code="capability-changed",
                at=pointer("requires", section, index, "digest"),
                message=f"{noun} `{entry.name}` is not the one that the graph was compiled with: "
                f"`{entry.digest}` then, `{actual}` now",
                help="compile the graph again, and look at what has changed",
            )
