"""Run benchmarks and print their tables: `bench/run --help`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench import cold, runtime
from bench.tables import figure, table
from bench.workloads import WORKLOADS

COMPILER = ("check", "version", "start", "passes")
NAMES = [*(each.name for each in WORKLOADS), *COMPILER]
PEERS = ("langgraph", "langgraph-checkpoint-sqlite", "pydantic-graph", "agno", "baml-py", "check-jsonschema")
SIZES = ((100, 1), (1_000, 1), (10_000, 1), (10_000, 20))
"""Lines and files of the projects that are analysed within a process."""


def main() -> int:
    arguments = _parser().parse_args()
    chosen = arguments.workloads or NAMES
    if unknown := [name for name in chosen if name not in NAMES]:
        print(f"there is no workload {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    print(_heading(), flush=True)
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
        for text in _tables(chosen, arguments, Path(folder)):
            print(text, flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench/run", description="Runs workloads beside peers and prints the tables.")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=", ".join(NAMES))
    parser.add_argument("--contenders", metavar="NAME,NAME", help=f"of {', '.join(runtime.NEEDS)} (default: all here)")
    parser.add_argument("--rounds", type=int, default=3, help="how often all contenders take their turn (default: 3)")
    parser.add_argument("--repetitions", type=int, default=3, help="timed repetitions of a turn (default: 3)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, once: does it run at all?")
    return parser


def _tables(chosen: list[str], arguments: argparse.Namespace, folder: Path) -> Iterator[str]:
    rounds, repetitions = (1, 1) if arguments.quick else (arguments.rounds, arguments.repetitions)
    names = runtime.contenders(arguments.contenders.split(",") if arguments.contenders else None)
    for workload in WORKLOADS:
        if workload.name in chosen:
            sized = replace(workload, size=workload.small) if arguments.quick else workload
            yield runtime.shown(sized, runtime.run(sized, names, rounds, repetitions))
    if "start" in chosen:
        yield cold.shown("Process start to the end of three nodes", cold.run(cold.runs(folder), rounds, repetitions))
    if "version" in chosen:
        yield cold.shown("A command that does nothing", cold.run(cold.versions(folder), rounds, repetitions))
    if "check" in chosen:
        sizes = cold.SIZES[:1] if arguments.quick else cold.SIZES
        yield cold.shown("Checking, the whole process, cold", cold.run(cold.checks(folder, sizes), rounds, repetitions))
    if "passes" in chosen:
        yield _analyses(SIZES[:1] if arguments.quick else SIZES, rounds * repetitions)


def _analyses(sizes: tuple[tuple[int, int], ...], repetitions: int) -> str:
    """The passes within one process, a row for each size of project."""
    rows: list[list[str]] = []
    passes: list[str] = []
    for lines, files in sizes:
        words = [sys.executable, "-m", "bench.passes", str(lines), str(files), str(repetitions)]
        done = subprocess.run(words, cwd=runtime.ROOT, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)} failed:\n{done.stderr[-2000:]}")
        found = json.loads(done.stdout)
        passes = list(found["passes"])
        rows.append(
            [
                f"{found['lines']:,} in {files}",
                *(figure(found["passes"][name]) for name in passes),
                figure(found["analysis"]),
                figure(found["lines"] / found["analysis"]),
                figure(found["broken"]),
                f"{figure(found['edit_p50'])} / {figure(found['edit_p95'])}",
            ]
        )
    head = ["lines in files", *passes, "all, CPU ms", "lines/ms", "broken / clean", "edit p50 / p95, wall ms"]
    return table("The analysis within one process (CPU ms of each pass)", head, rows)


def _heading() -> str:
    versions = ", ".join(f"{name} {_version(name)}" for name in PEERS)
    cores = os.cpu_count()
    load = os.getloadavg()[0]
    python = platform.python_version()
    return (
        f"{date.today().isoformat()}, {_processor()}, {cores} cores, load {load:.1f} at the start, "
        f"Python {python}, raglang {_version('raglang')}\n\npeers: {versions}\n"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
