"""The distribution, built from its own source archive, installed into an empty environment, and driven as a user would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_ir.rules import RULES
from rag_ir.version import VERSION

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = "examples/research_review"
QUESTION = "Which memory model suits a durable workflow engine?"
LEFT_BEHIND = (".*", "build", "dist", "node_modules", "__pycache__", "*.egg-info", "*.so", "*.pyd")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*LEFT_BEHIND), symlinks=True)
    _run(folder, sys.executable, "-m", "build", "--outdir", str(folder / "out"), str(source))
    (built,) = (folder / "out").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an environment that holds the wheel, what it depends on, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    _run(folder, sys.executable, "-m", "venv", "environment")
    programs = folder / "environment" / "bin"
    constraints = str(ROOT / "constraints.txt")
    _run(folder, str(programs / "python"), "-m", "pip", "install", "--constraint", constraints, str(wheel))
    return programs


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / EXAMPLE, tmp_path / "example")


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_every_product_file(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {name for name in held if not name.endswith((".so", ".pyd"))} == set(_product_files())


def _product_files() -> Iterator[str]:
    for root in (ROOT / "compiler", ROOT / "lsp", ROOT / "runtime"):
        for folder, below, names in os.walk(root, followlinks=True):
            below[:] = [name for name in below if name != "__pycache__" and not name.startswith(".")]
            files = (Path(folder, name) for name in names if not name.endswith((".so", ".pyd")))
            yield from (file.relative_to(root).as_posix() for file in files)


def test_the_wheel_serves_every_python(wheel: Path) -> None:
    assert wheel.name.startswith(f"raglang-{VERSION}-cp311-abi3-")


def test_the_command_says_its_version(installed: Path, tmp_path: Path) -> None:
    assert _run(tmp_path, str(installed / "rag"), "--version") == f"rag {VERSION}\n"


@pytest.mark.parametrize("code", sorted(RULES))
def test_the_page_of_a_rule_is_installed(code: str, installed: Path, tmp_path: Path) -> None:
    assert code in _run(tmp_path, str(installed / "rag"), "explain", code)


def test_the_example_checks_and_runs(installed: Path, example: Path) -> None:
    source = "workflows/research_review.rag"
    _run(example, str(installed / "rag"), "check", source, "--deny", "warnings")
    here = _run(
        ROOT / EXAMPLE, str(Path(sys.executable).parent / "rag"), "run", source, "--input", f"question={QUESTION}"
    )
    there = _run(example, str(installed / "rag"), "run", source, "--input", f"question={QUESTION}")
    assert there == here


def test_a_broken_source_is_refused(installed: Path, example: Path) -> None:
    source = example / "workflows" / "research_review.rag"
    source.write_text(source.read_text() + "\ngraph broken {\n  start nowhere\n}\n")
    done = subprocess.run([installed / "rag", "check", source], cwd=example, capture_output=True, text=True)
    assert done.returncode == 1
    assert "unknown-node" in done.stdout + done.stderr
