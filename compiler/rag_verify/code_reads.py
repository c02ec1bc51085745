"""What expressions read: paths from `input`, `state`, `args` and `output`, and variables that are bound outside of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from rag_ir.graph import Code

Path = tuple[str, ...]
"""A root and constant members: `("state", "draft", "title")`."""


def reads(code: Code, bound: Mapping[str, tuple[Path, ...]] | None = None) -> Iterator[Path]:
    """Every path that some code may read, conditions included; `bound` says which ones the variables of its surroundings hold."""
    pending = [code]
    while pending:
        part = pending.pop()
        if not isinstance(part, list) or not part:
            continue
        match part[0]:
            case "lit":
                continue
            case "get":
                yield cast("Path", tuple(part[1:]))
            case "var":
                yield from (bound or {}).get(str(part[1]), ())
            case _:
                pending.extend(part[1:])


def shown(template: Code) -> Iterator[Path]:
    """The paths whose whole values stand in the text that a template makes, as they are or as JSON."""
    if not isinstance(template, list) or template[:1] != ["template"]:
        return
    for part in template[1:]:
        if isinstance(part, list) and part[:2] == ["call", "json"]:
            part = part[2]
        if isinstance(part, list) and part[:1] == ["get"]:
            yield cast("Path", tuple(part[1:]))
