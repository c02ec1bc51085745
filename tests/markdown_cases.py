"""Markdown cases: a file's headings name its cases, its fences hold sources, manifests, inputs and expectations.

    # Title
    prose, and fences that every case of the file shares (a manifest, say)

    ## A case
    ```rag flow.rag            a source; the name may be left out
    ```toml rag.toml           any other file by its name: rag.toml, answers.toml, tools.py
    ```diagnostics             expected: each finding drawn under its line; rewritten with `pytest --update`
    ```run                     expected: the trace of a run; its first line may say `input: JSON`, `answer: ADDRESS=VALUE` ...
    ```formatted               expected: the source in canonical form, or why it has none

A case without a `diagnostics` fence must be clean. Only the fences named in OUTPUTS are ever rewritten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

OUTPUTS = ("diagnostics", "run", "ir", "formatted")
DEFAULT_NAMES = {"rag": "case.rag", "toml": "rag.toml", "python": "tools.py", "json": "input.json"}


@dataclass
class Fence:
    """One fenced block: its language, the name behind it, its text, and its lines in the file (the marks included)."""

    language: str
    name: str
    text: str
    first: int
    last: int


@dataclass
class Case:
    """One case: the shared fences of its file, and its own."""

    path: Path
    title: str
    fences: list[Fence] = field(default_factory=list[Fence])
    shared: list[Fence] = field(default_factory=list[Fence])

    def files(self) -> dict[str, str]:
        """Every input by file name; a case's own fence wins over a shared one."""
        inputs = [fence for fence in (*self.shared, *self.fences) if fence.language not in OUTPUTS]
        return {fence.name: fence.text for fence in inputs}

    def output(self, language: str) -> Fence | None:
        """The expectation fence of this language."""
        return next((fence for fence in self.fences if fence.language == language), None)

    def replace(self, language: str, text: str) -> None:
        """Rewrite (or add at the end of the case) an expectation in the file, which other cases may have rewritten already."""
        lines = self.path.read_text().split("\n")
        now = next(case for case in read_cases(self.path) if case.title == self.title)
        fence = now.output(language)
        body = text.rstrip("\n").split("\n") if text else []
        if fence is not None:
            lines[fence.first + 1 : fence.last] = body
        elif text:
            at = max(own.last for own in now.fences) + 1
            lines[at:at] = ["", f"```{language}", *body, "```"]
        self.path.write_text("\n".join(lines))


def read_cases(path: Path) -> list[Case]:
    """The cases of a file, in order."""
    shared: list[Fence] = []
    cases: list[Case] = []
    lines = path.read_text().split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("## "):
            cases.append(Case(path, line[3:].strip(), shared=shared))
        elif line.startswith("```") and line != "```":
            fence = _fence(lines, at)
            (cases[-1].fences if cases else shared).append(fence)
            at = fence.last
        at += 1
    return [case for case in cases if case.fences]


def read_shared(path: Path) -> dict[str, str]:
    """The fences of a file that stand before any case, by name."""
    lines = path.read_text().split("\n")
    fences = [_fence(lines, at) for at, line in enumerate(lines) if line.startswith("```") and line != "```"]
    return {fence.name: fence.text for fence in fences}


def _fence(lines: list[str], at: int) -> Fence:
    language, _, name = lines[at][3:].strip().partition(" ")
    end = next((i for i in range(at + 1, len(lines)) if lines[i] == "```"), len(lines))
    text = "\n".join(lines[at + 1 : end])
    return Fence(language, name or DEFAULT_NAMES.get(language, language), text + "\n" if text else "", at, end)
