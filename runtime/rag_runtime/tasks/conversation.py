"""A conversation: the messages that a model sees, and those that this activation adds to them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import cast

from rag_ir.canonical import compact
from rag_ir.graph import Json
from rag_ir.record import record
from rag_runtime.commands import Task
from rag_runtime.seams import Message
from rag_runtime.tools.foreign import NotJson, as_json


@record(kw_only=True)
class RequestedCall:
    """A tool call that a model made. `arguments` are an object where they can be read as one."""

    id: str
    name: str
    arguments: Json


class Conversation:
    """The transcript that the activation started with and its new messages; the machine gives those their ids.

    Ids of tool calls that a model left out or used before are replaced, so that each call of the activation has its own.
    """

    def __init__(self, task: Task, transcript: Iterable[Json]) -> None:
        self._task = task
        self._transcript = cast("tuple[Message, ...]", tuple(transcript))
        self._calls: set[str] | None = None
        self.new: list[Message] = []

    @property
    def messages(self) -> tuple[Message, ...]:
        """Everything that was said, in order."""
        return (*self._transcript, *self.new)

    @property
    def waits_for_the_model(self) -> bool:
        """Whether the last message is a tool's result or calls tools."""
        if not self._transcript:
            return False
        last = self._transcript[-1]
        return last.get("role") == "tool" or bool(calls_of(last))

    def say(self, text: str) -> None:
        """Adds a user message."""
        self._add({"role": "user", "content": text})

    def hear(self, answer: Message, turn: int) -> tuple[RequestedCall, ...]:
        """Adds a model's answer and returns its tool calls."""
        calls = tuple(self._own(call, turn, number) for number, call in enumerate(calls_of(answer), 1))
        message: Message = {"role": "assistant", "content": _spoken(answer.get("content"))}
        if calls:
            message["tool_calls"] = [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in calls]
        self._add(message)
        return calls

    def answer(self, call: RequestedCall, content: str) -> None:
        """Adds the answer to a tool call."""
        self._add({"role": "tool", "tool_call_id": call.id, "name": call.name, "content": content})

    def _add(self, message: Message) -> None:
        self.new.append(message)

    def _own(self, call: RequestedCall, turn: int, number: int) -> RequestedCall:
        if self._calls is None:
            self._calls = {made.id for message in self._transcript for made in calls_of(message)}
        task, taken = self._task, self._calls
        identity = call.id or f"call-{task.step}-{task.index}-{turn}-{number}"
        while identity in taken:
            identity = f"{identity}-{len(taken)}"
        taken.add(identity)
        return RequestedCall(id=identity, name=call.name, arguments=call.arguments)


def text(value: Json) -> str:
    """A value as a message's content: a text as it is, everything else as compact JSON."""
    return value if isinstance(value, str) else compact(value)


def calls_of(message: Message) -> tuple[RequestedCall, ...]:
    """The tool calls of an assistant message, whoever wrote it; an id or a name that is no text is empty."""
    calls = message.get("tool_calls")
    if message.get("role") != "assistant" or not isinstance(calls, list):
        return ()
    return tuple(_call(call) for call in calls if isinstance(call, dict))


def open_calls(messages: Sequence[Json]) -> tuple[RequestedCall, ...]:
    """The calls that no tool message answers, in order. A tool message answers the first open call of its id before it."""
    waiting: list[RequestedCall] = []
    for message in messages:
        if not isinstance(message, dict):
            continue
        waiting.extend(calls_of(message))
        if message.get("role") == "tool":
            identity = message.get("tool_call_id") or ""
            answered = next((call for call in waiting if call.id == identity), None)
            if answered is not None:
                waiting.remove(answered)
    return tuple(waiting)


def _spoken(content: Json) -> str:
    return "" if content is None else text(content)


def _call(call: dict[str, Json]) -> RequestedCall:
    identity, name, arguments = call.get("id"), call.get("name"), call.get("arguments")
    return RequestedCall(
        id=identity if isinstance(identity, str) else "",
        name=name if isinstance(name, str) else "",
        arguments=_arguments(arguments),
    )


def _arguments(arguments: Json) -> Json:
    """Models also write no arguments as null or an empty text, and an object as its JSON text."""
    if arguments is None or arguments == "":
        return {}
    if isinstance(arguments, str):
        try:
            read = as_json(json.loads(arguments))
        except (ValueError, RecursionError, NotJson):
            return arguments
        return read if isinstance(read, dict) else arguments
    return arguments
