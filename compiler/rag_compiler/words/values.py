"""Values of a wrong form, wrong arguments, numbers out of range, and what this version cannot run."""

from __future__ import annotations

from collections.abc import Iterable

from rag_compiler.diagnostics import Diagnostic, Fix, Label, Place
from rag_compiler.words.names import quoted, replace
from rag_ir.spell import closest


def bad_value(
    place: Place,
    message: str,
    help_: str = "",
    *,
    label: str = "",
    candidates: Iterable[str] = (),
    fixes: tuple[Fix, ...] = (),
    related: tuple[Label, ...] = (),
) -> Diagnostic:
    """A value that its item does not take; `message` says what was expected and what was found."""
    return Diagnostic(
        code="bad-value",
        place=place,
        message=message,
        label=label,
        help=help_,
        related=related,
        candidates=tuple(sorted(candidates)),
        fixes=fixes,
    )


def not_one_of(place: Place, item: str, found: str, words: Iterable[str]) -> Diagnostic:
    """A word that is none of those that an item takes; `found` empty: no word at all."""
    names = list(words)
    near = closest(found, names)
    return bad_value(
        place,
        f"`{item}` takes {quoted(names)}" + (f", not `{found}`" if found else ""),
        f"did you mean `{near}`?" if near else "",
        candidates=names,
        fixes=(replace(place, near),) if near else (),
    )


def not_a_duration(place: Place, item: str, *, zero: bool) -> Diagnostic:
    """A value that is no duration, or one that is too short; `zero`: none at all is long enough."""
    least = "" if zero else " above zero"
    help_ = "write digits and a unit: `ms`, `s`, `m`, `h` or `d`; a bare number means seconds"
    return bad_value(place, f"`{item}` takes a duration{least}, such as `30s`", help_, label="not a duration")


def not_constant(place: Place, item: str) -> Diagnostic:
    """An expression where a value must be known before anything runs."""
    return bad_value(
        place,
        f"{item} must be a constant: a literal, or a list or object of literals",
        "nothing has run yet where this value is needed, so it cannot name anything",
        label="not a constant",
    )


def not_a_count(place: Place, item: str, largest: int) -> Diagnostic:
    """A number that is no integer of at least one."""
    return bad_value(place, f"`{item}` takes an integer from 1 to {largest:_}", label="not a count")


def not_an_amount(place: Place, item: str, largest: int) -> Diagnostic:
    """A number that is no integer of at least zero."""
    return bad_value(place, f"`{item}` takes an integer from 0 to {largest:_}", label="not an amount")


def over_limit(place: Place, message: str, help_: str = "") -> Diagnostic:
    """More than the language allows."""
    return Diagnostic(code="limit-exceeded", place=place, message=message, label="over the limit", help=help_)


def bad_argument(place: Place, message: str, help_: str = "") -> Diagnostic:
    """Wrong arguments of a function, or a lambda out of place."""
    return Diagnostic(code="bad-argument", place=place, message=message, help=help_)


def too_deep(place: Place, deepest: int, what: str = "expression") -> Diagnostic:
    """An expression or a type nested, or chained, beyond the limit."""
    return Diagnostic(
        code="nesting-too-deep",
        place=place,
        message=f"the {what} is more than {deepest} operations deep",
        label="too deep",
        help="take it apart and give its parts names: channels, fields of a declared type",
    )


def not_built(place: Place, what: str, instead: str) -> Diagnostic:
    """A construct of the language that this version refuses; `instead` says what works."""
    return Diagnostic(
        code="not-built",
        place=place,
        message=f"{what} cannot be run by this version",
        label="not built yet",
        help=instead,
    )


def unused_suppression(place: Place, code: str, why: str) -> Diagnostic:
    """A comment that suppresses nothing; `why` says what keeps it from doing so, empty where there was nothing to suppress."""
    return Diagnostic(
        code="unused-suppression",
        place=place,
        message=f"`allow({code})` suppresses nothing",
        label="not needed",
        help=why or "nothing of that kind is found on the line below; remove the comment",
    )
