"""One suite for every store, and what is particular to SQLite."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from rag_runtime.events import Answered, Cancelled, Error, Resumed, RunStarted, Usage
from rag_runtime.stores import open_store
from rag_runtime.stores.memory import MemoryStore
from rag_runtime.stores.sqlite import SCHEMA_VERSION, SqliteStore
from rag_runtime.stores.store import Progress, Run, Store, StoreError

STARTED = RunStarted(graph="g", input={"question": "why"}, seed="r1")
OPENERS: dict[str, Callable[[Path], Store]] = {
    "memory": lambda folder: MemoryStore(clock=count(1000).__next__),
    "sqlite": lambda folder: SqliteStore(folder / "runs.db", clock=count(1000).__next__),
    "sqlite-normal": lambda folder: SqliteStore(
        folder / "new" / "runs.db", synchronous="normal", clock=count(1000).__next__
    ),
}


@pytest.fixture(params=OPENERS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = OPENERS[request.param](tmp_path)
    yield opened
    opened.close()


def _root(name: str = "r1") -> Run:
    return Run(id=name, root=name, parent=None, parent_task=None, namespace="", graph="g", digest="d", thread="support")


def _child() -> Run:
    return Run(
        id="r1/1:0:sub",
        root="r1",
        parent="r1",
        parent_task="1:0:sub",
        namespace="1:0:sub",
        graph="h",
        digest="d",
    )


def _code(refused: pytest.ExceptionInfo[StoreError]) -> str:
    return refused.value.code


# Every store


def test_a_run_begins_with_its_first_event(store: Store) -> None:
    assert store.begin(_root(), STARTED) == 1000
    run = store.run("r1")
    assert run == _root().at(1000, Progress())
    assert (run.created, run.updated, run.progress.status) == (1000, 1000, "running")
    assert [(entry.seq, entry.time, entry.event) for entry in store.events("r1")] == [(1, 1000, STARTED)]


def test_a_commit_appends_an_event_and_moves_the_row(store: Store) -> None:
    store.begin(_root(), STARTED)
    failed = Progress(
        status="failed",
        step=3,
        output={"findings": [1, 2.5, "ü\ud800", None]},
        error=Error(code="no-route", message="none matched", node="a", task="2:0:a", at="/graphs/g"),
        usage=Usage(model_calls=2, cost_usd="0.01"),
    )
    assert store.commit("r1", 2, Answered(address="0:0:ask", value={"a": [True]}, actor="mia"), failed) == 1001
    assert store.commit("r1", 3, Resumed(), Progress(step=3)) == 1002
    assert store.run("r1") == _root().at(1000, Progress()).at(1002, Progress(step=3))
    assert [type(entry.event) for entry in store.events("r1")] == [RunStarted, Answered, Resumed]
    store.commit("r1", 4, Cancelled(reason="ctrl-c"), failed)
    assert store.run("r1").progress == failed


def test_events_can_be_read_from_an_offset(store: Store) -> None:
    store.begin(_root(), STARTED)
    store.commit("r1", 2, Resumed(), Progress())
    store.commit("r1", 3, Cancelled(), Progress())
    assert [entry.seq for entry in store.events("r1", after=1)] == [2, 3]
    assert list(store.events("r1", after=3)) == []


def test_what_comes_back_shares_nothing_with_what_went_in(store: Store) -> None:
    given: list[int | None] = [1]
    store.begin(_root(), RunStarted(graph="g", input=[*given], seed="r1"))
    first = store.events("r1")[0].event
    assert isinstance(first, RunStarted)
    assert isinstance(first.input, list)
    first.input.append(2)
    assert store.events("r1")[0].event == RunStarted(graph="g", input=[1], seed="r1")


def test_a_run_id_is_taken_once(store: Store) -> None:
    store.begin(_root(), STARTED)
    with pytest.raises(StoreError) as refused:
        store.begin(_root(), STARTED)
    assert _code(refused) == "run-exists"
    assert len(store.events("r1")) == 1


@pytest.mark.parametrize("seq", [1, 3, 0])
def test_an_event_must_follow_the_last_one(store: Store, seq: int) -> None:
    store.begin(_root(), STARTED)
    with pytest.raises(StoreError) as refused:
        store.commit("r1", seq, Resumed(), Progress(status="failed"))
    assert _code(refused) == "run-conflict"
    assert store.run("r1").progress.status == "running"
    assert len(store.events("r1")) == 1


def test_a_commit_is_all_or_nothing(store: Store) -> None:
    store.begin(_root(), STARTED)
    with pytest.raises(ValueError, match="not a JSON value"):
        store.commit("r1", 2, Answered(address="a", value=float("nan"), actor="m"), Progress(status="failed"))
    assert store.run("r1").progress.status == "running"
    assert len(store.events("r1")) == 1
    store.commit("r1", 2, Resumed(), Progress())


def test_an_unknown_run_is_an_error(store: Store) -> None:
    asks: list[Callable[[], object]] = [
        lambda: store.run("r9"),
        lambda: store.tree("r9"),
        lambda: store.events("r9"),
        lambda: store.commit("r9", 2, Resumed(), Progress()),
    ]
    for ask in asks:
        with pytest.raises(StoreError) as refused:
            ask()
        assert _code(refused) == "run-unknown"


def test_children_have_rows_and_journals_of_their_own(store: Store) -> None:
    store.begin(_root(), STARTED)
    store.begin(_child(), RunStarted(graph="h", input=None, seed="r1", namespace="1:0:sub", path="sub", depth=1))
    store.begin(_root("r2"), STARTED)
    assert [run.id for run in store.tree("r1")] == ["r1", "r1/1:0:sub"]
    assert [run.id for run in store.runs()] == ["r2", "r1"]
    child = store.tree("r1")[1]
    assert (child.parent, child.parent_task, child.namespace) == ("r1", "1:0:sub", "1:0:sub")
    assert len(store.events("r1/1:0:sub")) == 1


def test_documents_are_kept_by_digest(store: Store) -> None:
    store.save_document("d1", b'{"ir":1}')
    store.save_document("d1", b"something else")
    assert store.document("d1") == b'{"ir":1}'
    with pytest.raises(StoreError) as refused:
        store.document("d2")
    assert _code(refused) == "store-corrupt"


def test_one_driver_holds_a_run(store: Store) -> None:
    assert not store.leased("r1")
    with store.lease("r1"):
        assert store.leased("r1")
        assert store.leased("r1")
        assert not store.leased("r2")
        with pytest.raises(StoreError) as refused, store.lease("r1"):
            pytest.fail("two drivers hold one run")
        assert _code(refused) == "run-locked"
        with store.lease("r2"):
            pass
    assert not store.leased("r1")
    with store.lease("r1"):
        pass


def test_a_lease_ends_with_an_exception(store: Store) -> None:
    with contextlib.suppress(KeyError), store.lease("r1"):
        raise KeyError
    assert not store.leased("r1")


# SQLite


def test_a_store_is_opened_again(tmp_path: Path) -> None:
    first = open_store("sqlite:runs.db", root=tmp_path)
    first.begin(_root(), STARTED)
    first.save_document("d", b"{}")
    first.close()
    again = open_store("sqlite:runs.db?synchronous=normal", root=tmp_path)
    assert again.events("r1")[0].event == STARTED
    assert again.document("d") == b"{}"
    again.close()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite",
        "sqlite:",
        "sqlite:x?",
        "sqlite:x?synchronous=off",
        "sqlite:x?mode=ro",
        "memory:x",
        "postgres://h/db",
        "runs.db",
        "",
    ],
)
def test_a_url_that_names_no_store_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refused:
        open_store(url, root=tmp_path)
    assert _code(refused) == "store-url"
    assert list(tmp_path.iterdir()) == []


def _refusal(path: Path) -> str:
    with pytest.raises(StoreError) as refused:
        SqliteStore(path)
    assert str(path) in refused.value.message
    return _code(refused)


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    SqliteStore(path).close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    assert _refusal(path) == "store-newer"


def test_the_database_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    assert _refusal(path) == "store-foreign"
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    path.write_bytes(b"these are notes, not a database\n" * 200)
    assert _refusal(path) == "store-corrupt"


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store = SqliteStore(path)
    store.begin(_root(), STARTED)
    for seq in range(2, 400):
        store.commit("r1", seq, Answered(address="a", value="x" * 200, actor="m"), Progress())
    store.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(StoreError) as refused:
        _read_everything(path)
    assert _code(refused) == "store-corrupt"


def _read_everything(path: Path) -> None:
    with contextlib.closing(SqliteStore(path)) as store:
        store.events("r1")


def test_a_row_that_is_no_event_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store = SqliteStore(path)
    store.begin(_root(), STARTED)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute('UPDATE events SET event = \'{"event":"Exploded"}\'')
    with pytest.raises(StoreError) as refused:
        store.events("r1")
    store.close()
    assert _code(refused) == "store-corrupt"


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    assert _refusal(tmp_path) == "store-unavailable"


def test_a_path_below_a_file_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert _refusal(tmp_path / "file" / "runs.db") == "store-unavailable"


def test_many_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    barrier = threading.Barrier(8)
    failures: list[BaseException] = []

    def begin(name: str) -> None:
        try:
            barrier.wait()
            store = SqliteStore(path)
            store.begin(_root(name), STARTED)
            store.close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=begin, args=(f"r{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with contextlib.closing(SqliteStore(path)) as store:
        assert len(store.runs()) == 8


HOLDER = """
import sys
from pathlib import Path
from rag_runtime.stores.sqlite import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
with store.lease("r1"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lease_dies_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdin is not None
    assert holder.stdout is not None
    with holder, contextlib.closing(SqliteStore(path)) as store:
        assert holder.stdout.readline() == b"held\n"
        assert store.leased("r1")
        with pytest.raises(StoreError) as refused, store.lease("r1"):
            pytest.fail("two processes hold one run")
        assert _code(refused) == "run-locked"
        assert str(holder.pid) in refused.value.message
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        assert not store.leased("r1")
        with store.lease("r1"):
            assert store.leased("r1")
    assert list((tmp_path / "runs.db.leases").iterdir()) == []


def test_what_another_process_made_of_a_run_is_not_overlooked(tmp_path: Path) -> None:
    """Steps write no run's row; the row is right all the same when the run was taken up elsewhere in between."""
    path = tmp_path / "runs.db"
    with contextlib.closing(SqliteStore(path)) as here, contextlib.closing(SqliteStore(path)) as there:
        with here.lease("r1"):
            here.begin(_root(), STARTED)
            here.commit("r1", 2, Resumed(), Progress(step=1))
        with there.lease("r1"):
            there.commit("r1", 3, Cancelled(), Progress(status="cancelled", step=1))
        with here.lease("r1"):
            here.commit("r1", 4, Resumed(), Progress(step=2))
        assert there.run("r1").progress == Progress(status="running", step=2)


@pytest.mark.parametrize("at", range(1, 4))
def test_a_transaction_that_is_killed_leaves_nothing(tmp_path: Path, at: int) -> None:
    """The process dies behind the n-th statement of a commit: the event and the row are both there, or neither."""
    path = tmp_path / "runs.db"
    done = subprocess.run([sys.executable, "-c", KILLED, path, str(at)], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    with contextlib.closing(SqliteStore(path)) as store:
        assert len(store.events("r1")) == 1
        assert store.run("r1").progress.status == "running"
        store.commit("r1", 2, Resumed(), Progress())


KILLED = """
import os, signal, sys
from pathlib import Path
from rag_runtime.events import Cancelled, RunStarted
from rag_runtime.stores.sqlite import SqliteStore
from rag_runtime.stores.store import Progress, Run

class Connection:
    def __init__(self, inner, left):
        self.inner, self.left = inner, left

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def execute(self, *given):
        answer = self.inner.execute(*given)
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

store = SqliteStore(Path(sys.argv[1]))
run = Run(id="r1", root="r1", parent=None, parent_task=None, namespace="", graph="g", digest="d")
store.begin(run, RunStarted(graph="g", input=None, seed="r1"))
store._connection = Connection(store._connection, int(sys.argv[2]))
store.commit("r1", 2, Cancelled(), Progress(status="cancelled"))
"""
