"""Budgets in a manifest: of an agent, and the most that any run may spend."""

from __future__ import annotations

from rag_ir.graph import Budget
from rag_registry.keys import KEYS
from rag_registry.table import Table


def budget_at(table: Table, key: str) -> Budget | None:
    """The budget in a table's table, or None where it is not given."""
    if key not in table:
        return None
    values = table.table(key)
    if not values and isinstance(table.values[key], dict):
        table.add("manifest-bad-value", key, f"`{key}` names at least one limit, such as `{{ cost_usd = 1.5 }}`")
    limits = Table(values, (*table.at, key), KEYS["agents.budget"], table.findings)
    return Budget(
        tokens=limits.integer("tokens", 0),
        cost_usd=limits.money("cost_usd"),
        model_calls=limits.integer("model_calls", 0),
        tool_calls=limits.integer("tool_calls", 0),
        wall=limits.duration("wall"),
    )
