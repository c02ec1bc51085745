"""The journal's text: an event as one line of JSON, and back.

An event is an object of its fields with its class name under `event`. What is written is ASCII, so that any string that JSON can
hold, lone surrogates included, comes back as it was. Reading is strict: an unknown event, an unknown field, a missing field and
a value of a wrong type are refused. A field that has a default may be missing, so that journals outlive added fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rag_ir.graph import Json
from rag_ir.record import is_record, members, required
from rag_runtime.events import (
    Answered,
    CallEnded,
    CallStarted,
    Cancelled,
    ChildFinished,
    Error,
    Event,
    Question,
    Resumed,
    RunStarted,
    TaskFailed,
    TaskPaused,
    TaskSucceeded,
    TimerFired,
    Usage,
)


class JournalError(ValueError):
    """A value that is no event, or that JSON cannot hold."""


def encode(event: Event) -> str:
    """One line of ASCII JSON. Raises `JournalError` for what JSON cannot hold: NaN, objects, nesting beyond the stack."""
    return dump({"event": type(event).__name__, **members(event)})


def decode(text: str | bytes) -> Event:
    """The event that `encode` wrote. Raises `JournalError`."""
    try:
        value = _DECODER.decode(text) if isinstance(text, str) else json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise JournalError(f"not a line of a journal: {error}") from None
    return from_json(value)


def to_json(event: Event) -> dict[str, Json]:
    """The event as a JSON value of its own, sharing nothing with the event."""
    value: dict[str, Json] = json.loads(encode(event))
    return value


def from_json(value: Json) -> Event:
    """The event that a JSON value is. Raises `JournalError`."""
    if not isinstance(value, dict):
        raise JournalError("an event is an object")
    match value.get("event"):
        case str() as name if name in _EVENTS:
            fields = {key: member for key, member in value.items() if key != "event"}
            event: Event = _read(_EVENTS[name], fields, name)
            return event
        case unknown:
            raise JournalError(f"unknown event {_shown(unknown)}")


def error_from_json(value: Json) -> Error:
    """The error that a JSON value is. Raises `JournalError`."""
    error: Error = _read(_ERROR, value, "error")
    return error


def usage_from_json(value: Json) -> Usage:
    """The usage that a JSON value is. Raises `JournalError`."""
    usage: Usage = _read(_USAGE, value, "usage")
    return usage


def plain(value: Any) -> Any:
    """A record of the runtime as JSON: records as objects of their fields, tuples as arrays."""
    if value.__class__ is tuple:
        return [plain(element) for element in value]
    if is_record(value):
        return {name: plain(member) for name, member in members(value).items()}
    return value


def dump(value: Any) -> str:
    """Compact ASCII JSON. Raises `JournalError` for what JSON cannot hold."""
    try:
        return _ENCODER.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise JournalError(f"not a JSON value: {error}") from None


def _record_fields(value: object) -> dict[str, Any]:
    """What JSON does not know, if it is a record that events hold."""
    if value.__class__ not in _RECORDS:
        raise TypeError(f"a Python `{type(value).__name__}` is none")
    return members(value)


_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_record_fields)
_RECORDS = frozenset[type]((Error, Question, Usage))


# ---- reading: each reader takes a JSON value and gives the field's value, or raises `_Misfit` ----------------------------

_Reader = Callable[[Any], Any]


class _Misfit(Exception):
    """What is wrong with a value, and where below the event it stands; places are put together on the way out only."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.place = ""

    def within(self, place: str) -> _Misfit:
        self.place = place + self.place
        return self


def _read(reader: _Reader, value: Json, name: str) -> Any:
    """The value, or a `JournalError` that names its place."""
    try:
        return reader(value)
    except _Misfit as misfit:
        raise JournalError(f"{name}{misfit.place} {misfit.message}") from None


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise _Misfit("is not a text")
    return value


