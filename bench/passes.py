"""The compiler within one process: `python -m bench.passes LINES FILES REPETITIONS`. Prints one JSON object.

`passes`: CPU milliseconds of each pass over the whole project (`rest`: the graph analyses, suppression, order). `edit`: wall
milliseconds from a changed text to all diagnostics, for single characters typed into the middle of the first file, each time by a
fresh analysis of all files, as `rag check` makes it. `broken`: the whole analysis of the project with a slip in each graph, over
that of the clean one.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles
from unittest.mock import patch

from bench.sources import rag_project
from rag_compiler import pipeline
from rag_compiler.source import SourceFile
from rag_project.project import Project, open_project

PASSES = ("parse", "lower", "resolve", "check", "emit")
EDITS = 40
TYPED = "  metadata { note: 1 }\n"


def main() -> None:
    lines, files, repetitions = map(int, sys.argv[1:])
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(measure(Path(name), lines, files, repetitions)))


def measure(folder: Path, lines: int, files: int, repetitions: int) -> dict[str, object]:
    """Everything that is told of a project of that size."""
    rag_project(folder / "clean", lines, files=files)
    rag_project(folder / "broken", lines, files=files, broken=True)
    clean, broken = open_project(folder / "clean"), open_project(folder / "broken")
    sources, _ = clean.sources()
    typed = _typed(sources, clean)
    whole, ruined = _analysis(clean, repetitions), _analysis(broken, repetitions)
    return {
        "lines": sum(source.data.count(b"\n") for source in sources),
        "files": files,
        "passes": _passes(clean, repetitions),
        "analysis": whole,
        "broken": ruined / whole,
        "edit_p50": median(typed),
        "edit_p95": quantiles(typed, n=20)[-1],
    }


def _passes(project: Project, repetitions: int) -> dict[str, float]:
    rounds = [_round(project) for _ in range(repetitions)]
    return {name: median(each[name] for each in rounds) for name in (*PASSES, "rest")}


def _round(project: Project) -> dict[str, float]:
    """One analysis whose passes tell what they take: the pipeline's names for them are bound to clocks around them."""
    files, _ = project.sources()
    taken = dict.fromkeys(PASSES, 0.0)
    with ExitStack() as stack:
        for name in PASSES:
            stack.enter_context(patch.object(pipeline, name, _clocked(name, getattr(pipeline, name), taken)))
        gc.collect()
        start = time.process_time()
        pipeline.analyse(files, project.registry, project.manifest)
        whole = 1000 * (time.process_time() - start)
    return {**taken, "rest": whole - sum(taken.values())}


def _clocked(name: str, function: Callable[..., object], taken: dict[str, float]) -> Callable[..., object]:
    def run(*arguments: object) -> object:
        start = time.process_time()
        result = function(*arguments)
        taken[name] += 1000 * (time.process_time() - start)
        return result

    return run


def _analysis(project: Project, repetitions: int) -> float:
    """CPU milliseconds of the whole analysis."""
    files, _ = project.sources()
    taken: list[float] = []
    for _ in range(repetitions):
        gc.collect()
        start = time.process_time()
        pipeline.analyse(files, project.registry, project.manifest)
        taken.append(1000 * (time.process_time() - start))
    return median(taken)


def _typed(files: list[SourceFile], project: Project) -> list[float]:
    """A line typed into the middle of the first file, one character after the other, over and over."""
    first, *others = files
    middle = first.data.find(b"\n\n", len(first.data) // 2) + 1
    taken: list[float] = []
    for edit in range(EDITS):
        text = TYPED[: edit % len(TYPED) + 1].encode()
        changed = SourceFile(first.path, first.data[:middle] + text + first.data[middle:])
        start = time.perf_counter()
        pipeline.analyse([changed, *others], project.registry, project.manifest)
        taken.append(1000 * (time.perf_counter() - start))
    return taken


if __name__ == "__main__":
    main()
