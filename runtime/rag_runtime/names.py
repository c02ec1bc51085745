"""Names of runs: short, unique, and in alphabetical order the order in which the runs began."""

from __future__ import annotations

import os
import re

from rag_runtime.refusals import RunRefused

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_DIGITS = 9
_CHANCE_DIGITS = 5
_PERMITTED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def new_name(milliseconds: int) -> str:
    """A name for a run that begins now, in milliseconds since 1970."""
    chance = int.from_bytes(os.urandom(_CHANCE_DIGITS), "big")
    return _spelled(milliseconds, _TIME_DIGITS) + _spelled(chance, _CHANCE_DIGITS)


def check_name(name: str) -> None:
    """Raises `RunRefused` for what must not be the name of a root run: it is a part of addresses and of file names."""
    if not _PERMITTED.fullmatch(name):
        raise RunRefused("bad-run-id", f"`{name}` cannot name a run: use letters, digits, `_`, `.` and `-`, 64 at most")


def _spelled(number: int, digits: int) -> str:
    return "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(digits)))
