"""HTTP connections of a run: one pool for all its models, opened by the first call and closed when the run ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_ir.version import VERSION

if TYPE_CHECKING:
    import httpx

MOST = 100
KEPT = 20


class Connections:
    """The pool. `transport` takes the place of the network. A pool that was closed is opened again by the next call."""

    __slots__ = ("_client", "_transport")

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport
        self._client: httpx.AsyncClient | None = None

    def client(self) -> httpx.AsyncClient:
        """The client that every call goes through. Redirects are not followed: they would carry keys elsewhere."""
        import httpx

        if self._client is None or self._client.is_closed:
            self._client = httpx.AsyncClient(
                transport=self._transport,
                limits=httpx.Limits(max_connections=MOST, max_keepalive_connections=KEPT),
                headers={"User-Agent": f"raglang/{VERSION}"},
                follow_redirects=False,
            )
        return self._client

    async def aclose(self) -> None:
        """Closes what is open."""
        if self._client is not None:
            await self._client.aclose()
