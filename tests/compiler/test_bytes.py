"""What no fence can hold: sizes, depths, encodings, line breaks, and texts that stand in fences themselves."""

from __future__ import annotations

import pytest

from rag_compiler.diagnostics import Diagnostic
from rag_compiler.parse import MOST_BYTES, MOST_NESTED
from rag_compiler.pipeline import analyse
from rag_compiler.source import SourceFile
from rag_registry.manifest import empty_registry
from tests.fuzz.soundness import check_source
from tests.test_fixes import mend

GRAPH = "graph steps {\n  start a\n  node a { kind pass }\n}\n"
WRONG = "graph steps {\n  start a\n  node a { kind pass  next nobody }\n}\n"


def found(data: bytes | str) -> tuple[Diagnostic, ...]:
    text = data if isinstance(data, bytes) else data.encode()
    return analyse([SourceFile("case.rag", text)], empty_registry()).diagnostics


def only(data: bytes | str) -> tuple[str, tuple[int, int], str]:
    """The one finding on a text: its code, where it begins (line and column), and the text it speaks of."""
    text = data if isinstance(data, bytes) else data.encode()
    (diagnostic,) = found(text)
    span = diagnostic.place.span
    position = SourceFile("case.rag", text).lines.position(span.start)
    return diagnostic.code, (position.line, position.column), text[span.start : span.end].decode("utf-8", "replace")


# ---- sizes and depths ----


def test_a_file_of_the_largest_size() -> None:
    padding = "// " + "x" * (MOST_BYTES - len(GRAPH) - 4) + "\n"
    assert found(padding + GRAPH) == ()


def test_a_file_that_is_larger_is_one_finding() -> None:
    (diagnostic,) = found("// " + "x" * MOST_BYTES + "\n" + WRONG)
    assert diagnostic.code == "source-too-large"


@pytest.mark.parametrize("opening", ["[", "(", "{ a: "])
def test_brackets_that_are_too_deep_are_one_finding(opening: str) -> None:
    closing = {"[": "]", "(": ")", "{ a: ": " }"}[opening]
    inside = opening * MOST_NESTED + "1" + closing * MOST_NESTED
    text = f"graph steps {{\n  start a\n  node a {{ kind pass  command {{ update {{ x: {inside} }} }} }}\n}}\n"
    code, (line, _), shown = only(text)
    assert (code, line, shown) == ("nesting-too-deep", 3, opening[0])


@pytest.mark.parametrize(
    "opening", ["[", "(", "{", "{ a: ", "graph g { ", "node n { ", "{{", '"{{ ', "not ", "- ", "a.b "]
)
def test_any_depth_is_survived(opening: str) -> None:
    for text in (opening * 20_000, f"graph steps {{ start a  node a {{ prompt {opening * 20_000}"):
        assert found(text)


@pytest.mark.parametrize("part", ["1 + ", "x -> ", "a ?? ", "not ", "if a then b else ", "(x => ", "a and "])
def test_any_length_of_an_expression_is_survived(part: str) -> None:
    body = f"command {{ update {{ x: {part * 5_000} 1 }} }}"
    assert found(f"graph steps {{\n  start a\n  channel x overwrite\n  node a {{ kind pass  {body} }}\n}}\n")


@pytest.mark.parametrize(
    "type_", ["string" + "[]" * 5_000, "string" + "?" * 5_000, "map<" * 5_000, "a | " * 5_000 + "a"]
)
def test_any_length_of_a_type_is_survived(type_: str) -> None:
    found(f"type Deep = {type_}\n")


# ---- encodings ----


