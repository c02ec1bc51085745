"""A server of chat completions that is a list of responses, and the model that asks it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

import httpx

from rag_ir.graph import Json, Price, Schema
from rag_registry.registry import Model
from rag_runtime.providers.connections import Connections
from rag_runtime.providers.credentials import Credentials
from rag_runtime.providers.openai import OpenAI
from rag_runtime.seams import Message, ModelRequest, ToolSpec

KEY = "sk-planted-0123456789abcdef"
ENVIRONMENT = {"MODEL_KEY": KEY, "TEAM_SECRET": "team-9876543210"}

Response = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]

ENTRY = Model(
    name="default",
    description="",
    provider="openai",
    model="small-1",
    answers=None,
    capabilities=("tools",),
    context_window=None,
    max_output_tokens=None,
    price=Price(input_per_mtok="0.25", output_per_mtok="2"),
    base_url="http://models.test/v1",
    api_key_env="MODEL_KEY",
    headers_env={"X-Team": "TEAM_SECRET"},
)


class Server(httpx.AsyncBaseTransport):
    """Answers with its responses in turn, the last one again and again. Keeps the requests."""

    def __init__(self, *responses: Response) -> None:
        self._responses = [*responses]
        self.requests: list[httpx.Request] = []
        self.closed = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        response = self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]
        if isinstance(response, Exception):
            raise response
        return response if isinstance(response, httpx.Response) else response(request)

    async def aclose(self) -> None:
        self.closed += 1

    @property
    def bodies(self) -> list[dict[str, Json]]:
        """What was asked."""
        return [cast("dict[str, Json]", json.loads(request.content)) for request in self.requests]


def model(
    server: Server,
    *capabilities: str,
    environment: Mapping[str, str] = ENVIRONMENT,
    base_url: str = ENTRY.base_url,
    max_output_tokens: int | None = None,
) -> OpenAI:
    """The model, with these capabilities beside `tools`."""
    entry = replace(
        ENTRY, capabilities=("tools", *capabilities), base_url=base_url, max_output_tokens=max_output_tokens
    )
    credentials = Credentials(entry.api_key_env, entry.headers_env, environment)
    return OpenAI(entry, credentials, Connections(server))


def asking(*messages: Message, output: Schema | None = None, tools: Sequence[ToolSpec] = ()) -> ModelRequest:
    """A request; without messages, with a short one."""
    return ModelRequest(
        model="default",
        messages=messages or ({"role": "user", "content": "hello"},),
        tools=tuple(tools),
        output=output,
        path="a",
        visit=1,
        turn=1,
        exclusive=True,
    )


def completion(message: Message, finish: str = "stop", usage: Json = None) -> httpx.Response:
    """A whole answer."""
    said: Json = {"role": "assistant", **message}
    body: dict[str, Json] = {"id": "c1", "choices": [{"index": 0, "message": said, "finish_reason": finish}]}
    return httpx.Response(200, json=body if usage is None else {**body, "usage": usage})


def saying(text: str) -> httpx.Response:
    """A whole answer that is a text."""
    return completion({"content": text}, usage={"prompt_tokens": 12, "completion_tokens": 3})


def chunk(delta: Mapping[str, Json], finish: str | None = None) -> str:
    """One piece of an answer, as its JSON."""
    return json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}, ensure_ascii=False)


USED = json.dumps({"choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 3}})


def events(*data: str) -> bytes:
    """Server-sent events."""
    return "".join(f"data: {each}\n\n" for each in data).encode()


def streaming(*parts: bytes | Exception) -> Callable[[httpx.Request], httpx.Response]:
    """A response that comes in these parts; an exception breaks it off."""

    async def sent() -> AsyncIterator[bytes]:
        for part in parts:
            if isinstance(part, Exception):
                raise part
            yield part

    return lambda request: httpx.Response(200, headers={"content-type": "text/event-stream"}, content=sent())


def told(*pieces: str) -> Iterable[str]:
    """The chunks of a text that ends well."""
    yield from (chunk({"content": piece}) for piece in pieces)
    yield chunk({}, "stop")
    yield USED
    yield "[DONE]"
