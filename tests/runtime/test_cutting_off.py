"""Tasks that are cut off while others go on, timers, and children that nobody waits for, under the local driver."""

from __future__ import annotations

import threading
from itertools import count

import anyio
import pytest
from anyio.lowlevel import checkpoint

from rag_ir import build
from rag_ir.graph import Document, JoinSends, Json
from rag_ir.record import replace
from rag_runtime.events import ChildFinished
from rag_runtime.seams import Capabilities, ModelRequest
from rag_runtime.stores.memory import MemoryStore
from tests.runtime.clock import Clock
from tests.runtime.test_driver import CHANNELS
from tests.runtime.world import Stage, capabilities

pytestmark = pytest.mark.anyio


def _store() -> MemoryStore:
    return MemoryStore(clock=count(1000).__next__)


def _asking(*names: str, join: JoinSends) -> Document:
    """Children that ask the model, joined."""
    plan = build.pass_("plan", sends=[build.send(name) for name in names], join=join)
    children = [build.model(name, prompt=name, into="found") for name in names]
    rest = [build.model("done", prompt="done", into="found"), build.pass_("late", update={"found": build.lit("late")})]
    graph = build.graph("g", start="plan", channels=[CHANNELS[1]], nodes=[plan, *children, *rest])
    return build.document("g", graphs=[graph])


class Hanging:
    """A model that never answers some nodes, and the others once so many have asked (`crowd`). `asked` are the nodes; `given_up`
    those whose call was given up."""

    def __init__(self, *never: str, crowd: int = 0) -> None:
        self.crowd = crowd
        self.never = never
        self.asked: list[str] = []
        self.given_up: list[str] = []
        self.hanging = anyio.Event()

    async def __call__(self, request: ModelRequest) -> str:
        self.asked.append(request.path)
        while len(self.asked) < self.crowd:
            await checkpoint()
        if request.path.rpartition("/")[2] in self.never:
            self.hanging.set()
            try:
                await anyio.sleep_forever()
            finally:
                self.given_up.append(request.path)
        return f"said by {request.path}"


def _with_clock(given: Capabilities, clock: Clock) -> Capabilities:
    return replace(given, sleep=clock.sleep, clock=clock)


async def test_the_losers_of_a_race_are_cut_off_in_their_calls() -> None:
    model = Hanging("a", "c", crowd=3)
    stage = Stage(_asking("a", "b", "c", join=build.join_sends("done", "race")), _store(), capabilities(model))
    result = await stage.run()
    assert result.outcome == "finished"
    assert result.output == {"found": ["said by b", "said by done"]}
    assert sorted(model.given_up) == ["a", "c"]
    assert result.usage.model_calls == 2
    assert stage.names().count("task.cancelled") == 2


async def test_a_loser_that_has_not_begun_never_begins() -> None:
    model = Hanging()
    document = _asking("a", "b", "c", join=build.join_sends("done", "race"))
    narrow = replace(document.graphs["g"], max_concurrency=1)
    result = await Stage(build.document("g", graphs=[narrow]), _store(), capabilities(model)).run()
    assert result.output == {"found": ["said by a", "said by done"]}
    assert model.asked == ["a", "done"]


async def test_a_child_run_that_loses_is_cancelled_and_its_calls_are_counted() -> None:
    model = Hanging("slow")
    inner = build.graph(
        "inner",
        start="quick",
        channels=CHANNELS,
        nodes=[build.model("quick", next="slow"), build.model("slow")],
    )
    plan = build.pass_("plan", sends=[build.send("inner", {}), build.send("b")], join=build.join_sends("done", "race"))

    async def reply(request: ModelRequest) -> str:
        if request.path == "b":
            await model.hanging.wait()
        return await model(request)

    outer = build.graph(
        "g",
        start="plan",
        channels=CHANNELS,
        nodes=[plan, build.model("b", into="found"), build.pass_("done")],
    )
    stage = Stage(build.document("g", graphs=[outer, inner]), _store(), capabilities(reply))
    result = await stage.run()
    assert result.outcome == "finished"
    assert [run.progress.status for run in stage.store.tree("r1")] == ["finished", "cancelled"]
    assert result.usage.model_calls == 2
    heard = [entry.event for entry in stage.store.events("r1") if isinstance(entry.event, ChildFinished)]
    assert [(each.outcome, each.usage.model_calls) for each in heard] == [("cancelled", 1)]


