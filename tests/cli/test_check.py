"""`rag check`: what it reads, what it says, and how it ends."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import rag_cli
from rag_cli.commands.check import FORMATS
from tests.cli.conftest import EXAMPLES, Rag

CLEAN = "graph clean {\n  start a\n  node a { kind pass }\n}\n"
BROKEN = "graph broken {\n  start nowhere\n  node a { kind pass }\n}\n"
WARNED = "graph warned {\n  start a\n  node a { kind pass }\n  node b { kind pass }\n}\n"
SCHEMA = json.loads((Path(rag_cli.__path__[0]) / "schema" / "check.schema.json").read_text(encoding="utf-8"))
VALIDATOR: Any = import_module("jsonschema").Draft202012Validator(SCHEMA)

MANIFEST = '[project]\nname = "p"\nlanguage = 1\nsources = ["flows/*.rag"]\n'


@pytest.mark.parametrize(
    ("text", "options", "status"),
    [
        (CLEAN, (), 0),
        (BROKEN, (), 1),
        (WARNED, (), 0),
        (WARNED, ("--deny", "warnings"), 1),
        (CLEAN, ("--deny", "warnings"), 0),
    ],
)
@pytest.mark.parametrize("format", FORMATS)
def test_the_status(text: str, options: tuple[str, ...], status: int, format: str, rag: Rag, here: Path) -> None:
    (here / "a.rag").write_text(text)
    assert rag("check", "a.rag", "--format", format, *options).status == status


def test_the_json_is_of_the_schema(rag: Rag, here: Path) -> None:
    for text in (CLEAN, BROKEN, WARNED):
        (here / "a.rag").write_text(text)
        done = rag("check", "a.rag", "--format", "json")
        VALIDATOR.validate(json.loads(done.out))
        assert done.err == ""


def test_diagnostics_go_to_standard_output_and_the_summary_does_not(rag: Rag, here: Path) -> None:
    (here / "a.rag").write_text(BROKEN)
    done = rag("check", "a.rag", "--format", "concise")
    assert done.out == "a.rag:2:9: error[unknown-node]: start `nowhere` is not a node of graph `broken`\n"
    assert "error" in done.err
    (here / "a.rag").write_text(CLEAN)
    assert rag("check", "a.rag").out == ""


def test_standard_input(rag: Rag, here: Path) -> None:
    assert rag("check", "-", stdin=CLEAN.encode()).status == 0
    done = rag("check", "-", "--format", "concise", stdin=BROKEN.encode())
    assert done.status == 1
    assert done.out.startswith("-:2:9: ")


def _project(folder: Path, **flows: str) -> None:
    (folder / "flows").mkdir(parents=True)
    (folder / "rag.toml").write_text(MANIFEST)
    for name, text in flows.items():
        (folder / "flows" / f"{name}.rag").write_text(text)


def test_a_file_of_a_project_is_checked_with_the_rest_and_reported_alone(rag: Rag, here: Path) -> None:
    caller = 'graph caller {\n  start a\n  node a { kind subgraph  graph "clean" }\n}\n'
    _project(here, clean=CLEAN, broken=BROKEN, caller=caller)
    assert rag("check", "flows/caller.rag").status == 0
    assert rag("check", "flows/broken.rag").status == 1
    assert rag("check", "flows").status == 1
    assert rag("check").status == 1
    assert json.loads(rag("check", "--format", "json").out)["files"] == 3
    assert json.loads(rag("check", "flows/clean.rag", "flows/caller.rag", "--format", "json").out)["files"] == 2


def test_a_file_that_no_glob_matches_is_checked_when_it_is_named(rag: Rag, here: Path) -> None:
    _project(here, clean=CLEAN)
    (here / "draft.rag").write_text(BROKEN)
    assert rag("check").status == 0
    assert rag("check", "draft.rag", "--format", "concise").out.startswith("draft.rag:2:9: ")


def test_the_manifest_is_reported_with_every_file(rag: Rag, here: Path) -> None:
    _project(here, clean=CLEAN)
    (here / "rag.toml").write_text(MANIFEST + "surprise = 1\n")
    for path in (".", "flows/clean.rag", "rag.toml"):
        done = rag("check", path, "--format", "concise")
        assert done.status == 1
        assert done.out.startswith("rag.toml:5:1: error[manifest-unknown-key]: ")


def test_paths_are_shown_from_where_the_command_runs(rag: Rag, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _project(here / "p", broken=BROKEN)
    assert rag("check", "p", "--format", "concise").out.startswith("p/flows/broken.rag:2:9: ")
    monkeypatch.chdir(here / "p" / "flows")
    assert rag("check", "--format", "concise").out.startswith("../flows/broken.rag:2:9: ")
    assert json.loads(rag("check", "--format", "json").out)["diagnostics"][0]["path"] == "../flows/broken.rag"


def test_every_project_below_a_folder(rag: Rag, here: Path) -> None:
    _project(here / "b", clean=CLEAN)
    _project(here / "a", broken=BROKEN)
    (here / "c.rag").write_text(BROKEN)
    out = rag("check", ".", "--format", "concise").out
    assert [line.partition(":")[0] for line in out.splitlines()] == ["c.rag", "a/flows/broken.rag"]


@pytest.mark.parametrize("path", ["missing.rag", "", "missing/a.rag", "."])
def test_what_is_not_there_is_wrong_usage(path: str, rag: Rag, here: Path) -> None:
    done = rag("check", path)
    assert done.status == 2
    assert done.err.startswith("error: ")
    assert done.out == ""


def test_any_bytes_are_checked(rag: Rag, here: Path) -> None:
    (here / "a.rag").write_bytes(bytes(range(256)) * 3)
    for form in ("full", "concise", "json"):
        done = rag("check", "a.rag", "--format", form)
        assert done.status == 1
        assert all(line.isprintable() for line in done.out.split("\n"))


def test_the_examples_are_clean(rag: Rag) -> None:
    done = rag("check", EXAMPLES, "--deny", "warnings")
    assert (done.status, done.out) == (0, "")


def test_annotations_count_from_the_root_of_the_checkout(rag: Rag, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _project(here / "sub", broken=BROKEN)
    message = "title=unknown-node::start `nowhere` is not a node of graph `broken`%0Ahelp: nodes: `a`\n"
    at = "line=2,endLine=2,col=9,endColumn=16"
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    assert rag("check", "sub", "--format", "github").out == f"::error file=sub/flows/broken.rag,{at},{message}"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(here))
    monkeypatch.chdir(here / "sub" / "flows")
    assert rag("check", "..", "--format", "github").out == f"::error file=sub/flows/broken.rag,{at},{message}"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(here / "elsewhere"))
    assert rag("check", "..", "--format", "github").out == f"::error file=../flows/broken.rag,{at},{message}"
    done = rag("check", "-", "--format", "github", stdin=BROKEN.encode())
    assert done.out == f"::error {at},{message}"


def test_rules_can_be_denied(rag: Rag, here: Path) -> None:
    (here / "a.rag").write_text(WARNED)
    assert rag("check", "a.rag", "--deny", "unreachable-node").status == 1
    assert rag("check", "a.rag", "--deny", "missing-label").status == 0
    assert rag("check", "a.rag", "--deny", "missing-label", "--deny", "warnings").status == 1
    done = rag("check", "a.rag", "--deny", "unreachable-nod")
    assert (done.status, done.out) == (2, "")
    assert "did you mean `unreachable-node`?" in done.err


def test_standard_input_stands_for_a_file_of_the_project(rag: Rag, here: Path) -> None:
    _project(here, clean=CLEAN, broken=BROKEN)
    draft = CLEAN.replace("kind pass", "kind pass  next nowhere").encode()
    done = rag("check", "-", "--stdin-path", "flows/clean.rag", "--format", "concise", stdin=draft)
    assert done.out.startswith("flows/clean.rag:3:28: error[unknown-node]: ")
    assert done.out.count("\n") == 1
    assert (here / "flows" / "clean.rag").read_text() == CLEAN
    new = rag("check", "-", "--stdin-path", "flows/new.rag", stdin=CLEAN.replace("clean", "new").encode())
    assert (new.status, new.out) == (0, "")


@pytest.mark.parametrize(
    "arguments", [("--stdin-path", "a.rag"), ("-", "--stdin-path", "."), ("-", "--stdin-path", "")]
)
def test_what_standard_input_cannot_stand_for(arguments: tuple[str, ...], rag: Rag, here: Path) -> None:
    assert rag("check", *arguments, stdin=b"").status == 2
