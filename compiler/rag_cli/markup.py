"""Elements of SVG and HTML, with every text and attribute escaped."""

from __future__ import annotations

from collections.abc import Iterable

from rag_cli.printable import printable

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def escaped(text: str) -> str:
    """Printable text with nothing in it that is markup, in an element or between quotes."""
    return printable(text).translate(_ESCAPES)


def element(name: str, content: str | Iterable[str] = "", /, **attributes: str | float) -> str:
    """An element around markup. `class_` is the attribute `class`, other underscores are hyphens; numbers are written short."""
    written = "".join(f' {_name(key)}="{_value(value)}"' for key, value in attributes.items())
    inside = content if isinstance(content, str) else "".join(content)
    return f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written}/>"


def number(value: float) -> str:
    """A length with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def _name(key: str) -> str:
    return key.removesuffix("_").replace("_", "-")


def _value(value: str | float) -> str:
    return escaped(value) if isinstance(value, str) else number(value)
