"""The entries of a manifest: tools, agents and route functions, read from their tables (models: see `models`).

What this version cannot run is refused at its key; the entry exists all the same, so that what names it is not reported again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rag_ir.finding import Finding, pointer
from rag_ir.spell import closest
from rag_ir.types import to_schema
from rag_registry.registry import Agent, Effects, Reads, Router, Tool, Trust
from rag_registry.table import Table, is_identifier
from rag_registry.type_values import fields_of, record_at, type_at

EVERY_ENTRY = ("description", "aliases")

EFFECTS: tuple[Effects, ...] = ("none", "read", "write", "external")
READS: tuple[Reads, ...] = ("public", "private", "secret")
TRUST: tuple[Trust, ...] = ("trusted", "untrusted")

TOOL_KEYS = (
    *("python", "http", "mcp", "args", "returns", "effects", "reads", "returns_trust", "idempotent"),
    *("approval", "timeout", "on_error", "max_output", *EVERY_ENTRY),
)
AGENT_KEYS = (
    *("model", "system", "prompt", "tools", "stores", "input", "output", "max_turns", "budget", "graph"),
    *EVERY_ENTRY,
)
ROUTER_KEYS = ("python", "labels", *EVERY_ENTRY)


def read_tool(name: str, table: Table) -> Tool:
    """`[tools.N]`."""
    sources = [key for key in ("python", "http", "mcp") if key in table]
    if not sources:
        table.missing("python", '"module:function"')
    for extra in sources[1:]:
        message = f"`{table.name}` has `{sources[0]}` already; a tool is one of `python`, `http` and `mcp`"
        table.add("manifest-conflict", extra, message, on_key=True)
    if "http" in sources[:1] or "mcp" in sources[:1]:
        table.not_built(sources[0], f"a tool over `{sources[0]}`")
    _refuse_limits(table)
    arguments = record_at(table, "args")
    return Tool(
        name=name,
        description=table.text("description"),
        python=_reference(table) if "python" in table else "",
        input=None if arguments is None else to_schema(arguments),
        output=type_at(table, "returns"),
        effects=table.choice("effects", EFFECTS, "unknown"),
        reads=table.choice("reads", READS, "unknown"),
        returns_trust=table.choice("returns_trust", TRUST, "unknown"),
        idempotent=table.boolean("idempotent", default=False),
        on_error=table.choice("on_error", ("answer", "fail"), "answer"),
    )


def read_agent(name: str, table: Table) -> Agent:
    """`[agents.N]`. The names in it are checked by `check_agent`, once everything is read."""
    for key in ("stores", "budget"):
        if key in table:
            table.not_built(key, f"`{key}` of an agent")
    if "graph" in table:
        table.not_built("graph", "an agent that is a graph")
        for key in ("model", "system", "prompt", "tools", "input", "output", "max_turns"):
            if key in table:
                message = f"`{key}` and `graph` exclude each other: the graph says what the agent does"
                table.add("manifest-conflict", key, message, on_key=True)
    record = record_at(table, "input")
    return Agent(
        name=name,
        description=table.text("description"),
        model=table.text("model") if "graph" in table else table.required_text("model", '"default"'),
        system=table.text("system") if "system" in table else None,
        prompt=table.text("prompt") if "prompt" in table else None,
        tools=table.texts("tools"),
        input=None if record is None else fields_of(record),
        output=type_at(table, "output"),
        max_turns=table.integer("max_turns", 1),
    )


def read_router(name: str, table: Table) -> Router:
    """`[routers.N]`."""
    if "python" not in table:
        table.missing("python", '"module:function"')
    if "labels" not in table:
        table.missing("labels", '["yes", "no"]')
    elif table.values["labels"] == []:
        table.bad("labels", "a list of at least one label")
    return Router(
        name=name,
        description=table.text("description"),
        python=_reference(table) if "python" in table else "",
        labels=table.texts("labels"),
    )


def check_agent(
    agent: Agent, names: Callable[[str], Mapping[str, str]], findings: list[Finding]
) -> tuple[str, tuple[str, ...]]:
    """The agent's model and tools under their canonical names; what does not exist is reported."""
    models, tools = names("models"), names("tools")
    if agent.model and agent.model not in models:
        at = pointer("agents", agent.name, "model")
        findings.append(_unknown("model", agent.model, at, models))
    for index, tool in enumerate(agent.tools):
        if tool not in tools:
            findings.append(_unknown("tool", tool, pointer("agents", agent.name, "tools", index), tools))
    return models.get(agent.model, agent.model), tuple(dict.fromkeys(tools.get(tool, tool) for tool in agent.tools))


def _unknown(noun: str, name: str, at: str, available: Mapping[str, str]) -> Finding:
    near = closest(name, available)
    listed = ", ".join(f"`{each}`" for each in sorted(set(available.values())))
    return Finding(
        f"unknown-{noun}",
        at,
        f"there is no {noun} `{name}` in the manifest",
        help=f"did you mean `{near}`?" if near else f"there are {listed}" if listed else f"add `[{noun}s.{name}]`",
        candidates=(near,) if near else (),
        replacement=f'"{near}"' if near else None,
    )


def _reference(table: Table) -> str:
    """`module:function`, both made of identifiers."""
    value = table.values["python"]
    if isinstance(value, str):
        module, colon, function = value.partition(":")
        if colon and is_identifier(function) and all(is_identifier(part) for part in module.split(".")):
            return value
    table.bad("python", "`module:function`")
    return ""


def _refuse_limits(table: Table) -> None:
    if table.choice("approval", ("never", "always"), "never") == "always":
        table.not_built("approval", '`approval = "always"`', on_key=False)
    for key in ("timeout", "max_output"):
        if key in table:
            table.not_built(key, f"`{key}` of a tool")