def _count(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Misfit("is not an integer")
    return value


def _truth(value: Json) -> bool:
    if not isinstance(value, bool):
        raise _Misfit("is not true or false")
    return value


def _json(value: Json) -> Json:
    return value


def _word(*words: str) -> _Reader:
    def read(value: Json) -> str:
        if value not in words:
            raise _Misfit(f"is {_shown(value)}, not one of {', '.join(words)}")
        return str(value)

    return read


def _or_null(reader: _Reader) -> _Reader:
    return lambda value: None if value is None else reader(value)


def _list(reader: _Reader) -> _Reader:
    def read(value: Json) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _Misfit("is not an array")
        made: list[Any] = []
        try:
            for element in value:
                made.append(reader(element))
        except _Misfit as misfit:
            raise misfit.within(f"[{len(made)}]") from None
        return tuple(made)

    return read


def _write(value: Json) -> tuple[str, Json]:
    if not isinstance(value, list) or len(value) != 2:
        raise _Misfit("is not a pair of a channel and a value")
    return _text(value[0]), value[1]


def _record(record: type[Any], readers: Mapping[str, _Reader]) -> _Reader:
    known, needed = frozenset(readers), frozenset(required(record))

    def read(value: Json) -> Any:
        if not isinstance(value, dict):
            raise _Misfit("is not an object")
        given = value.keys()
        if not needed <= given <= known:
            raise _ill_formed(value, known, required(record))
        made: dict[str, Any] = {}
        for name, member in value.items():
            try:
                made[name] = readers[name](member)
            except _Misfit as misfit:
                raise misfit.within(f".{name}") from None
        return record(**made)

    return read


def _ill_formed(value: dict[str, Json], known: frozenset[str], needed: Iterable[str]) -> _Misfit:
    if unknown := sorted(value.keys() - known):
        return _Misfit(f"has an unknown field {_shown(unknown[0])}")
    return _Misfit(f"lacks the field {_shown(next(name for name in needed if name not in value))}")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _shown(value: Json) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value)[:80]}`"


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
_KIND = _word("model", "tool", "router")
_ERROR = _record(Error, {"code": _text, "message": _text, "node": _text, "task": _text, "at": _text})
_USAGE = _record(
    Usage,
    {
        "model_calls": _count,
        "tool_calls": _count,
        "input_tokens": _count,
        "output_tokens": _count,
        "cost_usd": _text,
        "cached_tokens": _count,
        "reasoning_tokens": _count,
    },
)
_CAUSE = _word("interrupt", "before", "after", "effect-in-doubt", "approval")
_QUESTION = _record(Question, {"address": _text, "prompt": _text, "options": _list(_text), "cause": _CAUSE})
_FIELDS: Mapping[type[Event], Mapping[str, _Reader]] = {
    RunStarted: {
        "graph": _text,
        "input": _json,
        "seed": _text,
        "namespace": _text,
        "path": _text,
        "depth": _count,
        "messages": _list(_json),
    },
    TaskSucceeded: {
        "task": _text,
        "output": _json,
        "label": _or_null(_text),
        "writes": _list(_write),
        "messages": _list(_json),
    },
    TaskFailed: {"task": _text, "error": _ERROR, "label": _or_null(_text)},
    TaskPaused: {"task": _text, "questions": _list(_QUESTION)},
    CallStarted: {
        "task": _text,
        "call": _text,
        "kind": _KIND,
        "name": _text,
        "effects": _truth,
        "idempotent": _truth,
    },
    CallEnded: {
        "task": _text,
        "call": _text,
        "kind": _KIND,
        "name": _text,
        "value": _json,
        "error": _or_null(_ERROR),
        "usage": _USAGE,
    },
    ChildFinished: {
        "task": _text,
        "outcome": _word("finished", "failed", "cancelled"),
        "output": _json,
        "error": _or_null(_ERROR),
        "usage": _USAGE,
    },
    TimerFired: {"timer": _text},
    Answered: {"address": _text, "value": _json, "actor": _text},
    Resumed: {},
    Cancelled: {"reason": _text},
}
EVENTS = tuple(_FIELDS)
_EVENTS = {event.__name__: _record(event, readers) for event, readers in _FIELDS.items()}
