"""A run's input: whether it is what the graph declares, and complete with its defaults."""

from __future__ import annotations

from collections.abc import Iterator

from rag_ir.graph import Document, Field, Json
from rag_ir.types import describe, problems
from rag_runtime.tools.foreign import NotJson, as_json


def accept(document: Document, input: Json) -> tuple[Json, list[str]]:
    """The input of the entry graph with its defaults, and what is wrong with it: one sentence for each field."""
    try:
        given = as_json(input, "the input")
    except NotJson as error:
        return None, [str(error)]
    fields = document.graphs[document.entry].input
    if fields is None:
        return given, []
    if not isinstance(given, dict):
        return given, [f"the input is an object with {_listed(fields) or 'no fields'}"]
    found = [*_unknown(fields, given), *_unfit(document, fields, given)]
    return {field.name: given.get(field.name, field.default) for field in fields}, found


def _unknown(fields: tuple[Field, ...], input: dict[str, Json]) -> Iterator[str]:
    known = {field.name for field in fields}
    for name in input:
        if name not in known:
            yield f"the graph has no input `{name}`; it has {_listed(fields) or 'none'}"


def _unfit(document: Document, fields: tuple[Field, ...], input: dict[str, Json]) -> Iterator[str]:
    for field in fields:
        if field.name not in input:
            if field.required:
                yield f"the input `{field.name}: {describe(field.schema)}` is missing"
            continue
        for at, message in problems(input[field.name], field.schema, document.types):
            yield (
                f"the input `{field.name}` does not fit at `{at}`: {message}"
                if at
                else (f"the input `{field.name}` does not fit: {message}")
            )


def _listed(fields: tuple[Field, ...]) -> str:
    return ", ".join(f"`{field.name}: {describe(field.schema)}`" for field in fields)
