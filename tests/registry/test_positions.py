"""Positions of a manifest: the same keys that `tomllib` reads, each with the bytes that make it."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_ir.finding import pointer
from rag_registry.positions import positions
from tests.registry.test_manifest import WHOLE

CORPUS = [
    "",
    "# only a comment",
    "a = 1",
    "a.b.c = 1\na.b.d = 2\n",
    "a . b = 1\n",
    '"a b" = 1\n\'c.d\' = 2\n"" = 3\n"\\u00e9\\"" = 4\n',
    "\"a/b~c\" = { 'd/e' = 1 }",
    "[a]\n[a.b]\nx = 1\n[c.d.e]\n",
    "[a.b]\nx = 1\n[a]\ny = 2\n",
    "[ a . 'b' ]\n x = 1 # comment\n",
    "[[a]]\nx = 1\n[[a]]\nx = 2\n[a.b]\ny = 3\n[[a.c]]\n[[a.c]]\nz = 4\n",
    "a = [1, 2, [3, []], {}, { b = [4] }]\n",
    "a = [ # first\n 1, # one\n 2,\n\n]\nb = 2",
    "a = { b = 1, c.d = 'x', 'e' = [1, { f = 2 }] }",
    'a = """\n[not.a.table]\nx = 1 ""\\"""\nb = \'\'\'\n\'\'\'\n',
    'a = """x"""""\nb = \'\'\'y\'\'\'\'\'\nc = """\\""""\n',
    "a = \"# not \\\\\"\nb = '\\'\nc = 1\n",
    "a = 1979-05-27 07:32:00 # a date\nb = 07:32:00\nc = inf\nd = -1_000.5e3\n",
    "a = true\r\nb = [\r\n 1,\r\n]\r\n[c]\r\nd = '''\r\nx'''\r\n",
    "\ufeffa = 1\n[b]\n",
    "é = 1".replace("é", "'é'") + "\nb = 'üß'\n",
    WHOLE,
]


@pytest.mark.parametrize("text", CORPUS)
def test_the_keys_are_those_of_tomllib(text: str) -> None:
    _compare(text)


def test_keys_and_values_are_the_bytes_that_make_them() -> None:
    text = b"[a.'b c']\nx.y = [1, \"two\"] # end\nz = { w = 3.5 }\n"
    found = {at: (text[slice(*key)], text[slice(*value)]) for at, (key, value) in positions(text).items() if at}
    assert found == {
        "/a": (b"a", b"a"),
        "/a/b c": (b"b c", b"a.'b c'"),
        "/a/b c/x": (b"x", b"x"),
        "/a/b c/x/y": (b"y", b'[1, "two"]'),
        "/a/b c/x/y/0": (b"1", b"1"),
        "/a/b c/x/y/1": (b'"two"', b'"two"'),
        "/a/b c/z": (b"z", b"{ w = 3.5 }"),
        "/a/b c/z/w": (b"w", b"3.5"),
    }


def test_what_stands_before_a_fault_is_found() -> None:
    found = positions(b"[a]\nb = 1\nc = [2,\n")
    assert {"/a", "/a/b", "/a/c/0"} <= set(found)


NAMES = ["a", "b", "'c d'", '"e\\"f"', "g.h", "a . b"]
VALUES = [
    "1",
    "'x'",
    '"""\n"x"\n"""',
    "[1, [2], { a = 3 }]",
    "{ a = 1, b.c = [true] }",
    "1979-05-27 07:32:00",
    "[\n 1, # one\n]",
]


def test_random_manifests() -> None:
    rng = random.Random("positions")
    compared = 0
    for _ in range(3000):
        lines: list[str] = []
        for _ in range(rng.randint(1, 8)):
            name = rng.choice(NAMES)
            match rng.randrange(4):
                case 0:
                    lines.append(f"[{name}]")
                case 1:
                    lines.append(f"[[{name}]]")
                case _:
                    lines.append(f"{name} = {rng.choice(VALUES)}  # comment")
        text = rng.choice(["\n", "\r\n"]).join(lines)
        compared += _compare(text)
    assert compared > 200


@given(st.text(st.sampled_from("[]{}=.,'\"\\\n\t #a1-_é"), max_size=40))
def test_any_text_is_taken(text: str) -> None:
    _compare(text)


@given(st.binary(max_size=60))
def test_any_bytes_are_taken(data: bytes) -> None:
    for key, value in positions(data).values():
        for start, end in (key, value):
            assert 0 <= start <= end <= len(data)


def _compare(text: str) -> bool:
    """Compare with tomllib, which must be able to read the text."""
    try:
        values = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError:
        positions(text.encode())
        return False
    data = text.encode()
    found = positions(data)
    assert set(found) == {"", *_pointers(values, ())}
    for at, (key, value) in found.items():
        inside = _inside(values, at)
        if isinstance(inside, (str, int, float)):
            again = tomllib.loads(f"x = {data[slice(*value)].decode()}".replace("\r\n", "\n"))["x"]
            assert again == inside or again != again
        assert key[0] <= key[1]
    return True


def _pointers(value: object, path: tuple[str | int, ...]) -> Iterator[str]:
    if path:
        yield pointer(*path)
    for key, item in _items(value):
        yield from _pointers(item, (*path, key))


def _items(value: object) -> list[tuple[str | int, object]]:
    if isinstance(value, dict):
        return [*cast("dict[str | int, object]", value).items()]
    return [*enumerate(cast("list[object]", value))] if isinstance(value, list) else []


def _inside(value: object, at: str) -> object:
    for part in at.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        value = next(item for key, item in _items(value) if str(key) == name)
    return value
