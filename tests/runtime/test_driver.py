"""The local driver in one process: what runs together, what is asked, what is cancelled, what is resumed."""

from __future__ import annotations

import json
from itertools import count, permutations

import anyio
import pytest

from rag_ir import build
from rag_ir.graph import Document, Json, Node
from rag_ir.record import replace
from rag_runtime.events import CallEnded, CallStarted, Cancelled, Error, Event, Resumed
from rag_runtime.refusals import AnswerRefused, DocumentRefused, InputRefused, RunRefused
from rag_runtime.seams import CallFailed, ModelRequest
from rag_runtime.stores.memory import MemoryStore
from rag_runtime.stores.store import Progress, Run, StoreError
from tests.runtime.world import Stage, capabilities

pytestmark = pytest.mark.anyio

TEXT: dict[str, Json] = {"type": "string"}
CHANNELS = [build.channel("messages", "messages"), build.channel("found", "append")]


def _store() -> MemoryStore:
    return MemoryStore(clock=count(1000).__next__)


def _fan_out(*topics: str, limit: int = 8) -> Document:
    """One child for each topic, each writing what its agent says, in topic order."""
    dig = build.subagent("dig", "digger", next="END", into="found")
    sends = [build.send("dig", {"topic": build.lit(topic)}) for topic in topics]
    plan = build.pass_("plan", sends=sends, join="done")
    done = build.pass_("done", next="END")
    graph = build.graph("g", start="plan", channels=CHANNELS, nodes=[plan, dig, done], max_concurrency=limit)
    return build.document("g", graphs=[graph], agents=[build.declare_agent("digger")])


def _topic(request: ModelRequest) -> str:
    content = request.messages[-1]["content"]
    assert isinstance(content, str)
    return str(json.loads(content)["topic"])


def _chain(*nodes: Node, channels: tuple[str, ...] = ()) -> Document:
    made = [*CHANNELS, *(build.channel(name) for name in channels)]
    return build.document("g", graphs=[build.graph("g", start=nodes[0].name, channels=made, nodes=nodes)])


# What runs together


async def test_children_run_together() -> None:
    """Each child ends only after all have started."""
    arrived: list[str] = []
    everybody = anyio.Event()

    async def reply(request: ModelRequest) -> str:
        arrived.append(_topic(request))
        if len(arrived) == 3:
            everybody.set()
        await everybody.wait()
        return _topic(request)

    with anyio.fail_after(10):
        result = await Stage(_fan_out("a", "b", "c"), _store(), capabilities(reply)).run()
    assert result.outcome == "finished"
    assert arrived == ["a", "b", "c"]


async def test_the_state_does_not_know_in_which_order_children_ended() -> None:
    outputs: set[str] = set()
    for order in permutations("abc"):
        turns = {topic: anyio.Event() for topic in order}
        ended: list[str] = []

        async def reply(request: ModelRequest, turns: dict[str, anyio.Event] = turns, ended: list[str] = ended) -> str:
            topic = _topic(request)
            before = list(turns)[: list(turns).index(topic)]
            for earlier in before:
                await turns[earlier].wait()
            turns[topic].set()
            ended.append(topic)
            return f"about {topic}"

        result = await Stage(_fan_out("a", "b", "c"), _store(), capabilities(reply)).run()
        assert ended == list(order)
        outputs.add(json.dumps(result.output))
    (output,) = outputs
    assert json.loads(output)["found"] == ["about a", "about b", "about c"]


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_no_more_run_together_than_the_graph_allows(limit: int) -> None:
    running = 0
    most = 0

    async def reply(request: ModelRequest) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        running -= 1
        return "x"

    await Stage(_fan_out(*"abcdefg", limit=limit), _store(), capabilities(reply)).run()
    assert most == limit


