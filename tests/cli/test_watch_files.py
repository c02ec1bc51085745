"""`rag check --watch`: looks again after every change, parses only what changed, and ends with Ctrl-C."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import rag_compiler.reader
from rag_cli import watch_files
from rag_compiler.pipeline import Read, read
from rag_compiler.source import SourceFile
from tests.cli.conftest import Rag
from tests.cli.test_check import BROKEN, CLEAN, MANIFEST

Script = Callable[..., None]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """What happens between two looks at the disk, one step each; after the last one somebody presses Ctrl-C."""

    def install(*steps: Callable[[], object]) -> None:
        pending: Iterator[Callable[[], object]] = iter(steps)

        def wait() -> None:
            step = next(pending, None)
            if step is None:
                raise KeyboardInterrupt
            step()

        monkeypatch.setattr(watch_files, "_wait", wait)

    return install


def writing(path: Path, text: str, at: int) -> Callable[[], None]:
    """Writes a file at a time of its own, as far as the disk can tell."""

    def write() -> None:
        path.write_text(text)
        os.utime(path, ns=(at, at))

    return write


def test_a_change_is_checked_and_nothing_else(rag: Rag, here: Path, script: Script) -> None:
    file = here / "a.rag"
    file.write_text(BROKEN)
    script(lambda: None, writing(file, CLEAN, 10**9), lambda: None, writing(file, BROKEN, 2 * 10**9))
    done = rag("check", "a.rag", "--watch", "--format", "concise")
    assert done.status == 130
    assert done.out.count("unknown-node") == 2
    assert [line.partition(";")[0] for line in done.err.splitlines()] == [
        *("1 error in 1 file", "no problems in 1 file", "1 error in 1 file"),
    ]


def test_files_that_come_and_go_are_seen(rag: Rag, here: Path, script: Script) -> None:
    (here / "flows").mkdir()
    (here / "rag.toml").write_text(MANIFEST)
    (here / "flows" / "a.rag").write_text(CLEAN)
    new = here / "flows" / "b.rag"
    script(lambda: new.write_text(BROKEN), new.unlink)
    done = rag("check", "--watch")
    summaries = [line.partition(";")[0] for line in done.err.splitlines()]
    assert summaries == ["no problems in 1 file", "1 error in 2 files", "no problems in 1 file"]


def test_what_is_gone_is_told_and_awaited(rag: Rag, here: Path, script: Script) -> None:
    file = here / "a.rag"
    file.write_text(CLEAN)
    script(file.unlink, lambda: file.write_text(CLEAN))
    done = rag("check", "a.rag", "--watch")
    assert done.status == 130
    assert "there is no file `a.rag`" in done.err
    assert done.err.count("no problems in 1 file") == 2


def test_only_what_changed_is_parsed_again(
    rag: Rag, here: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "flows").mkdir()
    (here / "rag.toml").write_text(MANIFEST)
    for name in ("a", "b"):
        (here / "flows" / f"{name}.rag").write_text(CLEAN.replace("clean", name))
    parsed: list[str] = []

    def counted(file: SourceFile) -> Read:
        parsed.append(file.path)
        return read(file)

    monkeypatch.setattr(rag_compiler.reader, "read", counted)
    script(writing(here / "flows" / "b.rag", CLEAN.replace("clean", "c"), 10**9))
    rag("check", "--watch")
    assert parsed == ["flows/a.rag", "flows/b.rag", "flows/b.rag"]


def test_the_screen_is_cleared_on_a_terminal_only(
    rag: Rag, here: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "a.rag").write_text(BROKEN)
    script()
    assert "\x1b" not in rag("check", "a.rag", "--watch").out
    monkeypatch.setattr(watch_files, "is_terminal", bool)
    script()
    assert rag("check", "a.rag", "--watch").out.startswith(watch_files.CLEAR)


def test_standard_input_cannot_be_watched(rag: Rag, here: Path) -> None:
    assert rag("check", "-", "--watch").status == 2
