"""Records: frozen dataclasses with slots that cost next to nothing to declare.

`@record` stands for `@dataclass(frozen=True, slots=True)`, which compiles six functions for each class when it is imported: half
of the time that a short command takes. Here what is the same for all classes is shared, the constructor is compiled when the
first instance is made, and what `dataclasses` knows of a class (`fields`, `asdict`, `is_dataclass`) is made when it is asked for.
A record has no base that is one, and no `__post_init__`. `@mutable` stands for `@dataclass(slots=True, eq=False)` in the same way:
what changes while a pass or a run goes on, and is like nothing but itself.
"""

from __future__ import annotations

from functools import cache
from operator import attrgetter
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform, overload

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import Field, field, replace


class _Factory:
    """The default of a field that is made anew for each instance."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


if not TYPE_CHECKING:

    def field(*, default_factory):
        """As that of `dataclasses`."""
        return _Factory(default_factory)

    def replace(value, /, **changes):
        """As that of `dataclasses`."""
        for name in value.__slots__:
            if name not in changes:
                changes[name] = getattr(value, name)
        return value.__class__(**changes)


__all__ = ["field", "is_record", "is_record_class", "members", "mutable", "names", "record", "replace", "required"]

R = TypeVar("R")
_UNSET: Any = object()


@overload
def record(cls: type[R], /) -> type[R]: ...
@overload
def record(*, kw_only: bool = False, order: bool = False) -> Callable[[type[R]], type[R]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[R] | None = None, /, *, kw_only: bool = False, order: bool = False) -> Any:
    """Makes a class a record of its annotated names, in their order. With `order`, records of one class compare as tuples."""

    def make(given: Any) -> Any:
        shared = {**_SHARED, **_FROZEN, **(_ORDER if order else {})}
        return _made(given, shared, kw_only=kw_only, frozen=True)

    return make if cls is None else make(cls)


@dataclass_transform(eq_default=False, field_specifiers=(field,))
def mutable(cls: type[R], /) -> type[R]:
    """Makes a class a record whose fields can be set, and which is equal to itself only."""
    made: type[R] = _made(cls, _SHARED, kw_only=False, frozen=False)
    return made


def names(cls: type) -> tuple[str, ...]:
    """The names of a record's fields, in their order."""
    found: tuple[str, ...] = cls.__dict__["__slots__"]
    return found


def members(value: Any) -> dict[str, Any]:
    """The values of a record's fields by their names, as they are."""
    return dict(zip(value.__slots__, value._values(value), strict=True))


def required(cls: type) -> tuple[str, ...]:
    """The names of the fields that have no default."""
    found: tuple[str, ...] = cls.__dict__["_required"]
    return found


def is_record(value: object) -> bool:
    """Whether a value is an instance of a record."""
    return "_required" in value.__class__.__dict__


def is_record_class(cls: object) -> bool:
    """Whether something is a record's class."""
    return isinstance(cls, type) and "_required" in cls.__dict__


def _made(cls: Any, shared: dict[str, Any], *, kw_only: bool, frozen: bool) -> Any:
    own = cls.__dict__
    slots = tuple(cls.__annotations__)
    defaults = {name: _default(own[name]) for name in slots if name in own}
    body = {name: value for name, value in own.items() if name not in slots and name not in ("__dict__", "__weakref__")}
    body = {**shared, **body}
    body["__slots__"] = slots
    body["__match_args__"] = () if kw_only else slots
    body["__dataclass_fields__"] = _Fields(defaults, kw_only)
    body["_required"] = tuple(name for name in slots if name not in defaults)
    body["_values"] = _getter(slots)
    made: Any = type(cls)(cls.__name__, cls.__bases__, body)
    made.__qualname__ = cls.__qualname__
    made.__init__ = _constructor(made, defaults, kw_only=kw_only, frozen=frozen)
    return made


def _default(value: Any) -> Any:
    """The default that a class body gives a field, be it said with the `field` of `dataclasses`."""
    make = getattr(value, "default_factory", None) if type(value).__name__ == "Field" else None
    return value if make is None else _Factory(make)