async def test_a_worker_that_is_free_takes_the_next_task() -> None:
    """The first task waits for the last one, which begins only if the other worker goes on."""
    last = anyio.Event()

    async def reply(request: ModelRequest) -> str:
        if _topic(request) == "a":
            await last.wait()
        if _topic(request) == "d":
            last.set()
        return "x"

    with anyio.fail_after(10):
        result = await Stage(_fan_out(*"abcd", limit=2), _store(), capabilities(reply)).run()
    assert result.outcome == "finished"


async def test_a_fan_out_behind_a_fan_out_runs_together_too() -> None:
    begun: list[str] = []
    both = [anyio.Event(), anyio.Event()]

    async def reply(request: ModelRequest) -> str:
        begun.append(request.path)
        both[(len(begun) - 1) // 2].set() if len(begun) % 2 == 0 else None
        await both[(len(begun) - 1) // 2].wait()
        return "x"

    sends = [build.send("digger", {"topic": build.lit(topic)}) for topic in "ab"]
    first = build.pass_("first", sends=sends, join="second")
    second = build.pass_("second", sends=sends, join="done")
    graph = build.graph("g", start="first", channels=CHANNELS, nodes=[first, second, build.pass_("done", next="END")])
    document = build.document("g", graphs=[graph], agents=[build.declare_agent("digger")])
    with anyio.fail_after(10):
        result = await Stage(document, _store(), capabilities(reply)).run()
    assert result.outcome == "finished"
    assert result.path == [
        "first",
        ["first/digger", "first/digger"],
        "second",
        ["second/digger", "second/digger"],
        "done",
    ]


async def test_child_runs_run_together() -> None:
    arrived: list[str] = []
    both = anyio.Event()

    async def reply(request: ModelRequest) -> str:
        arrived.append(request.path)
        if len(arrived) == 2:
            both.set()
        await both.wait()
        return "x"

    inner = build.graph("inner", start="say", channels=CHANNELS, nodes=[build.model("say", next="END")])
    sends = [build.send("inner", {"n": build.lit(n)}) for n in (1, 2)]
    outer = build.graph(
        "g",
        start="plan",
        channels=CHANNELS,
        nodes=[build.pass_("plan", sends=sends, join="done"), build.pass_("done", next="END")],
    )
    store = _store()
    with anyio.fail_after(10):
        result = await Stage(build.document("g", graphs=[outer, inner]), store, capabilities(reply)).run()
    assert result.outcome == "finished"
    assert [run.id for run in store.tree("r1")] == ["r1", "r1/1:0:plan/inner", "r1/1:1:plan/inner"]
    assert {run.progress.status for run in store.tree("r1")} == {"finished"}
    assert result.usage.model_calls == 2


# Input and document


INPUT = [
    build.field("question", TEXT),
    build.field("depth", {"type": "integer"}, required=False, default=2),
]


def _asking() -> Document:
    graph = build.graph(
        "g",
        start="a",
        channels=[build.channel("depth")],
        nodes=[build.pass_("a", writes={"depth": build.get("input", "depth")}, next="END")],
        input=INPUT,
    )
    return build.document("g", graphs=[graph])


async def test_defaults_are_filled_in() -> None:
    result = await Stage(_asking(), _store()).run({"question": "why"})
    assert result.output == {"depth": 2}


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "the input `question: string` is missing"),
        ({"question": 1}, "the input `question` does not fit"),
        ({"question": "why", "deep": 1}, "the graph has no input `deep`; it has `question: string`, `depth: int`"),
        ("why", "the input is an object with `question: string`, `depth: int`"),
    ],
)
async def test_a_wrong_input_starts_nothing(given: Json, complaint: str) -> None:
    store = _store()
    with pytest.raises(InputRefused) as refused:
        await Stage(_asking(), store).run(given)
    assert complaint in refused.value.message
    assert store.runs() == []


async def test_every_wrong_field_is_named() -> None:
    with pytest.raises(InputRefused) as refused:
        await Stage(_asking(), _store()).run({"depth": "x", "other": 1})
    assert len(refused.value.problems) == 3


