"""Texts that are hostile to a formatter: deep, large, of other systems, without an end."""

from __future__ import annotations

from cProfile import Profile
from pstats import Stats

import pytest

from rag_compiler.diagnostics import Diagnostic
from rag_compiler.format import format_source
from rag_compiler.pipeline import analyse, compile_graph
from rag_compiler.source import SourceFile
from rag_ir.graph import Document
from rag_registry.manifest import read_manifest
from tests.format.sources import MANIFEST

NODE = 'node n%d { kind model  prompt "Größe 大小 🙂 {{ input.size }}"\t writes { x: [1, %d] } // 大小\n next n%d }\n'
EXPRESSION = "graph g { start a node a { kind pass writes { x: %s } } }"
TEXT = '''graph g {
  start a
  channel x overwrite
  node a {
    kind pass
    writes { x: """
\t\ttabs
\t\t  {{ input.a }} and blanks behind   \n\t
\t\tthe end \\"\\"\\"
\t\t""" } } }'''


def formatted(text: str | bytes) -> bytes:
    found = format_source(SourceFile("case.rag", text.encode() if isinstance(text, str) else text))
    assert not isinstance(found, Diagnostic), found
    return found


@pytest.mark.parametrize(
    "expression",
    [
        "[" * 61 + "]" * 61,
        "{ a: " * 61 + "1" + " }" * 61,
        "len(" * 61 + "a" + ")" * 61,
        "(" * 61 + "a" + ")" * 61,
        "if a then b else " * 90 + "c",
        "a + " * 98 + "1",
        "a ?? " * 98 + "1",
        "not " * 98 + "a",
        "a" + ".b" * 98,
        "a" + "[0]" * 98,
        "map(a, x => " * 45 + "1" + ")" * 45,
    ],
)
def test_what_is_deep_is_formatted(expression: str) -> None:
    once = formatted(EXPRESSION % expression)
    assert formatted(once) == once


@pytest.mark.parametrize("type_", ["map<" * 98 + "int" + ">" * 98, "int" + "[]" * 98, "{ a: " * 45 + "int" + " }" * 45])
def test_deep_types_are_formatted(type_: str) -> None:
    once = formatted(f"type A = {type_}")
    assert formatted(once) == once


@pytest.mark.parametrize("text", ["[" * 70 + "]" * 70, "a + " * 200 + "1", "{" * 70])
def test_what_is_too_deep_is_refused(text: str) -> None:
    assert isinstance(format_source(SourceFile("case.rag", (EXPRESSION % text).encode())), Diagnostic)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
def test_a_text_of_any_system_has_one_form_and_one_meaning(line_end: str, mark: str, end: str) -> None:
    text = (mark + (TEXT + end).replace("\n", line_end)).encode()
    form = formatted(text)
    assert b"\r" not in form
    assert form == formatted(TEXT)
    assert form.endswith(b"}\n")
    assert not form.endswith(b"\n\n")
    assert _document(form).digest == _document(text).digest == _document(TEXT.encode()).digest


@pytest.mark.parametrize(
    ("before", "after"), [("", b""), ("\n \n\t\n", b""), ("// a", b"// a\n"), ("\n\n// a \n\n\n//b", b"// a\n\n//b\n")]
)
def test_a_text_without_declarations(before: str, after: bytes) -> None:
    assert formatted(before) == after


@pytest.mark.parametrize("make", ["nodes", "elements", "comments", "blanks", "lines", "fields", "suppressions"])
def test_twice_the_text_takes_twice_the_work(make: str) -> None:
    once, twice = _calls(_large(make, 150)), _calls(_large(make, 300))
    assert twice < 2.5 * once


def test_a_text_that_would_become_too_large_is_refused() -> None:
    found = format_source(SourceFile("case.rag", (EXPRESSION % f"[{'1,' * 110_000}]").encode()))
    assert isinstance(found, Diagnostic)
    assert found.code == "source-too-large"


def _large(make: str, count: int) -> str:
    match make:
        case "nodes":
            lines = "".join(NODE % (at, at, at + 1) for at in range(count))
            return f"graph g {{ start n0\n{lines} }}"
        case "elements":
            return EXPRESSION % f"[{'[1, 2], ' * count}]"
        case "comments":
            return "graph g {\n" + "// one\n" * count + "start a // two\n node a { kind pass } }"
        case "blanks":
            return "graph g {" + " \t\n" * count * 100 + "start a node a { kind pass } }"
        case "lines":
            return 'graph g { start a node a { prompt """' + "line {{ input.a }}\n" * count + '""" } }'
        case "fields":
            return "type A { " + " ".join(f"f{at}: int | string" for at in range(count)) + " }"
        case _:
            return "// rag: allow(missing-label) why\ntype A = int | text\n" * count


def _calls(text: str) -> int:
    profile = Profile()
    profile.runcall(formatted, text)
    return int(Stats(profile).total_calls)  # type: ignore[attr-defined]


def _document(text: bytes) -> Document:
    registry, _ = read_manifest(MANIFEST.encode())
    found = compile_graph(analyse([SourceFile("case.rag", text)], registry), None)
    assert not isinstance(found, tuple), found
    return found
