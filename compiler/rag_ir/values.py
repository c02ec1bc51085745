"""What evaluation knows of JSON values: equality, order, their names in messages, and what they cost.

JSON equality compares numbers by value (`1 == 1.0`), never takes a boolean for a number, and ignores the order of an object's
members.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from rag_ir.graph import Json


NESTING = 128
"""Code and values nested deeper than this are refused by evaluation."""

CHARACTERS = 64
"""Produced characters that cost one step."""


class EvaluationError(Exception):
    """An expression has no value.

    `code` is one of `type argument condition unbound division-by-zero number-too-large step-limit nesting malformed`; `path` is a
    JSON pointer from the evaluated code to the part that failed.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.parts: tuple[int, ...] = ()

    @property
    def path(self) -> str:
        """The JSON pointer of the failing part."""
        return "".join(f"/{part}" for part in self.parts)

    def within(self, *parts: int) -> EvaluationError:
        """The same error, seen from the code around it."""
        self.parts = (*parts, *self.parts)
        return self


class Steps:
    """What an evaluation may still spend."""

    __slots__ = ("left",)

    def __init__(self, limit: int) -> None:
        self.left = limit

    def spend(self, count: int) -> None:
        """Take steps away; fails when there are not so many left."""
        self.left -= count
        if self.left < 0:
            raise EvaluationError("step-limit", "the evaluation takes too many steps")

    def spend_characters(self, count: int) -> None:
        """Pay for text that is about to be made."""
        self.spend(count // CHARACTERS)


def is_number(value: Json) -> TypeGuard[int | float]:
    """Whether a value is an integer or a float, and no boolean."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def name_of(value: Json) -> str:
    """What a value is, for messages: `a text`, `null`, `an object`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "an object"


def json_equal(a: Json, b: Json, steps: Steps | None = None) -> bool:
    """JSON equality. With `steps`, every compared pair is paid for. Takes values of any depth."""
    pending = [(a, b)]
    while pending:
        x, y = pending.pop()
        if steps is not None:
            steps.spend(1)
        if isinstance(x, list) and isinstance(y, list):
            if len(x) != len(y):
                return False
            pending.extend(zip(x, y, strict=True))
        elif isinstance(x, dict) and isinstance(y, dict):
            if x.keys() != y.keys():
                return False
            pending.extend((x[key], y[key]) for key in x)
        elif isinstance(x, bool) or isinstance(y, bool):
            if x is not y:
                return False
        elif x != y:
            return False
    return True


def equality_key(value: Json, depth: int = 0) -> Hashable:
    """A key that two values share exactly when they are equal. Raises EvaluationError for values nested too deep."""
    if depth > NESTING:
        raise too_deep()
    if isinstance(value, list):
        return tuple([equality_key(item, depth + 1) for item in value])
    if isinstance(value, dict):
        return frozenset([(key, equality_key(item, depth + 1)) for key, item in value.items()])
    return (bool, value) if isinstance(value, bool) else value


def extent(value: Json) -> int:
    """About how many characters a value takes as JSON. Raises EvaluationError for values nested too deep."""
    return _Measure().of(value).expanded


def repetition(value: Json) -> int:
    """How many of those characters are there only because a part of the value occurs in it more than once."""
    measure = _Measure()
    return measure.of(value).expanded - measure.distinct


def too_deep() -> EvaluationError:
    """The error for a value or code nested too deep."""
    return EvaluationError("nesting", f"nested more than {NESTING} deep")


class _Size:
    __slots__ = ("expanded", "height")

    def __init__(self, expanded: int, height: int) -> None:
        self.expanded = expanded
        self.height = height


_SCALAR = _Size(4, 0)


class _Measure:
    """Sizes of values whose parts may be shared: each shared part is looked at once, so that time goes with what is stored."""

    __slots__ = ("distinct", "seen")

    def __init__(self) -> None:
        self.seen: dict[int, _Size] = {}
        self.distinct = 0

    def of(self, value: Json, depth: int = 0) -> _Size:
        if isinstance(value, (list, dict)) or (isinstance(value, str) and len(value) >= CHARACTERS):
            known = self.seen.get(id(value))
            if known is None:
                known = self.seen[id(value)] = self._first(value, depth)
            elif known.height + depth > NESTING:
                raise too_deep()
            return known
        size = _Size(len(value) + 2, 0) if isinstance(value, str) else _SCALAR
        self.distinct += size.expanded
        return size

    def _first(self, value: list[Json] | dict[str, Json] | str, depth: int) -> _Size:
        if depth > NESTING:
            raise too_deep()
        if isinstance(value, str):
            own, parts = len(value) + 2, []
        elif isinstance(value, list):
            own, parts = 2 + len(value), [self.of(item, depth + 1) for item in value]
        else:
            own = 2 + sum([len(key) + 4 for key in value])
            parts = [self.of(item, depth + 1) for item in value.values()]
        self.distinct += own
        return _Size(own + sum([part.expanded for part in parts]), 1 + max([part.height for part in parts], default=-1))
