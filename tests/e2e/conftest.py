"""The distribution, built from its own source archive, and environments that it is installed into."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONSTRAINTS = ROOT / "constraints.txt"
LEFT_BEHIND = (".*", "build", "dist", "node_modules", "__pycache__", "*.egg-info", "*.so", "*.pyd")


@dataclass(frozen=True)
class Built:
    """What `python -m build` writes: the source archive, and the wheel that was built from it."""

    sdist: Path
    wheel: Path


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what would be committed."""
    folder = tmp_path_factory.mktemp("checkout") / "raglang"
    return shutil.copytree(ROOT, folder, ignore=_left_behind, symlinks=True)


def _left_behind(folder: str, names: list[str]) -> set[str]:
    kept = {".ci", ".gitattributes", ".gitignore", ".pre-commit-hooks.yaml"} if Path(folder) == ROOT else set[str]()
    return shutil.ignore_patterns(*LEFT_BEHIND)(folder, names) - kept


@pytest.fixture(scope="session")
def built(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("build")
    run(folder, sys.executable, "-m", "build", "--outdir", str(folder), str(checkout))
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return Built(sdist, wheel)


@pytest.fixture(scope="session")
def wheel(built: Built) -> Path:
    return built.wheel


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an environment that holds the wheel, what it depends on, and nothing else.

    It is made as on a machine without a compiler: nothing but those programs can be found.
    """
    programs = environment(tmp_path_factory.mktemp("installed"))
    install(programs, str(wheel), no_compiler(programs))
    return programs


def environment(folder: Path) -> Path:
    """The folder of the programs of a new, empty environment."""
    run(folder, sys.executable, "-m", "venv", "environment")
    return folder / "environment" / "bin"


def install(programs: Path, what: str, env: Mapping[str, str] | None = None) -> None:
    """Installs into an environment, in the releases that the tests run with."""
    pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--constraint", str(CONSTRAINTS)]
    run(programs, *pip, what, env=env)


def no_compiler(programs: Path) -> dict[str, str]:
    """An environment in which no compiler can be found, or would fail if it were."""
    return {**os.environ, "PATH": str(programs), "CC": "/bin/false", "CXX": "/bin/false"}


def run(folder: Path, *command: str, env: Mapping[str, str] | None = None) -> str:
    """The standard output of a command that succeeds."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
