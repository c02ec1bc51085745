"""Agents of a manifest: `[agents.N]`, what an `agent` declaration has, or a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rag_ir.finding import Finding, pointer
from rag_ir.record import replace
from rag_registry.budgets import budget_at
from rag_registry.registry import Agent
from rag_registry.table import Table
from rag_registry.type_values import fields_of, record_at, type_at
from rag_registry.unknown import unknown_name

Canonical = Callable[[str], Mapping[str, str]]
"""Names and aliases of a kind, to its names."""


def read_agent(name: str, table: Table) -> Agent:
    """`[agents.N]`. The names in it are checked by `check_agent`, once everything is read."""
    if "graph" in table:
        for key in ("model", "system", "prompt", "tools", "stores", "input", "output", "max_turns", "budget"):
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
        stores=table.texts("stores"),
        budget=budget_at(table, "budget"),
        graph=table.required_text("graph", '"review"') if "graph" in table else None,
    )


def check_agent(agent: Agent, canonical: Canonical, findings: list[Finding]) -> Agent:
    """The agent with canonical names of its model, tools and stores; what does not exist is reported."""
    at, models = ("agents", agent.name), canonical("models")
    if agent.model and agent.model not in models:
        findings.append(unknown_name("models", agent.model, pointer(*at, "model"), models))
    return replace(
        agent,
        model=models.get(agent.model, agent.model),
        tools=checked("tools", agent.tools, (*at, "tools"), canonical, findings),
        stores=checked("stores", agent.stores, (*at, "stores"), canonical, findings),
    )


def checked(
    kind: str, given: Sequence[str], at: Sequence[str], canonical: Canonical, findings: list[Finding]
) -> tuple[str, ...]:
    """The canonical names of a list, each once; what does not exist is reported, and kept."""
    known = canonical(kind)
    for index, name in enumerate(given):
        if name not in known:
            findings.append(unknown_name(kind, name, pointer(*at, index), known))
    return tuple(dict.fromkeys(known.get(name, name) for name in given))