async def test_a_document_that_was_tampered_with_starts_nothing() -> None:
    import dataclasses

    store = _store()
    with pytest.raises(DocumentRefused) as refused:
        await Stage(dataclasses.replace(_asking(), digest="sha256:0"), store).run({"question": "why"})
    assert [finding.code for finding in refused.value.findings] == ["ir-digest"]
    assert store.runs() == []


@pytest.mark.parametrize("name", ["", "a/b", "../x", "-x", "a b", "x" * 65])
async def test_a_name_that_could_be_a_path_is_refused(name: str) -> None:
    with pytest.raises(RunRefused):
        await Stage(_asking(), _store()).run({"question": "why"}, run_id=name or "/")


async def test_a_run_that_is_driven_is_locked() -> None:
    store = _store()
    stage = Stage(_chain(build.interrupt("ask")), store)
    await stage.run()
    with store.lease("r1"), pytest.raises(StoreError) as refused:
        await stage.resume({"": 1})
    assert refused.value.code == "run-locked"


# Questions


async def test_an_answer_goes_to_its_question() -> None:
    asks = [build.interrupt(name, options=["yes", "no"], into="found") for name in ("left", "right")]
    plan = build.pass_("plan", sends=[build.send("left"), build.send("right")], join="done")
    graph = build.graph("g", start="plan", channels=CHANNELS, nodes=[plan, *asks, build.pass_("done", next="END")])
    stage = Stage(build.document("g", graphs=[graph]), _store())
    paused = await stage.run()
    assert paused.outcome == "paused"
    assert [question.address for question in paused.questions] == ["1:0:left", "1:1:right"]
    again = await stage.resume({"1:1:right": "no"})
    assert again.outcome == "paused"
    assert [question.address for question in again.questions] == ["1:0:left"]
    done = await stage.resume({"": "yes"})
    assert done.outcome == "finished"
    assert isinstance(done.output, dict)
    assert done.output["found"] == [
        {"answer": "yes", "value": "yes", "actor": "mia"},
        {"answer": "no", "value": "no", "actor": "mia"},
    ]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"": "maybe"}, "bad-answer"),
        ({"": True}, "bad-answer"),
        ({"0:0:other": "yes"}, "unknown-question"),
        ({"0:0:ask": "yes", "0:0:other": "yes"}, "unknown-question"),
    ],
)
async def test_a_wrong_answer_leaves_the_run_paused(answers: dict[str, Json], code: str) -> None:
    store = _store()
    stage = Stage(_chain(build.interrupt("ask", options=["yes", "no"])), store)
    await stage.run()
    journal = store.events("r1")
    with pytest.raises(AnswerRefused) as refused:
        await stage.resume(answers)
    assert refused.value.code == code
    assert [question.address for question in refused.value.questions] == ["0:0:ask"]
    assert store.events("r1") == journal
    assert (await stage.resume({"0:0:ask": "yes"})).outcome == "finished"


async def test_an_answer_must_name_one_of_several_questions() -> None:
    plan = build.pass_("plan", sends=[build.send("ask"), build.send("ask")], join="done")
    graph = build.graph(
        "g", start="plan", channels=CHANNELS, nodes=[plan, build.interrupt("ask"), build.pass_("done", next="END")]
    )
    stage = Stage(build.document("g", graphs=[graph]), _store())
    await stage.run()
    with pytest.raises(AnswerRefused) as refused:
        await stage.resume({"": "x"})
    assert refused.value.code == "which-question"
    assert "`1:0:ask`, `1:1:ask`" in refused.value.message
    assert (await stage.resume({"1:0:ask": 1, "1:1:ask": 2})).outcome == "finished"


async def test_a_run_that_asks_nothing_takes_no_answer() -> None:
    stage = Stage(_chain(build.pass_("a", next="END")), _store())
    done = await stage.run()
    with pytest.raises(AnswerRefused) as refused:
        await stage.resume({"": "x"})
    assert refused.value.code == "no-question"
    assert await stage.resume() == done


