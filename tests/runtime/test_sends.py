"""What nodes and sends say of their calls, writes and conversations, under the local driver."""

from __future__ import annotations

from itertools import count

import pytest

from rag_ir import build
from rag_ir.graph import Document, Entry, Json, Retry, Writes
from rag_ir.record import replace
from rag_runtime.events import CallEnded, Error
from rag_runtime.seams import CallFailed, ModelRequest
from rag_runtime.stores.memory import MemoryStore
from tests.runtime.test_driver import CHANNELS
from tests.runtime.world import Stage, capabilities

pytestmark = pytest.mark.anyio


def _store() -> MemoryStore:
    return MemoryStore(clock=count(1000).__next__)


# Retries and writes of sends


async def test_the_retry_of_a_node_says_what_is_made_again() -> None:
    failures = ["tool-error", "server", "timeout"]
    pauses: list[float] = []

    def look(arguments: dict[str, Json], key: str) -> Json:
        if failures:
            raise CallFailed(Error(code=failures.pop(0), message="it broke"))
        return "seen"

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    def document(policy: Retry | None) -> Document:
        tools = [build.require_tool("look", input={"type": "object", "properties": {}}, effects="read")]
        node = (
            build.tool("a", "look", into="found")
            if policy is None
            else build.tool("a", "look", into="found", retry=policy)
        )
        return build.document(
            "g", graphs=[build.graph("g", start="a", channels=[CHANNELS[1]], nodes=[node])], tools=tools
        )

    policy = build.retry(5, backoff="linear", initial=100, jitter=False, on=("tool_error", "server", "timeout"))
    given = replace(capabilities(tools={"look": look}), sleep=sleep)
    result = await Stage(document(policy), _store(), given).run()
    assert result.output == {"found": ["seen"]}
    assert pauses == [0.1, 0.2, 0.3]
    failures[:] = ["tool-error", "server"]
    narrow = await Stage(document(build.retry(5, on=("tool_error",))), _store(), given).run()
    assert narrow.error is not None
    assert (narrow.error.code, failures) == ("server", [])
    failures[:] = ["tool-error", "server"]
    assert (await Stage(document(None), _store(), given).run()).outcome == "failed"
    assert failures == ["server"]


@pytest.mark.parametrize(("code", "outcome"), [("timeout", "paused"), ("connection", "paused"), ("server", "failed")])
async def test_an_effect_that_nobody_heard_of_is_in_doubt(code: str, outcome: str) -> None:
    calls: list[str] = []

    def pay(arguments: dict[str, Json], key: str) -> Json:
        calls.append(key)
        if len(calls) == 1:
            raise CallFailed(Error(code=code, message="it broke"), transient=True)
        return "paid"

    tools = [build.require_tool("pay", input={"type": "object", "properties": {}}, effects="external")]
    graph = build.graph("g", start="a", channels=[CHANNELS[1]], nodes=[build.tool("a", "pay", into="found")])
    stage = Stage(build.document("g", graphs=[graph], tools=tools), _store(), capabilities(tools={"pay": pay}))
    result = await stage.run()
    assert (result.outcome, len(calls)) == (outcome, 1)
    if outcome == "paused":
        assert [question.cause for question in result.questions] == ["effect-in-doubt"]
        assert not any(isinstance(entry.event, CallEnded) for entry in stage.store.events("r1"))
        done = await stage.resume({"": "retry"})
        assert done.output == {"found": ["paid"]}
        assert len(set(calls)) == 1


async def test_what_a_send_says_stands_in_place_of_what_its_node_says() -> None:
    writes = Writes(entries=(Entry(name="found", value=["get", "output"]),), present=False, by_name=False, speak=False)
    retry = build.retry(2, initial=0, jitter=False, on=("server",))
    broken = [True]

    def reply(request: ModelRequest) -> str:
        if request.visit == 2 and broken.pop() if broken else False:
            raise CallFailed(Error(code="server", message="it is down"))
        return f"{request.path} {request.visit}"

    plan = build.pass_("plan", sends=[build.send("a"), build.send("a", writes=writes, retry=retry)], join="done")
    nodes = [plan, build.model("a", into="other", retry=build.retry(1)), build.pass_("done")]
    graph = build.graph(
        "g", start="plan", channels=[CHANNELS[1], build.channel("other")], nodes=nodes, max_concurrency=1
    )
    result = await Stage(build.document("g", graphs=[graph]), _store(), capabilities(reply)).run()
    assert result.output == {"found": ["a 2"], "other": "a 1"}


async def test_a_forked_child_hears_what_its_sender_heard() -> None:
    heard: dict[str, list[Json]] = {}

    def reply(request: ModelRequest) -> str:
        heard[request.path] = [message["content"] for message in request.messages]
        return f"said by {request.path}"

    inner = build.graph(
        "inner", start="talk", channels=[CHANNELS[0]], nodes=[build.model("talk", prompt="and you?")], output={}
    )
    plan = build.model(
        "plan",
        prompt="begin",
        sends=[
            build.send("digger", {"n": build.lit(1)}, context="fork"),
            build.send("inner", {}, context="fork"),
            build.send("digger2", {"n": build.lit(2)}),
        ],
        join="done",
    )
    graph = build.graph("g", start="plan", channels=CHANNELS, nodes=[plan, build.pass_("done")])
    agents = [build.declare_agent("digger"), build.declare_agent("digger2")]
    stage = Stage(build.document("g", graphs=[graph, inner], agents=agents), _store(), capabilities(reply))
    assert (await stage.run()).outcome == "finished"
    assert heard == {
        "plan": ["begin"],
        "plan/digger": ["begin", "said by plan", '{"n":1}'],
        "plan/inner/talk": ["begin", "said by plan", "and you?"],
        "plan/digger2": ['{"n":2}'],
    }
