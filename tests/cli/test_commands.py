"""The smaller commands: new, compile, graph, explain."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_ir.codec import decode
from rag_ir.rules import RULES
from tests.cli.conftest import Rag

Copy = Callable[[str], Path]


def test_a_new_project_checks_and_runs(rag: Rag, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = rag("new", "hello")
    assert done.status == 0
    monkeypatch.chdir(here / "hello")
    assert rag("check", "--deny", "warnings").status == 0
    run = rag("run", "workflows/hello.rag", "--input", "name=Ada")
    assert json.loads(run.out) == {"greeting": "Hello Ada, what are we building today?", "words": 7}
    commands = [line for line in Path("README.md").read_text().splitlines() if line.startswith("rag ")]
    assert len(commands) == 5
    for command in commands:
        assert rag(*command.split()[1:]).status == 0


@pytest.mark.parametrize("name", ["a b/ü", ".", "under_score", "-dash"])
def test_new_projects_of_any_name(name: str, rag: Rag, here: Path) -> None:
    (here / "in").mkdir()
    assert rag("new", "--", here / "in" / name).status == 0
    assert rag("check", here / "in" / name, "--deny", "warnings").status == 0


@pytest.mark.parametrize("taken", ["rag.toml", "workflows/hello.rag", "README.md"])
def test_new_never_overwrites(taken: str, rag: Rag, here: Path) -> None:
    file = here / "p" / taken
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    before = sorted(here.rglob("*"))
    done = rag("new", "p")
    assert done.status == 2
    assert taken in done.err
    assert sorted(here.rglob("*")) == before
    assert file.read_text() == "mine"


def test_new_in_a_place_that_is_a_file(rag: Rag, here: Path) -> None:
    (here / "file").write_text("mine")
    assert rag("new", "file").status == 2
    assert (here / "file").read_text() == "mine"


def test_compile_writes_the_same_document_everywhere(rag: Rag, example: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = example("subgraph")
    assert rag("compile", "workflows/digest.rag", "-o", "a.json").status == 0
    monkeypatch.chdir(folder.parent)
    assert rag("compile", "subgraph/workflows/digest.rag", "-o", "subgraph/b.json").status == 0
    assert (folder / "a.json").read_bytes() == (folder / "b.json").read_bytes()
    document, findings = decode((folder / "a.json").read_bytes())
    assert document is not None
    assert findings == []
    assert document.entry == "digest"
    assert document.source_map


def test_compile_to_standard_output(rag: Rag, example: Copy) -> None:
    example("subgraph")
    done = rag("compile", "workflows/summarise.rag", "-o", "-")
    assert json.loads(done.out)["entry"] == "summarise"
    assert done.err == ""
    source = Path("workflows/summarise.rag").read_bytes().replace(b"summarise", b"piped").replace(b"Summary", b"Piped")
    assert json.loads(rag("compile", "-", "-o", "-", stdin=source).out)["entry"] == "piped"


def test_compile_writes_nothing_where_there_are_errors(rag: Rag, here: Path) -> None:
    (here / "a.rag").write_text("graph a {\n  start b\n}\n")
    (here / "out.json").write_text("before")
    done = rag("compile", "a.rag", "-o", "out.json")
    assert done.status == 1
    assert "error[unknown-node]" in done.err
    assert (here / "out.json").read_text() == "before"


def test_compile_to_a_place_that_cannot_be_written(rag: Rag, here: Path) -> None:
    (here / "a.rag").write_text("graph a {\n  start b\n  node b { kind pass }\n}\n")
    for out in ("none/out.json", "."):
        done = rag("compile", "a.rag", "-o", out)
        assert done.status == 2
        assert done.err.startswith("error: ")
    assert sorted(path.name for path in here.iterdir()) == ["a.rag"]


def test_compile_shows_warnings_and_writes(rag: Rag, here: Path) -> None:
    (here / "a.rag").write_text("graph a {\n  start b\n  node b { kind pass }\n  node c { kind pass }\n}\n")
    done = rag("compile", "a.rag", "-o", "out.json")
    assert done.status == 0
    assert "warning[unreachable-node]" in done.err
    assert (here / "out.json").exists()


@pytest.mark.parametrize("format", ["text", "mermaid"])
def test_an_ir_is_drawn_as_its_source_is(format: str, rag: Rag, example: Copy) -> None:
    example("subgraph")
    rag("compile", "workflows/digest.rag", "-o", "a.json")
    source = rag("graph", "workflows/digest.rag", "--format", format)
    assert source.status == 0
    assert "summarise" in source.out
    assert rag("graph", "a.json", "--format", format).out == source.out
    assert rag("graph", "-", "--format", format, stdin=Path("a.json").read_bytes()).out == source.out


def test_an_ir_with_warnings_runs_and_is_drawn(rag: Rag, here: Path) -> None:
    (here / "a.rag").write_text("graph a {\n  start b\n  node b { kind pass }\n  node c { kind pass }\n}\n")
    rag("compile", "a.rag", "-o", "a.json")
    assert rag("graph", "a.json").status == 0
    done = rag("run", "a.json", "--store", "memory:")
    assert (done.status, done.out) == (0, "{}\n")
    assert "1 warning" in done.err


@pytest.mark.parametrize("data", [b"{", b'{"ir": 1}', b'{"ir": 99}', b"{}", b"{" * 100_000])
def test_what_is_no_ir_is_refused(data: bytes, rag: Rag, here: Path) -> None:
    (here / "a.json").write_bytes(data)
    for command in ("graph", "run"):
        done = rag(command, "a.json")
        assert done.status == 4
        assert done.err.startswith("error: `a.json` is refused")


@pytest.mark.parametrize("code", sorted(RULES))
def test_every_code_is_explained(code: str, rag: Rag) -> None:
    done = rag("explain", code)
    assert done.status == 0
    assert done.out.startswith(f"# {code}\n")


def test_all_codes_are_listed(rag: Rag) -> None:
    lines = rag("explain").out.splitlines()
    assert [line.split()[0] for line in lines] == list(RULES)


def test_a_code_that_is_none_is_named_with_the_nearest(rag: Rag) -> None:
    done = rag("explain", "unknown-nod")
    assert done.status == 2
    assert "`unknown-node`" in done.err
