"""A model request as the body of a chat completion."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from rag_ir.canonical import compact
from rag_ir.graph import Json
from rag_registry.registry import Model
from rag_runtime.providers.response_format import instruction, response_format
from rag_runtime.seams import Message, ModelRequest, ToolSpec

LONGEST_NAME = 64
_FOREIGN = re.compile(r"[^A-Za-z0-9_-]")
_NEWER = (".openai.com", ".azure.com")
"""The hosts that call the cap on output `max_completion_tokens`; every other one knows it as `max_tokens`."""


class ToolNames:
    """The names of a request's tools as servers take them: letters, digits, `_` and `-`, at most 64."""

    def __init__(self, tools: Iterable[ToolSpec]) -> None:
        self._sent: dict[str, str] = {}
        self._known: dict[str, str] = {}
        for tool in sorted(tools, key=lambda tool: plain_name(tool.name) != tool.name):
            sent = self._free(plain_name(tool.name))
            self._sent[tool.name] = sent
            self._known[sent] = tool.name

    def sent(self, name: str) -> str:
        """The name that a server sees."""
        return self._sent.get(name) or plain_name(name)

    def known(self, name: str) -> str:
        """The tool's own name; one that no tool has stays as the model wrote it."""
        return self._known.get(name, name)

    def _free(self, name: str) -> str:
        number, free = 2, name
        while free in self._known:
            free = f"{name[: LONGEST_NAME - 4]}_{number}"
            number += 1
        return free


def plain_name(name: str) -> str:
    """A name that every server takes."""
    return _FOREIGN.sub("_", name)[:LONGEST_NAME] or "_"


def chat_body(request: ModelRequest, entry: Model, names: ToolNames) -> dict[str, Json]:
    """The body. An output type goes into `response_format` where the model has that, else into the instructions."""
    native = "json_schema" in entry.capabilities
    messages: list[Json] = [_message(message, names) for message in _instructed(request, native)]
    body: dict[str, Json] = {"model": entry.model, "messages": messages}
    if request.tools:
        body["tools"] = [_tool(tool, names) for tool in request.tools]
    if request.output is not None and native:
        body["response_format"] = response_format(request.output)
    cap = request.max_output_tokens or entry.max_output_tokens
    if cap is not None:
        body[_cap_of(entry.base_url)] = cap
    if "streaming" in entry.capabilities:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return body


def _instructed(request: ModelRequest, native: bool) -> Sequence[Message]:
    """The messages; an output type that the server does not take is told to the model, in the first system message."""
    if request.output is None or native:
        return request.messages
    told = instruction(request.output)
    first = request.messages[0] if request.messages else {}
    if first.get("role") == "system":
        return ({**first, "content": f"{content_of(first)}\n\n{told}"}, *request.messages[1:])
    return ({"role": "system", "content": told}, *request.messages)


def _message(message: Message, names: ToolNames) -> Json:
    role, calls, name = message.get("role"), message.get("tool_calls"), message.get("name")
    made: dict[str, Json] = {"role": role, "content": content_of(message)}
    if role == "tool":
        made["tool_call_id"] = message.get("tool_call_id")
    elif isinstance(name, str) and name:
        made["name"] = plain_name(name)
    if role == "assistant" and isinstance(calls, list) and calls:
        made["tool_calls"] = [_call(call, names) for call in calls if isinstance(call, dict)]
        made["content"] = made["content"] or None
    return made


def content_of(message: Message) -> str:
    """What a message says, as text."""
    content = message.get("content")
    if content is None:
        return ""
    return content if isinstance(content, str) else compact(content)


def _call(call: dict[str, Json], names: ToolNames) -> Json:
    function: Json = {"name": names.sent(str(call.get("name", ""))), "arguments": _arguments(call.get("arguments"))}
    return {"id": call.get("id"), "type": "function", "function": function}


def _arguments(arguments: Json) -> str:
    """The text of an object: servers that put calls into a model's template take nothing else."""
    if isinstance(arguments, dict):
        return compact(arguments)
    if isinstance(arguments, str) and _is_object(arguments):
        return arguments
    return compact({} if arguments in (None, "") else {"unreadable": arguments})


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _tool(tool: ToolSpec, names: ToolNames) -> Json:
    function: dict[str, Json] = {"name": names.sent(tool.name), "parameters": {**tool.input}}
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def _cap_of(base_url: str) -> str:
    host = base_url.partition("://")[2].partition("/")[0].partition(":")[0]
    return "max_completion_tokens" if f".{host}".endswith(_NEWER) else "max_tokens"
