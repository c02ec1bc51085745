"""Anthropic's messages: what is asked, what is understood, whole and in events; failures are those of every server."""

from __future__ import annotations

import json

import httpx
import pytest

from rag_ir.graph import Json, Price, Schema
from rag_ir.record import replace
from rag_runtime.providers.anthropic import KEY_HEADER, Anthropic
from rag_runtime.providers.connections import Connections
from rag_runtime.providers.credentials import Credentials
from rag_runtime.seams import CallFailed, ModelAnswer, ModelRequest, ToolSpec
from tests.providers.server import ENTRY, ENVIRONMENT, KEY, Response, Server, asking, events, streaming

SEARCH = ToolSpec(name="search", description="Finds.", input={"type": "object", "properties": {}, "required": []})
VERDICT: Schema = {"type": "object", "properties": {"good": {"type": "boolean"}}, "required": ["good"]}
TEXT: Schema = {"type": "string"}
PRICE = Price(input_per_mtok="1", output_per_mtok="2", cached_input_per_mtok="0.1")


def _model(server: Server, *capabilities: str) -> Anthropic:
    entry = replace(ENTRY, provider="anthropic", base_url="http://models.test", capabilities=capabilities, price=PRICE)
    credentials = Credentials("MODEL_KEY", {}, ENVIRONMENT, KEY_HEADER)
    return Anthropic(entry, credentials, Connections(server))


def _message(*blocks: Json, stop: str = "end_turn", **usage: int) -> httpx.Response:
    counted = usage or {"input_tokens": 10, "output_tokens": 5}
    return httpx.Response(200, json={"content": [*blocks], "stop_reason": stop, "usage": counted})


def _said(text: str) -> Json:
    return {"type": "text", "text": text}


async def _ask(
    request: ModelRequest, *responses: Response, streamed: bool = False
) -> tuple[ModelAnswer, dict[str, Json]]:
    server = Server(*responses)
    answer = await _model(server, *(["streaming"] if streamed else [])).complete(request)
    return answer, server.bodies[0]


@pytest.mark.anyio
async def test_a_conversation_takes_turns_and_begins_and_ends_with_the_user() -> None:
    messages: list[dict[str, Json]] = [
        {"role": "system", "content": "Be short."},
        {"role": "assistant", "content": "I begin."},
        {"role": "user", "content": "one"},
        {"role": "user", "content": "two"},
        {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "name": "search", "arguments": {"q": "x"}}]},
        {"role": "tool", "tool_call_id": "c1", "name": "search", "content": "found"},
        {"role": "assistant", "content": "so"},
    ]
    server = Server(_message(_said("hello")))
    answer = await _model(server).complete(asking(*messages, tools=(SEARCH,)))
    (request,) = server.requests
    assert str(request.url) == "http://models.test/v1/messages"
    assert (request.headers["x-api-key"], "authorization" in request.headers) == (KEY, False)
    assert request.headers["anthropic-version"]
    (body,) = server.bodies
    assert body["system"] == "Be short."
    assert body["max_tokens"] == 4_096
    assert body["tools"] == [{"name": "search", "description": "Finds.", "input_schema": SEARCH.input}]
    assert body["messages"] == [
        {"role": "user", "content": [_said("Go on.")]},
        {"role": "assistant", "content": [_said("I begin.")]},
        {"role": "user", "content": [_said("one"), _said("two")]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "search", "input": {"q": "x"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "found"}]},
        {"role": "assistant", "content": [_said("so")]},
        {"role": "user", "content": [_said("Go on.")]},
    ]
    assert answer.message == {"role": "assistant", "content": "hello"}


@pytest.mark.anyio
async def test_what_was_kept_from_earlier_calls_is_counted_and_priced() -> None:
    usage = {"input_tokens": 10, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 5, "output_tokens": 7}
    answer, _ = await _ask(asking(), _message(_said("x"), stop="end_turn", **usage))
    assert (answer.usage.input_tokens, answer.usage.cached_tokens, answer.usage.output_tokens) == (115, 100, 7)
    assert answer.usage.cost_usd == "0.000039"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("schema", "given", "content"),
    [(VERDICT, {"good": True}, '{"good":true}'), (TEXT, {"value": "yes"}, '"yes"')],
)
async def test_an_output_is_the_arguments_of_a_tool_that_must_be_called(
    schema: Schema, given: Json, content: str
) -> None:
    block: Json = {"type": "tool_use", "id": "c1", "name": "give_answer", "input": given}
    answer, body = await _ask(asking(output=schema), _message(block, stop="tool_use"))
    assert body["tool_choice"] == {"type": "tool", "name": "give_answer"}
    assert answer.message == {"role": "assistant", "content": content}


@pytest.mark.anyio
async def test_beside_tools_an_output_is_told_in_the_instructions() -> None:
    answer, body = await _ask(asking(output=VERDICT, tools=(SEARCH,)), _message(_said('{"good":false}')))
    assert "tool_choice" not in body
    assert "JSON of this schema" in str(body["system"])
    assert answer.message["content"] == '{"good":false}'


STREAM: list[Json] = [
    {"type": "message_start", "message": {"usage": {"input_tokens": 9, "output_tokens": 1}}},
    {"type": "ping"},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hé"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "llo"}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "tool_use", "id": "c1", "name": "search", "input": {}},
    },
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"q": '}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '"x"}'}},
    {"type": "content_block_stop", "index": 1},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 12}},
    {"type": "message_stop"},
]


@pytest.mark.anyio
@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_events_add_up_to_the_message(size: int) -> None:
    data = events(*(json.dumps(event, ensure_ascii=False) for event in STREAM))
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    answer, body = await _ask(asking(tools=(SEARCH,)), streaming(*parts), streamed=True)
    assert body["stream"] is True
    assert answer.message == {
        "role": "assistant",
        "content": "héllo",
        "tool_calls": [{"id": "c1", "name": "search", "arguments": '{"q":"x"}'}],
    }
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (9, 12)


@pytest.mark.anyio
@pytest.mark.parametrize("left_out", range(1, len(STREAM)))
async def test_a_stream_that_is_cut_anywhere_is_no_answer(left_out: int) -> None:
    kept = STREAM[: len(STREAM) - left_out]
    data = events(*(json.dumps(event) for event in kept))
    if any(isinstance(event, dict) and event["type"] == "message_delta" for event in kept):
        return
    with pytest.raises(CallFailed) as raised:
        await _ask(asking(), streaming(data), streamed=True)
    assert (raised.value.error.code, raised.value.transient) == ("connection", True)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("response", "code", "again"),
    [
        (
            httpx.Response(529, json={"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}),
            "server",
            True,
        ),
        (
            httpx.Response(401, json={"error": {"type": "authentication_error", "message": f"bad key {KEY}"}}),
            "authentication",
            False,
        ),
        (
            httpx.Response(404, json={"error": {"type": "not_found_error", "message": "model: small-1"}}),
            "unknown-model",
            False,
        ),
        (httpx.Response(200, json={"nothing": 1}), "bad-response", False),
        (_message(stop="max_tokens"), "truncated", False),
        (_message(_said("no"), stop="refusal"), "content-filter", False),
        (
            streaming(events(json.dumps({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}))),
            "server",
            True,
        ),
    ],
)
async def test_failures_have_their_kinds(response: Response, code: str, again: bool) -> None:
    with pytest.raises(CallFailed) as raised:
        await _ask(asking(), response, streamed=True)
    assert (raised.value.error.code, raised.value.transient) == (code, again)
    assert KEY not in raised.value.error.message
