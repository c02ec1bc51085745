"""Tools over HTTP: where arguments go, how requests fail, what shows of secrets."""

from __future__ import annotations

import json

import httpx
import pytest

from rag_ir.graph import Json
from rag_registry.registry import HttpCall, Method
from rag_runtime.providers.connections import Connections
from rag_runtime.providers.credentials import Credentials
from rag_runtime.seams import CallFailed
from rag_runtime.tools.http import LARGEST, HttpTool
from tests.providers.server import ENVIRONMENT, Response, Server

URL = "https://shop.test/orders/{number}?lang=en"
SECRET = ENVIRONMENT["TEAM_SECRET"]


def _tool(server: Server, method: Method = "GET", url: str = URL) -> HttpTool:
    credentials = Credentials("", {"X-Team": "TEAM_SECRET"}, ENVIRONMENT)
    return HttpTool(
        "order",
        HttpCall(method=method, url=url, headers_env={"X-Team": "TEAM_SECRET"}),
        credentials,
        Connections(server),
    )


async def _call(*responses: Response, method: Method = "GET", **arguments: Json) -> tuple[Json, Server]:
    server = Server(*responses)
    return await _tool(server, method).call({"number": "7", **arguments}, "key-1"), server


async def _failure(*responses: Response, **arguments: Json) -> CallFailed:
    with pytest.raises(CallFailed) as raised:
        await _call(*responses, method="GET", **arguments)
    return raised.value


@pytest.mark.anyio
async def test_arguments_stand_in_the_path_and_the_query() -> None:
    value, server = await _call(
        httpx.Response(200, json={"status": "sent"}), number="a/b ?", full=True, tags=["x", "y z"], none=None
    )
    assert value == {"status": "sent"}
    (request,) = server.requests
    assert str(request.url) == "https://shop.test/orders/a%2Fb%20%3F?lang=en&full=true&tags=x&tags=y+z&none="
    assert (request.method, request.headers["x-team"], request.headers["idempotency-key"]) == ("GET", SECRET, "key-1")


@pytest.mark.anyio
async def test_other_methods_carry_arguments_in_the_body() -> None:
    value, server = await _call(httpx.Response(201, text="done"), method="POST", note="héllo")
    assert value == "done"
    assert json.loads(server.requests[0].content) == {"note": "héllo"}
    assert str(server.requests[0].url) == "https://shop.test/orders/7?lang=en"


@pytest.mark.anyio
@pytest.mark.parametrize("number", ["", ".", "..", None])
async def test_no_argument_leads_elsewhere(number: Json) -> None:
    failure = await _failure(httpx.Response(200), number=number)
    assert failure.error.code == "bad-arguments"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("response", "code", "again"),
    [
        (httpx.Response(404, text="no such order"), "http-error", False),
        (httpx.Response(401), "authentication", False),
        (httpx.Response(429, headers={"retry-after": "7"}), "rate-limit", True),
        (httpx.Response(503, text="<html>"), "server", True),
        (httpx.Response(408), "timeout", True),
        (httpx.Response(302, headers={"location": "https://elsewhere.test/"}), "http-error", False),
        (httpx.Response(200, content=b"{", headers={"content-type": "application/json"}), "bad-response", False),
        (httpx.Response(200, content=b"x" * (LARGEST + 1)), "bad-response", False),
        (httpx.ReadTimeout("slow"), "timeout", True),
        (httpx.ConnectError(f"no way with {SECRET}"), "connection", True),
        (httpx.Response(500, text=f"your secret is {SECRET}"), "server", True),
    ],
)
async def test_requests_fail_in_kinds(response: Response, code: str, again: bool) -> None:
    failure = await _failure(response)
    assert (failure.error.code, failure.transient) == (code, again)
    assert failure.wait == (7 if code == "rate-limit" else 0)
    assert failure.error.message.startswith("tool `order`: ")
    assert SECRET not in failure.error.message
    assert "<html>" not in failure.error.message


@pytest.mark.anyio
async def test_a_secret_in_an_answer_is_withheld() -> None:
    value, _ = await _call(httpx.Response(200, text=f"it is {SECRET}"))
    assert value == "it is [TEAM_SECRET]"
