"""Runs with races, quorums and children that nobody waits for, stopped at every write of their journals: they come to the same end."""

from __future__ import annotations

import os
import signal
from collections import Counter
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path

import anyio
import pytest

from rag_ir import build
from rag_ir.graph import Document, Json
from rag_runtime.api import resume_blocking, run_blocking
from rag_runtime.events import Error
from rag_runtime.reading import standing
from rag_runtime.seams import CallFailed, Capabilities, ModelRequest
from rag_runtime.stores.memory import MemoryStore
from rag_runtime.stores.sqlite import SqliteStore
from rag_runtime.stores.store import Store, StoreError
from tests.runtime.lives import Killer, fork
from tests.runtime.test_driver import Breaking
from tests.runtime.world import Stage, capabilities, registry_of

CHANNELS = [build.channel(name, "append") for name in ("found", "beside", "errors")]


def document() -> Document:
    """A race whose other child never ends, then a fallback, then a quorum; a child run and a chain beside them."""
    asking = {
        name: build.model(name, prompt=name, into="found") for name in ("slow", "fast", "down", "up", "one", "two")
    }
    inner = build.graph(
        "inner",
        start="first",
        channels=CHANNELS,
        nodes=[build.model("first", into="found", next="last"), build.model("last", into="found")],
        output={"said": build.get("state", "found")},
    )
    nodes = [
        build.pass_(
            "race",
            sends=[build.send("slow"), build.send("fast"), build.send("aside", blocking=False)],
            join=build.join_sends("turns", "race"),
        ),
        build.model("aside", prompt="aside", into="beside", next="further"),
        build.model("further", prompt="further", into="beside"),
        build.pass_(
            "turns",
            sends=[build.send("down"), build.send("up")],
            join=build.join_sends("most", "fallback", timeout=9000),
        ),
        build.pass_(
            "most",
            sends=[build.send("down", optional=True), build.send("one"), build.send("inner", {}), build.send("slow")],
            join=build.join_sends("both", "quorum", quorum=2),
        ),
        build.pass_("both", sends=[build.send("two"), build.send("two2")]),
        build.pass_("two2", next="end2"),
        build.pass_("end2"),
        build.pass_("done", update={"found": ["call", "len", build.get("args", "children")]}),
        *asking.values(),
    ]
    graph = build.graph("g", start="race", channels=CHANNELS, nodes=nodes, joins=[(["two", "end2"], "done")])
    return build.document("g", graphs=[graph, inner])


def _capabilities(calls: Counter[str]) -> Capabilities:
    async def reply(request: ModelRequest) -> str:
        calls[request.path] += 1
        if request.path == "slow":
            await anyio.sleep_forever()
        if request.path == "down":
            raise CallFailed(Error(code="server", message="it is down"))
        return request.path

    return capabilities(reply)


@pytest.mark.anyio
async def test_stopped_at_every_write() -> None:
    graph = document()
    store = MemoryStore(clock=count(1000).__next__)
    calls: Counter[str] = Counter()
    whole = await Stage(graph, store, _capabilities(calls)).run()
    assert whole.outcome == "finished"
    assert isinstance(whole.output, dict)
    assert isinstance(whole.output["errors"], list)
    assert whole.output["beside"] == ["aside", "further"]
    assert [each["node"] for each in whole.output["errors"] if isinstance(each, dict)] == ["down"]
    writes = sum(len(store.events(run.id)) for run in store.tree("r1"))
    for number in range(1, writes):
        breaking = Breaking(number)
        again: Counter[str] = Counter()
        stage = Stage(graph, breaking, _capabilities(again))
        try:
            result = await stage.run()
        except StoreError:
            breaking.writes = 1000
            result = await stage.resume()
        assert result.outcome == "finished"
        assert result.output == whole.output
        assert all(again[path] <= calls[path] + 1 for path in again)


def _life(folder: Path, graph: Document, killer: int | None) -> None:
    store: Store = SqliteStore(folder / "runs.db", synchronous="normal")
    if killer is not None:
        store = Killer(store, killer, "after")
    registry, given = registry_of(graph), _capabilities(Counter())
    try:
        known = bool(store.tree("r1"))
    except StoreError:
        known = False
    if known:
        resume_blocking("r1", registry, root=folder, store=store, capabilities=given)
    else:
        run_blocking(graph, registry, root=folder, input=None, store=store, run_id="r1", capabilities=given)


def test_killed_at_writes(tmp_path: Path) -> None:
    graph = document()
    outputs: list[Json] = []
    for event in (0, 1, 4, 9, 14, 19, 24):
        folder = tmp_path / str(event)
        folder.mkdir()
        if event:
            assert os.WTERMSIG(fork(partial(_life, folder, graph, event))) == signal.SIGKILL
        assert fork(partial(_life, folder, graph, None)) == 0
        with closing(SqliteStore(folder / "runs.db")) as store:
            result = standing(store, "r1")
            assert result is not None
            assert result.outcome == "finished"
            outputs.append(result.output)
    assert all(output == outputs[0] for output in outputs)
