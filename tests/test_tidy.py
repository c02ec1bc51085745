"""The rules of the repository itself: which way imports run, where libraries live, and that documents name what exists."""

from __future__ import annotations

import ast
import os
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rag_ir.rules import RULES
from rag_ir.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOTS: list[str] = PROJECT["tool"]["setuptools"]["packages"]["find"]["where"]

IR = {"rag_ir"}
REGISTRY = {"rag_registry"} | IR
VERIFY = {"rag_verify"} | IR
COMPILER = {"rag_compiler"} | REGISTRY | VERIFY
RUNTIME = {"rag_runtime"} | REGISTRY | VERIFY
PROJECT_FILES = {"rag_project"} | COMPILER
MAY_IMPORT = {
    "rag_ir": IR,
    "rag_registry": REGISTRY,
    "rag_verify": VERIFY,
    "rag_compiler": COMPILER,
    "rag_runtime": RUNTIME,
    "rag_project": PROJECT_FILES,
    "rag_ide": {"rag_ide"} | COMPILER,
    "rag_lsp": {"rag_lsp", "rag_ide"} | PROJECT_FILES,
    "rag_cli": {"rag_cli", "rag_ide", "rag_lsp"} | PROJECT_FILES | RUNTIME,
}

# A library is imported below these paths and nowhere else in the product; one that is not listed is imported nowhere.
HOMES = {
    "anyio": ("rag_runtime/",),
    "griffe": ("rag_registry/",),
    "lsprotocol": ("rag_lsp/",),
    "pygls": ("rag_lsp/",),
    "httpx": ("rag_runtime/providers/", "rag_runtime/tools/", "rag_runtime/binding.py"),
    "httpx2": ("rag_runtime/tools/",),
    "mcp": ("rag_runtime/tools/",),
    "rich": ("rag_cli/",),
    "tree_sitter": ("rag_compiler/parse.py", "rag_compiler/lower"),
}
GRAMMAR = "rag_compiler._grammar"

# What reaches outside of a value: none of it in the packages that are pure.
PURE = ("rag_ir/", "rag_registry/", "rag_verify/", "rag_compiler/", "rag_ide/", "rag_runtime/machine")
FILES = {"glob", "io", "os", "pathlib", "shutil", "sqlite3", "tempfile"}
CHANCE = {"random", "secrets", "time", "uuid"}
CONCURRENCY = {"asyncio", "concurrent", "multiprocessing", "select", "signal", "subprocess", "threading"}
OUTSIDE = FILES | CHANCE | CONCURRENCY | {"builtins", "http", "importlib", "logging", "socket", "urllib"}
COMPILES = "rag_ir/record.py"
"""Compiles constructors from the names of fields, as `dataclasses` does."""
OUTSIDE_CALLS = {"breakpoint", "eval", "exec", "input", "open", "print", "__import__"}

VAGUE = {"base", "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
LINES_OF_A_FILE = 450
LINES_OF_A_FUNCTION = 60
TOP_LEVEL = {".ci", "bench", "compiler", "docs", "editors", "examples", "grammar", "lsp", "runtime", "tests"}


def _product_files() -> list[Path]:
    return sorted(file for root in ROOTS for file in (ROOT / root).rglob("*.py"))


def _place(file: Path) -> str:
    """The path below its root: `rag_ir/graph.py`."""
    return "/".join(file.relative_to(ROOT).parts[1:])


def _repository_files() -> Iterator[Path]:
    """Every file that is written by hand or committed: all but environments, caches and what a build leaves."""
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if _is_kept(name)]
        yield from (Path(folder, name) for name in names if not name.endswith((".so", ".pyd")))


def _is_kept(name: str) -> bool:
    if name.startswith("."):
        return name in {".ci", ".github"}
    return name not in {"build", "dist", "node_modules", "__pycache__"} and not name.endswith(".egg-info")


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def _imports(file: Path) -> Iterator[tuple[int, str]]:
    """Each imported module with its line; an import relative to the package is made absolute."""
    package = _place(file).split("/")[:-1]
    for node in ast.walk(ast.parse(_text(file))):
        match node:
            case ast.Import():
                yield from ((node.lineno, alias.name) for alias in node.names)
            case ast.ImportFrom(module=module, level=level):
                above = package[: len(package) - level + 1] if level else []
                stem = ".".join([*above, *([module] if module else [])])
                yield from ((node.lineno, f"{stem}.{alias.name}") for alias in node.names)
            case _:
                pass


def _imports_of_the_product() -> Iterator[tuple[str, int, str]]:
    for file in _product_files():
        for line, module in _imports(file):
            yield _place(file), line, module


def _report(lines: Iterable[str]) -> None:
    found = sorted(lines)
    assert not found, "\n" + "\n".join(found)


# Imports


def test_every_package_has_its_row_in_the_table() -> None:
    packages = {
        folder.name for root in ROOTS for folder in (ROOT / root).iterdir() if (folder / "__init__.py").is_file()
    }
    assert packages == set(MAY_IMPORT)


def test_imports_run_one_way() -> None:
    _report(
        f"{place}:{line}: imports {module}"
        for place, line, module in _imports_of_the_product()
        if (name := module.partition(".")[0]).startswith("rag_") and name not in MAY_IMPORT[place.partition("/")[0]]
    )


def test_a_library_has_one_home() -> None:
    _report(
        f"{place}:{line}: imports {module}"
        for place, line, module in _imports_of_the_product()
        if (name := module.partition(".")[0]) not in sys.stdlib_module_names
        and not name.startswith("rag_")
        and not place.startswith(HOMES.get(name, ()))
    )