def _nested_question(calls: list[str]) -> tuple[Document, Stage]:
    """A question two child runs down, behind a model call in each of them."""
    bottom = build.graph(
        "bottom",
        start="think",
        channels=[*CHANNELS, build.channel("answer")],
        nodes=[build.model("think", next="ask"), build.interrupt("ask", into="answer", next="END")],
        output={"value": build.get("state", "answer", "value")},
    )
    middle = build.graph(
        "middle",
        start="down",
        channels=[build.channel("value")],
        nodes=[build.subgraph("down", "bottom", next="END")],
    )
    top = build.graph(
        "top",
        start="call",
        channels=[build.channel("value")],
        nodes=[build.subgraph("call", "middle", next="END")],
    )
    document = build.document("top", graphs=[top, middle, bottom])

    def reply(request: ModelRequest) -> str:
        calls.append(request.path)
        return "hm"

    return document, Stage(document, _store(), capabilities(reply))


async def test_a_question_of_a_child_is_answered_through_the_root() -> None:
    calls: list[str] = []
    _, stage = _nested_question(calls)
    paused = await stage.run()
    address = "0:0:call/0:0:down/1:0:ask"
    assert [question.address for question in paused.questions] == [address]
    done = await stage.resume({address: [1]})
    assert done.output == {"value": [1]}
    assert calls == ["call/down/think"]
    tree = stage.store.tree("r1")
    assert [(run.id, run.parent, run.parent_task) for run in tree] == [
        ("r1", None, None),
        ("r1/0:0:call", "r1", "0:0:call"),
        ("r1/0:0:call/0:0:down", "r1/0:0:call", "0:0:down"),
    ]
    for run in tree:
        answered = [entry.event for entry in stage.store.events(run.id) if type(entry.event).__name__ == "Answered"]
        assert len(answered) == 1


async def test_a_child_is_not_resumed_by_itself() -> None:
    _, stage = _nested_question([])
    await stage.run()
    with pytest.raises(RunRefused) as refused:
        await stage.resume({"": 1}, run_id="r1/0:0:call")
    assert refused.value.code == "child-run"
    assert "`r1`" in refused.value.message


# Failing, cancelling, resuming


async def test_child_runs_nest_to_a_depth() -> None:
    chain = [
        build.graph(f"g{n}", start="down", nodes=[build.subgraph("down", f"g{n + 1}", next="END")]) for n in range(3)
    ]
    last = build.graph("g3", start="end", nodes=[build.pass_("end", next="END")])
    store = _store()
    result = await Stage(
        build.document("g0", graphs=[*chain, last], policy=replace(build.DEFAULT_POLICY, max_depth=2)),
        store,
    ).run()
    assert result.outcome == "failed"
    assert result.error is not None
    assert result.error.code == "max-depth"
    assert [run.graph for run in store.tree("r1")] == ["g0", "g1", "g2"]
    assert (
        await Stage(
            build.document("g0", graphs=[*chain, last], policy=replace(build.DEFAULT_POLICY, max_depth=3)),
            _store(),
        ).run()
    ).outcome == "finished"


async def test_a_failed_run_goes_on_where_it_failed() -> None:
    calls: list[str] = []
    broken = True

    def reply(request: ModelRequest) -> str:
        calls.append(request.path)
        if request.path.endswith("bad") and broken:
            raise CallFailed(Error(code="server", message="it is down"))
        return "fine"

    inner = build.graph(
        "inner",
        start="good",
        channels=CHANNELS,
        nodes=[build.model("good", next="bad"), build.model("bad", next="END", into="found")],
        output={"found": build.get("state", "found")},
    )
    outer = build.graph(
        "g", start="first", channels=CHANNELS, nodes=[build.model("first", next="sub"), build.subgraph("sub", "inner")]
    )
    stage = Stage(build.document("g", graphs=[outer, inner]), _store(), capabilities(reply))
    failed = await stage.run()
    assert (failed.outcome, failed.error and failed.error.code) == ("failed", "server")
    again = await stage.resume()
    assert (again.outcome, again.error and again.error.code) == ("failed", "server")
    broken = False
    done = await stage.resume()
    assert done.outcome == "finished"
    assert isinstance(done.output, dict)
    assert done.output["found"] == ["fine"]
    assert calls == ["first", "sub/good", "sub/bad", "sub/bad", "sub/bad"]
    assert done.usage.model_calls == 5


