"""Which values a channel takes: the shape that its reducer needs, and its schema.

A list-like channel takes one element or a list of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rag_ir.conformance import problems
from rag_ir.graph import Channel, Json, Schema
from rag_ir.reducers import LISTS
from rag_ir.values import is_number, name_of

ROLES = ("system", "user", "assistant", "tool")


def check_write(channel: Channel, value: Json, types: Mapping[str, Schema] | None = None) -> str | None:
    """Why a value cannot be written into a channel, or null. `types` are the document's declared records."""
    problem = shape_problem(channel, value)
    if problem is None and channel.reducer != "messages":
        problem = _schema_problem(channel, value, types or {})
    return None if problem is None else f"channel `{channel.name}` {problem}"


def shape_problem(channel: Channel, value: Json) -> str | None:
    """Why a channel's reducer cannot merge a value, or null."""
    check = _SHAPES.get(channel.reducer)
    return None if check is None else check(value)


def message_problem(message: Json) -> str | None:
    """Why a value is no message, or null: the type `message`, and a marker that deletes one."""
    if not isinstance(message, dict):
        return f"takes messages, not {name_of(message)}"
    name = message.get("id")
    if not (name is None or isinstance(name, str)):
        return "takes messages whose `id` is a text"
    if "remove" in message:
        return None if message["remove"] is True and name else "deletes a message by `id` and `remove: true`"
    if message.get("role") not in ROLES:
        return f"takes messages whose `role` is one of {', '.join(ROLES)}"
    if "content" not in message:
        return "takes messages that have a `content`"
    for key, kind, what in _PARTS:
        if not (message.get(key) is None or isinstance(message[key], kind)):
            return f"takes messages whose `{key}` is {what}"
    return None


_PARTS = (("name", str, "a text"), ("tool_call_id", str, "a text"), ("tool_calls", list, "a list"))
"""What the type `message` says of the fields that a message need not have."""


def _schema_problem(channel: Channel, value: Json, types: Mapping[str, Schema]) -> str | None:
    whole: Json = [value] if channel.reducer in LISTS and not isinstance(value, list) else value
    schema = _partial(channel.schema, types, channel.deep) if channel.reducer == "merge" else channel.schema
    found = problems(whole, schema, types)
    if not found:
        return None
    place, message = found[0]
    if whole is not value:
        place = place.removeprefix("/0")
    return f"does not take this value: {message}" + (f" (at {place})" if place else "")


def _partial(schema: Json | Schema, types: Mapping[str, Schema], deep: bool) -> Schema:
    """A record of which any field may be missing: a write is merged into what is there."""
    if not isinstance(schema, Mapping):
        return {}
    if "$ref" in schema:
        schema = types.get(str(schema["$ref"]).removeprefix("#/types/"), schema)
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return schema
    inner: Json = (
        {name: dict(_partial(field, types, deep)) for name, field in properties.items()} if deep else properties
    )
    return {**schema, "properties": inner, "required": []}


def _messages(value: Json) -> str | None:
    for message in value if isinstance(value, list) else (value,):
        if problem := message_problem(message):
            return problem
    return None


def _object(value: Json) -> str | None:
    return None if isinstance(value, dict) else f"merges objects, not {name_of(value)}"


def _number(value: Json) -> str | None:
    return None if is_number(value) else f"takes numbers, not {name_of(value)}"


_SHAPES: Mapping[str, Callable[[Json], str | None]] = {
    "messages": _messages,
    "merge": _object,
    "sum": _number,
    "min": _number,
    "max": _number,
}
