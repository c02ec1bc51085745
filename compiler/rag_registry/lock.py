"""The lock: what MCP servers said of the tools that a manifest lets in, as a value. `rag.lock` as bytes in and out.

    {"version": 1, "mcp": {"SERVER": {"source": "sha256:..", "tools": {"TOOL": {"description": "..", "input": {..},
                                                                                "output": {..} or null, "digest": "sha256:.."}}}}}

`source` is the digest of what the manifest says of how the server is reached, a tool's `digest` that of the three before it. A tool
that a server says something else of, or that is reached in another way, is not the one that was looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rag_ir.finding import Finding, pointer
from rag_ir.record import record, replace
from rag_registry.foreign_schema import foreign_schema, object_schema

if TYPE_CHECKING:
    from rag_ir.graph import Json
    from rag_registry.registry import McpServer, Registry, Tool

NAME = "rag.lock"
VERSION = 1
LARGEST = 16 * 1024 * 1024
"""Locks of more bytes than this are refused."""

COMMAND = "`rag lock` asks the servers and writes `rag.lock`"


@record
class LockedTool:
    """What a server said of a tool: schemas are its own words, in any JSON Schema."""

    description: str
    input: Mapping[str, Json]
    output: Mapping[str, Json] | None

    @property
    def digest(self) -> str:
        """The digest of all three."""
        from rag_ir.codec import digest_of, to_json

        return digest_of(to_json(self))


@record
class LockedServer:
    """A server as it was reached, and its tools by name."""

    source: str
    tools: Mapping[str, LockedTool]


Lock = Mapping[str, LockedServer]
"""Servers by their names in the manifest."""


def source_of(server: McpServer) -> str:
    """The digest of how a server is reached: a program with its arguments and the names of its variables, or an address."""
    from rag_ir.codec import digest_of

    return digest_of(
        {
            "command": server.command,
            "args": [*server.args],
            "env": [*server.env],
            "url": server.url,
            "headers_env": dict(server.headers_env),
        }
    )


def write_lock(lock: Lock) -> bytes:
    """The file's bytes: sorted, indented, the same for the same lock."""
    import json

    servers = {
        name: {
            "source": server.source,
            "tools": {
                tool: {
                    "description": said.description,
                    "input": said.input,
                    "output": said.output,
                    "digest": said.digest,
                }
                for tool, said in server.tools.items()
            },
        }
        for name, server in lock.items()
    }
    text = json.dumps({"version": VERSION, "mcp": servers}, indent=2, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode("utf-8", "surrogatepass")


def read_lock(data: bytes) -> Lock | str:
    """The lock of a file's bytes, or why they hold none. Total on any bytes."""
    import json

    if len(data) > LARGEST:
        return "it is larger than 16 MiB"
    try:
        value: Json = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return "it is not JSON"
    servers = value.get("mcp") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(servers, dict):
        return "it does not have the form of a lock"
    if value.get("version") != VERSION:
        return f"it is of another version than {VERSION}"
    try:
        return {name: _server(part) for name, part in servers.items()}
    except _BadLock as bad:
        return str(bad)


class _BadLock(Exception):
    """Some part is none of a lock."""


def _server(value: Json) -> LockedServer:
    source, tools = (value.get("source"), value.get("tools")) if isinstance(value, dict) else (None, None)
    if not isinstance(source, str) or not isinstance(tools, dict):
        raise _BadLock("it does not have the form of a lock")
    return LockedServer(source, {name: _tool(name, part) for name, part in tools.items()})


def _tool(name: str, value: Json) -> LockedTool:
    part = value if isinstance(value, dict) else {}
    description, given, output = part.get("description"), part.get("input"), part.get("output")
    if not isinstance(description, str) or not isinstance(given, dict) or not isinstance(output, dict | None):
        raise _BadLock(f"what it says of `{name}` does not have the form of a tool")
    tool = LockedTool(description, given, output)
    if part.get("digest") != _digest(tool):
        raise _BadLock(f"what it says of `{name}` does not fit its digest: it was changed by hand")
    return tool


def _digest(tool: LockedTool) -> str | None:
    try:
        return tool.digest
    except (ValueError, RecursionError):
        return None


# ---- what a lock says of a registry -----------------------------------------------------------------------------------


def apply_lock(registry: Registry, lock: Lock | str | None) -> tuple[Registry, list[Finding]]:
    """The registry whose MCP tools take what the lock says, and what it does not say.

    `lock` is null where there is no file, and a text where it cannot be read: why.
    """
    findings: list[Finding] = []
    tools: dict[str, Tool] = {}
    untrusted = dict(_untrusted(registry, lock))
    for name, tool in registry.tools.items():
        server = registry.mcp.get(tool.mcp.server) if tool.mcp is not None else None
        if tool.mcp is None or server is None or tool.mcp.tool not in server.tools or server.name in untrusted:
            continue
        said = lock[server.name].tools.get(tool.mcp.tool) if isinstance(lock, Mapping) and server.name in lock else None
        if said is None:
            message = f"tool `{tool.mcp.tool}` of server `{server.name}` is not in `{NAME}`"
            findings.append(Finding("not-locked", pointer("tools", name, "mcp"), message, help=COMMAND))
        else:
            tools[name] = _locked(tool, said)
    return replace(registry, tools={**registry.tools, **tools}), [*untrusted.values(), *findings]


def _untrusted(registry: Registry, lock: Lock | str | None) -> Iterator[tuple[str, Finding]]:
    """Servers of which the lock says nothing that counts."""
    named = {tool.mcp.server for tool in registry.tools.values() if tool.mcp is not None}
    for name, server in registry.mcp.items():
        if name not in named:
            continue
        if isinstance(lock, str):
            finding = Finding(
                "bad-lock", pointer("mcp", name), f"`{NAME}` cannot be used: {lock}", part="key", help=COMMAND
            )
            yield name, finding
        elif lock is not None and name in lock and lock[name].source != source_of(server):
            message = f"`{NAME}` knows server `{name}` as it was reached before"
            yield name, Finding("not-locked", pointer("mcp", name), message, part="key", help=COMMAND)


def _locked(tool: Tool, said: LockedTool) -> Tool:
    output = tool.output
    if output is None and said.output is not None:
        output = foreign_schema(dict(said.output))
    return replace(
        tool,
        input=object_schema(dict(said.input)),
        output=output,
        description=tool.description or said.description,
        locked=said.digest,
    )


def differences(before: Lock, after: Lock) -> list[str]:
    """What changed between two locks, one sentence each, by server and tool."""
    found: list[str] = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            found.append(f"server `{name}` is {'new' if old is None else 'gone'}")
            continue
        if old.source != new.source:
            found.append(f"server `{name}` is reached in another way")
        for tool in sorted({*old.tools, *new.tools}):
            was, now = old.tools.get(tool), new.tools.get(tool)
            if was is None or now is None:
                found.append(f"tool `{tool}` of server `{name}` is {'new' if was is None else 'gone'}")
            else:
                parts = [
                    part for part in ("description", "input", "output") if getattr(was, part) != getattr(now, part)
                ]
                found += [f"the {part} of tool `{tool}` of server `{name}` changed" for part in parts]
    return found


def stale(registry: Registry, lock: Lock) -> list[str]:
    """What of a lock does not fit the manifest, as far as that can be known without asking a server."""
    wanted = {
        name: LockedServer(
            source_of(server),
            {tool: said for tool in server.tools if (said := _said(lock, name, tool)) is not None},
        )
        for name, server in registry.mcp.items()
    }
    missing = [
        f"tool `{tool}` of server `{name}` is new"
        for name, server in registry.mcp.items()
        for tool in server.tools
        if name in lock and tool not in lock[name].tools
    ]
    return sorted([*differences(lock, wanted), *missing])


def _said(lock: Lock, server: str, tool: str) -> LockedTool | None:
    return lock[server].tools.get(tool) if server in lock else None
