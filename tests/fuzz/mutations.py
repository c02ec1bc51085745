"""Hostile texts, made from whole ones and from nothing: the same seed gives the same ones."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

GARBAGE = (
    *(
        "\0",
        "\u2028",
        "\u2029",
        "\u0085",
        "\u200f",
        "\u202e",
        "\u200b",
        "\ufeff",
        "\u00a0",
        "\r",
        "\r\n",
        "\t",
        "\x1b[31m",
    ),
    *(
        "🙂",
        "\u201c",
        "\u201d",
        "\u2018",
        "é",
        "e\u0301",
        "大",
        "\U0010ffff",
        "\ue000",
        "{{",
        "}}",
        "\\{{",
        "\\u{",
        "\\",
        '"',
        '"""',
        "'",
        "`",
        "```",
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        "->",
        "-->",
        "=>",
        ":",
        "=",
        ",",
        ";",
        ".",
        "..",
        "?",
        "|",
        "&&",
        "//",
        "/*",
    ),
    *(
        "///",
        "# ",
        "each x in",
        " as ",
        "if ",
        " then ",
        "else",
        "when",
        "send [",
        "join",
        "graph g {",
        "node n {",
        "type T =",
    ),
    *(
        "END",
        "START",
        "0x1f",
        "1e9",
        "99999999999999999999",
        "1_",
        ".5",
        "5parsecs",
        "-",
        "- a: b",
        "null",
        "true",
        "@",
        "$",
    ),
)
BYTES = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x80", b"\x80", b"\xc0\x80", b"\xfe\xff")
_TOKEN = re.compile(rb"\w+|\s+|[^\w\s]")


def single_deletions(text: bytes) -> Iterator[bytes]:
    """The text without each of its characters in turn."""
    letters = text.decode()
    for at in range(len(letters)):
        yield (letters[:at] + letters[at + 1 :]).encode()


def mutants(texts: Sequence[bytes], seed: int, count: int) -> Iterator[bytes]:
    """So many texts, each a few changes away from one of `texts`, or random bytes."""
    chance = random.Random(seed)
    for _ in range(count):
        text = chance.choice(texts)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
            text = chance.choice(CHANGES)(text, texts, chance)
        yield text


def _delete(text: bytes, _texts: Sequence[bytes], chance: random.Random) -> bytes:
    start = chance.randrange(len(text) + 1)
    return text[:start] + text[start + chance.choice((1, 2, 5, 20, 80)) :]


def _truncate(text: bytes, _texts: Sequence[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(text) + 1)
    return text[:at] if chance.random() < 0.7 else text[at:]


def _insert(text: bytes, _texts: Sequence[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(GARBAGE).encode() * chance.choice((1, 1, 1, 2, 70)) + text[at:]


def _corrupt(text: bytes, _texts: Sequence[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(BYTES) + text[at + chance.randrange(2) :]


def _random(_text: bytes, _texts: Sequence[bytes], chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(80))


def _swap_tokens(text: bytes, _texts: Sequence[bytes], chance: random.Random) -> bytes:
    tokens = _TOKEN.findall(text)
    if len(tokens) > 1:
        one, other = chance.randrange(len(tokens)), chance.randrange(len(tokens))
        tokens[one], tokens[other] = tokens[other], tokens[one]
    return b"".join(tokens)


def _drop_token(text: bytes, _texts: Sequence[bytes], chance: random.Random) -> bytes:
    tokens = _TOKEN.findall(text)
    at = chance.randrange(len(tokens) + 1)
    del tokens[at : at + chance.choice((1, 1, 2, 3))]
    return b"".join(tokens)


def _shuffle_lines(text: bytes, _texts: Sequence[bytes], chance: random.Random) -> bytes:
    lines = text.split(b"\n")
    at = chance.randrange(len(lines))
    lines.insert(chance.randrange(len(lines) + 1), lines[at] if chance.random() < 0.6 else lines.pop(at))
    return b"\n".join(lines)


def _splice(text: bytes, texts: Sequence[bytes], chance: random.Random) -> bytes:
    other = chance.choice(texts)
    return text[: chance.randrange(len(text) + 1)] + other[chance.randrange(len(other) + 1) :]


def _other_breaks(text: bytes, _texts: Sequence[bytes], chance: random.Random) -> bytes:
    return text.replace(b"\n", chance.choice((b"\r\n", b"\r", b" ", b"\n\n", b"\x0c", b"\xe2\x80\xa8")))


CHANGES: tuple[Callable[[bytes, Sequence[bytes], random.Random], bytes], ...] = (
    *(_delete, _truncate, _insert, _insert, _corrupt, _random, _swap_tokens, _swap_tokens),
    *(_drop_token, _drop_token, _shuffle_lines, _splice, _other_breaks),
)
