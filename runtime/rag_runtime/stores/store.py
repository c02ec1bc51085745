"""What a store keeps, and what it promises.

A store keeps documents by digest, one row for each run (child runs have their own, behind their root's id), and each run's
journal. A commit is one transaction: it appends one event and updates the run's row, or does nothing at all. Rows are
proportional to what happened. A root run and all its children are driven by one holder of its lease at a time; a lease dies
with its holder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Literal, Protocol

from rag_ir.graph import Json
from rag_ir.record import record, replace
from rag_runtime.events import Error, Event, Usage

Status = Literal["running", "paused", "finished", "failed", "cancelled"]
STATUSES: tuple[Status, ...] = ("running", "paused", "finished", "failed", "cancelled")

Clock = Callable[[], int]
"""Milliseconds since 1970, UTC."""


def now() -> int:
    """The clock of the machine."""
    import time

    return time.time_ns() // 1_000_000


class StoreError(Exception):
    """What a store refuses, with a stable code.

    `store-url` no such store; `store-unavailable` it cannot be opened, read or written; `store-foreign` the file is something
    else; `store-newer` a newer version wrote it; `store-corrupt` its content is damaged; `run-exists`, `run-unknown`;
    `run-locked` another driver drives the run; `run-conflict` an event does not follow the last one.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@record(kw_only=True)
class Progress:
    """How far a run has come: what a commit sets in the run's row. `step` is the superstep under way."""

    status: Status = "running"
    step: int = 0
    output: Json = None
    error: Error | None = None
    usage: Usage = Usage()


@record(kw_only=True)
class Run:
    """A run's row. A root run is its own `root`; a child run is `ROOT/NAMESPACE`. Times are milliseconds since 1970."""

    id: str
    root: str
    parent: str | None
    parent_task: str | None
    namespace: str
    graph: str
    digest: str
    thread: str | None = None
    progress: Progress = Progress()
    created: int = 0
    updated: int = 0

    def at(self, time: int, progress: Progress) -> Run:
        """The row after a commit at this time."""
        return replace(self, progress=progress, updated=time, created=self.created or time)


@record(kw_only=True)
class Entry:
    """A journaled event: its number in its run, from 1, and when it was committed."""

    seq: int
    time: int
    event: Event


class Store(Protocol):
    """Documents, runs and journals. Every method raises `StoreError`. One store object serves one thread."""

    def save_document(self, digest: str, body: bytes) -> None:
        """Keeps a document's canonical bytes; a digest that is known already changes nothing."""
        ...

    def document(self, digest: str) -> bytes:
        """The bytes of a document."""
        ...

    def begin(self, run: Run, event: Event) -> int:
        """A new run with its first event; gives the time of the commit. `run-exists` if the id is taken."""
        ...

    def commit(self, run: str, seq: int, event: Event, progress: Progress) -> int:
        """Appends event number `seq`; gives the time of the commit. `run-conflict` unless it follows the last one."""
        ...

    def run(self, id: str) -> Run:
        """A run's row."""
        ...

    def runs(self) -> Sequence[Run]:
        """The root runs, newest first."""
        ...

    def tree(self, root: str) -> Sequence[Run]:
        """A root run and all its children, in the order in which they began."""
        ...

    def events(self, run: str, after: int = 0) -> Sequence[Entry]:
        """A run's journal behind event number `after`."""
        ...

    def lease(self, root: str) -> AbstractContextManager[None]:
        """The right to drive a root run, held until the context ends or the process dies. `run-locked` if another has it."""
        ...

    def leased(self, root: str) -> bool:
        """Whether somebody drives the root run now."""
        ...

    def restore(self, runs: Sequence[tuple[Run, Sequence[Entry]]]) -> None:
        """New runs with their journals as they are, all or none. `run-exists` if an id is taken."""
        ...

    def remove(self, root: str) -> None:
        """Forgets a root run and its children, and documents that no other run has. Whoever does it holds the lease."""
        ...

    def close(self) -> None:
        """Gives up what the store holds open."""
        ...
