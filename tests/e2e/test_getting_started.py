"""`docs/getting-started.md`, followed to the letter by somebody who has an empty folder, Python, and this wheel to install from.

A block of shell is run as it stands, all of them in one shell; it ends with status 0, or with the one that its last comment names.
A block of text that follows is what it prints, or the end of that.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import CONSTRAINTS, ROOT

pytestmark = pytest.mark.e2e

PAGE = (ROOT / "docs" / "getting-started.md").read_text()
RUN = re.compile(r"\b(?=[0-9a-z]*[0-9])[0-9a-z]{14}\b")
END = "--- end of the block:"
DEPLOYED = {"answers.toml", "ask.rag.json", "rag.toml", "tools/words.py"}


@dataclass(frozen=True)
class Block:
    """A block of shell, the status it ends with, and what it prints at its end, where the page says so."""

    code: str
    status: int
    prints: str | None


@dataclass(frozen=True)
class Seen:
    """What a block did."""

    status: int
    printed: str


def _blocks() -> list[Block]:
    found: list[Block] = []
    for kind, text in re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        if kind == "sh":
            status = re.search(r"# exit status (\d+)\n\Z", text)
            found.append(Block(text, int(status[1]) if status else 0, None))
        else:
            assert kind == "text", "every other block is what the one before it prints"
            assert found[-1].prints is None
            found[-1] = Block(found[-1].code, found[-1].status, text)
    return found


class Shell:
    """One shell, in which block after block is run."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.name = "RUN"
        self._shell = subprocess.Popen(
            ["bash", "--norc"], cwd=folder, env=settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, bufsize=1,
        )  # fmt: skip

    def run(self, code: str) -> Seen:
        """Runs a block; the name of a run that it prints stands for `RUN` from then on."""
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f'{code.replace("RUN", self.name)}\nprintf "%s%s\\n" "{END}" "$?"\n')
        self._shell.stdin.flush()
        lines = [self._shell.stdout.readline()]
        while lines[-1] and not lines[-1].startswith(END):
            lines.append(self._shell.stdout.readline())
        status = int(lines.pop().removeprefix(END))
        printed = "".join(lines)
        names = RUN.findall(printed)
        self.name = names[-1] if names else self.name
        return Seen(status, RUN.sub("RUN", printed))

    def close(self) -> None:
        """Ends the shell."""
        self._shell.communicate()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("newcomer")


@pytest.fixture(scope="module")
def seen(folder: Path, wheel: Path) -> list[Seen]:
    """What each block did. Outside of the folder there is a system, Python, and the place that the wheel comes from."""
    python = folder / ".system"
    python.mkdir()
    (python / "python3").symlink_to(sys.executable)
    settings = {"HOME": str(folder), "PATH": f"{python}:/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
    settings |= {"PIP_FIND_LINKS": str(wheel.parent), "PIP_CONSTRAINT": str(CONSTRAINTS)}
    settings |= {key: value for key, value in os.environ.items() if key.startswith(("PIP_INDEX", "PIP_CERT", "SSL_"))}
    shell = Shell(folder, settings)
    done = [shell.run(block.code) for block in _blocks()]
    shell.close()
    return done


@pytest.mark.parametrize("at", range(len(_blocks())))
def test_a_block_does_what_the_page_says(at: int, seen: list[Seen]) -> None:
    block = _blocks()[at]
    assert seen[at].status == block.status, seen[at].printed
    if block.prints is not None:
        assert seen[at].printed[-len(block.prints) :] == block.prints


def test_the_operator_has_no_source(folder: Path, seen: list[Seen]) -> None:
    deployed = folder / "deployed"
    files = {file.relative_to(deployed).as_posix() for file in deployed.rglob("*") if file.is_file()}
    assert {name for name in files if not name.startswith(".rag/") and "__pycache__" not in name} == DEPLOYED


def test_the_job_is_the_one_that_is_tested(folder: Path, seen: list[Seen]) -> None:
    job = (folder / "hello" / ".github" / "workflows" / "rag.yml").read_text()
    assert f"```yaml\n{job}```\n" in (ROOT / "docs" / "ci.md").read_text()
