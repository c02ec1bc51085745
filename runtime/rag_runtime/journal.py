"""The journal's text: an event as one line of JSON, and back.

An event is an object of its fields with its class name under `event`. What is written is ASCII, so that any string that JSON can
hold, lone surrogates included, comes back as it was. Reading is strict: an unknown event, an unknown field, a missing field and
a value of a wrong type are refused. A field that has a default may be missing, so that journals outlive added fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from rag_ir.graph import Json
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
    Usage,
)

EVENTS: tuple[type[Event], ...] = (
    RunStarted,
    TaskSucceeded,
    TaskFailed,
    TaskPaused,
    CallStarted,
    CallEnded,
    ChildFinished,
    Answered,
    Resumed,
    Cancelled,
)


class JournalError(ValueError):
    """A value that is no event, or that JSON cannot hold."""


def encode(event: Event) -> str:
    """One line of ASCII JSON. Raises `JournalError` for what JSON cannot hold: NaN, objects, nesting beyond the stack."""
    return dump({"event": type(event).__name__, **_plain_fields(event)})


def decode(text: str | bytes) -> Event:
    """The event that `encode` wrote. Raises `JournalError`."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
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
        case str() as name if name in _CLASSES:
            rest = {key: member for key, member in value.items() if key != "event"}
            event: Event = _record(_CLASSES[name])(rest, name)
            return event
        case unknown:
            raise JournalError(f"unknown event {_shown(unknown)}")


def error_from_json(value: Json) -> Error:
    """The error that a JSON value is. Raises `JournalError`."""
    error: Error = _record(Error)(value, "error")
    return error


def usage_from_json(value: Json) -> Usage:
    """The usage that a JSON value is. Raises `JournalError`."""
    usage: Usage = _record(Usage)(value, "usage")
    return usage


def plain(value: Any) -> Any:
    """A record of the runtime as JSON: dataclasses as objects of their fields, tuples as arrays."""
    if value.__class__ is tuple:
        return [plain(element) for element in value]
    if is_dataclass(value) and not isinstance(value, type):
        return _plain_fields(value)
    return value


def dump(value: Any) -> str:
    """Compact ASCII JSON. Raises `JournalError` for what JSON cannot hold."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise JournalError(f"not a JSON value: {error}") from None


def _plain_fields(record: Any) -> dict[str, Any]:
    return {field.name: plain(getattr(record, field.name)) for field in fields(record)}


# ---- reading: each reader takes a JSON value and the name of its place, and gives the field's value -----------------------

_Reader = Callable[[Json, str], Any]


def _text(value: Json, place: str) -> str:
    if not isinstance(value, str):
        raise JournalError(f"{place} is not a text")
    return value


def _count(value: Json, place: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise JournalError(f"{place} is not an integer")
    return value


def _truth(value: Json, place: str) -> bool:
    if not isinstance(value, bool):
        raise JournalError(f"{place} is not true or false")
    return value


def _json(value: Json, place: str) -> Json:
    return value


def _word(*words: str) -> _Reader:
    def read(value: Json, place: str) -> str:
        if value not in words:
            raise JournalError(f"{place} is {_shown(value)}, not one of {', '.join(words)}")
        return str(value)

    return read


def _or_null(reader: _Reader) -> _Reader:
    return lambda value, place: None if value is None else reader(value, place)


def _list(reader: _Reader) -> _Reader:
    def read(value: Json, place: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise JournalError(f"{place} is not an array")
        return tuple(reader(element, f"{place}[{number}]") for number, element in enumerate(value))

    return read


def _write(value: Json, place: str) -> tuple[str, Json]:
    if not isinstance(value, list) or len(value) != 2:
        raise JournalError(f"{place} is not a pair of a channel and a value")
    return _text(value[0], place), value[1]


def _record(record: type[Any]) -> _Reader:
    def read(value: Json, place: str) -> Any:
        if not isinstance(value, dict):
            raise JournalError(f"{place} is not an object")
        readers = _READERS[record.__name__]
        if unknown := sorted(value.keys() - readers.keys()):
            raise JournalError(f"{place} has an unknown field {_shown(unknown[0])}")
        if missing := [name for name in _required(record) if name not in value]:
            raise JournalError(f"{place} lacks the field {_shown(missing[0])}")
        return record(**{name: readers[name](member, f"{place}.{name}") for name, member in value.items()})

    return read


def _required(record: type[Any]) -> list[str]:
    return [field.name for field in fields(record) if field.default is MISSING and field.default_factory is MISSING]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _shown(value: Json) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value)[:80]}`"


_KIND = _word("model", "tool", "router")
_CLASSES: dict[str, type[Any]] = {record.__name__: record for record in EVENTS}
_READERS: Mapping[str, Mapping[str, _Reader]] = {
    "Error": {"code": _text, "message": _text, "node": _text, "task": _text, "at": _text},
    "Usage": {
        "model_calls": _count,
        "tool_calls": _count,
        "input_tokens": _count,
        "output_tokens": _count,
        "cost_usd": _text,
        "cached_tokens": _count,
        "reasoning_tokens": _count,
    },
    "Question": {
        "address": _text,
        "prompt": _text,
        "options": _list(_text),
        "cause": _word("interrupt", "before", "after", "effect-in-doubt"),
    },
    "RunStarted": {
        "graph": _text,
        "input": _json,
        "seed": _text,
        "namespace": _text,
        "path": _text,
        "depth": _count,
    },
    "TaskSucceeded": {
        "task": _text,
        "output": _json,
        "label": _or_null(_text),
        "writes": _list(_write),
        "messages": _list(_json),
    },
    "TaskFailed": {"task": _text, "error": _record(Error), "label": _or_null(_text)},
    "TaskPaused": {"task": _text, "questions": _list(_record(Question))},
    "CallStarted": {
        "task": _text,
        "call": _text,
        "kind": _KIND,
        "name": _text,
        "effects": _truth,
        "idempotent": _truth,
    },
    "CallEnded": {
        "task": _text,
        "call": _text,
        "kind": _KIND,
        "name": _text,
        "value": _json,
        "error": _or_null(_record(Error)),
        "usage": _record(Usage),
    },
    "ChildFinished": {
        "task": _text,
        "outcome": _word("finished", "failed", "cancelled"),
        "output": _json,
        "error": _or_null(_record(Error)),
        "usage": _record(Usage),
    },
    "Answered": {"address": _text, "value": _json, "actor": _text},
    "Resumed": {},
    "Cancelled": {"reason": _text},
}