async def test_a_cancelled_run_says_so_and_can_be_resumed() -> None:
    began = anyio.Event()
    release = anyio.Event()
    calls: list[str] = []

    async def reply(request: ModelRequest) -> str:
        calls.append(request.path)
        if request.path == "sub/slow":
            began.set()
            await release.wait()
        return "x"

    inner = build.graph(
        "inner",
        start="quick",
        channels=CHANNELS,
        nodes=[build.model("quick", next="slow"), build.model("slow", next="END")],
    )
    outer = build.graph("g", start="sub", channels=CHANNELS, nodes=[build.subgraph("sub", "inner", next="END")])
    stage = Stage(build.document("g", graphs=[outer, inner]), _store(), capabilities(reply))
    async with anyio.create_task_group() as group:
        group.start_soon(stage.run)
        await began.wait()
        group.cancel_scope.cancel()
    assert [run.progress.status for run in stage.store.tree("r1")] == ["cancelled", "cancelled"]
    assert isinstance(stage.store.events("r1")[-1].event, Cancelled)
    assert stage.names()[-1] == "run.cancelled"
    assert not stage.store.leased("r1")
    release.set()
    done = await stage.resume()
    assert done.outcome == "finished"
    assert calls == ["sub/quick", "sub/slow", "sub/slow"]
    kinds = [type(entry.event) for entry in stage.store.events("r1/0:0:sub")]
    assert kinds.count(Resumed) == 1


async def test_what_finished_beside_a_failure_is_kept() -> None:
    calls: list[str] = []
    broken = True

    def reply(request: ModelRequest) -> str:
        topic = _topic(request)
        calls.append(topic)
        if topic == "b" and broken:
            raise CallFailed(Error(code="server", message="it is down"))
        return topic

    stage = Stage(_fan_out("a", "b", "c"), _store(), capabilities(reply))
    assert (await stage.run()).outcome == "failed"
    broken = False
    done = await stage.resume()
    assert isinstance(done.output, dict)
    assert done.output["found"] == ["a", "b", "c"]
    assert calls == ["a", "b", "c", "b"]


async def test_what_a_capability_raises_ends_its_call_alone() -> None:
    def reply(request: ModelRequest) -> str:
        raise RuntimeError("the provider has a mistake")

    store = _store()
    result = await Stage(_chain(build.model("a")), store, capabilities(reply)).run()
    assert result.error is not None
    assert result.error.code == "model-error"
    assert "the provider has a mistake" in result.error.message
    ended = [entry.event for entry in store.events("r1") if isinstance(entry.event, CallEnded)]
    assert [each.usage.model_calls for each in ended] == [1]


class Breaking(MemoryStore):
    """A store that fails from its n-th write on."""

    def __init__(self, writes: int) -> None:
        super().__init__(clock=count(1000).__next__)
        self.writes = writes

    def begin(self, run: Run, event: Event) -> int:
        self._write()
        return super().begin(run, event)

    def commit(self, run: str, seq: int, event: Event, progress: Progress) -> int:
        self._write()
        return super().commit(run, seq, event, progress)

    def _write(self) -> None:
        self.writes -= 1
        if self.writes < 0:
            raise StoreError("store-unavailable", "the disk is full")


async def test_a_store_that_fails_stops_the_run_and_spoils_nothing() -> None:
    inner = build.graph("inner", start="say", channels=CHANNELS, nodes=[build.model("say", into="found", next="END")])
    sends = [build.send("inner", {"n": build.lit(n)}) for n in (1, 2)]
    plan = build.pass_("plan", sends=sends, join="done")
    graph = build.graph("g", start="plan", channels=CHANNELS, nodes=[plan, build.pass_("done", next="END")])
    document = build.document("g", graphs=[graph, inner])
    whole = await Stage(document, _store()).run()
    stopped = 0
    for writes in range(1, 60):
        store = Breaking(writes)
        stage = Stage(document, store)
        try:
            result = await stage.run()
        except StoreError:
            stopped += 1
            store.writes = 1000
            result = await stage.resume()
        assert result == whole
    assert 10 < stopped < 59


