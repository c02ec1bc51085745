"""What people want to know of an entry of a registry, in the language's own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rag_ir.types import describe
from rag_registry.registry import (
    Agent,
    CompiledGraph,
    McpServer,
    Middleware,
    Model,
    Reducer,
    Router,
    Script,
    Store,
    Tool,
)

if TYPE_CHECKING:
    from rag_ir.graph import Budget, Field, Json, Schema

Fact = tuple[str, str]
"""What it is about, and what is so."""

Entry = Model | Tool | Agent | CompiledGraph | Router | Reducer | Middleware | Store | Script | McpServer


def facts(entry: Entry) -> Iterator[Fact]:
    """Everything that the manifest, and what it names, say of an entry; what says nothing is left out."""
    return ((label, text) for label, text in _facts(entry) if text)


def in_short(entry: Entry) -> str:
    """The two or three facts by which entries of one kind are told apart."""
    match entry:
        case Model():
            price = entry.price
            cost = f"${price.input_per_mtok} in, ${price.output_per_mtok} out" if price is not None else ""
            named = "" if entry.provider in ("echo", "scripted") else entry.model
            return _listed((entry.provider, named, *entry.capabilities, cost))
        case Tool():
            trust = "" if entry.returns_trust == "unknown" else f"{entry.returns_trust} results"
            effects = "effects unknown" if entry.effects == "unknown" else f"effects {entry.effects}"
            approval = "asks a person" if entry.approval == "always" else ""
            return _listed((effects, "" if entry.reads == "unknown" else f"reads {entry.reads}", trust, approval))
        case Agent():
            return f"graph {entry.graph}" if entry.graph else _listed((entry.model, *entry.tools))
        case Router() | Script():
            return " | ".join(entry.labels)
        case Reducer():
            return _type(entry.schema)
        case Middleware():
            return _listed(entry.hooks)
        case Store():
            return _listed((entry.url, f"of a {entry.scope}"))
        case CompiledGraph():
            return entry.ir
        case McpServer():
            return _listed(entry.tools)


def _facts(entry: Entry) -> Iterator[Fact]:
    match entry:
        case Model():
            yield from _of_model(entry)
        case Tool():
            yield from _of_tool(entry)
        case Agent():
            yield from _of_agent(entry)
        case CompiledGraph():
            yield "document", entry.ir
        case Router():
            yield "function", entry.python
            yield "labels", _listed(entry.labels)
        case Reducer():
            yield "function", entry.python
            yield "type", _type(entry.schema)
        case Middleware():
            yield "function", entry.python
            yield "hooks", _listed(entry.hooks)
        case Store():
            yield "address", entry.url
            yield "scope", entry.scope
            yield "reads", entry.reads
            yield "values", _type(entry.schema)
        case Script():
            yield "file", entry.file
            yield "labels", _listed(entry.labels)
        case McpServer():
            yield "program", " ".join((entry.command, *entry.args))
            yield "address", entry.url
            yield (
                "variables",
                _listed((*entry.env, *(f"{name} for {header}" for header, name in entry.headers_env.items()))),
            )
            yield "tools", _listed(entry.tools)


def _of_model(entry: Model) -> Iterator[Fact]:
    yield "provider", entry.provider
    yield "model", "" if entry.provider in ("echo", "scripted") else entry.model
    yield "function", entry.python
    yield "answers", entry.answers or ""
    yield "address", entry.base_url
    yield (
        "variables",
        _listed((entry.api_key_env, *(f"{name} for {header}" for header, name in entry.headers_env.items()))),
    )
    yield "timeout", _duration(entry.timeout)
    yield "capabilities", _listed(entry.capabilities)
    yield "context", "" if entry.context_window is None else f"{entry.context_window:,} tokens"
    yield "output", "" if entry.max_output_tokens is None else f"at most {entry.max_output_tokens:,} tokens"
    if entry.price is not None:
        cached = entry.price.cached_input_per_mtok
        kept = "" if cached is None else f"{cached} of cached input"
        million = _listed((f"{entry.price.input_per_mtok} of input", kept, f"{entry.price.output_per_mtok} of output"))
        yield "price", f"US dollars for a million tokens: {million}"


def _of_tool(entry: Tool) -> Iterator[Fact]:
    yield "function", entry.python
    if entry.http is not None:
        yield "request", f"{entry.http.method} {entry.http.url}"
        yield "variables", _listed(f"{name} for {header}" for header, name in entry.http.headers_env.items())
    if entry.mcp is not None:
        yield "server", f"{entry.mcp.server}, tool {entry.mcp.tool}"
        yield "locked", entry.locked or "no"
    yield from _of_arguments(entry.input)
    yield "gives", "unknown" if entry.output is None else _type(entry.output)
    yield "effects", entry.effects + (", idempotent" if entry.idempotent else "")
    yield "reads", entry.reads
    yield "results", entry.returns_trust
    yield "approval", "a person, before each call" if entry.approval == "always" else ""
    yield "on error", "the model is told" if entry.on_error == "answer" else "the node fails"
    yield "timeout", _duration(entry.timeout)
    yield "longest", "" if entry.max_output is None else f"{entry.max_output:,} characters"


def _of_arguments(schema: Schema | None) -> Iterator[Fact]:
    properties = schema.get("properties") if schema is not None else None
    if not isinstance(properties, dict):
        yield "takes", "unknown"
        return
    needed = schema.get("required") if schema is not None else None
    if not properties:
        yield "takes", "nothing"
    for name, shape in properties.items():
        yield "takes", _argument(name, shape, isinstance(needed, list) and name in needed)


def _argument(name: str, shape: Json, needed: bool) -> str:
    schema = shape if isinstance(shape, dict) else {}
    from rag_cli.json_text import json_text

    default = f" = {json_text(schema['default'])}" if "default" in schema else "" if needed else ", may be left out"
    doc = schema.get("description")
    return f"{name}: {_type(schema)}{default}" + (f"  {doc}" if isinstance(doc, str) and doc else "")


def _of_agent(entry: Agent) -> Iterator[Fact]:
    yield "graph", entry.graph or ""
    yield "model", entry.model
    yield "tools", _listed(entry.tools)
    yield "stores", _listed(entry.stores)
    yield from (("takes", _field(field)) for field in entry.input or ())
    yield "gives", "" if entry.graph or entry.output is None else _type(entry.output)
    yield "turns", "" if entry.max_turns is None else f"at most {entry.max_turns}"
    yield "budget", _budget(entry.budget)
    yield "system", entry.system or ""
    yield "prompt", entry.prompt or ""


def _field(field: Field) -> str:
    return f"{field.name}: {_type(field.schema)}"


def _budget(budget: Budget | None) -> str:
    if budget is None:
        return ""
    return _listed(
        (
            "" if budget.tokens is None else f"{budget.tokens:,} tokens",
            "" if budget.cost_usd is None else f"{budget.cost_usd} US dollars",
            "" if budget.model_calls is None else f"{budget.model_calls:,} model calls",
            "" if budget.tool_calls is None else f"{budget.tool_calls:,} tool calls",
            _duration(budget.wall),
        )
    )


def _duration(milliseconds: int | None) -> str:
    return "" if milliseconds is None else f"{milliseconds / 1000:g} s"


def _type(schema: Schema | None) -> str:
    try:
        return "json" if schema is None else describe(schema)
    except ValueError:
        return "json"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(word for word in words if word)
