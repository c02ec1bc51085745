"""MCP servers: started or reached as the manifest says, through the official SDK, and asked what tools they have.

A program begins in the project's folder and sees, beside what every program needs, only the environment variables that the manifest
names. Secrets are taken from the environment and stand in no message.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, TextIO, cast

from rag_registry.lock import LockedTool
from rag_runtime.tools.foreign import message_of

if TYPE_CHECKING:
    import httpx2
    from mcp import Client
    from mcp.client import Transport

    from rag_ir.graph import Json
    from rag_registry.registry import McpServer
    from rag_runtime.providers.credentials import Credentials

SECONDS = 30.0
"""How long a server may take to start and to list its tools."""

PAGES = 100
"""At most so many pages of tools are read."""


class McpTrouble(Exception):
    """A server cannot be asked; the message goes on from its name: "does not answer"."""


def list_tools(
    server: McpServer, root: Path, *, environment: Mapping[str, str] = os.environ, seconds: float = SECONDS
) -> dict[str, LockedTool]:
    """What a server says of the tools that the manifest lets in. Raises McpTrouble, also where it has not all of them."""
    import anyio

    return anyio.run(_listed, server, root, environment, seconds)


async def _listed(
    server: McpServer, root: Path, environment: Mapping[str, str], seconds: float
) -> dict[str, LockedTool]:
    import anyio

    try:
        with anyio.fail_after(seconds):
            async with connected(server, root, environment) as client:
                found = await every_tool(client)
    except TimeoutError:
        raise McpTrouble(f"does not answer within {seconds:g} s") from None
    missing = [name for name in server.tools if name not in found]
    if missing:
        known = ", ".join(f"`{name}`" for name in sorted(found)) or "none"
        raise McpTrouble(f"has no tool `{missing[0]}`; it has {known}")
    return {name: found[name] for name in server.tools}


async def every_tool(client: Client) -> dict[str, LockedTool]:
    """What the server says of each of its tools."""
    found: dict[str, LockedTool] = {}
    cursor: str | None = None
    for _ in range(PAGES):
        page = await client.list_tools(cursor=cursor, cache_mode="bypass")
        for tool in page.tools:
            given: dict[str, Json] = tool.input_schema
            found[tool.name] = LockedTool(tool.description or "", given, tool.output_schema)
        cursor = page.next_cursor
        if cursor is None:
            break
    return found


@asynccontextmanager
async def connected(server: McpServer, root: Path, environment: Mapping[str, str]) -> AsyncGenerator[Client]:
    """A client of the server. Raises McpTrouble for whatever keeps it from being one, or goes wrong with it."""
    try:
        from mcp import Client
    except ImportError:
        raise McpTrouble("cannot be asked without the MCP SDK; install `raglang[mcp]`") from None
    secrets = _secrets(server, environment)
    with TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        try:
            async with AsyncExitStack() as stack:
                if server.url:
                    transport = _over_http(server.url, await stack.enter_async_context(_http_client(secrets.headers)))
                else:
                    transport = _program(server, root, environment, said)
                yield await stack.enter_async_context(Client(transport))
        except Exception as error:
            leaf = _leaf(error)
            if isinstance(leaf, McpTrouble):
                raise leaf from None
            raise McpTrouble(f"cannot be asked: {secrets.redacted(_told(leaf, said))}") from None


def _secrets(server: McpServer, environment: Mapping[str, str]) -> Credentials:
    """The headers that the manifest takes from the environment; the variables of a program must be there too."""
    from rag_runtime.providers.credentials import BadVariable, Credentials

    missing = [name for name in server.env if name not in environment]
    if missing:
        raise McpTrouble(f"needs the environment variable `{missing[0]}`, which is not set")
    try:
        return Credentials("", server.headers_env, environment)
    except BadVariable as error:
        raise McpTrouble(f"cannot be asked: {error}") from None


def _http_client(headers: Mapping[str, str]) -> httpx2.AsyncClient:
    import httpx2

    return httpx2.AsyncClient(headers=dict(headers), timeout=SECONDS)


def _over_http(url: str, client: httpx2.AsyncClient) -> Transport:
    from mcp.client.streamable_http import streamable_http_client

    return streamable_http_client(url, http_client=client)


def _program(server: McpServer, root: Path, environment: Mapping[str, str], said: TextIO) -> Transport:
    from mcp import StdioServerParameters, stdio_client

    named = {name: environment[name] for name in server.env}
    start = StdioServerParameters(command=server.command, args=[*server.args], env=named, cwd=root)
    return stdio_client(start, errlog=said)


def _leaf(error: BaseException) -> BaseException:
    """The first of what went wrong together."""
    while isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        error = group.exceptions[0]
    return error


def _told(error: BaseException, said: TextIO) -> str:
    """What went wrong, with the last line of what the program wrote to its standard error."""
    said.seek(0)
    last = [line.strip() for line in said.read()[-4096:].split("\n") if line.strip()][-1:]
    words = message_of(error)
    return f"{words} (it said: {last[0][:200]})" if last else words