@pytest.mark.parametrize("wrong", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80"])
def test_bytes_that_are_no_text_are_one_finding(wrong: bytes) -> None:
    text = GRAPH.encode().replace(b"kind pass", b'prompt "' + wrong + b'"')
    (diagnostic,) = found(text)
    assert diagnostic.code == "invalid-utf8"
    assert diagnostic.place.span.start == text.index(wrong)


def test_another_encoding_is_one_finding() -> None:
    assert [each.code for each in found(GRAPH.encode("utf-16"))] == ["invalid-utf8"]


def test_a_mark_of_the_byte_order_is_skipped() -> None:
    assert found("\ufeff" + GRAPH) == ()
    assert only("\ufeff" + WRONG) == ("unknown-node", (3, 28), "nobody")
    assert only("\ufeffgraph steps { start aa  node a { kind pass } }") == ("unknown-node", (1, 21), "aa")


# ---- line breaks ----


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_break_counts_once(end: str) -> None:
    assert found(GRAPH.replace("\n", end)) == ()
    assert only(WRONG.replace("\n", end)) == ("unknown-node", (3, 28), "nobody")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_break_ends_items_and_strings(end: str) -> None:
    text = 'graph steps {\n  start a\n  node a {\n    prompt "hello\n    next END\n  }\n}\n'.replace("\n", end)
    assert [each.code for each in found(text) if each.code != "missing-item"] == ["unclosed-string"]
    text = "graph steps {\n  start\n  node a { kind pass }\n}\n".replace("\n", end)
    assert only(text) == ("missing-name", (2, 3), "start")


def test_other_breaks_end_no_line() -> None:
    assert only("// a\u2028b\u2029c\u0085d\n" + WRONG)[1] == (4, 28)
    inside = GRAPH.replace("kind pass", 'kind interrupt  prompt "a\u2028b"  next nobody')
    assert only(inside) == ("unknown-node", (3, 47), "nobody")


@pytest.mark.parametrize("quote", ["'", '"', "`", '"""', "'''"])
def test_a_quote_alone_is_found(quote: str) -> None:
    for item in ("model", "prompt", "tools [", "kind", "next"):
        assert check_source(GRAPH.replace("kind pass", f"{item} {quote}\n ").encode(), empty_registry())


@pytest.mark.parametrize("pair", ["''", "``", "\u201c\u201d", "\u201e\u201c", "\u2018\u2019"])
def test_names_in_other_quotes(pair: str) -> None:
    closed = f"{pair[0]}nobody大{pair[1]}"
    for written in (closed, closed[:-1], pair[0]):
        for item in ("model", "tools [", "next", "kind"):
            text = GRAPH.replace("kind pass", f"{item} {written}\n ")
            assert check_source(text.encode(), empty_registry())


@pytest.mark.parametrize("blank", ["\u2028", "\u0085", "\u00a0", "\u3000"])
def test_an_unclosed_string_may_end_in_any_blank(blank: str) -> None:
    text = GRAPH.replace("kind pass", f'kind interrupt  prompt "hello{blank}\n ')
    assert [each.code for each in check_source(text.encode(), empty_registry())] == ["unclosed-string"]


def test_columns_count_characters() -> None:
    text = GRAPH.replace("kind pass", 'kind interrupt  prompt "🙂é大"  next nobody')
    assert only(text) == ("unknown-node", (3, 47), "nobody")


# ---- texts that stand in a fence of Markdown ----


@pytest.mark.parametrize("mark", ["```", "~~~"])
@pytest.mark.parametrize("word", ["", "rag", "text"])
def test_a_fence_is_one_finding_and_its_fix_takes_it_away(mark: str, word: str) -> None:
    text = f"{mark}{word}\n{GRAPH}{mark}\n"
    code, position, shown = only(text)
    assert (code, position, shown) == ("foreign-syntax", (1, 1), f"{mark}{word}")
    assert mend({"case.rag": text.encode()}).left == ()


def test_prose_around_a_fence_goes_with_it() -> None:
    text = f"# Your graph\n\nHere it is, it isn't long:\n\n```rag\n{GRAPH}```\n\nIt does nothing. {{ }}\n"
    assert only(text) == ("foreign-syntax", (5, 1), "```rag")
    assert mend({"case.rag": text.encode()}).left == ()


def test_what_is_wrong_inside_a_fence_is_found() -> None:
    assert [each.code for each in found(f"```rag\n{WRONG}```\n")] == ["foreign-syntax", "unknown-node"]


def test_a_fence_inside_a_prompt_is_text() -> None:
    prompt = '"""\n      Answer so:\n      ```json\n      { }\n      ```\n      """'
    assert found(GRAPH.replace("kind pass", f"kind interrupt  prompt {prompt}\n  ")) == ()


def test_nothing_is_nothing() -> None:
    for text in ("", "\n", " \t\r\n", "// a comment\n", "\ufeff", "/// about nothing\n"):
        assert found(text) == ()
