"""`openai`: what is sent, and how a whole answer is read."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import cast

import httpx
import pytest

from rag_ir.graph import Json, Schema
from rag_runtime.events import Usage
from rag_runtime.providers.connections import Connections
from rag_runtime.providers.credentials import BadVariable, Credentials
from rag_runtime.providers.openai import OpenAI
from rag_runtime.seams import CallFailed, Message, ToolSpec
from rag_runtime.tasks.conversation import calls_of
from tests.providers.server import (
    ENTRY,
    ENVIRONMENT,
    KEY,
    Server,
    asking,
    completion,
    model,
    saying,
)

pytestmark = pytest.mark.anyio

QUERY: Schema = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
FOUND: Schema = {
    "type": "object",
    "properties": {"findings": {"type": "array", "items": {"type": "string"}}},
    "required": ["findings"],
}


def tool(name: str, description: str = "") -> ToolSpec:
    return ToolSpec(name=name, description=description, input=QUERY)


# What is sent


async def test_a_plain_question() -> None:
    server = Server(saying("hi"))
    answer = await model(server).complete(
        asking({"role": "system", "content": "be brief"}, {"role": "user", "content": "hello", "id": "m1"})
    )
    (request,) = server.requests
    assert (request.method, str(request.url)) == ("POST", "http://models.test/v1/chat/completions")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["x-team"] == ENVIRONMENT["TEAM_SECRET"]
    assert server.bodies == [
        {
            "model": "small-1",
            "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}],
        }
    ]
    assert answer.message == {"role": "assistant", "content": "hi"}
    assert answer.usage == Usage(model_calls=1, input_tokens=12, output_tokens=3, cost_usd="0.000009")


async def test_a_server_without_a_key_is_sent_none() -> None:
    server = Server(saying("hi"))
    nothing = Credentials("", {}, {})
    await OpenAI(ENTRY, nothing, Connections(server)).complete(asking())
    assert "authorization" not in server.requests[0].headers
    assert repr(nothing) == "Credentials()"


async def test_tools_and_a_conversation_that_used_them() -> None:
    server = Server(saying("done"))
    calls: Json = [
        {"id": "c1", "name": "web.search", "arguments": {"query": "é"}},
        {"id": "c2", "name": "look", "arguments": "not json"},
        {"id": "c3", "name": "look", "arguments": None},
        {"id": "c4", "name": "look", "arguments": '{"query": "x"}'},
        {"id": "c5", "name": "look", "arguments": [1]},
    ]
    await model(server).complete(
        asking(
            {"role": "user", "content": {"a": 1}, "name": "Ann Lee"},
            {"role": "assistant", "content": "", "tool_calls": calls},
            {"role": "tool", "tool_call_id": "c1", "name": "web.search", "content": ["x"]},
            {"role": "assistant", "content": "so", "name": "supervisor/digger"},
            tools=[tool("web.search", "Searches."), tool("look"), tool("web_search")],
        )
    )
    (body,) = server.bodies
    assert body["tools"] == [
        {"type": "function", "function": {"name": "web_search_2", "parameters": QUERY, "description": "Searches."}},
        {"type": "function", "function": {"name": "look", "parameters": QUERY}},
        {"type": "function", "function": {"name": "web_search", "parameters": QUERY}},
    ]

    def sent(identity: str, name: str, arguments: str) -> Json:
        return {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}

    assert body["messages"] == [
        {"role": "user", "content": '{"a":1}', "name": "Ann_Lee"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                sent("c1", "web_search_2", '{"query":"é"}'),
                sent("c2", "look", '{"unreadable":"not json"}'),
                sent("c3", "look", "{}"),
                sent("c4", "look", '{"query": "x"}'),
                sent("c5", "look", '{"unreadable":[1]}'),
            ],
        },
        {"role": "tool", "content": '["x"]', "tool_call_id": "c1"},
        {"role": "assistant", "content": "so", "name": "supervisor_digger"},
    ]


@pytest.mark.parametrize(
    ("base_url", "key"),
    [
        ("https://api.openai.com/v1", "max_completion_tokens"),
        ("https://eu.api.openai.com/v1", "max_completion_tokens"),
        ("https://me.openai.azure.com:443/openai/v1", "max_completion_tokens"),
        ("http://127.0.0.1:8000/v1", "max_tokens"),
        ("https://notopenai.com/v1", "max_tokens"),
    ],
)
async def test_the_cap_on_output(base_url: str, key: str) -> None:
    server = Server(saying("hi"))
    await model(server, base_url=base_url, max_output_tokens=500).complete(asking())
    assert server.bodies[0][key] == 500


async def test_a_longer_cap_for_one_answer() -> None:
    server = Server(saying("hi"))
    await model(server, max_output_tokens=500).complete(replace(asking(), max_output_tokens=1000))
    assert server.bodies[0]["max_tokens"] == 1000


# Structured output


async def test_a_schema_goes_where_the_model_takes_it() -> None:
    server = Server(saying('{"findings":["x"]}'))
    answer = await model(server, "json_schema").complete(asking(output=FOUND))
    (body,) = server.bodies
    assert body["messages"] == [{"role": "user", "content": "hello"}]
    assert cast("dict[str, Json]", body["response_format"])["type"] == "json_schema"
    assert (answer.message["content"], answer.value) == ('{"findings":["x"]}', None)


async def test_a_value_that_is_no_record_travels_in_one() -> None:
    texts: Schema = {"type": "array", "items": {"type": "string"}}
    server = Server(saying('{"value": ["a", "é"]}'))
    answer = await model(server, "json_schema").complete(asking(output=texts))
    assert answer.message["content"] == '["a","é"]'


@pytest.mark.parametrize("content", ["no json", '{"valu": []}', '{"value": 1, "more": 2}', '{"value": 1e999}', "[]"])
async def test_what_does_not_travel_so_stays_as_it_is(content: str) -> None:
    answer = await model(Server(saying(content)), "json_schema").complete(asking(output={"type": "integer"}))
    assert answer.message["content"] == content


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "system", "content": "be brief"}, {"role": "user", "content": "x"}],
        [{"role": "user", "content": "x"}],
    ],
)
async def test_a_schema_is_told_to_a_model_that_takes_none(messages: list[Message]) -> None:
    server = Server(saying('{"findings":[]}'))
    await model(server).complete(asking(*messages, output=FOUND))
    (body,) = server.bodies
    assert "response_format" not in body
    (first, *rest) = cast("list[dict[str, Json]]", body["messages"])
    assert str(first["content"]).startswith("be brief\n\n" if len(messages) == 2 else "Answer with JSON")
    assert str(first["content"]).endswith('"required":["findings"]}')
    assert rest == [{"role": "user", "content": "x"}]


async def test_a_refusal_is_an_answer_only_to_a_question_in_words() -> None:
    refused = {"content": None, "refusal": "I will not."}
    answer = await model(Server(completion(cast("Message", refused)))).complete(asking())
    assert answer.message["content"] == "I will not."
    with pytest.raises(CallFailed) as raised:
        await model(Server(completion(cast("Message", refused))), "json_schema").complete(asking(output=FOUND))
    assert (raised.value.error.code, raised.value.transient) == ("refused", False)
    assert raised.value.error.message == "model `default`: the model will not answer: I will not."


# How an answer is read


async def test_tool_calls() -> None:
    calls: Json = [
        {"id": "c1", "type": "function", "function": {"name": "web_search", "arguments": '{"query": "x"}'}},
        {"id": "c2", "type": "function", "function": {"name": "look", "arguments": {"query": "y"}}},
        {"function": {"name": "none"}},
        {"id": "c4"},
        "no call",
    ]
    server = Server(completion({"content": None, "tool_calls": calls}, "tool_calls"))
    answer = await model(server).complete(asking(tools=[tool("web.search"), tool("look")]))
    assert [(call.id, call.name, call.arguments) for call in calls_of(answer.message)] == [
        ("c1", "web.search", {"query": "x"}),
        ("c2", "look", {"query": "y"}),
        ("", "none", {}),
    ]


async def test_an_answer_in_parts() -> None:
    parts: Json = [
        {"type": "thinking", "thinking": "hm"},
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
        1,
    ]
    answer = await model(Server(completion({"content": parts}))).complete(asking())
    assert answer.message["content"] == "ab"


async def test_usage_with_its_details() -> None:
    usage: Json = {
        "prompt_tokens": 1_000_000,
        "completion_tokens": 500_000,
        "prompt_tokens_details": {"cached_tokens": 600_000},
        "completion_tokens_details": {"reasoning_tokens": 400_000},
    }
    answer = await model(Server(completion({"content": "x"}, usage=usage))).complete(asking())
    assert answer.usage == Usage(
        model_calls=1,
        input_tokens=1_000_000,
        output_tokens=500_000,
        cost_usd="1.25",
        cached_tokens=600_000,
        reasoning_tokens=400_000,
    )


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": -1, "completion_tokens": True}, []])
async def test_what_a_server_does_not_count_is_estimated(usage: Json) -> None:
    answer = await model(Server(completion({"content": "four bytes a token"}, usage=usage))).complete(asking())
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (2, 5)


async def test_half_a_count_is_used() -> None:
    answer = await model(Server(completion({"content": "hi"}, usage={"prompt_tokens": 7}))).complete(asking())
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (7, 1)


async def test_an_empty_answer_that_ended_well_is_one() -> None:
    assert (await model(Server(completion({"content": None}))).complete(asking())).message["content"] == ""


# Secrets


async def test_what_a_server_echoes_holds_no_secret() -> None:
    secret = ENVIRONMENT["TEAM_SECRET"]
    calls: Json = [{"id": KEY, "function": {"name": f"find {KEY}", "arguments": f'{{"query": "{secret}"}}'}}]
    server = Server(completion({"content": f"your key is {KEY}", "tool_calls": calls}))
    answer = await model(server).complete(asking())
    assert answer.message == {
        "role": "assistant",
        "content": "your key is [MODEL_KEY]",
        "tool_calls": [{"id": "[MODEL_KEY]", "name": "find [MODEL_KEY]", "arguments": '{"query": "[TEAM_SECRET]"}'}],
    }


async def test_a_short_placeholder_is_a_word_in_answers() -> None:
    environment = {"MODEL_KEY": "ollama", "TEAM_SECRET": "team-9876543210"}
    answer = await model(Server(saying("ollama it is")), environment=environment).complete(asking())
    assert answer.message["content"] == "ollama it is"


async def test_nothing_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    server = Server(saying("hi"))
    asked = model(server)
    with caplog.at_level(logging.DEBUG):
        await asked.complete(asking())
    shown = f"{caplog.text} {asked!r} {Credentials('MODEL_KEY', {'X-Team': 'TEAM_SECRET'}, ENVIRONMENT)!r} {ENTRY!r}"
    assert "MODEL_KEY" in shown
    assert not any(secret in shown for secret in ENVIRONMENT.values())


@pytest.mark.parametrize("value", [None, "", "  ", "a\nb", "a\x00b", "schlüssel"])
def test_a_variable_that_no_header_can_carry(value: str | None) -> None:
    with pytest.raises(BadVariable) as raised:
        Credentials("MODEL_KEY", {}, {} if value is None else {"MODEL_KEY": value})
    assert "`MODEL_KEY`" in str(raised.value)
    assert not value or not value.strip() or value not in str(raised.value)


# Connections


async def test_one_pool_serves_all_models_until_it_is_closed() -> None:
    server = Server(saying("hi"))
    connections = Connections(server)
    first = connections.client()
    assert connections.client() is first
    await connections.aclose()
    assert (first.is_closed, server.closed) == (True, 1)
    assert connections.client() is not first
    await connections.aclose()


async def test_a_pool_that_nobody_used_has_nothing_to_close() -> None:
    server = Server(saying("hi"))
    await Connections(server).aclose()
    assert server.closed == 0


async def test_a_redirect_is_not_followed() -> None:
    server = Server(httpx.Response(307, headers={"location": "http://elsewhere.test/v1/chat/completions"}))
    with pytest.raises(CallFailed) as raised:
        await model(server).complete(asking())
    assert raised.value.error.code == "invalid-request"
    assert len(server.requests) == 1
