"""Diagnostics as text and JSON: golden files for what is drawn, hostile strings for what must never pass."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rag_cli
from rag_cli.printable import printable, width
from rag_cli.render_concise import render_concise
from rag_cli.render_full import render_full
from rag_cli.render_github import render_github
from rag_cli.render_json import render_json
from rag_cli.terminal import PLAIN, Palette
from rag_compiler.diagnostics import Diagnostic, Edit, Fix, Label, Place
from rag_compiler.source import SourceFile, Span
from tests.cli.hostile import HOSTILE, ascii_start

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = json.loads((Path(rag_cli.__path__[0]) / "schema" / "check.schema.json").read_text(encoding="utf-8"))
# The library has no types of its own.
VALIDATOR: Any = import_module("jsonschema").Draft202012Validator

SUPPORT = SourceFile(
    "workflows/support.rag",
    f"""\
graph support {{
\tstart supervisor // wide 日本語 \x1b[31mred \u202e
  node tools {{ kind agent kind model }}
  node a {{
    kind agent
    routes {{ tool_call -> toolz }}
    x
    y
  }}
  node b {{ kind é日本 -> toolz }} // {"x" * 300} tail here
}}
""".encode(),
)
OTHER = SourceFile("workflows/other.rag", b"graph other {\n  start tools\n}\n")
EMPTY = SourceFile("empty.rag", b"")
FILES = {file.path: file for file in (SUPPORT, OTHER, EMPTY)}


def place(text: str, nth: int = 0, file: SourceFile = SUPPORT) -> Place:
    """The place of the nth occurrence of a text, from 0."""
    at = -1
    for _ in range(nth + 1):
        at = file.data.index(text.encode(), at + 1)
    return Place(file.path, Span(at, at + len(text.encode())))


def across(first: Place, last: Place) -> Place:
    """From the beginning of one place to the end of another."""
    return Place(first.path, first.span.cover(last.span))


DRAWN = {
    "one_name": Diagnostic(
        "unknown-node",
        place("toolz"),
        "route target `toolz` is not a node of graph `support`",
        "no such node",
        "did you mean `tools`?",
        (Label(place("tools"), "`tools` is declared here"),),
        (),
        ("tools", "a", "b"),
        (Fix("change to `tools`", (Edit(place("toolz"), "tools"),)),),
    ),
    "three_on_a_line": Diagnostic(
        "duplicate-item",
        place("kind", 1),
        "`kind` stands twice",
        "second `kind`",
        related=(Label(place("kind"), "first here"), Label(place("tools"), "in this node")),
    ),
    "a_way": Diagnostic(
        "unreachable-node",
        place("node b"),
        "nothing leads there",
        "this",
        "add a route\nor remove it",
        flow=(
            Label(place("start"), "starts at `supervisor`"),
            Label(place("start", file=OTHER), "calls `other`"),
            Label(place("toolz"), "goes on to `toolz`"),
        ),
    ),
    "two_files": Diagnostic(
        "duplicate-declaration",
        place("support"),
        "two graphs share a name",
        related=(Label(place("other", file=OTHER), "the other one"),),
    ),
    "nested_blocks": Diagnostic(
        "unclosed-block",
        across(place("{", 2), place("}", 2)),
        "`{` is never closed",
        "this block",
        related=(Label(across(place("routes"), place("y\n")), "inside of it"),),
    ),
    "long_block": Diagnostic("unclosed-block", across(place("node a"), place("y\n")), "`{` is never closed", "this"),
    "behind_escapes": Diagnostic("bad-value", place("red"), "a value", "this", level="warning"),
    "far_to_the_right": Diagnostic("bad-value", place("tail"), "a value", "this"),
    "behind_wide_letters": Diagnostic("bad-value", place("toolz", 1), "a value", "this", level="info"),
    "clipped_label": Diagnostic("bad-value", place("tail"), "a value", related=(Label(place("node b"), "of this"),)),
    "end_of_file": Diagnostic("unclosed-block", Place(SUPPORT.path, Span(10**9, 10**9)), "`}` is missing", "here"),
    "empty_file": Diagnostic("missing-start", Place("empty.rag", Span(0, 0)), "nothing is here", "here"),
    "many_candidates": Diagnostic(
        "unknown-tool", place("kind"), "no such tool", candidates=tuple(f"tool_{number}" for number in range(20))
    ),
}


@pytest.mark.parametrize("name", DRAWN)
def test_full_is_drawn(name: str, update: bool) -> None:
    _compare(f"full_{name}.txt", render_full([DRAWN[name]], FILES, PLAIN, 100), update)


def test_concise_lines(update: bool) -> None:
    _compare("concise.txt", render_concise(list(DRAWN.values()), FILES), update)


def test_github_annotations(update: bool) -> None:
    _compare("github.txt", render_github(list(DRAWN.values()), FILES, folder="sub"), update)


def test_json_object(update: bool) -> None:
    _compare("diagnostics.json", render_json(list(DRAWN.values()), FILES, checked=3), update)


def _compare(name: str, found: str, update: bool) -> None:
    golden = GOLDEN / name
    if update:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


def test_colour_changes_nothing_but_colour() -> None:
    drawn = render_full(list(DRAWN.values()), FILES, Palette(True), 100)
    assert "\x1b[" in drawn
    uncoloured = re.sub(r"\x1b\[[0-9;]*m", "", drawn)
    assert [line.rstrip() for line in uncoloured.split("\n")] == [
        line.rstrip() for line in render_full(list(DRAWN.values()), FILES, PLAIN, 100).split("\n")
    ]


def test_the_json_is_of_the_schema() -> None:
    VALIDATOR.check_schema(SCHEMA)
    value = json.loads(render_json(list(DRAWN.values()), FILES, checked=3))
    VALIDATOR(SCHEMA).validate(value)
    assert value["files"] == 3
    assert value["errors"] == sum(diagnostic.severity == "error" for diagnostic in DRAWN.values())
    assert value["warnings"] == sum(diagnostic.severity == "warning" for diagnostic in DRAWN.values())


def test_the_schema_admits_nothing_else() -> None:
    value = json.loads(render_json([DRAWN["one_name"]], FILES, checked=3))
    value["diagnostics"][0]["surprise"] = True
    assert not VALIDATOR(SCHEMA).is_valid(value)


def test_columns_count_code_points() -> None:
    (found,) = json.loads(render_json([DRAWN["behind_wide_letters"]], FILES, checked=1))["diagnostics"]
    assert found["range"]["start"] == {"line": 10, "column": 24}


@pytest.mark.parametrize("text", HOSTILE, ids=ascii_start)
def test_hostile_text_stays_text(text: str) -> None:
    data = f"graph {text} {{\n".encode("utf-8", "replace")
    file = SourceFile(f"dir/{text}.rag", data)
    here = Place(file.path, Span(0, len(data)))
    diagnostic = Diagnostic(
        *("bad-value", here, text, text, text, (Label(here, text),), (Label(here, text),), (text,)),
        fixes=(Fix(text, (Edit(here, text),)),),
    )
    files = {file.path: file}
    for drawn in (render_full([diagnostic], files, PLAIN, 100), render_concise([diagnostic], files)):
        assert all(line.isprintable() for line in drawn.split("\n"))
    assert render_concise([diagnostic], files).count("\n") == 1
    drawn = render_json([diagnostic], files, checked=1)
    assert all(line.isprintable() for line in drawn.split("\n"))
    (found,) = json.loads(drawn)["diagnostics"]
    assert found["message"] == text
    assert found["fixes"][0]["edits"][0]["text"] == text
    VALIDATOR(SCHEMA).validate(json.loads(drawn))


@pytest.mark.parametrize("text", [*HOSTILE, "100%, a=b: c%0A::error::", "\r\n::stop-commands::x"], ids=ascii_start)
def test_hostile_text_stays_in_its_annotation(text: str) -> None:
    file = SourceFile(f"dir/{text}.rag", b"graph {\n")
    here = Place(file.path, Span(0, 5))
    diagnostic = Diagnostic("bad-value", here, text, text, text, (Label(here, text),), fixes=(Fix(text, ()),))
    drawn = render_github([diagnostic], {file.path: file})
    assert drawn.isascii() or all(line.isprintable() for line in drawn.split("\n"))
    level, properties, message = _command(drawn)
    shown = printable(text)
    assert (level, properties["file"]) == ("error", f"dir/{shown}.rag")
    assert properties.keys() == {"file", "line", "endLine", "col", "endColumn", "title"}
    helps = [f"help: {printable(line)}" for line in text.split("\n") if line]
    assert message == "\n".join([shown, f"dir/{shown}.rag:1:1: {shown}", *helps, f"fix: {shown}"])


def _command(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as GitHub's runner reads it: level, properties, message."""
    found = re.fullmatch(r"::(\w+) ([^:\r\n]*)::([^\r\n]*)\n", line)
    assert found is not None
    level, written, message = found.groups()
    properties = dict(pair.split("=", 1) for pair in written.split(","))
    codes = {"%3A": ":", "%2C": ",", "%0D": "\r", "%0A": "\n", "%25": "%"}
    plain = {key: _decoded(value, codes) for key, value in properties.items()}
    return level, plain, _decoded(message, {key: codes[key] for key in ("%0D", "%0A", "%25")})


def _decoded(text: str, codes: dict[str, str]) -> str:
    """Each code once, from the left; a percent sign that begins no code should not be there."""
    assert re.fullmatch(rf"(?:[^%]|{'|'.join(codes)})*", text)
    return re.sub("|".join(codes), lambda code: codes[code[0]], text)


@given(st.binary(max_size=200), st.lists(st.tuples(st.integers(0, 220), st.integers(0, 220)), min_size=1, max_size=4))
def test_any_bytes_and_spans_can_be_drawn(data: bytes, spans: list[tuple[int, int]]) -> None:
    file = SourceFile("a.rag", data)
    own, *others = [Place("a.rag", Span(min(span), max(span))) for span in spans]
    labels = tuple(Label(other, "other mark") for other in others)
    drawn = render_full([Diagnostic("bad-value", own, "m", "own mark", related=labels)], {"a.rag": file}, PLAIN, 60)
    assert all(line.isprintable() for line in drawn.split("\n"))
    assert all(width(line) <= 60 for line in drawn.split("\n") if line[:1].isdigit())
    if data:
        assert drawn.count("own mark") == 1
        assert drawn.count("other mark") == len(others)
