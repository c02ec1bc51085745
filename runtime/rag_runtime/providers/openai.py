"""`openai` and `ollama`: chat completions over HTTP, as OpenAI defines them and many servers speak them."""

from __future__ import annotations

from collections.abc import Mapping

from rag_ir.graph import Json
from rag_registry.registry import Model
from rag_runtime.providers.chat import Chat
from rag_runtime.providers.chat_answer import Completion, read_completion
from rag_runtime.providers.chat_request import ToolNames, chat_body
from rag_runtime.providers.chat_stream import Pieces
from rag_runtime.providers.connections import Connections
from rag_runtime.providers.credentials import Credentials
from rag_runtime.providers.exchange import Assembly
from rag_runtime.providers.response_format import unwrapped
from rag_runtime.seams import ModelRequest

CHAT_PATH = "/chat/completions"


class Completions:
    """The dialect."""

    def url(self, entry: Model) -> str:
        return entry.base_url + CHAT_PATH

    def headers(self) -> Mapping[str, str]:
        return {}

    def body(self, request: ModelRequest, entry: Model, names: ToolNames) -> dict[str, Json]:
        return chat_body(request, entry, names)

    def assembly(self) -> Assembly:
        return Pieces()

    def read(self, value: Json) -> Completion:
        return read_completion(value)

    def content(self, request: ModelRequest, entry: Model, completion: Completion) -> str:
        said = completion.text or completion.refusal
        native = request.output is not None and "json_schema" in entry.capabilities and not completion.calls
        return unwrapped(request.output, said) if native and request.output is not None else said


class OpenAI(Chat):
    """One model of such a server."""

    __slots__ = ()

    def __init__(self, entry: Model, credentials: Credentials, connections: Connections) -> None:
        super().__init__(entry, credentials, connections, Completions())
