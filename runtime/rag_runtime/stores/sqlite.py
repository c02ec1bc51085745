"""The store in one SQLite file, in WAL mode. A step of a run is one row: what its run's row says changes with a call or an end.

`synchronous=full` (the default) survives a loss of power, `normal` a crash.

Leases are locked files in the folder `PATH.leases`.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag_runtime.events import Event
from rag_runtime.journal import JournalError, decode, dump, encode, error_from_json, plain, usage_from_json
from rag_runtime.stores import lease as leases
from rag_runtime.stores.store import STATUSES, Clock, Entry, Progress, Run, Status, StoreError, now

SCHEMA_VERSION = 1
APPLICATION = 0x7261_6767
BUSY_SECONDS = 30.0
BUSY_PAUSE = 0.01

_SCHEMA = """
CREATE TABLE documents (digest TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    root TEXT NOT NULL,
    parent TEXT,
    parent_task TEXT,
    namespace TEXT NOT NULL,
    graph TEXT NOT NULL,
    digest TEXT NOT NULL,
    thread TEXT,
    created INTEGER NOT NULL,
    status TEXT NOT NULL,
    output TEXT,
    error TEXT,
    usage TEXT NOT NULL
);
CREATE INDEX runs_of_a_root ON runs (root);
CREATE TABLE events (
    run TEXT NOT NULL,
    seq INTEGER NOT NULL,
    event TEXT NOT NULL,
    time INTEGER NOT NULL,
    step INTEGER NOT NULL,
    PRIMARY KEY (run, seq)
) WITHOUT ROWID;
"""
_COLUMNS = "id, root, parent, parent_task, namespace, graph, digest, thread, created, status, output, error, usage"
_RUNS = f"""SELECT {_COLUMNS}, step, time FROM runs
JOIN events ON run = id AND seq = (SELECT max(seq) FROM events WHERE run = id)"""
_APPEND = """INSERT INTO events SELECT ?1, ?2, ?3, ?4, ?5
WHERE ?2 = 1 + (SELECT max(seq) FROM events WHERE run = ?1)"""


class SqliteStore:
    """A file, made where there is none, and its folder too."""

    def __init__(self, path: Path, *, synchronous: str = "full", clock: Clock = now) -> None:
        self._path = path
        self._clock = clock
        self._connection = _open(path, synchronous)
        self._kept: dict[str, Progress] = {}

    def save_document(self, digest: str, body: bytes) -> None:
        with self._transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO documents VALUES (?, ?)", (digest, body))

    def document(self, digest: str) -> bytes:
        rows = self._rows("SELECT body FROM documents WHERE digest = ?", digest)
        if not rows:
            raise StoreError("store-corrupt", f"the store has no document `{digest}`")
        return bytes(rows[0][0])

    def begin(self, run: Run, event: Event) -> int:
        time = self._clock()
        with self._transaction() as connection:
            _insert(connection, run, run.created or time)
            row = (run.id, 1, encode(event), time, run.progress.step)
            connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?)", row)
        self._kept[run.id] = run.progress
        return time

    def restore(self, runs: Sequence[tuple[Run, Sequence[Entry]]]) -> None:
        with self._transaction() as connection:
            for run, entries in runs:
                _insert(connection, run, run.created)
                step = run.progress.step
                rows = ((run.id, entry.seq, encode(entry.event), entry.time, step) for entry in entries)
                connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", rows)

    def remove(self, root: str) -> None:
        self.run(root)
        with self._transaction() as connection:
            connection.execute("DELETE FROM events WHERE run IN (SELECT id FROM runs WHERE root = ?)", (root,))
            connection.execute("DELETE FROM runs WHERE root = ?", (root,))
            connection.execute("DELETE FROM documents WHERE digest NOT IN (SELECT digest FROM runs)")
        self._forget(root)

    def commit(self, run: str, seq: int, event: Event, progress: Progress) -> int:
        time = self._clock()
        row = (run, seq, encode(event), time, progress.step)
        if self._is_kept(run, progress):
            try:
                self._append(row)
            except (sqlite3.Error, OSError) as error:
                raise _refusal(error, self._path) from error
            return time
        with self._transaction() as connection:
            self._append(row)
            connection.execute(
                "UPDATE runs SET status = ?, output = ?, error = ?, usage = ? WHERE id = ?",
                (*_progress_columns(progress), run),
            )
        if progress.status == "running":
            self._kept[run] = progress
        else:
            self._kept.pop(run, None)
        return time

    def _is_kept(self, run: str, progress: Progress) -> bool:
        """Whether a run's row says all but the step of a progress already."""
        kept = self._kept.get(run)
        return (
            kept is not None
            and progress.status == kept.status
            and (progress.usage is kept.usage or progress.usage == kept.usage)
        )

    def _append(self, row: tuple[str, int, str, int, int]) -> None:
        if not self._connection.execute(_APPEND, row).rowcount:
            run, seq, *_ = row
            (last,) = self._connection.execute("SELECT max(seq) FROM events WHERE run = ?", (run,)).fetchone()
            if last is None:
                raise StoreError("run-unknown", f"there is no run `{run}`")
            raise StoreError("run-conflict", f"event {seq} of run `{run}` does not follow event {last}")

    def run(self, id: str) -> Run:
        rows = self._rows(f"{_RUNS} WHERE id = ?", id)
        if not rows:
            raise StoreError("run-unknown", f"there is no run `{id}`")
        return self._read_run(rows[0])

    def runs(self) -> Sequence[Run]:
        rows = self._rows(f"{_RUNS} WHERE id = root ORDER BY created DESC, id DESC")
        return [self._read_run(row) for row in rows]

    def tree(self, root: str) -> Sequence[Run]:
        self.run(root)
        rows = self._rows(f"{_RUNS} WHERE root = ? ORDER BY number", root)
        return [self._read_run(row) for row in rows]

    def events(self, run: str, after: int = 0) -> Sequence[Entry]:
        self.run(run)
        rows = self._rows("SELECT seq, time, event FROM events WHERE run = ? AND seq > ? ORDER BY seq", run, after)
        try:
            return [Entry(seq=seq, time=time, event=decode(text)) for seq, time, text in rows]
        except JournalError as error:
            raise self._corrupt(f"run `{run}`: {error}") from None

    @contextmanager
    def lease(self, root: str) -> Generator[None]:
        path = self._lease_file(root)
        with _translated(self._path):
            path.parent.mkdir(exist_ok=True)
            descriptor = leases.acquire(path)
        try:
            yield
        finally:
            self._forget(root)
            leases.release(path, descriptor)

    def _forget(self, root: str) -> None:
        """Without the lease, another process may change the rows of a root run and its children."""
        self._kept = {run: kept for run, kept in self._kept.items() if run.partition("/")[0] != root}

    def leased(self, root: str) -> bool:
        with _translated(self._path):
            return leases.held(self._lease_file(root))

    def close(self) -> None:
        self._connection.close()

    def _lease_file(self, root: str) -> Path:
        return self._path.with_name(f"{self._path.name}.leases") / f"{root}.lease"

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        """One transaction: all of it is kept, or nothing."""
        connection = self._connection
        with _translated(self._path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _rows(self, query: str, *values: str | int) -> list[Any]:
        with _translated(self._path):
            return self._connection.execute(query, values).fetchall()

    def _read_run(self, row: tuple[Any, ...]) -> Run:
        name, root, parent, parent_task, namespace, graph, digest, thread, created, *progress, updated = row
        try:
            return Run(
                id=name,
                root=root,
                parent=parent,
                parent_task=parent_task,
                namespace=namespace,
                graph=graph,
                digest=digest,
                thread=thread,
                progress=_read_progress(*progress),
                created=created,
                updated=updated,
            )
        except (ValueError, TypeError) as error:
            raise self._corrupt(f"the row of run `{name}`: {error}") from None

    def _corrupt(self, what: str) -> StoreError:
        return StoreError("store-corrupt", f"the store `{self._path}` is damaged: {what}")


def _insert(connection: sqlite3.Connection, run: Run, created: int) -> None:
    """A new row. `run-exists` if the id is taken."""
    if connection.execute("SELECT 1 FROM runs WHERE id = ?", (run.id,)).fetchone():
        raise StoreError("run-exists", f"there is a run `{run.id}` already")
    lineage = (run.id, run.root, run.parent, run.parent_task, run.namespace, run.graph, run.digest, run.thread)
    connection.execute(
        f"INSERT INTO runs ({_COLUMNS}) VALUES ({', '.join('?' * 13)})",
        (*lineage, created, *_progress_columns(run.progress)),
    )


def _progress_columns(progress: Progress) -> tuple[str | None, ...]:
    output = None if progress.output is None else dump(progress.output)
    error = None if progress.error is None else dump(plain(progress.error))
    return progress.status, output, error, dump(plain(progress.usage))


def _read_progress(status: Status, output: str | None, error: str | None, usage: str, step: int) -> Progress:
    if status not in STATUSES:
        raise ValueError(f"unknown status `{status}`")
    return Progress(
        status=status,
        step=step,
        output=None if output is None else json.loads(output),
        error=None if error is None else error_from_json(json.loads(error)),
        usage=usage_from_json(json.loads(usage)),
    )


def _open(path: Path, synchronous: str) -> sqlite3.Connection:
    with _translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            _prepare(connection, path)
            _write_ahead(connection)
            connection.execute(f"PRAGMA synchronous = {synchronous}")
        except BaseException:
            connection.close()
            raise
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Into WAL mode, for which SQLite does not wait: another process that opens the store at this moment is in its way."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(BUSY_PAUSE)
        else:
            return


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Makes the tables of a new store; another process may be doing just that."""
    connection.execute("BEGIN")
    ours = _is_ours(connection, path)
    connection.execute("COMMIT")
    if not ours:
        connection.execute("BEGIN EXCLUSIVE")
        if not _is_ours(connection, path):
            _lay_out(connection)
        connection.execute("COMMIT")


def _is_ours(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file is a store of this version; false for a new, empty file."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if (application, version, tables) == (0, 0, 0):
        return False
    if application != APPLICATION:
        raise StoreError("store-foreign", f"`{path}` is a database of something else")
    if version != SCHEMA_VERSION:
        raise StoreError(
            "store-newer", f"the store `{path}` has version {version}; this program knows version {SCHEMA_VERSION}"
        )
    return True


def _lay_out(connection: sqlite3.Connection) -> None:
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


@contextmanager
def _translated(path: Path) -> Generator[None]:
    """SQLite's and the system's errors in the store's own words."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise _refusal(error, path) from error


def _refusal(error: sqlite3.Error | OSError, path: Path) -> Exception:
    """An error in the store's own words; one that is a defect of this program stays what it is."""
    match error:
        case sqlite3.ProgrammingError():
            return error
        case sqlite3.OperationalError():
            return StoreError("store-unavailable", f"the store `{path}`: {error}")
        case sqlite3.DatabaseError():
            return StoreError("store-corrupt", f"the store `{path}` is damaged, or no store: {error}")
        case OSError():
            return StoreError("store-unavailable", f"the store `{path}`: {error.strerror}")
        case _:
            return error
