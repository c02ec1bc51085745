"""The functions of the language over JSON values. Each fails with an `EvaluationError` on what it does not take.

With a lambda, `sum`, `min` and `max` are of the lambda's values, and `sort` orders the elements by them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, TypeAlias

from rag_ir.arithmetic import arithmetic
from rag_ir.canonical import compact
from rag_ir.values import (
    EvaluationError,
    Steps,
    equality_key,
    extent,
    is_number,
    json_equal,
    name_of,
)

if TYPE_CHECKING:
    from rag_ir.graph import Json

Lambda: TypeAlias = "Callable[[Json], Json]"


def call(name: str, arguments: list[Json], steps: Steps) -> Json:
    """The value of a function without a lambda. `malformed` for a name, or a number of arguments, that there is not."""
    match name, arguments:
        case ("contains", [whole, part]):
            return contains(whole, part, steps)
        case ("join", [texts, separator]):
            return _join(texts, separator, steps)
        case ("split", [text, separator]):
            return _split(text, separator, steps)
        case ("sum" | "min" | "max" | "sort" | "any" | "all", [value]):
            return _reduce(name, _list(name, value, steps))
        case (_, [value]) if name in _OF_ONE:
            return _OF_ONE[name](value, steps)
        case _:
            raise EvaluationError("malformed", f"there is no function `{name}` of {len(arguments)} arguments")


def call_each(name: str, value: Json, function: Lambda, steps: Steps) -> Json:
    """The value of a function over a list with a lambda."""
    items = _list(name, value, steps)
    match name:
        case "map":
            return [function(item) for item in items]
        case "filter":
            return [item for item in items if truth(name, function(item))]
        case "any":
            return any(truth(name, function(item)) for item in items)
        case "all":
            return all(truth(name, function(item)) for item in items)
        case "sort":
            keys = [function(item) for item in items]
            return [items[at] for at in _order(keys)]
        case "sum" | "min" | "max":
            return _reduce(name, [function(item) for item in items])
        case _:
            raise EvaluationError("malformed", f"there is no function `{name}` with a lambda")


def truth(asker: str, value: Json) -> bool:
    """The value, which must be a boolean; `asker` is the operator or function that needs it."""
    if not isinstance(value, bool):
        raise EvaluationError("condition", f"`{asker}` takes a boolean, not {name_of(value)}")
    return value


def contains(whole: Json, part: Json, steps: Steps) -> bool:
    """Whether a list holds an element, a text a part, an object a key."""
    if isinstance(whole, list):
        return any(json_equal(item, part, steps) for item in whole)
    if isinstance(whole, str) and isinstance(part, str):
        steps.spend_characters(len(whole))
        return part in whole
    if isinstance(whole, dict) and isinstance(part, str):
        return part in whole
    raise EvaluationError("type", f"cannot look for {name_of(part)} in {name_of(whole)}")


def json_text(value: Json, steps: Steps) -> str:
    """The value as compact JSON text."""
    steps.spend_characters(extent(value))
    try:
        return compact(value)
    except ValueError as error:
        raise EvaluationError("number-too-large", str(error)) from error


def _list(name: str, value: Json, steps: Steps) -> list[Json]:
    if not isinstance(value, list):
        raise EvaluationError("argument", f"`{name}` takes a list, not {name_of(value)}")
    steps.spend(len(value))
    return value


def _text(name: str, value: Json, steps: Steps) -> str:
    if not isinstance(value, str):
        raise EvaluationError("argument", f"`{name}` takes a text, not {name_of(value)}")
    steps.spend_characters(len(value))
    return value


def _reduce(name: str, items: list[Json]) -> Json:
    match name:
        case "sum":
            return _sum(items)
        case "sort":
            return [items[at] for at in _order(items)]
        case "min" | "max":
            order = _order(items, name)
            return items[order[0 if name == "min" else -1]] if order else None
        case "any":
            return any(truth(name, item) for item in items)
        case _:
            return all(truth(name, item) for item in items)


def _sum(items: list[Json]) -> Json:
    total: int | float = 0
    for item in items:
        if not is_number(item):
            raise EvaluationError("argument", f"`sum` takes numbers, not {name_of(item)}")
        total = arithmetic("+", total, item)
    return total


def _order(keys: list[Json], name: str = "sort") -> list[int]:
    """The indices of keys in ascending order, equal ones as they stand."""
    numbers = [key for key in keys if is_number(key)]
    if len(numbers) == len(keys):
        return sorted(range(len(keys)), key=numbers.__getitem__)
    texts = [key for key in keys if isinstance(key, str)]
    if len(texts) == len(keys):
        return sorted(range(len(keys)), key=texts.__getitem__)
    odd = next(key for key in keys if not is_number(key) and (not isinstance(key, str) or numbers))
    raise EvaluationError("argument", f"`{name}` takes numbers only or texts only; here is {name_of(odd)}")


def _join(value: Json, separator: Json, steps: Steps) -> str:
    between = _text("join", separator, steps)
    items = _list("join", value, steps)
    texts = [_text("join", item, steps) for item in items]
    steps.spend_characters(len(between) * len(texts))
    return between.join(texts)


def _split(value: Json, separator: Json, steps: Steps) -> list[Json]:
    text, between = _text("split", value, steps), _text("split", separator, steps)
    if not between:
        raise EvaluationError("argument", "`split` takes a separator that is not empty")
    steps.spend(text.count(between) + 1)
    return [*text.split(between)]


def _len(value: Json, steps: Steps) -> Json:
    if isinstance(value, (list, dict, str)):
        return len(value)
    raise EvaluationError("argument", f"`len` takes a list, an object or a text, not {name_of(value)}")


def _first(value: Json, steps: Steps) -> Json:
    if not isinstance(value, list):
        raise EvaluationError("argument", f"`first` takes a list, not {name_of(value)}")
    return value[0] if value else None


def _last(value: Json, steps: Steps) -> Json:
    if not isinstance(value, list):
        raise EvaluationError("argument", f"`last` takes a list, not {name_of(value)}")
    return value[-1] if value else None


def _unique(value: Json, steps: Steps) -> Json:
    items = _list("unique", value, steps)
    steps.spend_characters(extent(items))
    kept: dict[Hashable, Json] = {}
    for item in items:
        kept.setdefault(equality_key(item), item)
    return [*kept.values()]


_OF_ONE: dict[str, Callable[[Json, Steps], Json]] = {
    "len": _len,
    "first": _first,
    "last": _last,
    "lower": lambda value, steps: _text("lower", value, steps).lower(),
    "upper": lambda value, steps: _text("upper", value, steps).upper(),
    "trim": lambda value, steps: _text("trim", value, steps).strip(),
    "unique": _unique,
    "json": json_text,
}
