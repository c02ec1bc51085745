"""One request to a model's server, and its answer: whole, or put together from a stream of events.

A stream that ends before the server said why the model stopped is a failure, never an answer. Which failures there are: see
`http_failures`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from rag_ir.graph import Json
from rag_registry.registry import Model
from rag_runtime.providers.chat_stream import DONE, ServerSentEvents
from rag_runtime.providers.connections import Connections
from rag_runtime.providers.http_failures import Failures

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0
WRITE_SECONDS = 30.0
READ_SECONDS = 120.0
"""Between two pieces of an answer, or before its first."""
LARGEST = 16 * 1024 * 1024
"""Answers of more bytes than this are refused."""


class Assembly(Protocol):
    """What the events of a stream have said so far."""

    @property
    def finish(self) -> str:
        """Why the model stopped; empty as long as nobody said."""
        ...

    def add(self, chunk: Json) -> None:
        """Takes the data of one event."""
        ...

    def completion(self) -> dict[str, Json]:
        """The whole answer, as a server says it that does not stream."""
        ...


class Exchange:
    """The requests of one model. `headers` authenticate them and show in no text."""

    __slots__ = ("_assembly", "_connections", "_entry", "_failures", "_headers", "_url")

    def __init__(
        self,
        entry: Model,
        url: str,
        headers: Mapping[str, str],
        connections: Connections,
        failures: Failures,
        assembly: Callable[[], Assembly],
    ) -> None:
        self._entry = entry
        self._url = url
        self._headers = headers
        self._connections = connections
        self._failures = failures
        self._assembly = assembly

    async def ask(self, body: Mapping[str, Json]) -> Json:
        """The answer to a request with this body. Raises `CallFailed`."""
        import httpx

        try:
            async with self._connections.client().stream(
                "POST",
                self._url,
                content=json.dumps(body).encode(),
                headers={**self._headers, "Content-Type": "application/json"},
                timeout=_timeout(self._entry),
            ) as response:
                return await self._read(response)
        except httpx.HTTPError as error:
            raise self._failures.broken(error) from None

    async def _read(self, response: httpx.Response) -> Json:
        if not response.is_success:
            raise self._failures.refused(response.status_code, response.headers, await self._all(response))
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            return await self._assembled(response)
        try:
            value: Json = json.loads(await self._all(response))
        except (ValueError, RecursionError):
            raise self._failures.failed("bad-response", "the answer is not JSON; is `base_url` right?") from None
        return self._sound(value)

    async def _all(self, response: httpx.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_bytes():
            size = self._counted(size, part)
            parts.append(part)
        return b"".join(parts)

    async def _assembled(self, response: httpx.Response) -> Json:
        events, pieces, size = ServerSentEvents(), self._assembly(), 0
        async for part in response.aiter_bytes():
            size = self._counted(size, part)
            for data in events.feed(part):
                self._take(pieces, data)
        for data in events.end():
            self._take(pieces, data)
        if not pieces.finish:
            raise self._failures.failed("connection", "the answer broke off in the middle")
        return pieces.completion()

    def _take(self, pieces: Assembly, data: str) -> None:
        if data == DONE:
            return
        try:
            chunk: Json = json.loads(data)
        except (ValueError, RecursionError):
            raise self._failures.failed("server", "a piece of the answer is not JSON") from None
        pieces.add(self._sound(chunk))

    def _sound(self, value: Json) -> Json:
        """A value that is no error: some servers put those into answers that are well otherwise."""
        if isinstance(value, dict) and value.get("error"):
            raise self._failures.said_in_passing(value["error"])
        return value

    def _counted(self, size: int, part: bytes) -> int:
        if size + len(part) > LARGEST:
            raise self._failures.failed("bad-response", f"the answer is larger than {LARGEST >> 20} MiB")
        return size + len(part)


def _timeout(entry: Model) -> httpx.Timeout:
    """A wait for a free connection has no end of its own: how many calls run at once is the graph's to say."""
    import httpx

    read = READ_SECONDS if entry.timeout is None else entry.timeout / 1000
    return httpx.Timeout(read, connect=min(CONNECT_SECONDS, read), write=WRITE_SECONDS, pool=None)
