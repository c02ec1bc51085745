"""JSON as text, in the two forms that the product writes: canonical (RFC 8785) and compact (stored key order).

Both write numbers as RFC 8785 does (ECMAScript's shortest form: `5`, `0.1`, `1e+21`), so that equal numbers are equal texts,
except that integers are written with all their digits beyond 2^53 too: integers stay integers, and two different ones never
share a digest. A whole float beyond 2^53 reads back as the integer whose digits were written. Characters outside ASCII are
kept.
"""

from __future__ import annotations

from json.encoder import encode_basestring as _quote
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag_ir.graph import Json


INTEGER_BITS = 4096
"""Integers of more bits than this are refused everywhere."""


def canonical(value: Json) -> bytes:
    """The canonical bytes of a value: keys sorted by UTF-16 code units, no white space, UTF-8.

    Raises ValueError for what has no canonical form: an infinity, a not-a-number, an integer over `INTEGER_BITS`, a lone
    surrogate; RecursionError for a value nested deeper than the interpreter's stack.
    """
    out: list[str] = []
    _write(value, out, ordered=True)
    return "".join(out).encode()


def compact(value: Json) -> str:
    """The value as compact JSON text in stored key order; lone surrogates are kept. Raises as `canonical` does."""
    out: list[str] = []
    _write(value, out, ordered=False)
    return "".join(out)


def number(value: int | float) -> str:
    """A number in its canonical form. Raises ValueError as `canonical` does."""
    if isinstance(value, int):
        if value.bit_length() > INTEGER_BITS:
            raise ValueError("the integer is too large")
        return str(value)
    if not isfinite(value):
        raise ValueError("the number is not finite")
    return _shortest(value)


def _write(value: Json, out: list[str], *, ordered: bool) -> None:
    if isinstance(value, str):
        out.append(_quote(value))
    elif value is None:
        out.append("null")
    elif isinstance(value, bool):
        out.append("true" if value else "false")
    elif isinstance(value, (int, float)):
        out.append(number(value))
    elif isinstance(value, dict):
        _write_object(value, out, ordered=ordered)
    else:
        _write_array(value, out, ordered=ordered)


def _write_object(value: dict[str, Json], out: list[str], *, ordered: bool) -> None:
    lead = "{"
    for key in sorted(value, key=code_units) if ordered else value:
        out.append(f"{lead}{_quote(key)}:")
        _write(value[key], out, ordered=ordered)
        lead = ","
    out.append("}" if value else "{}")


def _write_array(value: list[Json], out: list[str], *, ordered: bool) -> None:
    lead = "["
    for item in value:
        out.append(lead)
        _write(item, out, ordered=ordered)
        lead = ","
    out.append("]" if value else "[]")


def code_units(key: str) -> bytes:
    """What the members of an object are sorted by."""
    return key.encode("utf-16-be", "surrogatepass")


def _shortest(value: float) -> str:
    """ECMAScript's Number::toString, from the shortest digits that Python's repr finds."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)
    digits = whole + fraction
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    digits = stripped.rstrip("0")
    return sign + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    """Digits with the decimal point after `point` of them."""
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    tail = f".{digits[1:]}" if count > 1 else ""
    return f"{digits[0]}{tail}e{point - 1:+d}"
