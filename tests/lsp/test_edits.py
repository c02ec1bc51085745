"""Random edits: the server's text stays the client's, and what it says of it is what a fresh analysis says."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_compiler.source import LineIndex
from rag_lsp.documents import Change, changed, open_document
from rag_lsp.positions import Encoding, offset_at, point_at
from rag_project.diagnose import diagnose
from rag_project.project import open_project
from tests.lsp.conftest import FLOW
from tests.lsp.talk import Client, Json

ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")
CHARACTERS = "ab \n\r{}é🦊\u2028\x85"
TYPED = [
    "{",
    "}",
    '"',
    "[",
    "]",
    "->",
    "\n",
    "\r\n",
    "\r",
    "é",
    "🦊",
    "{{",
    "}}",
    " ",
    "next ",
    "node x { kind pass }\n",
    "plan",
    "",
]
ROOT = Path(__file__).resolve().parents[2]


def _lines(text: str) -> list[str]:
    """The lines of a text with their breaks, by another road than the server's."""
    return text.replace("\r\n", "\0").replace("\n", "\n\1").replace("\r", "\r\1").replace("\0", "\r\n\1").split("\1")


def _units(text: str, encoding: Encoding) -> int:
    size = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    return len(text.encode({"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding])) // size


def _point(text: str, index: int, encoding: Encoding) -> tuple[int, int]:
    """The position of an index of a text (within a CR LF: of the line's end)."""
    lines = _lines(text)
    for number, line in enumerate(lines):
        if index < len(line) or number == len(lines) - 1:
            return number, _units(line[:index].rstrip("\r\n"), encoding)
        index -= len(line)
    raise AssertionError


def _settled(text: str, index: int) -> int:
    """An index that is not within a CR LF."""
    return index - 1 if text[index - 1 : index + 1] == "\r\n" and index else index


@given(st.text(CHARACTERS), st.data(), st.sampled_from(ENCODINGS))
def test_a_position_is_the_place_that_a_client_means(text: str, data: st.DataObject, encoding: Encoding) -> None:
    index = _settled(text, data.draw(st.integers(0, len(text))))
    lines = LineIndex(text.encode())
    offset = len(text[:index].encode())
    assert point_at(lines, offset, encoding) == _point(text, index, encoding)
    assert offset_at(lines, _point(text, index, encoding), encoding) == offset


@given(
    st.text(CHARACTERS),
    st.lists(st.tuples(st.integers(0), st.integers(0, 8), st.text(CHARACTERS))),
    st.sampled_from(ENCODINGS),
)
def test_a_text_stays_the_client_s(text: str, edits: list[tuple[int, int, str]], encoding: Encoding) -> None:
    document = open_document("untitled:x", 1, text)
    for version, (at, length, typed) in enumerate(edits, 2):
        start = _settled(text, at % (len(text) + 1))
        end = max(start, _settled(text, min(start + length, len(text))))
        span = (_point(text, start, encoding), _point(text, end, encoding))
        text = text[:start] + typed + text[end:]
        document = changed(document, version, [Change(span, typed)], encoding)
    assert document.data.decode() == text


@given(st.binary(), st.integers(-2, 9), st.integers(-2, 9), st.sampled_from(ENCODINGS))
def test_any_position_of_any_bytes_is_a_place(data: bytes, line: int, character: int, encoding: Encoding) -> None:
    lines = LineIndex(data)
    offset = offset_at(lines, (line, character), encoding)
    assert 0 <= offset <= len(data)
    assert offset_at(lines, point_at(lines, offset, encoding), encoding) == offset


@pytest.mark.parametrize("seed", range(3))
def test_what_is_said_is_what_a_fresh_analysis_says(seed: int, server: Client, project: Path) -> None:
    random = Random(seed)
    uri, text = (project / "flow.rag").as_uri(), FLOW
    server.open(uri, text, version=1)
    for version in range(2, 42):
        changes: list[Json] = []
        for _ in range(random.randint(1, 3)):
            text, change = _typed(random, text)
            changes.append(change)
        server.change(uri, version, *changes)
        if random.random() < 0.5:
            assert _said(server.diagnostics(uri, version)) == _fresh(project, text)
    assert _said(server.diagnostics(uri, 41)) == _fresh(project, text)


def _typed(random: Random, text: str) -> tuple[str, Json]:
    """A text after a random edit, and the edit as a client tells it."""
    start = _settled(text, random.randint(0, len(text)))
    end = max(start, _settled(text, min(len(text), start + random.choice((0, 0, 1, 4, 30)))))
    typed = random.choice(TYPED)
    (first, column), (last, behind) = _point(text, start, "utf-16"), _point(text, end, "utf-16")
    span = {"start": {"line": first, "character": column}, "end": {"line": last, "character": behind}}
    return text[:start] + typed + text[end:], {"range": span, "text": typed}


def _said(diagnostics: list[Json]) -> list[tuple[str, tuple[int, int], str]]:
    return [
        (
            each["code"],
            (each["range"]["start"]["line"], each["range"]["start"]["character"]),
            each["message"].split("\n")[0],
        )
        for each in diagnostics
    ]


def _fresh(project: Path, text: str) -> list[tuple[str, tuple[int, int], str]]:
    """What a check of the files says, the text being on disk."""
    (project / "flow.rag").write_bytes(text.encode())
    opened = open_project(project)
    sources, unreadable = opened.sources()
    _, found = diagnose(opened, sources, unreadable)
    lines = LineIndex(text.encode())
    return [
        (each.code, point_at(lines, each.place.span.start, "utf-16"), each.message.split("\n")[0])
        for each in found
        if each.place.path == "flow.rag"
    ]


EXAMPLES = sorted((ROOT / "examples").glob("*/workflows/*.rag"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_server_survives_any_question_anywhere(example: Path, server: Client) -> None:
    uri, text = example.as_uri(), example.read_text()
    assert server.open(uri, text) == []
    random = Random(example.stem)
    for _ in range(60):
        line, character = _point(text, random.randint(0, len(text)), "utf-16")
        method = random.choice(("hover", "completion", "definition"))
        server.at(method, uri, line, character)
    server.request("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