async def test_calls_of_a_model_are_numbered_where_they_have_an_order() -> None:
    asked: list[tuple[str, int | None]] = []

    def reply(request: ModelRequest) -> str:
        asked.append((request.path, request.asked))
        if request.path == "last" and len(asked) == 6:
            raise CallFailed(Error(code="server", message="it is down"))
        return "x"

    inner = build.graph("inner", start="say", channels=CHANNELS, nodes=[build.model("say", next="END")])
    sends = [build.send("inner", {"n": build.lit(n)}) for n in (1, 2)]
    nodes = [
        build.model("first", next="sub"),
        build.subgraph("sub", "inner", next="plan"),
        build.pass_("plan", sends=sends, join="last"),
        build.model("last", next="END"),
    ]
    graph = build.graph("g", start="first", channels=CHANNELS, nodes=nodes)
    stage = Stage(build.document("g", graphs=[graph, inner]), _store(), capabilities(reply))
    assert (await stage.run()).outcome == "finished"
    assert asked == [("first", 0), ("sub/say", 1), ("plan/inner/say", None), ("plan/inner/say", None), ("last", 4)]
    again = Stage(stage.document, _store(), stage.capabilities)
    asked[:] = [("", None)]
    assert (await again.run()).outcome == "failed"
    assert (await again.resume()).outcome == "finished"
    assert asked[-2:] == [("last", 4), ("last", 5)]


@pytest.mark.parametrize("value", [float("nan"), {1: 2}, {"deep": object()}, b"x"])
async def test_what_is_not_json_ends_its_call_alone(value: Json) -> None:
    node = build.tool("pay", "pay", {"amount": build.lit(1)}, routes={"done": "END", "error": "END"})
    graph = build.graph("g", start="pay", nodes=[node])
    document = build.document("g", graphs=[graph], tools=_paying("none").requires.tools)
    store = _store()
    await Stage(document, store, capabilities(tools={"pay": lambda arguments, key: value})).run()
    errors = [entry.event.error for entry in store.events("r1") if isinstance(entry.event, CallEnded)]
    assert [error and error.code for error in errors] == ["bad-result"]


# Calls with effects


def _paying(effects: str, *, idempotent: bool = False) -> Document:
    from typing import Any, cast

    schema: dict[str, Any] = {"type": "object", "properties": {"amount": {"type": "integer"}}, "required": ["amount"]}
    tool = build.require_tool("pay", input=schema, effects=cast("Any", effects), idempotent=idempotent)
    node = build.tool("pay", "pay", {"amount": build.lit(5)}, into="found", routes={"done": "END", "error": "failed"})
    graph = build.graph(
        "g",
        start="pay",
        channels=CHANNELS,
        nodes=[node, build.pass_("failed", update={"found": build.lit("it failed")})],
    )
    return build.document("g", graphs=[graph], tools=[tool])


async def _cut_off(stage: Stage, began: anyio.Event) -> None:
    """Starts a run, and stops it within its first call."""
    async with anyio.create_task_group() as group:
        group.start_soon(stage.run)
        await began.wait()
        group.cancel_scope.cancel()


class _Till:
    """A tool that hangs in its first call."""

    def __init__(self) -> None:
        self.began = anyio.Event()
        self.keys: list[str] = []

    async def pay(self, arguments: dict[str, Json], key: str) -> Json:
        self.keys.append(key)
        if len(self.keys) == 1:
            self.began.set()
            await anyio.sleep_forever()
        return {"paid": arguments["amount"]}


