"""What a document requires, as a machine's registry offers it.

The registry is read through the shape that is needed here: it is `rag_registry`'s, or anything with the same members.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, Protocol

from rag_ir import graph as ir
from rag_ir.codec import requirement_digest
from rag_ir.finding import Finding, pointer
from rag_ir.graph import Document, Price, Schema
from rag_ir.record import replace
from rag_ir.requirements import EMPTY_OBJECT
from rag_ir.spell import closest

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
    def policy(self) -> OfferedPolicy: ...


def rebind(document: Document, registry: Offer) -> tuple[Document, list[Finding]]:
    """The document with `requires` and `policy` as this machine has them, and what it lacks (`capability-missing`) or has
    changed (`capability-changed`). Models may change: only their names count."""
    required = document.requires
    findings = [
        *_missing("models", "model", [each.name for each in required.models], registry.models),
        *_missing("tools", "tool", [each.name for each in required.tools], registry.tools),
        *_missing("routers", "router", [each.name for each in required.routers], registry.routers),
    ]
    requires = require(
        (each.name for each in required.models),
        (each.name for each in required.tools),
        (each.name for each in required.routers),
        registry,
    )
    findings += _changed("tools", "tool", required.tools, {each.name: each.digest for each in requires.tools})
    findings += _changed("routers", "router", required.routers, {each.name: each.digest for each in requires.routers})
    return replace(document, requires=requires, policy=policy_of(registry)), findings


def require(models: Iterable[str], tools: Iterable[str], routers: Iterable[str], registry: Offer) -> ir.Requires:
    """The entries of the names that the registry has, each once, sorted by name."""
    return ir.Requires(
        models=tuple(_model(registry.models[name]) for name in sorted(set(models)) if name in registry.models),
        tools=tuple(_tool(registry.tools[name]) for name in sorted(set(tools)) if name in registry.tools),
        routers=tuple(_router(registry.routers[name]) for name in sorted(set(routers)) if name in registry.routers),
        reducers=(),
        stores=(),
        middleware=(),
    )


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


def _missing(section: str, noun: str, names: Iterable[str], offered: Mapping[str, object]) -> Iterator[Finding]:
    for index, name in enumerate(names):
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
    required: Iterable[ir.ToolRequirement | ir.RouterRequirement],
    offered: Mapping[str, str],
) -> Iterator[Finding]:
    for index, entry in enumerate(required):
        actual = offered.get(entry.name, entry.digest)
        if actual != entry.digest:
            yield Finding(
                code="capability-changed",
                at=pointer("requires", section, index, "digest"),
                message=f"{noun} `{entry.name}` is not the one that the graph was compiled with: "
                f"`{entry.digest}` then, `{actual}` now",
                help="compile the graph again, and look at what has changed",
            )
