"""What a run shows, and what can be read of it afterwards."""

from __future__ import annotations

import dataclasses
import json
from itertools import count
from pathlib import Path

import anyio
import pytest

from rag_ir import build
from rag_ir.codec import seal
from rag_ir.graph import Document, Json, SourcePlace
from rag_runtime import list_runs, replay_events, show_run
from rag_runtime.api import run
from rag_runtime.events import Error
from rag_runtime.observe import RunEvent
from rag_runtime.reading import RunView, standing
from rag_runtime.seams import CallFailed, ModelRequest
from rag_runtime.stores.memory import MemoryStore
from rag_runtime.stores.store import StoreError
from tests.runtime.world import Stage, capabilities, registry_of

pytestmark = pytest.mark.anyio

CHANNELS = [build.channel("messages", "messages"), build.channel("answer")]
TEXT: dict[str, Json] = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


def _document() -> Document:
    """A model, then a child run that sends a mail and asks; with a place in the source for the model's node."""
    inner = build.graph(
        "inner",
        start="send",
        channels=[build.channel("answer")],
        nodes=[
            build.tool("send", "mail", {"text": build.lit("hello")}, next="ask"),
            build.interrupt("ask", options=["yes", "no"], into="answer", next="END"),
        ],
        output={"answer": build.get("state", "answer", "value")},
    )
    outer = build.graph(
        "outer",
        start="think",
        channels=CHANNELS,
        nodes=[build.model("think", next="sub"), build.subgraph("sub", "inner", next="END")],
    )
    mail = build.require_tool("mail", input=TEXT, effects="external")
    made = build.document("outer", graphs=[outer, inner], tools=[mail])
    place = SourcePlace(file="a.rag", start=(3, 8), end=(3, 13))
    return seal(dataclasses.replace(made, source_map={"/graphs/outer/nodes/0": place}))


def _stage() -> Stage:
    given = capabilities(tools={"mail": lambda arguments, key: "sent"})
    return Stage(_document(), MemoryStore(clock=count(1000).__next__), given)


FIRST = [
    ("r1", "run.started", None),
    ("r1", "step.started", None),
    ("r1", "task.started", "0:0:think"),
    ("r1", "call.started", "0:0:think"),
    ("r1", "call.ended", "0:0:think"),
    ("r1", "task.succeeded", "0:0:think"),
    ("r1", "step.merged", None),
    ("r1", "step.started", None),
    ("r1", "task.started", "1:0:sub"),
    ("r1/1:0:sub", "run.started", None),
    ("r1/1:0:sub", "step.started", None),
    ("r1/1:0:sub", "task.started", "0:0:send"),
    ("r1/1:0:sub", "call.started", "0:0:send"),
    ("r1/1:0:sub", "call.ended", "0:0:send"),
    ("r1/1:0:sub", "task.succeeded", "0:0:send"),
    ("r1/1:0:sub", "step.merged", None),
    ("r1/1:0:sub", "step.started", None),
    ("r1/1:0:sub", "task.started", "1:0:ask"),
    ("r1/1:0:sub", "task.paused", "1:0:ask"),
    ("r1/1:0:sub", "run.paused", None),
    ("r1", "task.paused", "1:0:sub"),
    ("r1", "run.paused", None),
]
SECOND = [
    ("r1", "question.answered", None),
    ("r1", "task.started", "1:0:sub"),
    ("r1/1:0:sub", "question.answered", None),
    ("r1/1:0:sub", "task.started", "1:0:ask"),
    ("r1/1:0:sub", "task.succeeded", "1:0:ask"),
    ("r1/1:0:sub", "step.merged", None),
    ("r1/1:0:sub", "run.finished", None),
    ("r1", "child.finished", "1:0:sub"),
    ("r1", "task.succeeded", "1:0:sub"),
    ("r1", "step.merged", None),
    ("r1", "run.finished", None),
]


def _shown(stage: Stage) -> list[tuple[str, str, str | None]]:
    return [(event.run, event.event, event.task) for event in stage.events]


# Events


async def test_everything_is_told_in_its_order() -> None:
    stage = _stage()
    await stage.run()
    assert _shown(stage) == FIRST
    stage.events.clear()
    await stage.resume({"": "yes"})
    assert [each for each in _shown(stage) if each[1] != "step.started"] == SECOND


async def test_an_event_says_where_it_belongs() -> None:
    stage = _stage()
    await stage.run()
    by_name = {(event.run, event.event): event for event in stage.events}
    think = by_name["r1", "call.ended"]
    assert (think.node, think.path, think.step, think.depth, think.namespace) == ("think", "think", 0, 0, "")
    assert think.place == SourcePlace(file="a.rag", start=(3, 8), end=(3, 13))
    assert (think.root, think.parent, think.thread) == ("r1", None, "support")
    sent = by_name["r1/1:0:sub", "call.ended"]
    assert (sent.node, sent.path, sent.step, sent.depth, sent.namespace) == ("send", "sub/send", 0, 1, "1:0:sub")
    assert (sent.root, sent.parent, sent.thread, sent.place) == ("r1", "r1", "support", None)
    assert sent.data["value"] == "sent"
    assert by_name["r1/1:0:sub", "run.paused"].path == "sub"


