"""The command in this process, with what it printed; and copies of the examples to run it on."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from rag_cli.main import main

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    status: int
    out: str
    err: str


Rag = Callable[..., Done]


@pytest.fixture
def rag(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Rag:
    """Runs a command line: `rag("check", "a.rag", stdin=b"")`. A defect of the command raises."""
    monkeypatch.setenv("RAG_TRACEBACK", "1")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(*arguments: str | Path, stdin: bytes = b"") -> Done:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        status = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Done(status, printed.out, printed.err)

    return run


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Copies an example and makes the copy the current folder."""

    def copy(name: str) -> Path:
        folder = tmp_path / name
        shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns(".rag", "__pycache__", "board"))
        monkeypatch.chdir(folder)
        return folder

    return copy


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder that belongs to no project."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