async def test_a_thread_that_cannot_be_stopped_is_left_behind() -> None:
    from rag_runtime.tools.python import PythonTool

    began, release = threading.Event(), threading.Event()

    def hang() -> str:
        began.set()
        release.wait(60)
        return "too late"

    async def reply(request: ModelRequest) -> str:
        while not began.is_set():
            await anyio.sleep(0)
        return "first"

    tools = [build.require_tool("hang", input={"type": "object", "properties": {}}, effects="none")]
    plan = build.pass_("plan", sends=[build.send("a"), build.send("b")], join=build.join_sends("done", "race"))
    nodes = [plan, build.tool("a", "hang", into="found"), build.model("b", into="found"), build.pass_("done")]
    graph = build.graph("g", start="plan", channels=[CHANNELS[1]], nodes=nodes)
    given = replace(capabilities(reply), tools={"hang": PythonTool("hang", hang)})
    try:
        result = await Stage(build.document("g", graphs=[graph], tools=tools), _store(), given).run()
    finally:
        release.set()
    assert result.output == {"found": ["first"]}


async def test_what_a_quorum_keeps_goes_on_beside_the_rest() -> None:
    release = anyio.Event()
    asked: list[str] = []

    async def reply(request: ModelRequest) -> str:
        asked.append(request.path)
        if request.path == "c":
            await release.wait()
        if request.path == "done":
            release.set()
        return request.path

    stage = Stage(
        _asking("a", "b", "c", join=build.join_sends("done", "quorum", quorum=2, keep=True)),
        _store(),
        capabilities(reply),
    )
    result = await stage.run()
    assert result.output == {"found": ["a", "b", "done", "c"]} or result.output == {"found": ["a", "b", "c", "done"]}
    assert asked == ["a", "b", "c", "done"]


async def test_nobody_waits_for_a_child_that_does_not_block_but_the_run_does() -> None:
    release = anyio.Event()

    async def reply(request: ModelRequest) -> str:
        if request.path == "a":
            await release.wait()
        if request.path == "last":
            release.set()
        return request.path

    plan = build.pass_("plan", sends=[build.send("a", blocking=False)], next="b")
    nodes = [plan, *(build.model(name, into="found") for name in ("a",)), build.model("b", into="found", next="last")]
    graph = build.graph(
        "g", start="plan", channels=[CHANNELS[1]], nodes=[*nodes, build.model("last", into="found")], max_concurrency=2
    )
    result = await Stage(build.document("g", graphs=[graph]), _store(), capabilities(reply)).run()
    assert result.outcome == "finished"
    assert isinstance(result.output, dict)
    assert result.output["found"] in (["b", "a", "last"], ["b", "last", "a"])


# Time


async def test_an_activation_takes_no_longer_than_its_time() -> None:
    clock, model = Clock(), Hanging("slow")
    graph = build.graph(
        "g",
        start="slow",
        channels=[CHANNELS[1]],
        nodes=[
            build.model("slow", timeout=5000, on_error="fix"),
            build.pass_("fix", update={"found": build.get("args", "error", "code")}),
        ],
    )
    stage = Stage(build.document("g", graphs=[graph]), _store(), _with_clock(capabilities(model), clock))
    async with anyio.create_task_group() as group:
        group.start_soon(stage.run)
        await model.hanging.wait()
        await clock.until_waiting()
        clock.move(4.9)
        await anyio.sleep(0)
        assert model.given_up == []
        clock.move(0.2)
    assert model.given_up == ["slow"]
    assert stage.store.run("r1").progress.output == {"found": ["timeout"]}
    assert clock.waiting == []
    assert "timer.fired" in stage.names()


async def test_an_activation_that_fails_for_time_is_repeated_and_its_calls_are_kept() -> None:
    clock, model = Clock(), Hanging("look")
    tools = [build.require_tool("look", input={"type": "object", "properties": {}}, effects="read")]
    graph = build.graph("g", start="a", channels=CHANNELS, nodes=[build.agent("a", tools=["look"], timeout=1000)])

    def reply(request: ModelRequest) -> str | list[tuple[str, dict[str, Json]]]:
        return [("look", {})] if request.turn == 1 else "done"

    hang = [True]
    began = anyio.Event()

    async def look(arguments: dict[str, Json], key: str) -> Json:
        if hang[0]:
            began.set()
            await anyio.sleep_forever()
        return "seen"

    given = _with_clock(capabilities(reply, {"look": look}), clock)
    stage = Stage(build.document("g", graphs=[graph], tools=tools), _store(), given)
    async with anyio.create_task_group() as group:
        group.start_soon(stage.run)
        await began.wait()
        await clock.until_waiting()
        clock.move(1)
    assert stage.store.run("r1").progress.status == "failed"
    hang[0] = False
    result = await stage.resume()
    assert result.outcome == "finished"
    assert result.usage.model_calls == 2
    assert model.asked == []