async def test_events_are_json() -> None:
    stage = _stage()
    await stage.run()
    texts = [json.dumps(event.to_json()) for event in stage.events]
    first = json.loads(texts[5])
    assert list(first) == [field.name for field in dataclasses.fields(RunEvent)]
    assert first["event"] == "task.succeeded"
    assert first["place"] == {"file": "a.rag", "start": [3, 8], "end": [3, 13]}
    paused = json.loads(texts[-1])
    assert paused["data"]["questions"][0]["options"] == ["yes", "no"]


async def test_ids_are_unique_and_the_same_every_time() -> None:
    first, second = _stage(), _stage()
    for stage in (first, second):
        await stage.run()
    assert [event.to_json() for event in first.events] == [event.to_json() for event in second.events]
    ids = [event.id for event in first.events]
    assert len(set(ids)) == len(ids)
    assert ids[0] == "r1#1"
    assert ids[2] == "r1#1:task.started:0:0:think"


async def test_events_can_be_replayed_from_an_offset() -> None:
    """All but the starts of calls that are not journaled."""
    stage = _stage()
    await stage.run()
    live = [event for event in stage.events if event.run == "r1" and event.event != "call.started"]
    assert replay_events(stage.store, "r1") == live
    later = replay_events(stage.store, "r1", after=2)
    assert later == [event for event in live if int(event.id.removeprefix("r1#").partition(":")[0]) > 2]
    child = [event for event in stage.events if event.run == "r1/1:0:sub"]
    assert replay_events(stage.store, "r1/1:0:sub") == child


async def test_a_task_that_starts_again_says_so_under_its_own_id() -> None:
    stage = _stage()
    await stage.run()
    await stage.resume({"": "yes"})
    starts = [event for event in stage.events if event.event == "task.started" and event.task == "1:0:sub"]
    assert [event.data["again"] for event in starts] == [False, True]


async def test_an_observer_is_told_after_the_commit() -> None:
    stage = _stage()
    unknown: list[str] = []

    def look(event: RunEvent) -> None:
        if len(stage.store.events(event.run)) < int(event.id.split("#")[1].split(":")[0]):
            unknown.append(event.id)

    await run(
        stage.document,
        registry_of(stage.document),
        root=Path(),
        input=None,
        store=stage.store,
        observe=look,
        capabilities=stage.capabilities,
    )
    assert unknown == []


# Reading


async def test_a_run_can_be_read_with_all_its_parts() -> None:
    stage = _stage()
    await stage.run({"question": "why"})
    view = show_run(stage.store, "r1")
    assert (view.run.progress.status, view.live, view.input) == ("paused", False, {"question": "why"})
    assert view.path == ["think", "sub"]
    assert [(task.id, task.status, task.calls) for task in view.tasks] == [
        ("0:0:think", "succeeded", 1),
        ("1:0:sub", "paused", 0),
    ]
    assert [question.address for question in view.questions] == ["1:0:sub/1:0:ask"]
    assert view.tasks[0].usage.model_calls == 1
    assert view.tasks[0].started < (view.tasks[0].ended or 0)
    (child,) = view.children
    assert (child.run.id, child.run.parent, child.run.parent_task) == ("r1/1:0:sub", "r1", "1:0:sub")
    assert child.path == ["sub/send", "sub/ask"]
    assert child.events == len(stage.store.events("r1/1:0:sub"))


async def test_a_child_run_can_be_read_by_itself() -> None:
    stage = _stage()
    await stage.run()
    view = show_run(stage.store, "r1/1:0:sub")
    assert [question.address for question in view.questions] == ["1:0:sub/1:0:ask"]


async def test_a_call_in_flight_is_seen() -> None:
    views: list[RunView] = []
    store = MemoryStore()

    async def mail(arguments: dict[str, Json], key: str) -> Json:
        await anyio.lowlevel.checkpoint()
        views.append(show_run(store, "r1"))
        return "sent"

    await Stage(_document(), store, capabilities(tools={"mail": mail})).run()
    (view,) = views
    assert view.live
    assert view.children[0].tasks[0].in_flight == ("tool:1",)
    assert view.children[0].tasks[0].status == "running"


async def test_a_failed_task_shows_its_error() -> None:
    def reply(request: ModelRequest) -> str:
        raise CallFailed(Error(code="server", message="it is down"))

    stage = Stage(_document(), MemoryStore(), capabilities(reply, {"mail": lambda arguments, key: None}))
    await stage.run()
    (task,) = show_run(stage.store, "r1").tasks
    assert (task.status, task.error and task.error.code) == ("failed", "server")


async def test_runs_are_listed_newest_first() -> None:
    stage = _stage()
    await stage.run(run_id="a")
    await stage.run(run_id="b")
    with stage.store.lease("a"):
        assert [(line.run.id, line.live) for line in list_runs(stage.store)] == [("b", False), ("a", True)]


async def test_new_runs_have_names_in_the_order_in_which_they_began() -> None:
    stage = _stage()
    names: list[str] = []
    for _ in range(3):
        result = await run(
            stage.document,
            registry_of(stage.document),
            root=Path(),
            input=None,
            store=stage.store,
            capabilities=stage.capabilities,
        )
        names.append(result.run)
    assert len(set(names)) == 3
    assert [name[:9] for name in names] == sorted(name[:9] for name in names)
    assert {len(name) for name in names} == {14}


async def test_what_is_not_known_cannot_be_read() -> None:
    store = MemoryStore()
    assert standing(store, "r9") is None
    with pytest.raises(StoreError) as refused:
        show_run(store, "r9")
    assert refused.value.code == "run-unknown"
