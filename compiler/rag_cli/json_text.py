"""Values as JSON text that is safe to show on a terminal and the same on every machine."""

from __future__ import annotations

import json
from typing import Any


def json_text(value: Any, *, indent: int | None = None) -> str:
    """The value as JSON. Letters of every script stay readable; what a terminal would obey is escaped."""
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators, allow_nan=False)
    return text if text.isprintable() else "".join(map(_escape, text))


def _escape(char: str) -> str:
    # A line break can only be one that `indent` wrote: inside of strings it is escaped already.
    return char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1]
