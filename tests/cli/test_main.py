"""The entry point: commands and their help, and that nothing which goes wrong ends in a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag_cli.main import BROKEN_PIPE, COMMANDS
from rag_ir.version import VERSION
from tests.cli.conftest import Rag
from tests.cli.hostile import HOSTILE, ascii_start

PROGRAM = [sys.executable, "-c", "import sys; from rag_cli.main import main; sys.exit(main())"]


def test_the_version(rag: Rag) -> None:
    assert rag("--version").out == f"rag {VERSION}\n"


def test_help_lists_every_command(rag: Rag) -> None:
    for words in ([], ["--help"], ["help"]):
        done = rag(*words)
        assert done.status == 0
        assert all(f"  {name} " in done.out for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, rag: Rag) -> None:
    done = rag(*command.split(), "--help")
    assert done.status == 0
    assert f"\n  rag {command}" in done.out
    assert rag("help", *command.split()).out == done.out


def test_a_word_with_commands_below_it(rag: Rag) -> None:
    assert rag("runs", "--help").status == 0
    done = rag("runs")
    assert done.status == 2
    assert "`rag runs resume`" in done.err


def test_an_unknown_command_is_named_with_the_nearest(rag: Rag) -> None:
    done = rag("chekc")
    assert done.status == 2
    assert done.out == ""
    assert "`chekc`" in done.err
    assert "`rag check`" in done.err


@pytest.mark.parametrize("text", HOSTILE, ids=ascii_start)
@pytest.mark.parametrize(
    "before", [(), ("runs",), ("explain",), ("check", "--format"), ("run",), ("runs", "show")], ids=str
)
def test_hostile_words_stay_text(before: tuple[str, ...], text: str, rag: Rag, here: Path) -> None:
    done = rag(*before, text)
    assert done.status == 2
    assert all(line.isprintable() for line in (done.out + done.err).split("\n"))


def test_a_defect_is_one_line(rag: Rag, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> object:
        raise KeyError("\x1b[31m")

    monkeypatch.setattr("rag_cli.main._load", broken)
    with pytest.raises(KeyError):
        rag("check")
    monkeypatch.delenv("RAG_TRACEBACK")
    done = rag("check")
    assert done.status == 70
    assert done.err.startswith("internal error: KeyError: ")
    assert "\x1b" not in done.err
    assert "Traceback" not in done.err


def test_what_the_system_refuses_is_one_line(rag: Rag, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(name: str) -> object:
        raise PermissionError(13, "Permission denied", "secret.rag")

    monkeypatch.setattr("rag_cli.main._load", refused)
    done = rag("check")
    assert done.status == 2
    assert done.err == "error: `secret.rag` cannot be used: permission denied\n"


def test_a_reader_that_leaves_is_no_error() -> None:
    with subprocess.Popen([*PROGRAM, "explain"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == BROKEN_PIPE


def test_streams_that_are_not_there() -> None:
    shell = f"{' '.join(map(_quoted, PROGRAM))} --version >&- 2>&-"
    assert subprocess.run(["sh", "-c", shell]).returncode == 0


def _quoted(word: str) -> str:
    return f"'{word}'"


def test_the_encoding_of_a_pipe_is_utf_8(tmp_path: Path) -> None:
    (tmp_path / "ü.rag").write_text("graph", encoding="utf-8")
    outputs = {
        subprocess.run(
            [*PROGRAM, "check", "ü.rag", "--format", "json"],
            cwd=tmp_path,
            env={**os.environ, **more},
            capture_output=True,
        ).stdout
        for more in ({}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONHASHSEED": "7"}, {"COLUMNS": "30"}, {"LC_ALL": "C"})
    }
    assert len(outputs) == 1
    assert "ü" in outputs.pop().decode("utf-8")
