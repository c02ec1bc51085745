"""A trial: one timed execution of a workload by a contender, checked against the known answer."""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.workloads import Workload

Trial = Callable[[], Awaitable[int]]
"""What is timed; gives the answer."""

Prepare = Callable[[int, Path, ExitStack], Trial]
"""Builds the graph for a size, opens what it needs in a folder of its own; the stack closes it after the trial."""

Contender = Mapping[str, Mapping[str, Prepare]]
"""By workload and variant: what a module below `contenders` offers as `TRIALS`."""


class WrongAnswer(Exception):
    """A contender did not do the work that its time would be quoted for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Seconds, and bytes: sent to the block layer while it ran, and in its files after everything was closed."""

    wall: float
    cpu: float
    written: int
    kept: int


def measure(workload: Workload, prepare: Prepare, size: int, repetitions: int) -> list[Measurement]:
    """One warm-up, then `repetitions` trials, each in a folder of its own. Raises `WrongAnswer`."""
    return [_trial(workload, prepare, size) for _ in range(repetitions + 1)][1:]


def _trial(workload: Workload, prepare: Prepare, size: int) -> Measurement:
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        with ExitStack() as stack:
            trial = prepare(size, folder, stack)
            gc.collect()
            answer, wall, cpu, written = asyncio.run(_timed(trial))
        kept = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    expected = workload.answer(size)
    if answer != expected:
        raise WrongAnswer(f"{workload.name}: {answer} instead of {expected}")
    return Measurement(wall=wall, cpu=cpu, written=written, kept=kept)


async def _timed(trial: Trial) -> tuple[int, float, float, int]:
    written, wall, cpu = _written(), time.perf_counter(), time.process_time()
    answer = await trial()
    return answer, time.perf_counter() - wall, time.process_time() - cpu, _written() - written


def _written() -> int:
    """The bytes that this process has sent to the block layer; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))
