"""No contender but a floor: what plain Python, asyncio and SQLite allow, without events, retries, timeouts or validation."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from bench.trial import Contender, Prepare, Trial
from bench.workloads import RUNS

State = dict[str, Any]
Node = Callable[[State], Awaitable[State]]
MESSAGE = "a message of about the length that a person types into a chat window, give or take"


async def _count(state: State) -> State:
    return {"count": state["count"] + 1}


async def _counted(size: int) -> int:
    """Two nodes in turn, and nothing else."""
    state: State = {"count": 0}
    while state["count"] < size:
        state = await _count(state)
        state = await _count(state)
    return int(state["count"])


def chain(size: int, folder: Path, stack: ExitStack) -> Trial:
    return partial(_counted, size)


def concurrent(size: int, folder: Path, stack: ExitStack) -> Trial:
    async def trial() -> int:
        return sum(await asyncio.gather(*(_counted(size // RUNS) for _ in range(RUNS))))

    return trial


def gather(size: int, folder: Path, stack: ExitStack, *, seconds: float | None = None) -> Trial:
    async def branch(item: int) -> int:
        if seconds is not None:
            await asyncio.sleep(seconds)
        return item

    async def trial() -> int:
        return sum(await asyncio.gather(*(branch(item) for item in range(size))))

    return trial


def rows(size: int, folder: Path, stack: ExitStack, *, synchronous: str, message: bool = False) -> Trial:
    """A row for each step, committed."""
    connection = _open(folder, synchronous)
    stack.callback(connection.close)

    async def trial() -> int:
        for step in range(1, size + 1):
            change: State = {"role": "user", "content": f"{step}: {MESSAGE}"} if message else {"count": step}
            connection.execute("INSERT INTO steps (body) VALUES (?)", (json.dumps(change),))
        (steps,) = connection.execute("SELECT count(*) FROM steps").fetchone()
        return int(steps)

    return trial


def reopen(size: int, folder: Path, stack: ExitStack) -> Trial:
    connection = _open(folder, "OFF")
    bodies = [(json.dumps({"role": "user", "content": f"{step}: {MESSAGE}"}),) for step in range(size)]
    connection.executemany("INSERT INTO steps (body) VALUES (?)", bodies)
    connection.close()

    async def trial() -> int:
        again = _open(folder, "FULL")
        messages = [json.loads(body) for (body,) in again.execute("SELECT body FROM steps ORDER BY step")]
        again.close()
        return len(messages)

    return trial


def _open(folder: Path, synchronous: str) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("CREATE TABLE IF NOT EXISTS steps (step INTEGER PRIMARY KEY, body TEXT NOT NULL)")
    return connection


def _rows(synchronous: str, message: bool = False) -> Prepare:
    return partial(rows, synchronous=synchronous, message=message)


TRIALS: Contender = {
    "chain": {"awaited in a loop": chain},
    "fan_out": {"asyncio.gather": gather},
    "fan_out_100": {"asyncio.gather": gather},
    "concurrent": {"asyncio.gather": concurrent},
    "durable_normal": {"a row": _rows("NORMAL")},
    "durable_full": {"a row": _rows("FULL")},
    "growth_500": {"a row": _rows("FULL", message=True)},
    "growth_2000": {"a row": _rows("FULL", message=True)},
    "reopen": {"rows": reopen},
    "sleep": {"asyncio.gather": partial(gather, seconds=0.05)},
}
