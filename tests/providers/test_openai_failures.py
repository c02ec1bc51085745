"""`openai`: each way to fail has its code, says whether it may be made again, and shows no secret."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_ir.graph import Json
from rag_runtime.events import Usage
from rag_runtime.providers.http_failures import seconds_asked
from rag_runtime.seams import CallFailed
from tests.providers.server import (
    ENVIRONMENT,
    KEY,
    Response,
    Server,
    asking,
    chunk,
    completion,
    events,
    model,
    streaming,
)

pytestmark = pytest.mark.anyio


def refusing(status: int, body: Json | str = "", headers: Mapping[str, str] | None = None) -> httpx.Response:
    if isinstance(body, str):
        return httpx.Response(status, text=body, headers=headers)
    return httpx.Response(status, json=body, headers=headers)


def error(message: str, **words: Json) -> Json:
    return {"error": {"message": message, **words}}


async def failure(response: Response, *capabilities: str) -> CallFailed:
    with pytest.raises(CallFailed) as raised:
        await model(Server(response), *capabilities).complete(asking())
    return raised.value


# Codes

CODES: list[tuple[httpx.Response, str]] = [
    (refusing(400, error("bad field")), "invalid-request"),
    (refusing(401, error("no such key", code="invalid_api_key")), "authentication"),
    (refusing(402, error("insufficient balance")), "quota"),
    (refusing(403, error("not in your region")), "authentication"),
    (refusing(404, {"detail": "Not Found"}), "invalid-request"),
    (refusing(404, error("The model `small-1` does not exist", type="NotFoundError", code=404)), "unknown-model"),
    (refusing(400, error("no", code="model_not_found")), "unknown-model"),
    (refusing(408), "timeout"),
    (refusing(409, error("conflict")), "server"),
    (refusing(400, error("too long", code="context_length_exceeded")), "context-length"),
    (refusing(400, error("This model's maximum context length is 10 tokens")), "context-length"),
    (refusing(400, error("no", type="exceed_context_size_error")), "context-length"),
    (refusing(400, error("no", code="content_filter")), "content-filter"),
    (refusing(422, {"detail": [{"loc": ["body"], "msg": "field required"}]}), "invalid-request"),
    (refusing(429, error("slow down", type="requests")), "rate-limit"),
    (refusing(429, error("You exceeded your current quota", code="insufficient_quota")), "quota"),
    (refusing(500), "server"),
    (refusing(502, "<html>Bad Gateway</html>"), "server"),
    (refusing(503, error("overloaded")), "server"),
    (refusing(529, error("overloaded")), "server"),
    (refusing(302), "invalid-request"),
    (httpx.Response(200, json=error("upstream", code=502)), "server"),
    (httpx.Response(200, json=error("upstream", code=429)), "rate-limit"),
    (httpx.Response(200, json=error("upstream")), "server"),
    (httpx.Response(200, json={"error": "no words"}), "server"),
    (httpx.Response(200, text="<html>welcome</html>"), "bad-response"),
    (httpx.Response(200, json={}), "bad-response"),
    (httpx.Response(200, json={"choices": []}), "bad-response"),
    (httpx.Response(200, json={"choices": [{}]}), "bad-response"),
    (httpx.Response(200, json=[1]), "bad-response"),
    (completion({"content": "half of"}, "content_filter"), "content-filter"),
    (completion({"content": None}, "length"), "truncated"),
]
AGAIN = {"timeout", "rate-limit", "server", "connection"}


@pytest.mark.parametrize(("response", "code"), CODES, ids=[f"{each.status_code} {code}" for each, code in CODES])
async def test_a_response_that_is_no_answer(response: httpx.Response, code: str) -> None:
    failed = await failure(response)
    assert (failed.error.code, failed.transient) == (code, code in AGAIN)
    assert failed.error.message.startswith("model `default`: ")


REQUEST = httpx.Request("POST", "http://models.test/v1")


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (httpx.ConnectTimeout("slow", request=REQUEST), "timeout"),
        (httpx.ReadTimeout("slow", request=REQUEST), "timeout"),
        (httpx.WriteTimeout("slow", request=REQUEST), "timeout"),
        (httpx.ConnectError("refused", request=REQUEST), "connection"),
        (httpx.ReadError("", request=REQUEST), "connection"),
        (httpx.RemoteProtocolError("cut", request=REQUEST), "connection"),
        (httpx.ProxyError("no", request=REQUEST), "connection"),
        (httpx.DecodingError("gzip", request=REQUEST), "bad-response"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
async def test_a_transport_that_fails(raised: Exception, code: str) -> None:
    failed = await failure(raised)
    assert (failed.error.code, failed.transient) == (code, code in AGAIN)


async def test_an_answer_without_end_is_refused() -> None:
    endless = streaming(*[b"x" * (1 << 20)] * 17)
    assert (await failure(endless)).error.code == "bad-response"
    whole = httpx.Response(200, content=b" " * (17 << 20))
    assert (await failure(whole)).error.code == "bad-response"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (error("  spread\nout  "), "the server answered 500: spread out"),
        ({"error": "one text"}, "the server answered 500: one text"),
        ({"message": "flat", "type": "x"}, "the server answered 500: flat"),
        ({"detail": "fast"}, "the server answered 500: fast"),
        ([error("listed")], "the server answered 500: listed"),
        ("plain words", "the server answered 500: plain words"),
        ("<html>page</html>", "the server answered 500"),
        ({"error": {"message": 7}}, "the server answered 500"),
        ({}, "the server answered 500"),
        ("y" * 900, f"the server answered 500: {'y' * 475}..."),
    ],
)
async def test_what_a_server_says_of_its_error(body: Json | str, message: str) -> None:
    assert (await failure(refusing(500, body))).error.message == f"model `default`: {message}"


async def test_a_wrong_address_is_guessed() -> None:
    assert (await failure(refusing(404, "no page"))).error.message.endswith("no page; is `base_url` right?")


async def test_what_was_paid_for_is_counted_though_it_is_no_answer() -> None:
    usage: Json = {"prompt_tokens": 1_000_000, "completion_tokens": 0}
    failed = await failure(completion({"content": " "}, "length", usage))
    assert failed.usage == Usage(model_calls=1, input_tokens=1_000_000, cost_usd="0.25")


# Waiting

DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "inf"}, 1e9),
        ({"retry-after": "nan"}, 1e9),
        ({"retry-after": "soon"}, 0),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "1"}, 1),
        ({"retry-after": DATE}, 80),
        ({"retry-after": DATE, "date": "Wed, 21 Oct 2015 07:27:30 GMT"}, 30),
        ({"retry-after": DATE, "date": "Wed, 21 Oct 2015 07:29:00 GMT"}, 0),
        ({"retry-after": DATE, "date": "now"}, 80),
    ],
)
def test_how_long_a_server_asks_to_wait(headers: dict[str, str], seconds: float) -> None:
    assert seconds_asked(headers, now=1445412480 - 80) == seconds


@given(st.text())
def test_any_wish_gives_a_wait(text: str) -> None:
    assert 0 <= seconds_asked({"retry-after": text}, now=0) <= 1e9


async def test_a_wait_stands_in_the_failure() -> None:
    failed = await failure(refusing(429, error("slow down"), {"retry-after": "20"}))
    assert (failed.wait, failed.error.message) == (
        20,
        "model `default`: the server answered 429: slow down; it asks to wait 20 s",
    )


async def test_a_failure_for_good_asks_for_no_wait() -> None:
    assert (await failure(refusing(401, "no", {"retry-after": "20"}))).wait == 0


# Secrets

SECRETS = [*ENVIRONMENT.values()]
ECHOING: list[Response] = [
    *(
        refusing(status, error(f"key {KEY} of {SECRETS[1]}"))
        for status in (400, 401, 403, 404, 408, 409, 429, 500, 503)
    ),
    refusing(500, f"headers: Authorization: Bearer {KEY}, X-Team: {SECRETS[1]}"),
    refusing(401, {"detail": [{"msg": KEY}]}),
    httpx.Response(200, json=error(f"key {KEY}")),
    httpx.Response(200, text=KEY),
    httpx.ConnectError(f"Illegal header value b'Bearer {KEY}'", request=REQUEST),
    httpx.LocalProtocolError(f"Illegal header value b'Bearer {KEY}'", request=REQUEST),
    httpx.ReadTimeout(KEY, request=REQUEST),
    completion({"content": None, "refusal": KEY}, "length"),
    streaming(events(chunk({"content": KEY}))),
    streaming(events(f'{{"error": {{"message": "{KEY}"}}}}')),
    streaming(events(f"{{{KEY}")),
    streaming(events(chunk({"content": "x"})), httpx.ReadError(KEY, request=REQUEST)),
]


@pytest.mark.parametrize("response", ECHOING)
async def test_no_failure_shows_a_secret(response: Response, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        failed = await failure(response, "streaming")
    shown = "".join([caplog.text, repr(failed), str(failed), repr(failed.error), *traceback.format_exception(failed)])
    assert not any(secret in shown for secret in SECRETS)
