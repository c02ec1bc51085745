"""Functions of the project's own code that a manifest names: routers, reducers, middleware."""

from __future__ import annotations

from rag_registry.registry import Hook, Middleware, Reducer, Router
from rag_registry.table import Table, is_identifier
from rag_registry.type_values import type_at

HOOKS: tuple[Hook, ...] = ("before_model", "after_model", "before_tool", "after_tool")
"""Where middleware is called."""


def read_router(name: str, table: Table) -> Router:
    """`[routers.N]`."""
    return Router(
        name=name,
        description=table.text("description"),
        python=function_at(table),
        labels=_at_least_one(table, "labels", '["yes", "no"]', "label"),
    )


def read_reducer(name: str, table: Table) -> Reducer:
    """`[reducers.N]`."""
    return Reducer(
        name=name, description=table.text("description"), python=function_at(table), schema=type_at(table, "type")
    )


def read_middleware(name: str, table: Table) -> Middleware:
    """`[middleware.N]`."""
    given = _at_least_one(table, "hooks", '["before_model"]', "hook")
    for index, hook in enumerate(given):
        if hook not in HOOKS:
            table.bad_choice("hooks", hook, HOOKS, index=index)
    return Middleware(
        name=name,
        description=table.text("description"),
        python=function_at(table),
        hooks=tuple(hook for hook in HOOKS if hook in given),
    )


def function_at(table: Table) -> str:
    """`module:function`, both made of identifiers; empty where it is missing or wrong."""
    if "python" not in table:
        table.missing("python", '"module:function"')
        return ""
    value = table.values["python"]
    if isinstance(value, str):
        module, colon, function = value.partition(":")
        if colon and is_identifier(function) and all(is_identifier(part) for part in module.split(".")):
            return value
    table.bad("python", "`module:function`")
    return ""


def _at_least_one(table: Table, key: str, example: str, noun: str) -> tuple[str, ...]:
    if key not in table:
        table.missing(key, example)
    elif table.values[key] == []:
        table.bad(key, f"a list of at least one {noun}")
    return table.texts(key)
