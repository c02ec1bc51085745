"""A model behind a server that chats: one request a call, in the words of its dialect. Which failures there are: see `http_failures`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from rag_ir.graph import Json
from rag_registry.registry import Model
from rag_runtime.events import Usage
from rag_runtime.providers.chat_answer import Completion, NoCompletion
from rag_runtime.providers.chat_request import ToolNames
from rag_runtime.providers.connections import Connections
from rag_runtime.providers.credentials import SHORTEST_WITHHELD, Credentials
from rag_runtime.providers.exchange import Assembly, Exchange
from rag_runtime.providers.http_failures import Failures
from rag_runtime.providers.usage import estimated, priced
from rag_runtime.seams import CallFailed, Message, ModelAnswer, ModelRequest


class Dialect(Protocol):
    """How a kind of server is spoken to."""

    def url(self, entry: Model) -> str:
        """Where requests go."""
        ...

    def headers(self) -> Mapping[str, str]:
        """Headers of every request, beside those that authenticate it."""
        ...

    def body(self, request: ModelRequest, entry: Model, names: ToolNames) -> dict[str, Json]:
        """The body of a request."""
        ...

    def assembly(self) -> Assembly:
        """What puts a stream together."""
        ...

    def read(self, value: Json) -> Completion:
        """The completion that an answer is. Raises `NoCompletion`."""
        ...

    def content(self, request: ModelRequest, entry: Model, completion: Completion) -> str:
        """What the model said, or the JSON that it was asked for."""
        ...


class Chat:
    """One model of a server. What it was bound with shows in no text."""

    __slots__ = ("_credentials", "_dialect", "_entry", "_exchange", "_failures")

    def __init__(self, entry: Model, credentials: Credentials, connections: Connections, dialect: Dialect) -> None:
        self._entry = entry
        self._credentials = credentials
        self._dialect = dialect
        self._failures = Failures(entry.name, entry.model, credentials)
        headers = {**dialect.headers(), **credentials.headers}
        self._exchange = Exchange(entry, dialect.url(entry), headers, connections, self._failures, dialect.assembly)

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
        try:
            completion = self._dialect.read(await self._exchange.ask(self._dialect.body(request, self._entry, names)))
        except NoCompletion as error:
            raise self._failures.failed("bad-response", f"the answer is no chat completion: {error}") from None
        message = self._message(request, completion, names)
        usage = self._usage(request, completion, message)
        self._check(request, completion, usage)
        return ModelAnswer(message=message, value=None, usage=usage)

    def _message(self, request: ModelRequest, completion: Completion, names: ToolNames) -> Message:
        content = self._dialect.content(request, self._entry, completion)
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
