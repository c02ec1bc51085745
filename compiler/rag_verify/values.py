"""Values that a document holds are of the types that they stand beside: initial values of channels, defaults of inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag_ir import graph as ir
from rag_ir.conformance import problems
from rag_ir.finding import pointer
from rag_ir.graph import Document, Schema
from rag_ir.reducers import LISTS, NUMBERS, initial_value
from rag_ir.values import is_number, json_equal, name_of


def misfits(document: Document) -> Iterator[tuple[str, str]]:
    """Pointers to values that do not fit, and why."""
    for name, agent in document.agents.items():
        yield from _defaults(agent.input, pointer("agents", name, "input"), document.types)
    for name, graph in document.graphs.items():
        yield from _defaults(graph.input, pointer("graphs", name, "input"), document.types)
        for index, channel in enumerate(graph.channels):
            message = _initial(channel, document.types)
            if message:
                yield pointer("graphs", name, "channels", index, "initial"), message


def _defaults(fields: Sequence[ir.Field] | None, at: str, types: Mapping[str, Schema]) -> Iterator[tuple[str, str]]:
    for index, field in enumerate(fields or ()):
        if not field.required and field.default is not None:
            for _, message in problems(field.default, field.schema, types)[:1]:
                yield f"{at}/{index}/default", f"the default of `{field.name}` {message}"


def _initial(channel: ir.Channel, types: Mapping[str, Schema]) -> str:
    """What is wrong with an initial value; empty if nothing is."""
    value, what = channel.initial, f"the initial value of channel `{channel.name}`"
    fits = {
        **dict.fromkeys(LISTS, isinstance(value, list)),
        **dict.fromkeys(NUMBERS, is_number(value) or (value is None and channel.reducer != "sum")),
        "merge": isinstance(value, dict),
    }
    if not fits.get(channel.reducer, True):
        return f"{what} cannot be {name_of(value)} where `{channel.reducer}` reduces"
    if json_equal(value, initial_value(channel.reducer)):
        return ""  # What a reducer begins with may stand, whatever the type of the whole value will be.
    found = problems(value, channel.schema, types)
    return f"{what} does not fit: {found[0][1]}" if found else ""
