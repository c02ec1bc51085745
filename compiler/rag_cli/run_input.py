"""The input of a run from the command line: `name=value`, `@file` and `-`, later ones winning over earlier ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NoReturn, cast

from rag_cli.files import STDIN, read_bytes, shown
from rag_cli.printable import quoted
from rag_cli.trouble import Trouble
from rag_ir.graph import Field, Graph, Json, Schema

MOST_DIGITS = 4_000
LONGEST_SHOWN = 40
FORMS = "write `--input name=value`, `--input @file.json`, or `--input -` for JSON on standard input"


def run_input(given: Sequence[str], graph: Graph) -> Json:
    """The input that the words make; whether it fits the graph is not looked at. `Trouble` for what cannot be read.

    A value is text where the field is a text; elsewhere JSON if it is that, else text. A file or standard input holds an
    object, or, given alone, any JSON.
    """
    fields = {field.name: field for field in graph.input or ()}
    parts = [_part(word, fields) for word in given]
    if len(parts) == 1:
        return parts[0]
    merged: dict[str, Json] = {}
    for word, part in zip(given, parts, strict=True):
        if not isinstance(part, dict):
            raise Trouble(f"`--input {word}` holds no object, and cannot be put together with others", FORMS)
        merged.update(part)
    return merged


def json_or_text(text: str) -> Json:
    """The value that a text is as JSON, else the text itself. `Trouble` for JSON that is no value."""
    try:
        return _loads(text)
    except json.JSONDecodeError:
        return text
    except RecursionError:
        raise Trouble(f"the value {_begun(text)} is nested too deep") from None
    except _Word:
        return text
    except ValueError as error:
        raise Trouble(f"the value {_begun(text)} cannot be read: {error}") from None


def _part(word: str, fields: Mapping[str, Field]) -> Json:
    if word == STDIN:
        return _document(read_bytes(STDIN), "standard input")
    if word.startswith("@"):
        return _document(read_bytes(word[1:]), shown(word[1:]))
    name, equals, text = word.partition("=")
    if not equals or not name:
        raise Trouble(f"`--input` got {quoted(word)}", FORMS)
    field = fields.get(name)
    return {name: text if field is not None and _is_text(field.schema) else json_or_text(text)}


def _document(data: bytes, where: str) -> Json:
    try:
        return _loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Trouble(f"{where} is not UTF-8: byte {error.start} is wrong") from None
    except json.JSONDecodeError as error:
        message = (
            f"{where} is not JSON: {error.msg[:1].lower()}{error.msg[1:]} at line {error.lineno}, column {error.colno}"
        )
        raise Trouble(message) from None
    except RecursionError:
        raise Trouble(f"{where} is nested too deep") from None
    except ValueError as error:
        raise Trouble(f"{where} is not JSON: {error}") from None


class _Word(ValueError):
    """`NaN`, `Infinity` or `-Infinity`, which are no JSON."""


def _loads(text: str) -> Json:
    """Raises ValueError, its own way for each fault, and RecursionError."""
    return cast("Json", json.loads(text, parse_constant=_refuse, parse_int=_integer, object_pairs_hook=_members))


def _refuse(word: str) -> NoReturn:
    raise _Word(f"`{word}` is no JSON number")


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"an integer has more than {MOST_DIGITS} digits")
    return int(digits)


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """An object, each of whose members stands once: which of two was meant, nobody knows."""
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the member {quoted(next(name for name in names if names.count(name) > 1))} stands twice")
    return result


def _begun(text: str) -> str:
    return quoted(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..")


def _is_text(schema: Schema) -> bool:
    """Whether the type is a text, one of some texts, or null besides."""
    if schema.get("type") == "string":
        return True
    options = schema.get("anyOf")
    if not isinstance(options, list):
        return False
    kinds = [option.get("type") for option in options if isinstance(option, dict)]
    return len(kinds) == len(options) and set(kinds) <= {"string", "null"} and "string" in kinds
