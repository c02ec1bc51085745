"""Tools of MCP servers: one session for each server and run, opened by the first call and closed when the run ends.

What the server says of a tool must be what the lock says: a tool that has changed is not called.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rag_ir.graph import Json
from rag_registry.registry import McpServer
from rag_runtime.events import Error
from rag_runtime.seams import CallFailed
from rag_runtime.tools.foreign import NotJson, as_json, message_of
from rag_runtime.tools.mcp_servers import McpTrouble, connected, every_tool

if TYPE_CHECKING:
    from mcp import Client


class McpSession:
    """A server of a manifest. It lives in a task of its own, because a session must end where it began."""

    def __init__(self, server: McpServer, root: Path, environment: Mapping[str, str]) -> None:
        self.server = server
        self._root = root
        self._environment = environment
        self._client: asyncio.Future[Client] | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self.digests: dict[str, str] = {}

    async def client(self) -> Client:
        """The open session. Raises McpTrouble."""
        if self._client is None or self._is_over():
            self._client = asyncio.get_running_loop().create_future()
            self._closing = asyncio.Event()
            self._task = asyncio.create_task(self._live(self._client))
        return await asyncio.shield(self._client)

    async def aclose(self) -> None:
        """Ends the session, and the program if it is one."""
        self._closing.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    def _is_over(self) -> bool:
        """Whether the session has broken off, so that the next call begins another."""
        return self._task is not None and self._task.done()

    async def _live(self, opened: asyncio.Future[Client]) -> None:
        try:
            async with connected(self.server, self._root, self._environment) as client:
                self.digests = {name: tool.digest for name, tool in (await every_tool(client)).items()}
                opened.set_result(client)
                await self._closing.wait()
        except McpTrouble as trouble:
            if not opened.done():
                opened.set_exception(trouble)
                opened.exception()
        except asyncio.CancelledError:
            opened.cancel()
            raise


class McpTool:
    """One tool of a server. `locked` is the digest that the lock has of it."""

    __slots__ = ("_locked", "_name", "_session", "_tool")

    def __init__(self, name: str, tool: str, locked: str, session: McpSession) -> None:
        self._name = name
        self._tool = tool
        self._locked = locked
        self._session = session

    async def call(self, arguments: dict[str, Json], idempotency_key: str) -> Json:
        """The result: what is structured, else the texts. Raises `CallFailed` with `connection`, `capability-changed`, `tool-error`,
        `bad-result`."""
        try:
            client = await self._session.client()
        except McpTrouble as trouble:
            raise self._failed("connection", f"its server {trouble}", again=True) from None
        if self._session.digests.get(self._tool) != self._locked:
            raise self._failed("capability-changed", "it is not what was locked; `rag lock` says what has changed")
        try:
            result = await client.call_tool(self._tool, arguments)
        except Exception as error:
            raise self._failed("connection", f"the call broke off: {message_of(error)}", again=True) from error
        texts = [_text_of(part) for part in cast("list[object]", result.content)]
        if result.is_error:
            raise self._failed("tool-error", "; ".join(filter(None, texts)) or "it failed")
        return self._read(cast("object", result.structured_content), texts)

    def _read(self, structured: object, texts: list[str]) -> Json:
        try:
            if structured is not None:
                return as_json(structured)
            return as_json("\n".join(texts))
        except NotJson as error:
            raise self._failed("bad-result", str(error)) from None

    def _failed(self, code: str, message: str, *, again: bool = False) -> CallFailed:
        return CallFailed(Error(code=code, message=f"tool `{self._name}`: {message}"), transient=again)


def _text_of(part: object) -> str:
    """What is said as text; of a picture, a sound or a file, that it was one."""
    text = getattr(part, "text", None)
    return text if isinstance(text, str) else f"[{getattr(part, 'type', 'content')} left out]"
