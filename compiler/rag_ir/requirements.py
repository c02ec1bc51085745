"""What a document requires of the machine that it runs on: entries with their digests, and plain ones for what is only named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rag_ir import graph as ir
from rag_ir.codec import requirement_digest
from rag_ir.graph import Schema
from rag_ir.record import replace

EMPTY_OBJECT: Schema = {"type": "object", "properties": {}, "required": []}


def requires(
    graphs: Sequence[ir.Graph],
    agents: Sequence[ir.Agent],
    models: Sequence[str | ir.ModelRequirement],
    tools: Sequence[str | ir.ToolRequirement],
    routers: Sequence[ir.RouterRequirement],
) -> ir.Requires:
    """The requirements of a document: those described, and plain ones for every model and tool that is only named."""
    behaviours = [node.behaviour for each in graphs for node in each.nodes]
    callers: list[ir.ModelCall | ir.Agent] = [each for each in behaviours if isinstance(each, ir.ModelCall)]
    callers += agents
    named_models = {each.model for each in callers}
    named_tools = {name for each in callers for name in each.tools}
    named_tools |= {each.tool for each in behaviours if isinstance(each, ir.ToolCall)}
    named_tools |= {name for each in behaviours if isinstance(each, ir.ToolExecutor) for name in each.tools}
    known_models = {each.name: each for each in models if not isinstance(each, str)}
    known_tools = {each.name: each for each in tools if not isinstance(each, str)}
    named_models |= {*known_models, *(each for each in models if isinstance(each, str))}
    named_tools |= {*known_tools, *(each for each in tools if isinstance(each, str))}
    return ir.Requires(
        models=tuple(known_models.get(name) or require_model(name) for name in sorted(named_models)),
        tools=tuple(known_tools.get(name) or require_tool(name) for name in sorted(named_tools)),
        routers=tuple(sorted(routers, key=lambda each: each.name)),
        reducers=(),
        stores=(),
        middleware=(),
    )


def require_model(name: str, *, capabilities: Sequence[str] = ("tools", "json_schema")) -> ir.ModelRequirement:
    """What is required of a model."""
    entry = ir.ModelRequirement(
        name=name,
        capabilities=tuple(capabilities),
        context_window=None,
        max_output_tokens=None,
        price=None,
        digest="",
    )
    return replace(entry, digest=requirement_digest(entry))


def require_tool(
    name: str,
    *,
    description: str = "",
    input: Schema = EMPTY_OBJECT,
    output: Schema | None = None,
    effects: Literal["none", "read", "write", "external", "unknown"] = "none",
    reads: Literal["public", "private", "secret", "unknown"] = "public",
    returns_trust: Literal["trusted", "untrusted", "unknown"] = "trusted",
    idempotent: bool = False,
    on_error: Literal["answer", "fail"] = "answer",
    approval: Literal["never", "always"] = "never",
) -> ir.ToolRequirement:
    """What is required of a tool."""
    entry = ir.ToolRequirement(
        name=name,
        description=description,
        input=input,
        output=output,
        effects=effects,
        reads=reads,
        returns_trust=returns_trust,
        idempotent=idempotent,
        on_error=on_error,
        approval=approval,
        digest="",
    )
    return replace(entry, digest=requirement_digest(entry))


def require_router(name: str, labels: Sequence[str]) -> ir.RouterRequirement:
    """What is required of a route function."""
    entry = ir.RouterRequirement(name=name, labels=tuple(labels), digest="")
    return replace(entry, digest=requirement_digest(entry))