def _getter(slots: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the values of a record; no function of Python where two or more are taken, so that it is not bound."""
    if len(slots) > 1:
        return attrgetter(*slots)
    return _One(slots)


class _One:
    __slots__ = ("slots",)

    def __init__(self, slots: tuple[str, ...]) -> None:
        self.slots = slots

    def __call__(self, value: Any) -> tuple[Any, ...]:
        return tuple(getattr(value, name) for name in self.slots)


# ---- the constructor -------------------------------------------------------------------------------------------------


def _constructor(cls: Any, defaults: dict[str, Any], *, kw_only: bool, frozen: bool) -> Any:
    """One that compiles the real one and hands over to it."""

    def __init__(self: Any, *arguments: Any, **named: Any) -> None:  # noqa: N807
        compiled = _compiled(cls, defaults, kw_only=kw_only, frozen=frozen)
        cls.__init__ = compiled
        compiled(self, *arguments, **named)

    return __init__


def _compiled(cls: Any, defaults: dict[str, Any], *, kw_only: bool, frozen: bool) -> Any:
    """The constructor: code that all records with as many fields share, under the names of this one's fields.

    Frozen slots are set by their descriptors, which takes half of the time that `object.__setattr__` takes.
    """
    slots: tuple[str, ...] = cls.__slots__
    made = tuple(name for name in slots if isinstance(defaults.get(name), _Factory))
    code = _template(len(slots), tuple(slots.index(name) for name in made), kw_only, frozen)
    scope: dict[str, Any] = {"_unset": _UNSET}
    scope.update((f"_make_{slots.index(name)}", defaults[name].make) for name in made)
    if frozen:
        scope.update((f"_set_{at}", cls.__dict__[name].__set__) for at, name in enumerate(slots))
    else:
        code = code.replace(
            co_names=tuple(slots[int(name[6:])] if name[:6] == "_slot_" else name for name in code.co_names)
        )
    given = {name: _UNSET if name in made else defaults[name] for name in slots if name in defaults}
    function = FunctionType(code.replace(co_varnames=("self", *slots)), scope, "__init__")
    if kw_only:
        function.__kwdefaults__ = given
    else:
        function.__defaults__ = tuple(given.values())
    function.__qualname__ = f"{cls.__qualname__}.__init__"
    return function


@cache
def _template(count: int, made: tuple[int, ...], kw_only: bool, frozen: bool) -> CodeType:
    """The code of a constructor for `count` fields; those of the numbers `made` have defaults that are made anew."""
    fields = [f"_{at}" for at in range(count)]
    lines = ["    pass"]
    for at in range(count):
        value = f"_make_{at}() if _{at} is _unset else _{at}" if at in made else f"_{at}"
        lines.append(f"    _set_{at}(self, {value})" if frozen else f"    self._slot_{at} = {value}")
    parameters = ", ".join(["self", *(["*"] if kw_only and fields else []), *fields])
    scope: dict[str, Any] = {}
    exec(f"def __init__({parameters}):\n" + "\n".join(lines), scope)
    code: CodeType = scope["__init__"].__code__
    return code


# ---- what `dataclasses` asks for ---------------------------------------------------------------------------------------


class _Fields:
    """`__dataclass_fields__` of a class, made when it is first looked at."""

    __slots__ = ("defaults", "kw_only")

    def __init__(self, defaults: dict[str, Any], kw_only: bool) -> None:
        self.defaults = defaults
        self.kw_only = kw_only

    def __get__(self, instance: object, owner: type) -> dict[str, Field[Any]]:
        import dataclasses

        body: dict[str, Any] = {"__doc__": "", "__module__": owner.__module__, "__annotations__": owner.__annotations__}
        for name, default in self.defaults.items():
            made = isinstance(default, _Factory)
            body[name] = dataclasses.field(default_factory=default.make) if made else default
        shape: Any = type(owner.__name__, (), body)
        dataclasses.dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=self.kw_only)(shape)
        found: dict[str, Field[Any]] = shape.__dataclass_fields__
        type.__setattr__(owner, "__dataclass_fields__", found)
        return found


# ---- what all records share --------------------------------------------------------------------------------------------


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
    return f"{self.__class__.__qualname__}({shown})"


def _eq(self: Any, other: Any) -> Any:
    return self._values(self) == self._values(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(self._values(self))


def _lt(self: Any, other: Any) -> Any:
    return self._values(self) < self._values(other) if other.__class__ is self.__class__ else NotImplemented


def _le(self: Any, other: Any) -> Any:
    return self._values(self) <= self._values(other) if other.__class__ is self.__class__ else NotImplemented


def _gt(self: Any, other: Any) -> Any:
    return self._values(self) > self._values(other) if other.__class__ is self.__class__ else NotImplemented


def _ge(self: Any, other: Any) -> Any:
    return self._values(self) >= self._values(other) if other.__class__ is self.__class__ else NotImplemented


def _setattr(self: Any, name: str, value: object) -> None:
    raise _frozen(f"cannot assign to field {name!r}")


def _delattr(self: Any, name: str) -> None:
    raise _frozen(f"cannot delete field {name!r}")


def _frozen(message: str) -> AttributeError:
    from dataclasses import FrozenInstanceError

    return FrozenInstanceError(message)


def _getstate(self: Any) -> tuple[Any, ...]:
    values: tuple[Any, ...] = self._values(self)
    return values


def _setstate(self: Any, state: tuple[Any, ...]) -> None:
    for name, value in zip(self.__slots__, state, strict=True):
        object.__setattr__(self, name, value)


_SHARED: dict[str, Any] = {"__getstate__": _getstate, "__repr__": _repr, "__setstate__": _setstate}
_FROZEN: dict[str, Any] = {"__delattr__": _delattr, "__eq__": _eq, "__hash__": _hash, "__setattr__": _setattr}
_ORDER: dict[str, Any] = {"__ge__": _ge, "__gt__": _gt, "__le__": _le, "__lt__": _lt}
