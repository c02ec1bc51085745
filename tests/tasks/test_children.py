"""`subagent` and `subgraph`: the child's input, its own conversation, what comes of it."""

from __future__ import annotations

import pytest

from rag_ir import build
from rag_ir.canonical import compact
from rag_ir.graph import Json
from rag_runtime.events import Error
from rag_runtime.seams import ChildResult
from tests.tasks.stage import TEXT, Function, fail, fields, said, scripted, stage, succeed, tool

pytestmark = pytest.mark.anyio

NUMBER: dict[str, Json] = {"type": "integer"}
CHANNELS = [build.channel("messages", "messages"), build.channel("findings", "append"), build.channel("topic")]


async def test_an_agent_has_a_fresh_conversation_that_stays_with_it() -> None:
    it = stage(
        build.subagent("a", "helper"),
        channels=CHANNELS,
        state={"messages": [{"role": "user", "content": "hi", "id": "1"}], "findings": ["f"]},
        input={"question": "why"},
        agents=[build.declare_agent("helper", system=build.template("for ", build.get("input", "question")))],
        model=scripted("fine"),
    )
    ended = await succeed(it)
    assert said(it.asked[0].messages) == [
        ("system", "for why"),
        ("user", '{"question":"why","findings":["f"],"topic":null}'),
    ]
    assert (ended.output, ended.label, ended.messages) == ("fine", "final", ())
    assert ended.writes == (("messages", {"role": "assistant", "name": "a", "content": "fine"}),)


async def test_an_agent_uses_its_tools_and_is_scripted_by_its_path() -> None:
    it = stage(
        build.subagent("a", "helper"),
        input="x",
        agents=[build.declare_agent("helper", tools=["t"], output=fields(n=NUMBER))],
        model=scripted({"tool_calls": [{"name": "t", "arguments": {"query": "q"}}]}, {"n": 1}),
        tools={"t": (tool("t"), Function(lambda arguments: "found"))},
    )
    assert (await succeed(it)).output == {"n": 1}
    assert it.made == ["model:1", "tool:1:1", "model:2"]
    assert [request.path for request in it.asked] == ["a", "a"]


@pytest.mark.parametrize(
    ("input", "state", "expected"),
    [
        ({"topic": "run", "depth": 3}, {"topic": "channel"}, {"topic": "channel", "depth": 3}),
        ({"topic": "run"}, {"topic": "channel"}, {"topic": "channel", "depth": 2}),
        ("text", {"topic": "channel"}, {"topic": "channel", "depth": 2}),
    ],
)
async def test_declared_fields_come_from_channels_then_the_runs_input(input: Json, state: Json, expected: Json) -> None:
    declared = [build.field("topic", TEXT), build.field("depth", NUMBER, required=False, default=2)]
    it = stage(
        build.subagent("a", "helper", writes={"findings": build.get("output")}),
        channels=CHANNELS,
        state=state if isinstance(state, dict) else {},
        input=input,
        agents=[
            build.declare_agent("helper", input=declared, prompt=build.template(["call", "json", ["get", "input"]]))
        ],
        model=scripted("ok"),
    )
    await succeed(it)
    assert said(it.asked[0].messages) == [("user", compact(expected))]


async def test_a_field_that_nothing_gives_fails_the_child() -> None:
    it = stage(
        build.subagent("a", "helper"),
        input={"other": 1},
        agents=[build.declare_agent("helper", input=[build.field("topic", TEXT)])],
        model=scripted("ok"),
    )
    ended = await fail(it)
    assert (ended.error.code, ended.label, it.made) == ("bad-input", "failed", [])
    assert "`topic: string`" in ended.error.message


async def test_a_mapping_is_the_input_and_sees_the_payload() -> None:
    agents = [build.declare_agent("helper", input=[build.field("topic", TEXT)])]
    mapped = build.subagent("a", "helper", {"topic": build.template("about ", build.get("args", "topic"))})
    for node, seen in ((mapped, "about tea"), (build.subagent("a", "helper"), "tea")):
        it = stage(node, input="x", args={"topic": "tea"}, sent=True, agents=agents, model=scripted("ok"))
        await succeed(it)
        assert said(it.asked[0].messages) == [("user", f'{{"topic":"{seen}"}}')]
    without: tuple[Json, ...] = (None, {"children": []})
    for args in without:
        it = stage(mapped, input="x", args=args, agents=agents, model=scripted("ok"))
        await succeed(it)
        assert said(it.asked[0].messages) == [("user", '{"topic":"about "}')]


async def test_a_run_input_that_is_no_object_stands_under_input() -> None:
    it = stage(build.subagent("a", "helper"), input="why", agents=[build.declare_agent("helper")], model=scripted("ok"))
    await succeed(it)
    assert said(it.asked[0].messages) == [("user", '{"input":"why"}')]


async def test_an_agents_templates_see_nothing_of_the_graph() -> None:
    it = stage(
        build.subagent("a", "helper"),
        input="x",
        agents=[build.declare_agent("helper", prompt=build.template(build.get("state", "topic")))],
        model=scripted("ok"),
    )
    ended = await fail(it)
    assert (ended.error.code, ended.error.at, ended.label) == ("expression-failed", "/agents/helper/prompt/1", "failed")


async def test_an_agents_failure_has_the_label_failed() -> None:
    it = stage(
        build.subagent("a", "helper"),
        input="x",
        agents=[build.declare_agent("helper")],
        model=scripted({"error": "server"}),
    )
    ended = await fail(it)
    assert (ended.error.code, ended.label) == ("server", "failed")


async def test_a_graph_is_a_child_run() -> None:
    inner = build.graph("inner", start="b", nodes=[build.pass_("b")], input=[build.field("topic", TEXT)])
    it = stage(
        build.subgraph("a", "inner"),
        channels=CHANNELS,
        state={"topic": "t"},
        input={},
        graphs=[inner],
        children={"inner": ChildResult(outcome="finished", output={"findings": ["f"], "other": 1}, error=None)},
    )
    ended = await succeed(it)
    assert it.begun == [("inner", {"topic": "t"})]
    assert (ended.output, ended.label) == ({"findings": ["f"], "other": 1}, "final")
    assert ended.writes == (("findings", ["f"]),)


async def test_a_child_run_that_failed_fails_with_its_code() -> None:
    inner = build.graph("inner", start="b", nodes=[build.pass_("b")])
    error = Error(
        code="max-turns", message="node `b`: no end", node="b", task="0:0:a/0:0:b", at="/graphs/inner/nodes/0"
    )
    it = stage(
        build.subgraph("a", "inner"),
        graphs=[inner],
        children={"inner": ChildResult(outcome="failed", output=None, error=error)},
    )
    ended = await fail(it)
    assert ended.label == "failed"
    assert ended.error == Error(
        code="max-turns",
        message="node `a`: graph `inner` failed: node `b`: no end",
        node="a",
        task="0:0:a",
        at="/graphs/inner/nodes/0",
    )


async def test_children_nest_as_deep_as_the_policy_says() -> None:
    inner = build.graph("inner", start="b", nodes=[build.pass_("b")])
    done = {"inner": ChildResult(outcome="finished", output=None, error=None)}
    assert (await succeed(stage(build.subgraph("a", "inner"), graphs=[inner], children=done, depth=7))).label == "final"
    ended = await fail(stage(build.subgraph("a", "inner"), graphs=[inner], children=done, depth=8))
    assert (ended.error.code, ended.label) == ("max-depth", "failed")
