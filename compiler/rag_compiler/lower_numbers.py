"""Lower numbers and durations."""

from __future__ import annotations

import math
import re

from rag_compiler.concrete import Concrete
from rag_compiler.expressions import Duration, Expr, Hole, Literal
from rag_compiler.lowering import Lowering
from rag_compiler.source import Span
from rag_compiler.words.foreign import change
from rag_compiler.words.syntax import invalid_number, invalid_unit

UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_RADIX = re.compile(r"0(?:x[0-9a-fA-F]+|b[01]+|o[0-7]+)\Z")
OTHER_UNITS = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
    "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d", "days": "d", "msec": "ms", "millis": "ms",
}  # fmt: skip
MOST_DIGITS = 18
"""So many digits at most: what has more does not survive JSON."""


def lower_number(low: Lowering, node: Concrete) -> Expr:
    """An integer or a float."""
    value = _value(low, node, low.text(node))
    return Hole(node.span) if value is None else Literal(value, node.span)


def lower_duration(low: Lowering, node: Concrete) -> Expr:
    """A duration in milliseconds; the unit is checked here."""
    written = low.text(node)
    digits = written.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    unit = written[len(digits) :]
    if unit not in UNITS or not _is_number(digits):
        _unknown_unit(low, node, digits, unit)
        return Hole(node.span)
    value = _value(low, node, digits)
    if value is None:
        return Hole(node.span)
    ms = value * UNITS[unit]
    if ms != int(ms):
        help_ = "write the duration in `ms`"
        low.report(invalid_number(low.place(node), f"`{written}` is not a whole number of milliseconds", help_))
        return Hole(node.span)
    return Duration(int(ms), node.span)


def _unknown_unit(low: Lowering, node: Concrete, digits: str, unit: str) -> None:
    if _RADIX.match(written := low.text(node)):
        mended = change(low.place(node), str(int(written.replace("_", ""), 0)))
        low.report(invalid_number(low.place(node), f"`{written}` is not decimal", "write numbers in decimal", mended))
        return
    if not unit or not _is_number(digits):
        help_ = "a number is digits with an optional fraction; a duration is digits and `ms`, `s`, `m`, `h` or `d`"
        low.report(invalid_number(low.place(node), f"`{low.text(node)}` is not a number", help_))
        return
    place = low.place(Span(node.end - len(unit), node.end))
    known = OTHER_UNITS.get(unit.lower())
    low.report(invalid_unit(place, unit, change(place, known) if known else None))


def _value(low: Lowering, node: Concrete, written: str) -> int | float | None:
    whole, _, fraction = written.partition(".")
    for digits in (whole, fraction) if fraction else (whole,):
        if digits.endswith("_") or "__" in digits:
            mended = change(low.place(node), low.text(node).replace(digits, _tidy(digits)))
            message = f"`{low.text(node)}` has a `_` that stands between no digits"
            low.report(invalid_number(low.place(node), message, "write `_` between digits only: `200_000`", mended))
            return None
    digits = whole.replace("_", "")
    if len(digits.lstrip("0")) > MOST_DIGITS:
        help_ = f"a number has at most {MOST_DIGITS} digits before its point"
        low.report(invalid_number(low.place(node), "the number is too large", help_))
        return None
    if not fraction:
        return int(digits)
    value = float(f"{digits}.{fraction.replace('_', '')}")
    return value if math.isfinite(value) else None


def _is_number(digits: str) -> bool:
    return digits.replace("_", "").replace(".", "", 1).isdecimal()


def _tidy(digits: str) -> str:
    return "_".join(part for part in digits.split("_") if part)
