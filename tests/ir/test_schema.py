"""The committed JSON Schema is fresh, and decoder, pydantic and schema agree about documents and mutations of them."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, cast

import pytest
from pydantic import TypeAdapter, ValidationError

from rag_ir.codec import UNDIGESTED, decode, digest_of, dump, encode
from tests.ir.documents import DOCUMENTS
from tests.ir.oracle import SCHEMA_FILE, adapter, json_schema

VALIDATOR: Any = import_module("jsonschema").Draft202012Validator

UNSAYABLE = {"the key stands twice", "there is no such property"}
"""What the decoder refuses and JSON Schema has no words for."""


@cache
def validator() -> Any:
    return VALIDATOR(json.loads(SCHEMA_FILE.read_text()))


@cache
def reader() -> TypeAdapter[Any]:
    return adapter()


def test_the_committed_schema_is_fresh(update: bool) -> None:
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if update:
        SCHEMA_FILE.write_text(text)
    assert SCHEMA_FILE.read_text() == text
    VALIDATOR.check_schema(json.loads(text))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_valid(name: str) -> None:
    document = DOCUMENTS[name]()
    data = dump(document)
    validator().validate(json.loads(data))
    reader().validate_json(data)
    assert decode(data) == (document, [])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_all_agree_about_mutations(name: str) -> None:
    rng = random.Random(name)
    original = encode(DOCUMENTS[name]())
    accepted = 0
    for _ in range(200):
        value = copy.deepcopy(original)
        for _ in range(rng.choice((1, 1, 2))):
            mutate(value, rng)
        value["digest"] = digest_of({key: part for key, part in value.items() if key not in UNDIGESTED})
        accepted += _agreed(value)
    assert 15 < accepted < 185


def _agreed(value: dict[str, Any]) -> bool:
    """Whether all accept a document; fails where they do not agree."""
    data = json.dumps(value)
    document, findings = decode(data.encode())
    others_accept = _accepted_by_pydantic(data) and bool(validator().is_valid(value))
    if document is None and others_accept:
        assert {finding.message for finding in findings} <= UNSAYABLE, value
    else:
        assert others_accept == (document is not None), findings
    return document is not None


def mutate(value: Any, rng: random.Random) -> None:
    """Change one place: replace, remove, add, double, or swap with a part from elsewhere."""
    places = list(_places(value))
    container, key = rng.choice(places)
    other, other_key = rng.choice(places)
    match rng.randrange(5):
        case 0:
            container[key] = rng.choice(
                [None, True, 0, -1, 1.5, "", "END", "lit", [], {}, ["lit", 1], {"type": "string"}]
            )
        case 1:
            del container[key]
        case 2 if isinstance(container, dict):
            added = cast("dict[str, str]", container)
            added[rng.choice(["extra", "type", "enum", "$ref", "default", "description"])] = "string"
        case 3 if isinstance(container, list):
            elements = cast("list[object]", container)
            elements.insert(key, copy.deepcopy(elements[key]))
        case _:
            container[key] = copy.deepcopy(other[other_key])


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in _keys(value):
        yield value, key
        yield from _places(value[key])


def _keys(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(cast("dict[str, object]", value))
    return list(range(len(cast("list[object]", value)))) if isinstance(value, list) else []


def _accepted_by_pydantic(data: str) -> bool:
    try:
        reader().validate_json(data)
    except ValidationError:
        return False
    return True
