"""The output of a run as a person reads it. Scripts get JSON; this is for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rag_cli.json_text import json_text
from rag_cli.printable import printable, printable_lines
from rag_cli.terminal import Palette
from rag_ir.graph import Json


def result_text(output: Json, palette: Palette) -> str:
    """A heading for each member of an object, conversations a message at a time, lists an element at a time."""
    return "".join(line + "\n" for line in _lines(output, palette))


def _lines(output: Json, palette: Palette) -> Iterator[str]:
    if isinstance(output, dict) and output:
        for name, value in output.items():
            yield from _member(name, value, palette)
    else:
        yield from _value(output, palette)


def _member(name: str, value: Json, palette: Palette) -> Iterator[str]:
    yield palette.paint("bold", printable(name))
    yield from (f"  {line}" for line in _value(value, palette))


def _value(value: Json, palette: Palette) -> Iterator[str]:
    if isinstance(value, str):
        yield from printable_lines(value)
    elif isinstance(value, list) and value:
        for each in value:
            yield from _message(each, palette) if isinstance(each, dict) and "role" in each else _element(each)
    else:
        yield from json_text(value, indent=2).split("\n")


def _element(value: Json) -> Iterator[str]:
    first, *more = printable_lines(value) if isinstance(value, str) else [json_text(value)]
    yield f"- {first}"
    yield from (f"  {line}" for line in more)


def _message(message: dict[str, Json], palette: Palette) -> Iterator[str]:
    """Who speaks and what, and the calls of an assistant with their arguments."""
    who = printable(" ".join(str(message[key]) for key in ("role", "name") if message.get(key)))
    content = message.get("content")
    text = content if isinstance(content, str) else json_text(content)
    first, *more = printable_lines(text)
    yield f"{palette.paint('dim', f'{who}:')} {first}".rstrip()
    yield from (f"  {line}" for line in more)
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else []:
        if isinstance(call, dict):
            yield f"  calls {printable(str(call.get('name')))} {json_text(call.get('arguments'))}"
