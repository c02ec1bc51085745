"""Arguments as a Python function wants them: JSON becomes dataclasses, models of pydantic and enumerations where it says so.

What a function says of its parameters is looked at once. Those that JSON serves as it is cost nothing.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, cast

from rag_ir.graph import Json

Convert = Callable[[Any], Any]
"""Makes a value of a JSON value. Raises whatever the class raises that does not take it."""

NESTING = 32
_PLAIN: tuple[type[Any], ...] = (str, int, float, bool, list, dict)


def converters(function: Callable[..., object]) -> Mapping[str, Convert]:
    """The parameters of a function that are not given JSON as it is. Nothing for a function whose types cannot be known."""
    try:
        hints = typing.get_type_hints(function)
    except Exception:
        return {}
    found = {name: _converter(hint, NESTING) for name, hint in hints.items() if name != "return"}
    return {name: convert for name, convert in found.items() if convert is not None}


def _converter(hint: object, left: int) -> Convert | None:
    """What makes a value of a type of JSON; null where JSON is it."""
    if left == 0:
        return None
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _converter(arguments[0], left)
    if origin in (typing.Union, types.UnionType):
        return _of_union(arguments, left)
    if isinstance(origin, type) and issubclass(origin, Mapping) and len(arguments) == 2:
        return _of_members(_converter(arguments[1], left - 1))
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _of_items(_converter(arguments[0], left - 1), tuple)
    if origin is not None and len(arguments) == 1:
        return _of_items(_converter(arguments[0], left - 1), list)
    return _of_class(cast("type[Any]", hint), left) if isinstance(hint, type) else None


def _of_class(cls: type[Any], left: int) -> Convert | None:
    validate = getattr(cls, "model_validate", None)
    if callable(validate) and hasattr(cls, "model_fields"):
        return cast("Convert", validate)
    if issubclass(cls, Enum):
        return cls
    if is_dataclass(cls):
        return _of_record(cls, {each.name for each in fields(cls) if each.init}, left, make=True)
    if typing.is_typeddict(cls):
        return _of_record(cls, None, left, make=False)
    return None


def _of_record(cls: type, names: set[str] | None, left: int, *, make: bool) -> Convert | None:
    """A dataclass is made; of a `TypedDict` only the members are."""
    try:
        hints = typing.get_type_hints(cls)
    except Exception:
        hints = {}
    parts: dict[str, Convert] = {}
    for name, hint in hints.items():
        part = _converter(hint, left - 1) if names is None or name in names else None
        if part is not None:
            parts[name] = part
    if not make and not parts:
        return None

    def convert(value: object) -> object:
        if not isinstance(value, dict):
            return value
        given = cast("dict[str, Any]", value)
        members = {name: parts[name](member) if name in parts else member for name, member in given.items()}
        return cls(**members) if make else members

    return convert


def _of_union(members: tuple[object, ...], left: int) -> Convert | None:
    """The first member that takes the value; JSON that fits a member as it is stays."""
    choices = [made for member in members if (made := _converter(member, left)) is not None]
    plain = tuple(each for each in _PLAIN if each in members)
    if not choices:
        return None

    def convert(value: object) -> object:
        if value is None or isinstance(value, plain):
            return value
        for at, choice in enumerate(choices):
            try:
                return choice(value)
            except Exception:
                if at == len(choices) - 1:
                    raise
        return value

    return convert


def _of_items(item: Convert | None, collect: Callable[[list[Any]], object]) -> Convert | None:
    if item is None and collect is list:
        return None

    def convert(value: Any) -> object:
        if not isinstance(value, list):
            return cast("object", value)
        return collect([item(each) if item is not None else each for each in cast("list[object]", value)])

    return convert


def _of_members(member: Convert | None) -> Convert | None:
    if member is None:
        return None

    def convert(value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {name: member(each) for name, each in cast("dict[str, Any]", value).items()}

    return convert


def converted(arguments: dict[str, Json], by_name: Mapping[str, Convert]) -> dict[str, Any]:
    """The arguments with those converted that have to be. Raises as `Convert` does."""
    return {name: by_name[name](value) if name in by_name else value for name, value in arguments.items()}


def plain(value: object, left: int = 64) -> object:
    """A result with dataclasses, models and enumerations as what they hold; everything else as it is."""
    if left == 0:
        return value
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name), left - 1) for each in fields(value)}
    dump = getattr(value, "model_dump", None)
    if callable(dump) and hasattr(type(value), "model_fields"):
        return dump(mode="json", by_alias=True)
    if isinstance(value, list | tuple):
        return [plain(each, left - 1) for each in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: plain(each, left - 1) for key, each in cast("dict[object, object]", value).items()}
    return value
