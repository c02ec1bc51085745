"""Tools over HTTP: one request to a fixed host, arguments in its path, query or body.

`{name}` in the path is an argument, encoded as one segment. Of the rest, GET and DELETE carry arguments in the query, the other
methods as a JSON object. Redirects are not followed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from rag_ir.canonical import compact
from rag_ir.graph import Json
from rag_registry.registry import HttpCall
from rag_runtime.events import Error
from rag_runtime.providers.connections import Connections
from rag_runtime.providers.credentials import SHORTEST_WITHHELD, Credentials
from rag_runtime.providers.http_failures import seconds_asked
from rag_runtime.seams import CallFailed
from rag_runtime.tools.foreign import NotJson, as_json

if TYPE_CHECKING:
    import httpx

SECONDS = 30.0
LARGEST = 4 * 1024 * 1024
"""Answers of more bytes than this are refused."""
LONGEST_MESSAGE = 300

IN_QUERY = ("GET", "DELETE")
AGAIN = {408: "timeout", 409: "server", 429: "rate-limit"}

_PART = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


class HttpTool:
    """One request of a manifest. What it was bound with shows in no text."""

    __slots__ = ("_call", "_connections", "_credentials", "_name")

    def __init__(self, name: str, call: HttpCall, credentials: Credentials, connections: Connections) -> None:
        self._name = name
        self._call = call
        self._credentials = credentials
        self._connections = connections

    async def call(self, arguments: dict[str, Json], idempotency_key: str) -> Json:
        """The answer: JSON where the server says that it is, else its text. Raises `CallFailed` with `timeout`, `rate-limit`,
        `server`, `connection` (which may be made again), `authentication`, `http-error`, `bad-response`, `bad-arguments`."""
        import httpx

        url, rest = self._url(arguments)
        in_query = self._call.method in IN_QUERY
        headers = {**self._credentials.headers, "Idempotency-Key": idempotency_key}
        try:
            async with self._connections.client().stream(
                self._call.method,
                f"{url}{_joined(url, rest)}" if in_query else url,
                content=None if in_query else json.dumps(rest).encode(),
                headers=headers if in_query else {**headers, "Content-Type": "application/json"},
                timeout=httpx.Timeout(SECONDS),
            ) as response:
                return self._read(response, await _body(response))
        except httpx.TimeoutException:
            raise self._failed("timeout", "the server has not answered in time", again=True) from None
        except httpx.HTTPError as error:
            raise self._failed(
                "connection", f"the request failed ({error or type(error).__name__})", again=True
            ) from None
        except _TooLarge:
            raise self._failed("bad-response", f"the answer is larger than {LARGEST:,} bytes") from None

    def _url(self, arguments: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        """The address with its arguments, and the arguments that are not in it."""
        rest = dict(arguments)
        pieces: list[str] = []
        end = 0
        for match in _PART.finditer(self._call.url):
            value = rest.pop(match[1], None)
            text = _text(value)
            if value is None or text in ("", ".", ".."):
                raise self._failed("bad-arguments", f"`{match[1]}` is no part of an address: `{text}`")
            pieces += (self._call.url[end : match.start()], quote(text, safe=""))
            end = match.end()
        return "".join((*pieces, self._call.url[end:])), rest

    def _read(self, response: httpx.Response, body: bytes) -> Json:
        text = self._credentials.redacted(body.decode("utf-8", "replace"), SHORTEST_WITHHELD)
        status = response.status_code
        if not 200 <= status < 300:
            raise self._refused(response, text)
        if "json" not in response.headers.get("content-type", ""):
            return text
        try:
            return as_json(json.loads(text)) if text else None
        except (ValueError, RecursionError, NotJson):
            raise self._failed("bad-response", "the answer says that it is JSON, and is not") from None

    def _refused(self, response: httpx.Response, text: str) -> CallFailed:
        import time

        status = response.status_code
        code = AGAIN.get(status) or (
            "server" if status >= 500 else "authentication" if status in (401, 403) else "http-error"
        )
        again = code in AGAIN.values()
        said = "" if text.lstrip().startswith("<") else " ".join(text.split())[:LONGEST_MESSAGE]
        message = f"the server answered {status}" + (f": {said}" if said else "")
        return self._failed(
            code, message, again=again, wait=seconds_asked(response.headers, time.time()) if again else 0
        )

    def _failed(self, code: str, message: str, *, again: bool = False, wait: float = 0) -> CallFailed:
        told = self._credentials.redacted(f"tool `{self._name}`: {message}")
        return CallFailed(Error(code=code, message=told), transient=again, wait=wait)


class _TooLarge(Exception):
    """An answer goes on and on."""


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > LARGEST:
            raise _TooLarge
    return bytes(body)


def _joined(url: str, arguments: Mapping[str, Json]) -> str:
    pairs = [
        (name, _text(item))
        for name, value in arguments.items()
        for item in (value if isinstance(value, list) else [value])
    ]
    return ("&" if "?" in url else "?") + urlencode(pairs) if pairs else ""


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else compact(value)
