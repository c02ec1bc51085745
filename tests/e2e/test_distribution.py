"""The distribution as a user gets it: what is in it, what it needs, and that it works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from email import message_from_string
from email.message import Message
from hashlib import sha256
from pathlib import Path

import pytest

from rag_ir.rules import RULES
from rag_ir.version import VERSION
from tests.e2e.conftest import ROOT, Built, environment, install, no_compiler, run

pytestmark = pytest.mark.e2e

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOTS = PROJECT["tool"]["setuptools"]["packages"]["find"]["where"]
EXAMPLE = "examples/research_review"
SOURCE = "workflows/research_review.rag"
QUESTION = "Which memory model suits a durable workflow engine?"
FOR_DEVELOPERS = {"dev", "e2e"}


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns(".rag"))


@pytest.fixture(scope="session")
def with_extras(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds every extra for users."""
    programs = environment(tmp_path_factory.mktemp("extras"))
    install(programs, f"{wheel}[all]", no_compiler(programs))
    return programs


# What is in it


def test_the_wheel_holds_every_product_file(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {name for name in held if not name.endswith((".so", ".pyd"))} == set(_product_files())


def _product_files() -> Iterator[str]:
    for root in (ROOT / name for name in ROOTS):
        for folder, below, names in os.walk(root, followlinks=True):
            below[:] = [name for name in below if name != "__pycache__" and not name.startswith(".")]
            files = (Path(folder, name) for name in names if not name.endswith((".so", ".pyd")))
            yield from (file.relative_to(root).as_posix() for file in files)


def test_the_wheel_serves_every_python(wheel: Path) -> None:
    assert wheel.name.startswith(f"raglang-{VERSION}-cp311-abi3-")
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if name.endswith((".so", ".pyd"))] == ["rag_compiler/_grammar.abi3.so"]


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    said = _metadata(wheel)
    assert (said["Name"], said["Version"], said["License-Expression"]) == ("raglang", VERSION, "Apache-2.0")
    assert said["Requires-Python"] == ">=3.11"
    assert said.get_payload()
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_extra_for_everything_holds_every_extra_for_users(wheel: Path) -> None:
    said = _metadata(wheel)
    extras = set(said.get_all("Provides-Extra", [])) - FOR_DEVELOPERS
    assert {"all", "graph", "lsp"} <= extras
    (everything,) = PROJECT["project"]["optional-dependencies"]["all"]
    assert everything == f"raglang[{','.join(sorted(extras - {'all'}))}]"


def _metadata(wheel: Path) -> Message:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    return message_from_string(archive.read(name).decode())


def test_the_change_log_speaks_of_this_version() -> None:
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] in ("Unreleased", VERSION)


# That it works


def test_the_source_archive_tests_the_wheel(built: Built, installed: Path, tmp_path: Path) -> None:
    with tarfile.open(built.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    assert (folder / "LICENSE").is_file()
    assert not list(folder.rglob("*.so"))
    programs = environment(tmp_path)
    install(programs, str(built.wheel), no_compiler(programs))
    for name in ("pytest", "hypothesis", "jsonschema"):
        install(programs, name)
    # Of the project's own settings, the tests of the command need none but these.
    options = ["-q", "-c", os.devnull, "--rootdir", ".", "--import-mode", "importlib", "-o", "pythonpath=."]
    said = run(
        folder, str(programs / "python"), "-m", "pytest", *options, "tests/test_cases.py", "tests/cli/test_examples.py"
    )
    assert re.search(r"^[1-9]\d+ passed", said.splitlines()[-1])


def test_the_command_says_its_version(installed: Path, tmp_path: Path) -> None:
    assert run(tmp_path, str(installed / "rag"), "--version") == f"rag {VERSION}\n"


@pytest.mark.parametrize("code", sorted(RULES))
def test_the_page_of_a_rule_is_installed(code: str, installed: Path, tmp_path: Path) -> None:
    assert code in run(tmp_path, str(installed / "rag"), "explain", code)


def test_the_example_checks_and_runs_without_a_compiler(installed: Path, example: Path) -> None:
    bare = no_compiler(installed)
    run(example, "rag", "check", SOURCE, "--deny", "warnings", env=bare)
    here = run(
        ROOT / EXAMPLE, str(Path(sys.executable).parent / "rag"), "run", SOURCE, "--input", f"question={QUESTION}"
    )
    there = run(example, "rag", "run", SOURCE, "--input", f"question={QUESTION}", env=bare)
    assert there == here


def test_a_broken_source_is_refused(installed: Path, example: Path) -> None:
    source = example / SOURCE
    source.write_text(source.read_text() + "\ngraph broken {\n  start nowhere\n}\n")
    done = subprocess.run([installed / "rag", "check", source], cwd=example, capture_output=True, text=True)
    assert done.returncode == 1
    assert "unknown-node" in done.stdout + done.stderr


def test_a_type_checker_reads_the_installed_types(installed: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from rag_ir.codec import decode\nfrom rag_registry.manifest import read_manifest\n"
        'document, findings = decode(b"{}")\nreveal_type(findings)\nnumber: int = document\n'
    )
    options = ["--strict", "--python-executable", str(installed / "python"), "--cache-dir", os.devnull]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(program)], cwd=tmp_path, capture_output=True, text=True
    )
    assert "rag_ir.finding.Finding" in done.stdout
    assert "Incompatible types in assignment" in done.stdout
    assert "import-untyped" not in done.stdout
    assert "import-not-found" not in done.stdout