def test_only_the_parser_sees_the_grammar() -> None:
    _report(
        f"{place}:{line}: imports {module}"
        for place, line, module in _imports_of_the_product()
        if module.startswith(GRAMMAR) and not place.startswith(HOMES["tree_sitter"])
    )


def test_the_pure_packages_reach_nothing_outside() -> None:
    _report(
        f"{place}:{line}: imports {module}"
        for place, line, module in _imports_of_the_product()
        if place.startswith(PURE) and module.partition(".")[0] in OUTSIDE
    )


def test_the_pure_packages_do_nothing_outside() -> None:
    _report(
        f"{_place(file)}:{line}: {what}"
        for file in _product_files()
        if _place(file).startswith(PURE)
        for line, what in _effects(ast.parse(_text(file)))
        if (_place(file), what) != (COMPILES, "calls exec")
    )


def _effects(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.AsyncFunctionDef() | ast.Await() | ast.AsyncFor() | ast.AsyncWith():
                yield node.lineno, "is asynchronous"
            case ast.Call(func=ast.Name(id=name)) if name in OUTSIDE_CALLS:
                yield node.lineno, f"calls {name}"
            case _:
                pass


# Files


def test_every_product_file_is_in_a_package() -> None:
    folders = {folder for file in _product_files() for folder in file.parents}
    inside = {folder for folder in folders if any((ROOT / root) in folder.parents for root in ROOTS)}
    _report(
        f"{folder.relative_to(ROOT)} has no __init__.py" for folder in inside if not (folder / "__init__.py").is_file()
    )


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_a_package_is_typed_and_says_what_it_is(package: str) -> None:
    (folder,) = (ROOT / root / package for root in ROOTS if (ROOT / root / package).is_dir())
    assert (folder / "py.typed").is_file()
    assert ast.get_docstring(ast.parse(_text(folder / "__init__.py")))


def test_every_tool_sees_the_same_roots() -> None:
    tool = PROJECT["tool"]
    assert tool["mypy"]["mypy_path"] == ROOTS
    assert tool["mypy"]["files"] == [*ROOTS, "tests"]
    assert tool["pyright"]["extraPaths"] == ROOTS
    assert tool["pyright"]["include"] == [*ROOTS, "tests"]
    assert tool["pytest"]["ini_options"]["pythonpath"] == [".", *ROOTS]
    assert tool["ruff"]["src"] == [".", *ROOTS]


def test_no_file_is_two_ideas() -> None:
    lengths = ((file, _text(file).count("\n")) for file in _product_files())
    _report(f"{_place(file)}: {lines} lines" for file, lines in lengths if lines > LINES_OF_A_FILE)


def test_functions_are_short() -> None:
    _report(
        f"{_place(file)}:{node.lineno}: {node.name} is {lines} lines long"
        for file in _product_files()
        for node in ast.walk(ast.parse(_text(file)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > LINES_OF_A_FUNCTION
    )


def test_no_file_has_a_vague_name() -> None:
    _report(_place(file) for file in _product_files() if {file.stem, *Path(_place(file)).parts} & VAGUE)


def test_nothing_is_left_for_later() -> None:
    left = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError|# type: ignore(?!\[)")
    _report(
        f"{_place(file)}:{number}: {line.strip()}"
        for file in _product_files()
        for number, line in enumerate(_text(file).split("\n"), 1)
        if left.search(line)
    )


def test_no_file_names_a_machine() -> None:
    machine = re.compile(
        r"(?<![\w.])/(?:work|opt|root|Users|home/\w+)/"
        r"|(?:pypi|pythonhosted|npmjs|yarnpkg|crates|debian|ubuntu)[.](?:org|com|io)\b|artifactory"
    )
    _report(
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for file in _repository_files()
        if file not in {Path(__file__).resolve(), ROOT / "LICENSE"}
        for number, line in enumerate(_text(file).split("\n"), 1)
        if machine.search(line)
    )


def test_the_version_stands_in_one_place() -> None:
    assert "version" not in PROJECT["project"]
    version = re.compile(r"""\b__version__\b|["']""" + re.escape(VERSION) + r"""["']""")
    assert [_place(file) for file in _product_files() if version.search(_text(file))] == ["rag_ir/version.py"]


# Documents


def _documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def _prose(document: Path) -> str:
    """The text outside of fenced blocks, whose paths may be a reader's own."""
    return re.sub(r"^(`{3,}|~{3,}).*?^\1", "", _text(document), flags=re.MULTILINE | re.DOTALL)


def _named_paths(document: Path) -> Iterator[Path]:
    prose = _prose(document)
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose):
        if "://" not in link:
            yield document.parent / link
    for token in re.findall(r"`([\w./-]+)`", prose):
        first, slash, _ = token.partition("/")
        if slash and first in TOP_LEVEL and not re.search(r"\b[A-Z]{2,}\b", token):
            yield ROOT / token


@pytest.mark.parametrize("document", _documents(), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_document_names_only_what_exists(document: Path) -> None:
    _report(str(path) for path in _named_paths(document) if not path.exists())


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    pages = {page.stem for page in (ROOT / "docs" / "rules").glob("*.md")} - {"README"}
    assert pages == set(RULES)


def test_a_rule_is_declared_under_its_own_code() -> None:
    assert all(code == rule.code and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) for code, rule in RULES.items())
