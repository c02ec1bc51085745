"""An answer of Anthropic's messages, whole or in events, read into what a run needs of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from rag_ir.canonical import compact
from rag_ir.graph import Json
from rag_runtime.providers.chat_answer import AskedCall, Completion, NoCompletion, Tokens, count_of, members, text_of

FINISHES = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "refusal": "content_filter",
}


def read_message(value: Json) -> Completion:
    """The completion that a JSON value is. Raises `NoCompletion`."""
    message = members(value)
    blocks = message.get("content")
    if not isinstance(blocks, list):
        raise NoCompletion("it has no `content`")
    parts = [members(block) for block in blocks]
    finish = text_of(message.get("stop_reason"))
    return Completion(
        text="".join(text_of(part.get("text")) for part in parts if part.get("type") == "text"),
        refusal="",
        calls=tuple(_call(part) for part in parts if part.get("type") == "tool_use"),
        finish=FINISHES.get(finish, finish),
        tokens=_tokens(members(message.get("usage"))),
    )


def _call(block: dict[str, Json]) -> AskedCall:
    given = block.get("input")
    arguments = given if isinstance(given, str) else compact({} if given is None else given)
    return AskedCall(id=text_of(block.get("id")), name=text_of(block.get("name")), arguments=arguments)


def _tokens(usage: dict[str, Json]) -> Tokens:
    """The protocol counts what was kept from earlier calls beside the other input."""
    cached = count_of(usage, "cache_read_input_tokens") or 0
    given = count_of(usage, "input_tokens")
    whole = None if given is None else given + cached + (count_of(usage, "cache_creation_input_tokens") or 0)
    return Tokens(input=whole, output=count_of(usage, "output_tokens"), cached=cached)


@dataclass(slots=True)
class Events:
    """What the events of a message have said so far."""

    finish: str = ""
    _usage: dict[str, Json] = field(default_factory=dict[str, Json])
    _blocks: dict[int, dict[str, Json]] = field(default_factory=dict[int, dict[str, Json]])
    _arguments: dict[int, list[str]] = field(default_factory=dict[int, list[str]])

    def add(self, chunk: Json) -> None:
        """Takes one event; what is no part of a message says nothing."""
        event = members(chunk)
        at = event.get("index")
        match event.get("type"):
            case "message_start":
                self._usage |= members(members(event.get("message")).get("usage"))
            case "content_block_start" if isinstance(at, int):
                self._blocks[at] = dict(members(event.get("content_block")))
            case "content_block_delta" if isinstance(at, int):
                self._say(at, members(event.get("delta")))
            case "message_delta":
                self.finish = text_of(members(event.get("delta")).get("stop_reason")) or self.finish
                self._usage |= members(event.get("usage"))
            case _:
                pass

    def completion(self) -> dict[str, Json]:
        """The whole message, as a server says it that does not stream."""
        blocks: list[Json] = []
        for at, block in sorted(self._blocks.items()):
            written = "".join(self._arguments.get(at, ()))
            blocks.append({**block, "input": _parsed(written)} if written else block)
        return {"content": blocks, "stop_reason": self.finish, "usage": self._usage}

    def _say(self, at: int, delta: dict[str, Json]) -> None:
        block = self._blocks.setdefault(at, {"type": "text", "text": ""})
        if delta.get("type") == "text_delta":
            block["text"] = text_of(block.get("text")) + text_of(delta.get("text"))
        elif delta.get("type") == "input_json_delta":
            self._arguments.setdefault(at, []).append(text_of(delta.get("partial_json")))


def _parsed(text: str) -> Json:
    """Arguments as the model wrote them: what is no JSON stays text, and is refused where it is used."""
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value
