"""Types that do not fit: what was wanted, what was found, and what may be missing."""

from __future__ import annotations

from collections.abc import Sequence

from rag_compiler.diagnostics import Diagnostic, Edit, Fix, Label, Place
from rag_compiler.source import Span
from rag_compiler.words.names import quoted, replace
from rag_ir.spell import closest
from rag_ir.types import (
    JSON,
    NULL,
    ListOf,
    Literals,
    MapOf,
    Named,
    Primitive,
    Record,
    RecordField,
    TypeValue,
    Union,
    spell_out,
)

TOGETHER = {
    **dict.fromkeys(("<", "<=", ">", ">="), "two numbers or two texts"),
    "in": "anything and a list, two texts, or a text and an object",
    "contains": "a list and anything, two texts, or an object and a text",
}
"""What the operands of some operators and functions are together."""
NOTHING: TypeValue = Union(())
"""The type of no value: what is left of null without null."""
SHOWN_FIELDS = 6
SHOWN_MEMBERS = 8
SHOWN_LEVELS = 3


def shown(type_: TypeValue, level: int = 0) -> str:
    """The type as it is written, shortened where it is long. Elements and members of nothing are `json`."""
    return spell_out(_short(type_, level))


def type_mismatch(
    place: Place, head: str, wanted: TypeValue, found: TypeValue, help_: str = "", related: tuple[Label, ...] = ()
) -> Diagnostic:
    """`head` ("channel `n` takes") is followed by a type, and gets another. A text that is near an allowed one comes with that."""
    words = wanted.values if isinstance(wanted, Literals) else ()
    word = found.values[0] if isinstance(found, Literals) and len(found.values) == 1 else ""
    near = closest(word, words) if word else None
    return Diagnostic(
        code="type-mismatch",
        place=place,
        message=f"{head} {wanted_text(wanted)}, not {_found(found)}",
        label="does not fit",
        help=f"did you mean `{near}`?" if near else help_,
        related=related,
        candidates=tuple(sorted(words)),
        fixes=(replace(place, f'"{near}"', title=f"change to `{near}`"),) if near else (),
    )


def no_such_use(place: Place, message: str, help_: str = "") -> Diagnostic:
    """Operands of which each could stand there, and which do not go together."""
    return Diagnostic(code="type-mismatch", place=place, message=message, label="does not fit", help=help_)


def guard_not_bool(place: Place, found: TypeValue, help_: str = "") -> Diagnostic:
    """A guard that is neither true nor false."""
    return Diagnostic(
        code="guard-not-bool",
        place=place,
        message=f"a guard takes `bool`, not {_found(found)}",
        label="not a condition",
        help=help_ or "compare it with something: `when state.rounds >= 3 -> NODE`",
    )


def missing_field(
    place: Place,
    head: str,
    wanted: TypeValue,
    names: Sequence[str],
    given: Sequence[str] | None,
    related: tuple[Label, ...],
) -> Diagnostic:
    """A record without fields that must be there. `given`: the fields of one that is written out, which are not wanted."""
    plural, are = ("fields", "are") if len(names) > 1 else ("field", "is")
    absent = "may be missing" if given is None else f"{are} missing"
    strange = {name: closest(name, given or ()) for name in names}
    near = [f"`{name}` by `{other}`" for name, other in strange.items() if other is not None]
    return Diagnostic(
        code="missing-field",
        place=place,
        message=f"{head} {wanted_text(wanted)}, and the {plural} {quoted(names)} {absent}",
        label=f"lacks {quoted(names)}",
        help=f"did you mean {near[0]}?" if near else f"give {quoted(names)} a value, or declare the {plural} with `?`",
        related=related,
    )


def possibly_null(place: Place, value: str, whole: str, why: str, related: tuple[Label, ...] = ()) -> Diagnostic:
    """A value that may be null where null does not do, and the whole that it is a part of; either empty where it is no path.

    `why` says what null does not do.
    """
    help_ = f"give another value for null, `{whole or 'x'} ?? ..`, or ask first: `if {value or 'x'} != null then .. else ..`"
    return Diagnostic(
        code="possibly-null",
        place=place,
        message=f"{f'`{value}`' if value else 'this value'} may be null, and {why}",
        label="may be null",
        help=help_,
        related=related,
    )


def always_null(place: Place, value: str, why: str) -> Diagnostic:
    """A value that is null whatever happens; `why` says what null does not do."""
    return Diagnostic(
        code="possibly-null",
        place=place,
        message=f"{f'`{value}`' if value else 'this value'} is always null here, and {why}",
        label="always null",
        help=_ALWAYS.get(value, ""),
    )


_ALWAYS = {
    "args": "a node has `args` where a `send`, a `join` or `on_error` leads to it; `input` is what the run was given",
    "output": "a node of this kind gives nothing",
}


def never_equal(place: Place, message: str, meant: tuple[Span, str] | None) -> Diagnostic:
    """A comparison whose answer is known; `message` says of what. `meant`: a misspelt text, and what is near it."""
    fix: tuple[Fix, ...] = ()
    if meant is not None:
        edit = Edit(Place(place.path, meant[0]), f'"{meant[1]}"')
        fix = (Fix(f"change to `{meant[1]}`", (edit,), "suggested"),)
    return Diagnostic(
        code="never-equal",
        place=place,
        message=message,
        label="always the same answer",
        help=f"did you mean `{meant[1]}`?" if meant is not None else "the types have no value in common",
        fixes=fix,
    )


def wanted_text(type_: TypeValue) -> str:
    """What a place takes: lists and objects of anything are called so."""
    if not isinstance(type_, Union) or NULL in type_.members or not any(part in _PLAIN for part in type_.members):
        return _PLAIN.get(type_) or f"`{shown(type_)}`"
    *parts, last = [_PLAIN.get(part) or f"`{shown(part)}`" for part in type_.members]
    return f"{', '.join(parts)} or {last}"


_PLAIN: dict[TypeValue, str] = {ListOf(JSON): "a list", MapOf(JSON): "an object"}


def _found(type_: TypeValue) -> str:
    return "null" if type_ == NULL else f"`{shown(type_)}`"


def _short(type_: TypeValue, level: int) -> TypeValue:
    """The type with `..` for what is too long to be read."""
    match type_:
        case Union(()):
            return JSON
        case ListOf() | MapOf() | Record() if level >= SHOWN_LEVELS:
            return Named("..")
        case ListOf(item):
            return ListOf(_short(item, level))
        case MapOf(value):
            return MapOf(_short(value, level))
        case Record(fields):
            kept = [RecordField(each.name, _short(each.type, level + 1), True) for each in fields[:SHOWN_FIELDS]]
            more = [RecordField("..", Named(".."), True)] if len(fields) > SHOWN_FIELDS else []
            return Record((*kept, *more))
        case Union(members):
            kept_members = [_short(member, level) for member in members[:SHOWN_MEMBERS]]
            return Union((*kept_members, *([Named("..")] if len(members) > SHOWN_MEMBERS else [])))
        case Literals(values):
            return type_ if len(values) <= SHOWN_MEMBERS else Literals((*values[:SHOWN_MEMBERS], ".."))
        case Primitive() | Named():
            return type_
