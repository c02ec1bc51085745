"""A chat completion that comes in pieces: server-sent events, and the whole answer that they add up to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rag_ir.graph import Json

DONE = "[DONE]"


class ServerSentEvents:
    """The data of events, from bytes that come as they come. Comments and fields other than `data` are passed over."""

    __slots__ = ("_data", "_rest")

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, received: bytes) -> Iterator[str]:
        """The events that are whole now. An event ends with an empty line; a lone `\\r` at the end may be half of `\\r\\n`."""
        whole = self._rest + received
        lines = whole.splitlines(keepends=True)
        self._rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        for line in lines:
            yield from self._take(line.rstrip(b"\r\n"))

    def end(self) -> Iterator[str]:
        """The event that the end of the stream left without its empty line."""
        yield from self.feed(b"\n\n")

    def _take(self, line: bytes) -> Iterator[str]:
        if line:
            name, _, value = line.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
        elif self._data:
            data = b"\n".join(self._data)
            self._data = []
            yield data.decode("utf-8", "replace")


@dataclass(slots=True)
class _Call:
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class Pieces:
    """What the chunks of a completion have said so far."""

    usage: Json = None
    finish: str = ""
    _text: list[str] = field(default_factory=list[str])
    _refusal: list[str] = field(default_factory=list[str])
    _calls: list[_Call] = field(default_factory=list[_Call])
    _at: dict[int, _Call] = field(default_factory=dict[int, _Call])

    def add(self, chunk: Json) -> None:
        """Takes one chunk; what is no part of a completion says nothing."""
        if not isinstance(chunk, dict):
            return
        if chunk.get("usage"):
            self.usage = chunk["usage"]
        match chunk.get("choices"):
            case [dict() as choice, *_] if choice.get("index", 0) == 0:
                finish = choice.get("finish_reason")
                self.finish = finish if isinstance(finish, str) else self.finish
                delta = choice.get("delta")
                self._say(delta if isinstance(delta, dict) else {})
            case _:
                pass

    def completion(self) -> dict[str, Json]:
        """The whole answer, as a server says it that does not stream."""
        message: dict[str, Json] = {"content": "".join(self._text), "refusal": "".join(self._refusal)}
        message["tool_calls"] = [
            {"id": call.id, "function": {"name": call.name, "arguments": call.arguments}} for call in self._calls
        ]
        return {"choices": [{"message": message, "finish_reason": self.finish}], "usage": self.usage}

    def _say(self, delta: dict[str, Json]) -> None:
        for name, said in (("content", self._text), ("refusal", self._refusal)):
            part = delta.get(name)
            if isinstance(part, str):
                said.append(part)
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict):
                self._call(call)

    def _call(self, piece: dict[str, Json]) -> None:
        """A piece belongs to the call of its index, unless it has another id: some servers give every call index 0."""
        index, identity, function = piece.get("index"), piece.get("id"), piece.get("function")
        at = index if isinstance(index, int) else len(self._calls) if identity else max(self._at, default=0)
        call = self._at.get(at)
        if call is None or (isinstance(identity, str) and identity and call.id and identity != call.id):
            call = self._at[at] = _Call()
            self._calls.append(call)
        call.id = identity if isinstance(identity, str) and identity else call.id
        if isinstance(function, dict):
            name, arguments = function.get("name"), function.get("arguments")
            call.name = call.name or (name if isinstance(name, str) else "")
            call.arguments += arguments if isinstance(arguments, str) else ""