async def test_a_child_whose_time_is_up_does_not_hold_up_the_rest() -> None:
    clock, model = Clock(), Hanging("a")
    plan = build.pass_("plan", sends=[build.send("a", timeout=3000, optional=True), build.send("b")], join="done")
    nodes = [plan, build.model("a", into="found"), build.model("b", into="found")]
    done = build.pass_("done", update={"found": build.get("args", "children")})
    channels = [CHANNELS[1], build.channel("errors", "append")]
    graph = build.graph("g", start="plan", channels=channels, nodes=[*nodes, done])
    stage = Stage(build.document("g", graphs=[graph]), _store(), _with_clock(capabilities(model), clock))
    async with anyio.create_task_group() as group:
        group.start_soon(stage.run)
        await model.hanging.wait()
        await clock.until_waiting()
        clock.move(3)
    output = stage.store.run("r1").progress.output
    assert isinstance(output, dict)
    assert isinstance(output["found"], list)
    assert [child["outcome"] for child in output["found"] if isinstance(child, dict)] == ["timeout", "succeeded"]
    assert isinstance(output["errors"], list)
    assert len(output["errors"]) == 1
    assert "child.failed" in stage.names()


async def test_a_join_whose_time_is_up_goes_on_without_the_rest() -> None:
    clock, model = Clock(), Hanging("b")
    stage = Stage(
        _asking("a", "b", join=build.join_sends("done", timeout=2000, on_timeout="late")),
        _store(),
        _with_clock(capabilities(model), clock),
    )
    async with anyio.create_task_group() as group:
        group.start_soon(stage.run)
        await model.hanging.wait()
        await clock.until_waiting()
        clock.move(2)
    assert stage.store.run("r1").progress.output == {"found": ["said by a", "late"]}


async def test_a_timer_that_stood_still_goes_on_with_what_was_left() -> None:
    from rag_runtime.drivers.timers import Timers

    clock = Clock()
    fired: list[tuple[str, float]] = []
    timers = Timers(clock.sleep, clock, lambda name, group: fired.append((name, clock.now)))
    timers.start("a", 10)
    async with anyio.create_task_group() as group:
        timers.begin(group)
        await clock.until_waiting()
        clock.move(4)
        timers.stop("a")
        clock.move(100)
        timers.start("a", 10)
        timers.start("b", 7)
        await clock.until_waiting(2)
        clock.move(6)
        while not fired:
            await anyio.sleep(0)
        timers.end()
    assert fired == [("a", 110.0)]


async def test_a_run_that_is_cancelled_with_timers_goes_on_when_resumed() -> None:
    clock, model = Clock(), Hanging("a")
    document = _asking("a", "b", join=build.join_sends("done", timeout=2000, on_timeout="late"))
    stage = Stage(document, _store(), _with_clock(capabilities(model), clock))
    async with anyio.create_task_group() as group:
        group.start_soon(stage.run)
        await model.hanging.wait()
        group.cancel_scope.cancel()
    assert stage.store.run("r1").progress.status == "cancelled"
    model.never = ()
    result = await stage.resume()
    assert result.outcome == "finished"
    assert result.output == {"found": ["said by a", "said by b", "said by done"]}


async def test_an_effect_that_time_cut_off_is_in_doubt() -> None:
    clock, began, calls = Clock(), anyio.Event(), list[str]()

    async def pay(arguments: dict[str, Json], key: str) -> Json:
        calls.append(key)
        if len(calls) == 1:
            began.set()
            await anyio.sleep_forever()
        return "paid"

    tools = [build.require_tool("pay", input={"type": "object", "properties": {}}, effects="external")]
    node = build.tool("a", "pay", into="found", timeout=1000)
    graph = build.graph("g", start="a", channels=[CHANNELS[1]], nodes=[node])
    given = _with_clock(capabilities(tools={"pay": pay}), clock)
    stage = Stage(build.document("g", graphs=[graph], tools=tools), _store(), given)
    async with anyio.create_task_group() as group:
        group.start_soon(stage.run)
        await began.wait()
        await clock.until_waiting()
        clock.move(1)
    assert stage.store.run("r1").progress.status == "failed"
    asked = await stage.resume()
    assert [question.cause for question in asked.questions] == ["effect-in-doubt"]
    done = await stage.resume({"": {"result": "paid"}})
    assert done.output == {"found": ["paid"]}
    assert len(calls) == 1
