"""A model request as the body of Anthropic's messages.

Instructions stand apart from the conversation, in which user and assistant take turns: what one of them says in a row is one
message of several blocks. It begins and ends with the user. Results of tools are said by the user.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress

from rag_ir.graph import Json, Schema
from rag_registry.registry import Model
from rag_runtime.providers.chat_request import ToolNames, content_of
from rag_runtime.providers.response_format import instruction, is_wrapped, rooted, wrapped
from rag_runtime.seams import Message, ModelRequest, ToolSpec

ANSWER = "give_answer"
"""The tool that a model without native schemas must call to give its output."""
LEAST_OUTPUT = 4_096
"""The cap on output of a model whose entry has none: the protocol wants one."""
GO_ON = "Go on."


def messages_body(request: ModelRequest, entry: Model, names: ToolNames) -> dict[str, Json]:
    """The body. An output type is given through a tool that must be called; beside other tools it is told in the instructions."""
    body: dict[str, Json] = {
        "model": entry.model,
        "max_tokens": request.max_output_tokens or entry.max_output_tokens or LEAST_OUTPUT,
        "messages": [*_turns(request.messages, names)],
    }
    if system := _system(request):
        body["system"] = system
    if asks_by_tool(request) and request.output is not None:
        body["tools"] = [_answer_tool(request.output)]
        body["tool_choice"] = {"type": "tool", "name": ANSWER}
    elif request.tools:
        body["tools"] = [_tool(tool, names) for tool in request.tools]
    if "streaming" in entry.capabilities:
        body["stream"] = True
    return body


def asks_by_tool(request: ModelRequest) -> bool:
    """Whether the output comes as the arguments of a tool."""
    return request.output is not None and not request.tools


def _system(request: ModelRequest) -> str:
    said = [content_of(message) for message in request.messages if message.get("role") == "system"]
    if request.output is not None and not asks_by_tool(request):
        said.append(instruction(request.output))
    return "\n\n".join(filter(None, said))


def _turns(messages: Sequence[Message], names: ToolNames) -> Iterator[Json]:
    """The conversation by speaker, beginning and ending with the user."""
    spoken: list[tuple[str, list[Json]]] = []
    for message in messages:
        role = "assistant" if message.get("role") == "assistant" else "user"
        blocks = [] if message.get("role") == "system" else [*_blocks(message, names)]
        if blocks and spoken and spoken[-1][0] == role:
            spoken[-1][1].extend(blocks)
        elif blocks:
            spoken.append((role, blocks))
    if not spoken or spoken[0][0] == "assistant":
        spoken.insert(0, ("user", [_text(GO_ON)]))
    if spoken[-1][0] == "assistant":
        spoken.append(("user", [_text(GO_ON)]))
    for role, blocks in spoken:
        # Results of tools must stand before anything else that is said with them.
        yield {
            "role": role,
            "content": sorted(blocks, key=lambda block: not _is_result(block)) if role == "user" else blocks,
        }


def _is_result(block: Json) -> bool:
    return isinstance(block, dict) and block.get("type") == "tool_result"


def _blocks(message: Message, names: ToolNames) -> Iterator[Json]:
    content = content_of(message)
    if message.get("role") == "tool":
        yield {"type": "tool_result", "tool_use_id": str(message.get("tool_call_id")), "content": content}
        return
    if content.strip():
        yield _text(content)
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) and message.get("role") == "assistant" else ():
        if isinstance(call, dict):
            name = names.sent(str(call.get("name", "")))
            yield {
                "type": "tool_use",
                "id": str(call.get("id")),
                "name": name,
                "input": _arguments(call.get("arguments")),
            }


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


def _arguments(arguments: Json) -> Json:
    """An object, whatever the model once wrote."""
    if isinstance(arguments, str):
        with suppress(ValueError, RecursionError):
            arguments = json.loads(arguments)
    return arguments if isinstance(arguments, dict) else {} if arguments in (None, "") else {"unreadable": arguments}


def _tool(tool: ToolSpec, names: ToolNames) -> Json:
    made: dict[str, Json] = {"name": names.sent(tool.name), "input_schema": {**tool.input}}
    return {**made, "description": tool.description} if tool.description else made


def _answer_tool(schema: Schema) -> Json:
    given = wrapped(schema) if is_wrapped(schema) else rooted(schema)
    return {"name": ANSWER, "description": "Gives the answer.", "input_schema": given}