# Extras


@pytest.mark.parametrize(
    ("command", "extra"), [(("graph", SOURCE, "--format", "svg"), "graph"), (("lsp",), "lsp")], ids=["graph", "lsp"]
)
def test_a_missing_extra_is_named(command: tuple[str, ...], extra: str, installed: Path, example: Path) -> None:
    done = subprocess.run(
        ["rag", *command],
        cwd=example,
        capture_output=True,
        text=True,
        env=no_compiler(installed),
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"pip install 'raglang[{extra}]'" in done.stderr


def test_the_extras_are_all_that_is_missing(with_extras: Path, example: Path) -> None:
    bare = no_compiler(with_extras)
    drawn = run(example, "rag", "graph", SOURCE, "--format", "svg", env=bare)
    assert drawn == (ROOT / "docs/images/research_review.svg").read_text()
    ended = subprocess.run(["rag", "lsp"], cwd=example, capture_output=True, env=bare, stdin=subprocess.DEVNULL)
    assert b"not installed" not in ended.stderr


# Wheels of other platforms


@pytest.fixture(scope="module")
def portable(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that the cross-compiler writes for this kind of machine."""
    out = tmp_path_factory.mktemp("wheels")
    run(checkout, sys.executable, str(ROOT / ".ci" / "wheels"), str(out), "linux-x86_64")
    (wheel,) = out.glob("*.whl")
    return wheel


def test_the_cross_compiled_parser_parses(portable: Path, example: Path, tmp_path: Path) -> None:
    assert portable.name.endswith("-cp311-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl")
    programs = environment(tmp_path)
    bare = no_compiler(programs)
    install(programs, str(portable), bare)
    run(example, "rag", "check", SOURCE, "--deny", "warnings", env=bare)
    run(example, "rag", "run", SOURCE, "--input", f"question={QUESTION}", env=bare)
    assert "No broken requirements found" in run(example, "python", "-m", "pip", "check", env=bare)


def test_the_record_of_the_cross_compiled_wheel_is_right(portable: Path) -> None:
    archive = zipfile.ZipFile(portable)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
    rows = [line.rsplit(",", 2) for line in archive.read(name).decode().splitlines()]
    assert [path for path, _, _ in rows] == archive.namelist()
    for path, digest, size in rows:
        if path != name:
            data = archive.read(path)
            found = urlsafe_b64encode(sha256(data).digest()).decode().rstrip("=")
            assert (digest, int(size)) == (f"sha256={found}", len(data))


def test_the_page_names_every_platform() -> None:
    page = (ROOT / "docs" / "install.md").read_text()
    tags = re.findall(r'^    "[\w-]+": \("[\w.-]+", "(\w+)[."]', (ROOT / ".ci" / "wheels").read_text(), re.MULTILINE)
    assert len(tags) == 8
    assert re.findall(r"^\| [^|]+ \| `(\w+)` \|", page, re.MULTILINE)[-8:] == tags
