"""What foreign code hands back: its values made JSON, its exceptions made one line of text."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from typing import cast

from rag_ir.canonical import INTEGER_BITS
from rag_ir.graph import Json

NESTING = 64
LONGEST_MESSAGE = 500

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL", re.IGNORECASE)
_SHORTEST_SECRET = 8


class NotJson(Exception):
    """A value is not JSON; the message says where and why."""


def as_json(value: object, where: str = "the result", depth: int = 0) -> Json:
    """The value as JSON, in new lists and objects: tuples become lists, subclasses of text and numbers the plain ones.

    Raises NotJson for anything else, for numbers that are not finite or too large, text that is not Unicode, and values
    nested more than 64 deep.
    """
    if depth > NESTING:
        raise NotJson(f"the value is nested more than {NESTING} deep")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, int):
        return _integer(value, where)
    if isinstance(value, float):
        return _float(value, where)
    if isinstance(value, list | tuple):
        items = cast("list[object] | tuple[object, ...]", value)
        return [as_json(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(items)]
    if isinstance(value, Mapping):
        return _object(cast("Mapping[object, object]", value), where, depth)
    raise NotJson(f"{where} is a Python `{type(value).__name__}`, which is not JSON")


def message_of(error: BaseException) -> str:
    """The type and the text of an exception, shortened, without what the environment calls a secret."""
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:
        text = ""
    text = " ".join(_without_secrets(text).encode("utf-8", "replace").decode().split())
    if len(text) > LONGEST_MESSAGE:
        text = text[:LONGEST_MESSAGE] + "..."
    return f"{name}: {text}" if text else name


def _text(value: str, where: str) -> str:
    plain = str.__str__(value)
    if not plain.isascii():
        try:
            plain.encode()
        except UnicodeEncodeError:
            raise NotJson(f"{where} is text that is not Unicode") from None
    return plain


def _integer(value: int, where: str) -> int:
    if value.bit_length() > INTEGER_BITS:
        raise NotJson(f"{where} is an integer that is too large")
    return int.__int__(value)


def _float(value: float, where: str) -> float:
    if not math.isfinite(value):
        raise NotJson(f"{where} is a number that is not finite")
    return float.__float__(value)


def _object(value: Mapping[object, object], where: str, depth: int) -> Json:
    made: dict[str, Json] = {}
    for key, member in value.items():
        if not isinstance(key, str):
            raise NotJson(f"{where} has a key that is a Python `{type(key).__name__}`, not a text")
        plain = _text(key, f"a key of {where}")
        made[plain] = as_json(member, f"{where}.{plain}", depth + 1)
    return made


def _without_secrets(text: str) -> str:
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST_SECRET and _SECRET_NAME.search(name):
            text = text.replace(value, f"[{name}]")
    return text
