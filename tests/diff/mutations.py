"""Documents with something else in one place."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from rag_ir.codec import UNDIGESTED, encode, seal
from rag_ir.decoder import Problems, read_document
from rag_ir.graph import Document, Json

VALUES: list[Json] = [None, True, False, 0, 7, "a", "b", "END", "final", [], {}, ["lit", 1]]


def _leaves(value: Json, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    members: list[tuple[str | int, Json]] = []
    if isinstance(value, dict):
        members = [(name, each) for name, each in value.items()]
    elif isinstance(value, list):
        members = [(at, each) for at, each in enumerate(value)]
    if not members:
        return [path]
    return [path, *(leaf for name, each in members for leaf in _leaves(each, (*path, name)))]


def mutated(document: Document, data: st.DataObject) -> Document | None:
    """The document with one value replaced, taken away or doubled; null where that makes none."""
    whole: Any = encode(document)
    at = data.draw(st.sampled_from([path for path in _leaves(whole) if path and path[0] not in UNDIGESTED]))
    around = whole
    for step in at[:-1]:
        around = around[step]
    last: Any = at[-1]
    change = data.draw(st.sampled_from(["value", "drop", "swap"]))
    match change if isinstance(last, int) else "value":
        case "drop":
            del around[last]
        case "swap" if len(around) > 1:
            around.append(around.pop(0))
        case _:
            around[last] = data.draw(st.sampled_from(VALUES))
    found = read_document(whole, Problems())
    return None if found is None else seal(found)
