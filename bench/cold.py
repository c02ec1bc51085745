"""Commands from their start to their end: `rag check`, `rag --version`, `rag run`, beside what else does the like."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from statistics import median

from bench.commands import Command, Start, installed, start, tool
from bench.sources import baml_project, rag_project, yaml_project
from bench.tables import figure, ratio, table

SIZES = (100, 1_000, 10_000)
TARGETS = {
    "check, 100 lines": 60,
    "check, 1,000 lines": 110,
    "check, 10,000 lines": 600,
    "version": 25,
    "three nodes": 85,
}
"""Milliseconds of wall time."""

HERE = Path(__file__).parent
THREE = """\
graph three {
  start a

  channel count: int overwrite = 0

  node a { kind pass  writes { count: state.count + 1 }  next b }
  node b { kind pass  writes { count: state.count + 1 }  next c }
  node c { kind pass  writes { count: state.count + 1 } }
}
"""
BARE_MANIFEST = '[project]\nname = "three"\nlanguage = 1\nsources = ["*.rag"]\n'


def checks(folder: Path, sizes: tuple[int, ...] = SIZES) -> list[Command]:
    """The generated projects, and a checker for each."""
    found: list[Command] = []
    for size in sizes:
        subject = f"check, {size:,} lines"
        here = folder / str(size)
        rag_project(here / "rag", size)
        rag_project(here / "plain", size, tools=False)
        rag_project(here / "broken", size, broken=True)
        baml_project(here / "baml", size)
        yaml_project(here / "yaml", size)
        schema = ("--schemafile", "schema.json", "flow.yaml")
        for name, words, project, status in (
            ("rag check", ("rag", "check"), "rag", 0),
            ("rag check, no Python tools", ("rag", "check"), "plain", 0),
            ("rag check, a slip in each graph", ("rag", "check"), "broken", 1),
            ("baml-cli check (Rust)", ("baml-cli", "check"), "baml", 0),
            ("check-jsonschema (YAML)", ("check-jsonschema", *schema), "yaml", 0),
        ):
            found.append(_command(subject, name, words, here / project, status))
    return installed(found)


def versions(folder: Path) -> list[Command]:
    """What a command costs that does nothing."""
    named = (("rag", "--version"), ("baml-cli", "--version"), ("check-jsonschema", "--version"))
    found = [_command("version", " ".join(words), words, folder) for words in named]
    bare = Command(subject="version", name="python -c pass", words=(sys.executable, "-c", "pass"), folder=folder)
    return [bare, *installed(found)]


def runs(folder: Path) -> list[Command]:
    """Three nodes, from nothing to the result."""
    project = folder / "three"
    project.mkdir(parents=True)
    (project / "rag.toml").write_text(BARE_MANIFEST, encoding="utf-8")
    (project / "three.rag").write_text(THREE, encoding="utf-8")
    compiling = (tool("rag"), "compile", "three.rag", "-o", "three.rag.json")
    subprocess.run(compiling, cwd=project, check=True, capture_output=True)
    ours = [("rag", "run", "three.rag.json"), ("rag", "run", "three.rag")]
    return [
        *(_command("three nodes", " ".join(words), words, project) for words in ours),
        *(_script(script, project) for script in sorted((HERE / "start").glob("three_*.py"))),
    ]


def _command(subject: str, name: str, words: tuple[str, ...], folder: Path, status: int = 0) -> Command:
    """A command that is installed beside this interpreter."""
    return Command(subject=subject, name=name, words=(tool(words[0]), *words[1:]), folder=folder, status=status)


def _script(script: Path, folder: Path) -> Command:
    name = script.stem.removeprefix("three_")
    return Command(subject="three nodes", name=name, words=(sys.executable, str(script)), folder=folder)


def run(commands: list[Command], rounds: int, repetitions: int) -> dict[Command, list[Start]]:
    """The starts of all commands, in turn in each round."""
    taken: dict[Command, list[Start]] = {command: [] for command in commands}
    for _ in range(rounds):
        for command, found in taken.items():
            found += start(command, repetitions)
    return taken


def shown(title: str, taken: dict[Command, list[Start]]) -> str:
    """One table of whole processes."""
    rows: list[list[str]] = []
    for command, found in taken.items():
        wall = 1000 * median(each.wall for each in found)
        cpu = [1000 * each.cpu for each in found]
        ours = command.name.startswith("rag")
        rows.append(
            [
                command.subject,
                command.name,
                figure(wall),
                figure(median(cpu)),
                figure(min(cpu)),
                figure(median(each.peak for each in found)),
                ratio(wall, TARGETS[command.subject]) if ours else "",
            ]
        )
    return table(title, ["what", "command", "wall ms", "CPU ms", "least CPU", "peak MiB", "/ target"], rows)
