"""`model` and `agent`: what the model is asked, and what is made of its answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag_ir import build
from rag_ir.graph import Json, ModelCall, Node
from rag_runtime.events import Error
from rag_runtime.seams import CallFailed
from tests.tasks.stage import TEXT, Function, fail, fields, said, scripted, stage, succeed, tool

pytestmark = pytest.mark.anyio

FINDINGS = fields(findings={"type": "array", "items": TEXT})


async def test_without_prompt_and_messages_the_input_is_the_first_message() -> None:
    it = stage(build.agent("a"), input={"question": "why"}, model=scripted("looking"))
    ended = await succeed(it)
    assert said(it.asked[0].messages) == [("user", '{"question":"why"}')]
    assert said(ended.messages) == [("user", '{"question":"why"}'), ("assistant", "looking")]
    assert (ended.output, ended.label, ended.writes) == ("looking", "final", ())


async def test_an_input_that_is_a_text_is_said_as_it_is() -> None:
    it = stage(build.model("a"), input="just a text", model=scripted("yes"))
    assert said((await succeed(it)).messages) == [("user", "just a text"), ("assistant", "yes")]


async def test_system_then_conversation_then_prompt() -> None:
    node = build.model("a", system=build.template("about ", build.get("input")), prompt="go on")
    it = stage(
        node, input="x", state={"messages": [{"role": "user", "content": "hi", "id": "1"}]}, model=scripted("ok")
    )
    ended = await succeed(it)
    assert said(it.asked[0].messages) == [("system", "about x"), ("user", "hi"), ("user", "go on")]
    assert said(ended.messages) == [("user", "go on"), ("assistant", "ok")]


async def test_a_conversation_without_a_prompt_goes_on_as_it_is() -> None:
    it = stage(
        build.model("a"), input="x", transcript=[{"role": "user", "content": "hi", "id": "1"}], model=scripted("ok")
    )
    assert said((await succeed(it)).messages) == [("assistant", "ok")]


FOUND: Json = {"role": "tool", "content": "found", "tool_call_id": "c", "id": "2"}
ASKING: Json = {
    "role": "assistant",
    "content": "",
    "tool_calls": [{"id": "c", "name": "t", "arguments": {}}],
    "id": "2",
}


@pytest.mark.parametrize("last", [FOUND, ASKING])
async def test_a_prompt_waits_while_tools_are_being_used(last: Json) -> None:
    it = stage(build.agent("a", prompt="go on"), transcript=[last], model=scripted("ok"))
    assert said((await succeed(it)).messages) == [("assistant", "ok")]


async def test_what_was_sent_opens_a_fresh_conversation() -> None:
    it = stage(build.model("a"), input="the run's", args={"topic": "x"}, sent=True, child="0:0:a", model=scripted("ok"))
    assert said((await succeed(it)).messages)[0] == ("user", '{"topic":"x"}')


async def test_an_agents_templates_see_the_agents_input() -> None:
    declared = build.declare_agent("helper", input=[build.field("draft", TEXT)])
    node = build.agent("a", prompt=build.template("improve ", build.get("input", "draft")))
    assert isinstance(node.behaviour, ModelCall)
    node = replace(node, behaviour=replace(node.behaviour, agent="helper"))
    it = stage(
        node,
        channels=[build.channel("draft")],
        state={"draft": "mine"},
        input={"draft": "the run's"},
        agents=[declared],
        model=scripted("ok"),
    )
    assert said((await succeed(it)).messages)[0] == ("user", "improve mine")


async def test_the_request_says_where_it_stands() -> None:
    it = stage(
        build.agent("a", tools=["t"]), input="x", concurrent=2, model=scripted("ok"), tools={"t": (tool("t"), _yes())}
    )
    await succeed(it)
    request = it.asked[0]
    assert (request.path, request.visit, request.turn, request.exclusive) == ("a", 1, 1, False)
    assert [(spec.name, spec.input) for spec in request.tools] == [("t", fields(query=TEXT))]


async def test_tools_are_used_until_a_final_answer() -> None:
    it = stage(
        build.agent("a", tools=["t"]),
        input="x",
        model=scripted(
            {"text": "let me see", "tool_calls": [{"name": "t", "arguments": {"query": "q"}, "id": "c1"}]}, "done"
        ),
        tools={"t": (tool("t"), Function(lambda arguments: {"found": arguments["query"]}))},
    )
    ended = await succeed(it)
    assert ended.output == "done"
    assert ended.messages[1:] == (
        {
            "role": "assistant",
            "content": "let me see",
            "tool_calls": [{"id": "c1", "name": "t", "arguments": {"query": "q"}}],
        },
        {"role": "tool", "tool_call_id": "c1", "name": "t", "content": '{"found":"q"}'},
        {"role": "assistant", "content": "done"},
    )
    assert it.made == ["model:1", "tool:1:1", "model:2"]
    assert said(it.asked[1].messages) == said(ended.messages[:3])


async def test_without_a_loop_tool_calls_are_an_outcome() -> None:
    node = build.agent("a", tools=["t"], loop=False, output=FINDINGS, update={"asked": build.lit(True)})
    it = stage(
        node,
        channels=[build.channel("messages", "messages"), build.channel("asked"), build.channel("findings", "append")],
        input="x",
        model=scripted({"tool_calls": [{"name": "t", "arguments": {"query": "q"}}]}),
        tools={"t": (tool("t"), _yes())},
    )
    ended = await succeed(it)
    assert (ended.output, ended.label, ended.writes) == (None, "tool_call", (("asked", True),))
    assert it.made == ["model:1"]


async def test_a_structured_answer_is_the_output_and_written_by_name() -> None:
    it = stage(
        build.agent("a", output=FINDINGS),
        channels=[build.channel("messages", "messages"), build.channel("findings", "append")],
        input="x",
        model=scripted({"findings": ["because"]}),
    )
    ended = await succeed(it)
    assert ended.output == {"findings": ["because"]}
    assert ended.writes == (("findings", ["because"]),)
    assert said(ended.messages)[-1] == ("assistant", '{"findings":["because"]}')
    assert it.asked[0].output == FINDINGS


@pytest.mark.parametrize("text", ['{"findings":[]}', '```json\n{"findings":[]}\n```', ' {"findings" : [ ] } '])
async def test_a_text_that_is_the_json_asked_for_will_do(text: str) -> None:
    assert (await succeed(stage(build.model("a", output=FINDINGS), input="x", model=scripted(text)))).output == {
        "findings": []
    }


@pytest.mark.parametrize("node", [build.model("a", output=FINDINGS), build.agent("a", output=FINDINGS)])
async def test_an_answer_that_does_not_fit_is_asked_for_once_more(node: Node) -> None:
    it = stage(node, input="x", model=scripted({"findings": [1]}, {"findings": ["one"]}))
    ended = await succeed(it)
    assert ended.output == {"findings": ["one"]}
    assert it.made == ["model:1", "model:2"]
    told = said(ended.messages)[2]
    assert told[0] == "user"
    assert "`/findings/0`" in str(told[1])
    assert '"findings"' in str(told[1])


@pytest.mark.parametrize("text", ["NaN", "[" * 100_000, "[" * 66 + "]" * 66, '"\\ud800"', "no json", ""])
async def test_a_text_that_is_no_json_is_asked_for_once_more(text: str) -> None:
    it = stage(build.model("a", output={"type": "array", "items": {}}), input="x", model=scripted(text, ["fine"]))
    assert (await succeed(it)).output == ["fine"]
    assert it.made == ["model:1", "model:2"]


async def test_a_second_answer_that_does_not_fit_fails() -> None:
    it = stage(build.model("a", output=FINDINGS), input="x", model=scripted("no", "no", {"findings": []}))
    ended = await fail(it)
    assert ended.error.code == "invalid-output"
    assert ended.error.at == "/graphs/g/nodes/0/behaviour"
    assert "`a`" in ended.error.message
    assert it.made == ["model:1", "model:2"]


async def test_the_last_turn_leaves_none_to_ask_again() -> None:
    it = stage(build.agent("a", output=FINDINGS, max_turns=1), input="x", model=scripted("no", {"findings": []}))
    assert (await fail(it)).error.code == "invalid-output"
    assert it.made == ["model:1"]


async def test_a_model_that_calls_tools_where_there_are_none_is_told_so() -> None:
    it = stage(build.model("a"), input="x", model=scripted({"tool_calls": [{"name": "t", "id": "c"}]}, "fine"))
    ended = await succeed(it)
    assert ended.output == "fine"
    assert said(ended.messages)[2] == ("tool", "error: there is no tool `t`; no tools are available here")


async def test_declared_records_reach_the_model_with_the_schema() -> None:
    finding = fields(title=TEXT, next={"anyOf": [{"$ref": "#/types/Finding"}, {"type": "null"}]})
    it = stage(
        build.model("a", output={"type": "array", "items": {"$ref": "#/types/Finding"}}),
        input="x",
        types={"Finding": finding},
        model=scripted([{"title": "t", "next": None}]),
    )
    assert (await succeed(it)).output == [{"title": "t", "next": None}]
    assert it.asked[0].output == {
        "type": "array",
        "items": {"$ref": "#/$defs/Finding"},
        "$defs": {"Finding": fields(title=TEXT, next={"anyOf": [{"$ref": "#/$defs/Finding"}, {"type": "null"}]})},
    }


async def test_a_talk_without_an_end_is_cut_off_before_its_last_tools_act() -> None:
    asking: Json = {"tool_calls": [{"name": "t", "arguments": {"query": "q"}}]}
    it = stage(
        build.agent("a", tools=["t"], max_turns=2),
        input="x",
        model=scripted(asking, asking, asking),
        tools={"t": (tool("t"), _yes())},
    )
    ended = await fail(it)
    assert ended.error.code == "max-turns"
    assert it.made == ["model:1", "tool:1:1", "model:2"]


async def test_more_tool_calls_than_an_activation_may_make_fail_it() -> None:
    call: Json = {"name": "t", "arguments": {"query": "q"}}
    calls: list[Json] = [call] * 26
    many: Json = {"tool_calls": calls}
    yes = _yes()
    it = stage(build.agent("a", tools=["t"]), input="x", model=scripted(many, many), tools={"t": (tool("t"), yes)})
    assert (await fail(it)).error.code == "max-tool-calls"
    assert len(yes.keys) == 26


async def test_a_models_failure_fails_the_activation() -> None:
    it = stage(build.model("a"), input="x", model=scripted({"error": "rate_limit", "message": "slow down"}))
    ended = await fail(it)
    assert ended.error == Error(
        code="rate-limit", message="node `a`: slow down", node="a", task="0:0:a", at="/graphs/g/nodes/0/behaviour"
    )
    assert ended.label is None


async def test_a_template_that_has_no_value_fails_where_it_stands() -> None:
    node = build.model("a", prompt=build.template("sum: ", ["+", ["get", "input"], ["lit", 1]]))
    ended = await fail(stage(node, input="x", model=scripted("ok")))
    assert ended.error.code == "expression-failed"
    assert ended.error.at == "/graphs/g/nodes/0/behaviour/prompt/2"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([{"name": "t", "id": "x"}, {"name": "t", "id": "x"}], ["x", "x-1"]),
        ([{"name": "t"}, {"name": "t", "id": ""}], ["call-0-0-1-1", "call-0-0-1-2"]),
        ([{"name": "t", "id": "old"}], ["old-1"]),
    ],
)
async def test_every_tool_call_gets_an_id_of_its_own(given: Json, kept: list[str]) -> None:
    before: Json = {"role": "assistant", "content": "", "tool_calls": [{"id": "old", "name": "t", "arguments": {}}]}
    answered: Json = {"role": "tool", "content": "ok", "tool_call_id": "old"}
    it = stage(
        build.agent("a", tools=["t"]),
        transcript=[before, answered] if kept[0].startswith("old") else [],
        model=scripted({"tool_calls": given}, "done"),
        tools={"t": (tool("t", input=fields()), _yes())},
    )
    messages = [message for message in (await succeed(it)).messages if isinstance(message, dict)]
    assert [message["tool_call_id"] for message in messages if message["role"] == "tool"] == kept


def _yes() -> Function:
    return Function(lambda arguments: "yes")


async def test_scripted_errors_are_raised_as_such() -> None:
    model = scripted({"error": "server"})
    it = stage(build.model("a"), input="x", model=model)
    await fail(it)
    with pytest.raises(CallFailed, match="a scripted error: server"):
        await model.complete(it.asked[0])