@pytest.mark.parametrize(
    ("answer", "calls", "found"),
    [
        ("retry", 2, [{"paid": 5}]),
        ("fail", 1, ["it failed"]),
        ('result {"paid": 5}', 1, [{"paid": 5}]),
        ("result paid five", 1, ["paid five"]),
        ({"result": None}, 1, [None]),
    ],
)
@pytest.mark.parametrize("effects", ["write", "external", "unknown"])
async def test_an_effect_that_was_cut_off_is_in_doubt(effects: str, answer: Json, calls: int, found: Json) -> None:
    till = _Till()
    stage = Stage(_paying(effects), _store(), capabilities(tools={"pay": till.pay}))
    await _cut_off(stage, till.began)
    paused = await stage.resume()
    assert [(each.address, each.cause) for each in paused.questions] == [("0:0:pay#tool:1", "effect-in-doubt")]
    assert len(till.keys) == 1
    done = await stage.resume({"": answer})
    assert done.outcome == "finished"
    assert isinstance(done.output, dict)
    assert done.output["found"] == found
    assert len(till.keys) == calls
    assert len(set(till.keys)) == 1


@pytest.mark.parametrize("answer", ["no", "result", 1, None, {"result": 1, "more": 2}, {"value": 1}, ["retry"]])
async def test_what_does_not_settle_a_doubt_is_refused(answer: Json) -> None:
    till = _Till()
    stage = Stage(_paying("write"), _store(), capabilities(tools={"pay": till.pay}))
    await _cut_off(stage, till.began)
    await stage.resume()
    with pytest.raises(AnswerRefused) as refused:
        await stage.resume({"": answer})
    assert refused.value.code == "bad-answer"


async def test_a_doubt_may_come_again() -> None:
    """Told to retry, the call is cut off again: the answer held for one time."""
    till = _Till()
    stage = Stage(_paying("write"), _store(), capabilities(tools={"pay": till.pay}))
    await _cut_off(stage, till.began)
    await stage.resume()
    second = _Till()
    stage.capabilities = capabilities(tools={"pay": second.pay})
    async with anyio.create_task_group() as group:
        group.start_soon(stage.resume, {"": "retry"})
        await second.began.wait()
        group.cancel_scope.cancel()
    paused = await stage.resume()
    assert [each.cause for each in paused.questions] == ["effect-in-doubt"]
    done = await stage.resume({"": {"result": "checked by hand"}})
    assert isinstance(done.output, dict)
    assert done.output["found"] == ["checked by hand"]
    assert len(till.keys) == len(second.keys) == 1
    assert till.keys == second.keys


@pytest.mark.parametrize(("effects", "idempotent"), [("write", True), ("none", False), ("read", False)])
async def test_a_call_that_may_be_repeated_is_repeated(effects: str, *, idempotent: bool) -> None:
    till = _Till()
    stage = Stage(_paying(effects, idempotent=idempotent), _store(), capabilities(tools={"pay": till.pay}))
    await _cut_off(stage, till.began)
    done = await stage.resume()
    assert done.outcome == "finished"
    assert len(till.keys) == 2
    assert len(set(till.keys)) == 1
    started = [entry for entry in stage.store.events("r1") if isinstance(entry.event, CallStarted)]
    assert len(started) == (2 if effects == "write" else 0)


async def test_a_call_with_effects_is_journaled_before_it_is_made() -> None:
    store = _store()
    seen: list[object] = []

    def pay(arguments: dict[str, Json], key: str) -> Json:
        seen.append(store.events("r1")[-1].event)
        return None

    await Stage(_paying("external"), store, capabilities(tools={"pay": pay})).run()
    assert seen == [CallStarted(task="0:0:pay", call="tool:1", kind="tool", name="pay", effects=True, idempotent=False)]


async def test_keys_of_calls_differ_by_run_task_and_call() -> None:
    keys: list[str] = []

    def pay(arguments: dict[str, Json], key: str) -> Json:
        keys.append(key)
        return None

    stage = Stage(_paying("external"), _store(), capabilities(tools={"pay": pay}))
    await stage.run(run_id="r1")
    await stage.run(run_id="r2")
    assert len(set(keys)) == 2
