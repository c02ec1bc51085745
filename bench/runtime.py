"""The runtime's workloads, contender beside contender.

Every variant of every contender gets a process of its own in each round, and the rounds go over all of them in turn, so that what
else the machine does falls on all alike. Figures are medians over rounds and repetitions; the least CPU time stands beside them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from bench.tables import figure, ratio, table
from bench.trial import Contender, Measurement
from bench.workloads import Workload

OURS = "raglang"
RIVAL = "langgraph"
NEEDS = {
    "floor": "sqlite3",
    OURS: "rag_runtime",
    RIVAL: "langgraph",
    "pydantic_graph": "pydantic_graph",
    "agno": "agno",
}
"""The contenders, and what must be installed for each."""

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Entry:
    """A variant of a contender."""

    contender: str
    variant: str


def contenders(chosen: Iterable[str] | None = None) -> list[str]:
    """Those that are installed here, of the chosen ones."""
    wanted = list(NEEDS) if chosen is None else list(chosen)
    return [name for name in wanted if find_spec(NEEDS[name]) is not None]


def entries(workload: Workload, names: Iterable[str]) -> list[Entry]:
    """What takes part in a workload."""
    found: list[Entry] = []
    for name in names:
        trials: Contender = import_module(f"bench.contenders.{name}").TRIALS
        found += [Entry(name, variant) for variant in trials.get(workload.name, {})]
    return found


def run(workload: Workload, names: list[str], rounds: int, repetitions: int) -> dict[Entry, list[Measurement]]:
    """The measurements of a workload."""
    taken: dict[Entry, list[Measurement]] = {entry: [] for entry in entries(workload, names)}
    for _ in range(rounds):
        for entry, found in taken.items():
            found += _worker(workload, entry, repetitions)
    return taken


def _worker(workload: Workload, entry: Entry, repetitions: int) -> list[Measurement]:
    words = [entry.contender, workload.name, entry.variant, str(workload.size), str(repetitions)]
    command = [sys.executable, "-m", "bench.worker", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} failed:\n{done.stderr[-2000:]}")
    return [Measurement(**each) for each in json.loads(done.stdout.splitlines()[-1])]


def shown(workload: Workload, taken: dict[Entry, list[Measurement]]) -> str:
    """The table of a workload, cheapest first."""
    scale, unit = (1e3, "ms") if workload.whole else (1e6 / workload.size, f"us/{workload.unit}")
    compared = {entry: scale * _compared(workload, found) for entry, found in taken.items()}
    base = next((value for entry, value in compared.items() if entry.contender == RIVAL), None)
    rows: list[list[str]] = []
    for entry, found in sorted(taken.items(), key=lambda item: compared[item[0]]):
        row = [
            entry.contender,
            entry.variant,
            figure(scale * median(each.wall for each in found)),
            figure(scale * median(each.cpu for each in found)),
            figure(scale * min(each.cpu for each in found)),
            ratio(compared[entry], base),
            ratio(compared[entry], workload.target) if entry.contender == OURS else "",
        ]
        rows.append([*row, *_on_disk(workload, found)] if workload.disk else row)
    head = ["contender", "variant", f"wall {unit}", f"CPU {unit}", "least CPU", f"/ {RIVAL}", "/ target"]
    if workload.disk:
        head += [f"written B/{workload.unit}", "kept kB"]
    measure = f"{workload.figure} {'in all' if workload.whole else f'a {workload.unit}'}"
    title = f"{workload.title} (size {workload.size:,}; target {figure(workload.target)} {unit}, {measure})"
    return table(title, head, rows)


def _compared(workload: Workload, found: list[Measurement]) -> float:
    return median(each.cpu if workload.figure == "cpu" else each.wall for each in found)


def _on_disk(workload: Workload, found: list[Measurement]) -> list[str]:
    written = median(each.written for each in found) / workload.size
    return [figure(written), figure(median(each.kept for each in found) / 1000)]
