"""The recipes of `docs/ci.md`, followed to the letter: the hook under pre-commit, and the steps of the job as a runner takes them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from rag_ir.version import VERSION
from tests.e2e.conftest import CONSTRAINTS, ROOT, environment, run

pytestmark = pytest.mark.e2e

PAGE = (ROOT / "docs" / "ci.md").read_text()
SLIP = ('"find_order", "find_policy"', '"find_ordr", "find_policy"')
PLACE = ("services/support/workflows/support.rag", "22:13")


def _recipe(start: str) -> str:
    """The block of the page that begins so."""
    (found,) = re.findall(rf"^```yaml\n({start}.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert isinstance(found, str)
    return found


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository that holds a project in a folder."""
    folder = tmp_path / "repository"
    shutil.copytree(
        ROOT / "examples" / "support", folder / "services" / "support", ignore=shutil.ignore_patterns(".rag")
    )
    (folder / "NOTES.md").write_text("Nothing to check here.\n")
    _commit(folder)
    return folder


def _commit(folder: Path) -> str:
    """Commits everything; the commit's name."""
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false"]
    run(folder, "git", "init", "--quiet")
    run(folder, "git", "add", "--all", "--force")
    run(folder, "git", *who, "commit", "--quiet", "--no-verify", "--message", "all of it")
    return run(folder, "git", "rev-parse", "HEAD").strip()


def _break(repository: Path) -> Path:
    source = repository / PLACE[0]
    text = source.read_text()
    assert SLIP[0] in text
    source.write_text(text.replace(*SLIP, 1))
    return source


# pre-commit


@pytest.fixture(scope="module")
def hook(checkout: Path) -> str:
    """The commit of the hook's repository."""
    return _commit(checkout)


@pytest.fixture
def hooked(repository: Path, checkout: Path, hook: str) -> Path:
    """The repository with the page's configuration, and this toolchain as where it comes from."""
    recipe = _recipe("repos:").replace("https://example.org/raglang", str(checkout)).replace(f"v{VERSION}", hook)
    assert recipe.count(hook) == recipe.count(str(checkout)) == 1
    (repository / ".pre-commit-config.yaml").write_text(recipe)
    _commit(repository)
    return repository


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps what it installs: once for all tests."""
    return tmp_path_factory.mktemp("pre-commit")


def _run_hooks(folder: Path, home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PRE_COMMIT_HOME": str(home), "PIP_CONSTRAINT": str(CONSTRAINTS)}
    command = [sys.executable, "-m", "pre_commit", "run", "--color", "never", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)


def test_the_hook_passes_what_is_whole(hooked: Path, home: Path) -> None:
    done = _run_hooks(hooked, home, "--all-files")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^rag check\.+Passed$", done.stdout, re.MULTILINE)


def test_the_hook_stops_what_is_broken(hooked: Path, home: Path) -> None:
    source = _break(hooked)
    run(hooked, "git", "add", str(source))
    done = _run_hooks(hooked, home)
    assert done.returncode == 1
    assert re.search(r"^rag check\.+Failed$", done.stdout, re.MULTILINE)
    assert f"{PLACE[0]}:{PLACE[1]}: error[unknown-tool]" in done.stdout


def test_a_tool_that_breaks_a_source_is_seen(hooked: Path, home: Path) -> None:
    tool = hooked / "services/support/tools/orders.py"
    tool.write_text(tool.read_text().replace("def find_order(", "def find_an_order("))
    run(hooked, "git", "add", str(tool))
    done = _run_hooks(hooked, home)
    assert done.returncode == 1
    assert "unreadable-tool" in done.stdout


def test_the_hook_stays_away_from_other_files(hooked: Path, home: Path) -> None:
    (hooked / "NOTES.md").write_text("Nothing to check here either.\n")
    run(hooked, "git", "add", "NOTES.md")
    done = _run_hooks(hooked, home)
    assert done.returncode == 0
    assert "no files to check" in done.stdout


# GitHub Actions


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a Python that holds nothing, as a runner has it after `setup-python`."""
    return environment(tmp_path_factory.mktemp("machine"))


def _run_job(repository: Path, machine: Path, wheel: Path) -> tuple[int, str]:
    """Runs the steps of the job one after the other, up to the first that fails: its status, and what was printed."""
    yaml: Any = import_module("yaml")  # It has no types of its own, and comes with the extra of these tests only.
    steps = yaml.safe_load(_recipe("name: rag"))["jobs"]["check"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    assert [step["uses"].partition("@")[0] for step in steps if "uses" in step] == [
        "actions/checkout",
        "actions/setup-python",
    ]
    settings = {"GITHUB_WORKSPACE": str(repository), "GITHUB_ACTIONS": "true", "CI": "true"}
    settings |= {"PIP_FIND_LINKS": str(wheel.parent), "PIP_CONSTRAINT": str(CONSTRAINTS)}
    env = {**os.environ, **settings, "PATH": f"{machine}{os.pathsep}{os.environ['PATH']}"}
    printed = ""
    for command in commands:
        done = subprocess.run(["bash", "-e", "-c", command], cwd=repository, capture_output=True, text=True, env=env)
        printed += done.stdout
        if done.returncode != 0:
            return done.returncode, printed
    return 0, printed


def test_the_job_fails_with_an_annotation_and_passes_when_it_is_mended(
    repository: Path, machine: Path, wheel: Path
) -> None:
    source = _break(repository)
    status, printed = _run_job(repository, machine, wheel)
    line, column = PLACE[1].split(":")
    assert status == 1
    assert f"\n::error file={PLACE[0]},line={line},endLine={line},col={column}," in printed
    source.write_text(source.read_text().replace(SLIP[1], SLIP[0]))
    assert _run_job(repository, machine, wheel)[0] == 0
