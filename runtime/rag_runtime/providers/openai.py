"""`openai` and `ollama`: chat completions over HTTP, as OpenAI defines them and many servers speak them.

One call is one request. An answer that streams is read piece by piece and given when it is whole; a stream that ends before the
server said why the model stopped is a failure, never an answer. Which failures there are: see `http_failures`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rag_ir.graph import Json
from rag_registry.registry import Model
from rag_runtime.events import Usage
from rag_runtime.providers.chat_answer import Completion, NoCompletion, read_completion
from rag_runtime.providers.chat_request import ToolNames, chat_body
from rag_runtime.providers.chat_stream import DONE, Pieces, ServerSentEvents
from rag_runtime.providers.connections import Connections
from rag_runtime.providers.credentials import SHORTEST_WITHHELD, Credentials
from rag_runtime.providers.http_failures import Failures
from rag_runtime.providers.response_format import unwrapped
from rag_runtime.providers.usage import estimated, priced
from rag_runtime.seams import CallFailed, Message, ModelAnswer, ModelRequest

if TYPE_CHECKING:
    import httpx

CHAT_PATH = "/chat/completions"
CONNECT_SECONDS = 10.0
WRITE_SECONDS = 30.0
READ_SECONDS = 120.0
"""Between two pieces of an answer, or before its first."""
LARGEST = 16 * 1024 * 1024
"""Answers of more bytes than this are refused."""


class OpenAI:
    """One model of a server. What it was bound with shows in no text."""

    __slots__ = ("_connections", "_credentials", "_entry", "_failures")

    def __init__(self, entry: Model, credentials: Credentials, connections: Connections) -> None:
        self._entry = entry
        self._credentials = credentials
        self._connections = connections
        self._failures = Failures(entry.name, entry.model, credentials)

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """The answer. Raises `CallFailed` with a code of `http_failures`, with `truncated` where the cap on output was reached
        before anything was said, and with `refused` where the model will not give the output that it is asked for."""
        try:
            return await self._answer(request)
        except CallFailed:
            raise
        except Exception as error:
            # Whatever a defect says, it has seen the headers: no text of it passes as it is.
            raise self._failures.failed("model-error", f"{type(error).__name__}: {error}") from None

    async def _answer(self, request: ModelRequest) -> ModelAnswer:
        names = ToolNames(request.tools)
        completion = await self._ask(chat_body(request, self._entry, names))
        message = self._message(request, completion, names)
        usage = self._usage(request, completion, message)
        self._check(request, completion, usage)
        return ModelAnswer(message=message, value=None, usage=usage)

    async def _ask(self, body: Mapping[str, Json]) -> Completion:
        import httpx

        try:
            async with self._connections.client().stream(
                "POST",
                self._entry.base_url + CHAT_PATH,
                content=json.dumps(body).encode(),
                headers={**self._credentials.headers, "Content-Type": "application/json"},
                timeout=_timeout(self._entry),
            ) as response:
                return read_completion(await self._read(response))
        except httpx.HTTPError as error:
            raise self._failures.broken(error) from None
        except NoCompletion as error:
            raise self._failures.failed("bad-response", f"the answer is no chat completion: {error}") from None

    async def _read(self, response: httpx.Response) -> Json:
        """The completion in a response, whole or put together."""
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
        events, pieces, size = ServerSentEvents(), Pieces(), 0
        async for part in response.aiter_bytes():
            size = self._counted(size, part)
            for data in events.feed(part):
                self._take(pieces, data)
        for data in events.end():
            self._take(pieces, data)
        if not pieces.finish:
            raise self._failures.failed("connection", "the answer broke off in the middle")
        return pieces.completion()

    def _take(self, pieces: Pieces, data: str) -> None:
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

    def _message(self, request: ModelRequest, completion: Completion, names: ToolNames) -> Message:
        content = completion.text or completion.refusal
        if request.output is not None and "json_schema" in self._entry.capabilities and not completion.calls:
            content = unwrapped(request.output, content)
        message: Message = {"role": "assistant", "content": self._withheld(content)}
        if completion.calls:
            message["tool_calls"] = [
                {
                    "id": self._withheld(call.id),
                    "name": names.known(self._withheld(call.name)),
                    "arguments": self._withheld(call.arguments),
                }
                for call in completion.calls
            ]
        return message

    def _withheld(self, text: str) -> str:
        return self._credentials.redacted(text, SHORTEST_WITHHELD)

    def _usage(self, request: ModelRequest, completion: Completion, message: Message) -> Usage:
        """As the server counts; what it does not count is estimated."""
        tokens, price = completion.tokens, self._entry.price
        if tokens.input is not None and tokens.output is not None:
            return priced(
                tokens.input, tokens.output, price, cached_tokens=tokens.cached, reasoning_tokens=tokens.reasoning
            )
        guess = estimated(request, message, None)
        given = guess.input_tokens if tokens.input is None else tokens.input
        said = guess.output_tokens if tokens.output is None else tokens.output
        return priced(given, said, price, cached_tokens=tokens.cached, reasoning_tokens=tokens.reasoning)

    def _check(self, request: ModelRequest, completion: Completion, usage: Usage) -> None:
        """What was paid for and is no answer."""
        if completion.finish == "content_filter":
            raise self._paid(usage, "content-filter", "the server let the answer not pass")
        if completion.calls or completion.text.strip():
            return
        if completion.finish == "length":
            raise self._paid(usage, "truncated", "the cap on output was reached before the model said anything")
        if completion.refusal and request.output is not None:
            raise self._paid(usage, "refused", f"the model will not answer: {completion.refusal}")

    def _paid(self, usage: Usage, code: str, message: str) -> CallFailed:
        return CallFailed(self._failures.failed(code, message).error, usage=usage)


def _timeout(entry: Model) -> httpx.Timeout:
    """A wait for a free connection has no end of its own: how many calls run at once is the graph's to say."""
    import httpx

    read = READ_SECONDS if entry.timeout is None else entry.timeout / 1000
    return httpx.Timeout(read, connect=min(CONNECT_SECONDS, read), write=WRITE_SECONDS, pool=None)
