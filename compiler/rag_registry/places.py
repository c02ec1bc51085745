"""What a manifest finds elsewhere: stores at an address, scripts and compiled graphs in files, MCP servers."""

from __future__ import annotations

from typing import cast

from rag_ir.finding import Finding, pointer
from rag_registry.addresses import headers, is_address, variable
from rag_registry.registry import CompiledGraph, McpServer, Reads, Script, Store
from rag_registry.table import Table, is_below
from rag_registry.type_values import type_at

READS: tuple[Reads, ...] = ("public", "private", "secret")
POSTGRES = ("postgres", "postgresql")


def read_store(name: str, table: Table) -> Store:
    """`[stores.N]`."""
    return Store(
        name=name,
        description=table.text("description"),
        url=_store_url(table),
        schema=type_at(table, "schema"),
        scope=table.choice("scope", ("thread", "project"), "thread"),
        reads=table.choice("reads", READS, "unknown"),
    )


def read_script(name: str, table: Table) -> Script:
    """`[scripts.N]`."""
    return Script(
        name=name,
        description=table.text("description"),
        file=table.path("file", ".ragsh"),
        labels=table.texts("labels"),
    )


def read_graph(name: str, table: Table) -> CompiledGraph:
    """`[graphs.N]`."""
    return CompiledGraph(name=name, description=table.text("description"), ir=table.path("ir", ".json"))


def read_server(name: str, table: Table) -> McpServer:
    """`[mcp.N]`: a program or an address, and the tools that are let in."""
    if "command" in table and "url" in table:
        message = f"`{table.name}` has a `command` already; a server is a program or an address"
        table.add("manifest-conflict", "url", message, on_key=True)
    elif "command" not in table and "url" not in table:
        table.missing("command", '"program"')
    for key, owner in (("args", "command"), ("env", "command"), ("headers_env", "url")):
        if key in table and owner not in table and ("command" in table or "url" in table):
            table.add("manifest-conflict", key, f"`{key}` means nothing to a server without `{owner}`", on_key=True)
    if "tools" not in table:
        table.missing("tools", '["search"]')
    given = table.texts("env")
    named = [variable(table, each, "env", index) for index, each in enumerate(given)]
    return McpServer(
        name=name,
        description=table.text("description"),
        command=table.required_text("command", '"program"') if "command" in table else "",
        args=_arguments(table),
        env=tuple(each for each in named if each),
        url=_server_url(table) if "url" in table else "",
        headers_env=headers(table),
        tools=table.texts("tools"),
    )


def _arguments(table: Table) -> tuple[str, ...]:
    """Those of a program; one may stand twice."""
    value = table.values.get("args", [])
    given = cast("list[object]", value) if isinstance(value, list) else [None]
    kept = tuple(each for each in given if isinstance(each, str))
    if len(kept) == len(given):
        return kept
    table.bad("args", "a list of texts")
    return ()


def _server_url(table: Table) -> str:
    url = table.text("url")
    if is_address(url):
        return url
    expected = "an address such as `https://mcp.example.com/mcp`: no user, no `?`, no `#`"
    table.add("manifest-bad-value", "url", f"`url` takes {expected}")
    return ""


def _store_url(table: Table) -> str:
    """`memory:`, `sqlite:PATH` or an address of PostgreSQL. A password in it is a secret, which no manifest holds."""
    if "url" not in table:
        table.missing("url", '"sqlite:notes.sqlite"')
        return ""
    url = table.text("url")
    scheme, colon, rest = url.partition(":")
    if scheme in POSTGRES and colon and ":" in rest.removeprefix("//").partition("@")[0] and "@" in rest:
        message = (
            "`url` holds a password, and a secret stands in the environment only: leave it out, and set `PGPASSWORD`"
        )
        table.findings.append(Finding("manifest-bad-value", pointer(*table.at, "url"), message))
    elif url == "memory:" or (scheme == "sqlite" and is_below(rest)) or (scheme in POSTGRES and rest.startswith("//")):
        return url
    else:
        expected = "`memory:`, `sqlite:PATH` with a path inside the project, or `postgres://HOST/DATABASE`"
        table.add("manifest-bad-value", "url", f"`url` takes {expected}")
    return ""
