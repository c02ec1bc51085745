"""A store in the memory of the process: for tests, and for runs that nobody will resume.

Events are kept as text, so that what comes back shares nothing with what went in.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from rag_runtime.events import Event
from rag_runtime.journal import decode, encode
from rag_runtime.stores.store import Clock, Entry, Progress, Run, StoreError, now


class MemoryStore:
    """Keeps everything until the process ends."""

    def __init__(self, *, clock: Clock = now) -> None:
        self._clock = clock
        self._documents: dict[str, bytes] = {}
        self._runs: dict[str, Run] = {}
        self._progress: dict[str, Progress] = {}
        self._journals: dict[str, list[tuple[int, str]]] = {}
        self._leased: set[str] = set()

    def save_document(self, digest: str, body: bytes) -> None:
        self._documents.setdefault(digest, body)

    def document(self, digest: str) -> bytes:
        if digest not in self._documents:
            raise StoreError("store-corrupt", f"the store has no document `{digest}`")
        return self._documents[digest]

    def begin(self, run: Run, event: Event) -> int:
        if run.id in self._runs:
            raise StoreError("run-exists", f"there is a run `{run.id}` already")
        time = self._clock()
        self._journals[run.id] = [(time, encode(event))]
        self._runs[run.id] = run.at(time, run.progress)
        self._progress[run.id] = run.progress
        return time

    def commit(self, run: str, seq: int, event: Event, progress: Progress) -> int:
        journal = self._journals.get(run)
        if journal is None:
            raise _unknown(run)
        if seq != len(journal) + 1:
            raise StoreError("run-conflict", f"event {seq} of run `{run}` does not follow event {len(journal)}")
        time = self._clock()
        journal.append((time, encode(event)))
        self._progress[run] = progress
        return time

    def run(self, id: str) -> Run:
        if id not in self._runs:
            raise _unknown(id)
        updated, _ = self._journals[id][-1]
        return self._runs[id].at(updated, self._progress[id])

    def runs(self) -> Sequence[Run]:
        roots = [self.run(run.id) for run in self._runs.values() if run.id == run.root]
        return sorted(roots, key=lambda run: (run.created, run.id), reverse=True)

    def tree(self, root: str) -> Sequence[Run]:
        self.run(root)
        return [self.run(run.id) for run in self._runs.values() if run.root == root]

    def events(self, run: str, after: int = 0) -> Sequence[Entry]:
        self.run(run)
        numbered = list(enumerate(self._journals[run], 1))
        return [Entry(seq=seq, time=time, event=decode(text)) for seq, (time, text) in numbered[after:]]

    @contextmanager
    def lease(self, root: str) -> Generator[None]:
        if root in self._leased:
            raise StoreError("run-locked", f"run `{root}` is being driven already")
        self._leased.add(root)
        try:
            yield
        finally:
            self._leased.remove(root)

    def leased(self, root: str) -> bool:
        return root in self._leased

    def restore(self, runs: Sequence[tuple[Run, Sequence[Entry]]]) -> None:
        for run, _ in runs:
            if run.id in self._runs:
                raise StoreError("run-exists", f"there is a run `{run.id}` already")
        for run, entries in runs:
            self._journals[run.id] = [(entry.time, encode(entry.event)) for entry in entries]
            self._runs[run.id] = run
            self._progress[run.id] = run.progress

    def remove(self, root: str) -> None:
        for run in self.tree(root):
            del self._runs[run.id], self._progress[run.id], self._journals[run.id]
        used = {run.digest for run in self._runs.values()}
        self._documents = {digest: body for digest, body in self._documents.items() if digest in used}

    def close(self) -> None:
        self._documents.clear()
        self._runs.clear()
        self._progress.clear()
        self._journals.clear()


def _unknown(run: str) -> StoreError:
    return StoreError("run-unknown", f"there is no run `{run}`")
