"""Runs that are taken out, brought in, forked, cancelled and removed: nothing of them is lost or made up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rag_ir import build
from rag_ir.graph import Document
from rag_runtime.archive import BadArchive, cancel_run, export_run, fork_run, import_run, remove_run
from rag_runtime.events import RunStarted
from rag_runtime.refusals import RunRefused
from rag_runtime.stores.memory import MemoryStore
from rag_runtime.stores.sqlite import SqliteStore
from rag_runtime.stores.store import Run, Store, StoreError
from tests.runtime.world import Stage

OPENERS: dict[str, Callable[[Path], Store]] = {
    "memory": lambda folder: MemoryStore(),
    "sqlite": lambda folder: SqliteStore(folder / "runs.db"),
}


@pytest.fixture(params=OPENERS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with closing(OPENERS[request.param](tmp_path)) as opened:
        yield opened


def _document() -> Document:
    """Two steps, a child graph, a question, and one more step."""
    child = build.graph(
        "inner",
        start="one",
        channels=[build.channel("n", "sum")],
        nodes=[
            build.pass_("one", update={"n": build.lit(1)}, next="two"),
            build.pass_("two", update={"n": build.lit(2)}),
        ],
        output={"n": build.get("state", "n")},
    )
    main = build.graph(
        "main",
        start="first",
        channels=[build.channel("log", "append")],
        nodes=[
            build.pass_("first", update={"log": build.lit("first")}, next="call"),
            build.subgraph("call", "inner", {}, writes={"log": build.get("output", "n")}, next="ask"),
            build.interrupt("ask", writes={"log": build.get("output", "value")}, next="last"),
            build.pass_("last", update={"log": build.lit("last")}),
        ],
    )
    return build.document("main", graphs=[main, child])


STATE = ["first", 3, "yes", "last"]


async def _finished(store: Store, run: str = "r1") -> Stage:
    stage = Stage(_document(), store)
    assert (await stage.run({}, run_id=run)).outcome == "paused"
    result = await stage.resume({"": "yes"}, run_id=run)
    assert result.output == {"log": STATE}
    return stage


def _rows(store: Store, root: str) -> list[tuple[Run, list[str]]]:
    return [(run, [repr(entry.event) for entry in store.events(run.id)]) for run in store.tree(root)]


@pytest.mark.anyio
async def test_what_is_brought_in_is_what_was_taken_out(store: Store) -> None:
    await _finished(store)
    lines = list(export_run(store, "r1"))
    with closing(MemoryStore()) as other:
        import_run(other, lines)
        assert _rows(other, "r1") == _rows(store, "r1")
        assert list(export_run(other, "r1")) == lines
    with pytest.raises(StoreError, match="already"):
        import_run(store, lines)
    copy = import_run(store, lines, "copy")
    assert (copy.id, copy.progress.status, copy.progress.output) == ("copy", "finished", {"log": STATE})
    assert [run.id for run in store.tree("copy")] == ["copy", "copy/1:0:call"]


@pytest.mark.anyio
async def test_a_paused_run_goes_on_in_another_store(store: Store) -> None:
    stage = Stage(_document(), store)
    await stage.run({}, run_id="r1")
    with closing(MemoryStore()) as other:
        import_run(other, export_run(store, "r1"))
        result = await Stage(_document(), other).resume({"": "yes"})
        assert (result.outcome, result.output) == ("finished", {"log": STATE})


@pytest.mark.anyio
@pytest.mark.parametrize("step", range(5))
async def test_a_fork_does_the_rest_anew(store: Store, step: int) -> None:
    stage = await _finished(store)
    before = _rows(store, "r1")
    made = fork_run(store, "r1", step, "fork")
    assert made.progress.status in ("running", "finished")
    events = store.events("fork")
    assert isinstance(events[0].event, RunStarted)
    assert events[0].event.seed == "fork"
    assert [entry.event for entry in events[1:]] == [entry.event for entry in store.events("r1")][1 : len(events)]
    result = await stage.resume(run_id="fork")
    if result.outcome == "paused":
        result = await stage.resume({"": "no"}, run_id="fork")
        assert result.output == {"log": ["first", 3, "no", "last"]}
    else:
        assert result.output == {"log": STATE}
    assert _rows(store, "r1") == before


@pytest.mark.anyio
async def test_a_step_that_was_never_reached_cannot_be_forked_at(store: Store) -> None:
    await _finished(store)
    for step in (-1, 9):
        with pytest.raises(RunRefused, match="it can be forked at 0 to 4"):
            fork_run(store, "r1", step, "fork")
    with pytest.raises(RunRefused, match="child run"):
        fork_run(store, "r1/1:0:call", 0, "fork")


@pytest.mark.anyio
async def test_a_run_that_waits_is_cancelled_and_can_be_resumed(store: Store) -> None:
    stage = Stage(_document(), store)
    await stage.run({}, run_id="r1")
    assert cancel_run(store, "r1", "withdrawn").progress.status == "cancelled"
    with pytest.raises(RunRefused, match="cancelled already"):
        cancel_run(store, "r1", "again")
    assert (await stage.resume()).outcome == "paused"
    assert (await stage.resume({"": "yes"})).output == {"log": STATE}


@pytest.mark.anyio
async def test_what_is_removed_is_gone_with_its_children_and_documents(store: Store) -> None:
    await _finished(store)
    await _finished(store, "r2")
    digest = store.run("r1").digest
    with store.lease("r1"), pytest.raises(StoreError, match="driven"):
        remove_run(store, "r1")
    remove_run(store, "r1")
    assert [run.id for run in store.runs()] == ["r2"]
    assert store.document(digest)
    for name in ("r1", "r1/1:0:call"):
        with pytest.raises(StoreError, match="no run"):
            store.run(name)
    remove_run(store, "r2")
    with pytest.raises(StoreError, match="no document"):
        store.document(digest)


@pytest.mark.anyio
async def test_no_broken_line_is_brought_in(store: Store) -> None:
    """Every line left out, doubled, or with one of its members changed: refused, or the run is another whole one."""
    await _finished(store)
    lines = list(export_run(store, "r1"))
    wrecks = [lines[:at] + lines[at + 1 :] for at in range(len(lines))]
    wrecks += [lines[: at + 1] + lines[at:] for at in range(len(lines))]
    wrecks += [[*lines[:at], line.replace("e", "x", 3), *lines[at + 1 :]] for at, line in enumerate(lines)]
    for at, line in enumerate(lines):
        for key, value in json.loads(line).items():
            for changed in ("null", "7", '"x"', "[]", "{}"):
                if json.loads(changed) != value:
                    member = {**json.loads(line), key: json.loads(changed)}
                    wrecks.append([*lines[:at], json.dumps(member), *lines[at + 1 :]])
    refused = 0
    for wreck in wrecks:
        with closing(MemoryStore()) as other:
            try:
                made = import_run(other, wreck)
            except (BadArchive, RunRefused):
                refused += 1
                assert not other.runs()
            else:
                assert list(export_run(other, made.id))
    assert refused > 0.8 * len(wrecks)
