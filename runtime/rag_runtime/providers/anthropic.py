"""`anthropic`: messages over HTTP, as Anthropic defines them."""

from __future__ import annotations

from collections.abc import Mapping

from rag_ir.graph import Json
from rag_ir.record import replace
from rag_registry.registry import Model
from rag_runtime.providers.chat import Chat
from rag_runtime.providers.chat_answer import Completion
from rag_runtime.providers.chat_request import ToolNames
from rag_runtime.providers.connections import Connections
from rag_runtime.providers.credentials import Credentials
from rag_runtime.providers.exchange import Assembly
from rag_runtime.providers.messages_answer import Events, read_message
from rag_runtime.providers.messages_request import ANSWER, asks_by_tool, messages_body
from rag_runtime.providers.response_format import unwrapped
from rag_runtime.seams import ModelRequest

MESSAGES_PATH = "/v1/messages"
VERSION = "2023-06-01"
KEY_HEADER = "x-api-key"


class Messages:
    """The dialect."""

    def url(self, entry: Model) -> str:
        return entry.base_url + MESSAGES_PATH

    def headers(self) -> Mapping[str, str]:
        return {"anthropic-version": VERSION}

    def body(self, request: ModelRequest, entry: Model, names: ToolNames) -> dict[str, Json]:
        return messages_body(request, entry, names)

    def assembly(self) -> Assembly:
        return Events()

    def read(self, value: Json) -> Completion:
        completion = read_message(value)
        given = [call for call in completion.calls if call.name == ANSWER]
        if not given:
            return completion
        calls = tuple(call for call in completion.calls if call.name != ANSWER)
        return replace(completion, text=given[0].arguments, calls=calls)

    def content(self, request: ModelRequest, entry: Model, completion: Completion) -> str:
        if request.output is None or not asks_by_tool(request):
            return completion.text
        return unwrapped(request.output, completion.text)


class Anthropic(Chat):
    """One model of such a server."""

    __slots__ = ()

    def __init__(self, entry: Model, credentials: Credentials, connections: Connections) -> None:
        super().__init__(entry, credentials, connections, Messages())
