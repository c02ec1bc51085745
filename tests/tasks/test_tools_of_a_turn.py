"""The tool calls of one turn, in the agent loop, in `tool_executor` and of kind `tool`."""

from __future__ import annotations

import anyio
import pytest

from rag_ir import build
from rag_ir.graph import Json
from rag_runtime.events import CallEnded, Error, Question
from rag_runtime.seams import CallFailed, Paused
from tests.tasks.stage import Function, Stage, fail, pause, said, scripted, stage, succeed, tool

pytestmark = pytest.mark.anyio


def _broken(arguments: dict[str, Json]) -> Json:
    raise CallFailed(Error(code="tool-error", message="it broke"))


def _query(arguments: dict[str, Json]) -> Json:
    return arguments["query"]


def _calls(*calls: tuple[str, Json]) -> Json:
    return {"tool_calls": [{"name": name, "arguments": arguments} for name, arguments in calls]}


async def test_calls_run_together_and_are_answered_in_call_order() -> None:
    second = anyio.Event()

    async def first_waits(arguments: dict[str, Json]) -> Json:
        await second.wait()
        return "first"

    async def second_frees(arguments: dict[str, Json]) -> Json:
        second.set()
        return "second"

    it = stage(
        build.agent("a", tools=["t", "u"]),
        input="x",
        model=scripted(_calls(("t", {"query": "1"}), ("u", {"query": "2"})), "done"),
        tools={
            "t": (tool("t"), Function(lambda arguments: first_waits(arguments))),
            "u": (tool("u"), Function(lambda arguments: second_frees(arguments))),
        },
    )
    ended = await succeed(it)
    assert said(ended.messages)[2:4] == [("tool", "first"), ("tool", "second")]
    assert [each.call for each in it.journal] == ["model:1", "tool:1:2", "tool:1:1", "model:2"]


async def test_what_cannot_be_called_is_answered_with_what_can() -> None:
    loaded = Function(_query)
    it = stage(
        build.agent("a", tools=["t"]),
        input="x",
        model=scripted(
            _calls(
                ("u", {}),
                ("t", {"query": 1}),
                ("t", {"query": "q", "limit": 3}),
                ("t", "no json"),
                ("t", '{"query": "q"}'),
            ),
            "done",
        ),
        tools={"t": (tool("t"), loaded)},
    )
    ended = await succeed(it)
    told = [str(content) for role, content in said(ended.messages) if role == "tool"]
    assert told == [
        "error: there is no tool `u`; available: `t`",
        "error: the arguments of tool `t` do not fit: `/query`: must be `string`, not a number; valid: { query: string }",
        "error: the arguments of tool `t` do not fit: there is no parameter `limit`; valid: { query: string }",
        "error: the arguments of tool `t` do not fit: must be `{ query: string }`, not a text; valid: { query: string }",
        "q",
    ]
    assert loaded.keys == ["key of tool:1:5"]


async def test_a_tool_that_fails_is_answered_or_fails_the_node() -> None:
    def of(on_error: str) -> Stage:
        return stage(
            build.agent("a", tools=["t", "u"]),
            input="x",
            model=scripted(_calls(("t", {"query": "1"}), ("u", {"query": "2"})), "done"),
            tools={
                "t": (tool("t", on_error="fail" if on_error == "fail" else "answer"), Function(_broken)),
                "u": (tool("u"), Function(_query)),
            },
        )

    answered = await succeed(of("answer"))
    assert said(answered.messages)[2:4] == [("tool", "error: it broke"), ("tool", "2")]
    failing = of("fail")
    ended = await fail(failing)
    assert (ended.error.code, ended.error.message, ended.label) == ("tool-error", "node `a`: it broke", None)
    assert {each.call for each in failing.journal} == {"model:1", "tool:1:1", "tool:1:2"}


async def test_a_result_that_does_not_fit_its_declared_type_is_an_error() -> None:
    it = stage(
        build.agent("a", tools=["t"]),
        input="x",
        model=scripted(_calls(("t", {"query": "1"})), "done"),
        tools={"t": (tool("t", output={"type": "integer"}), Function(_query))},
    )
    assert said((await succeed(it)).messages)[2] == (
        "tool",
        "error: the result of tool `t` does not fit: must be `int`, not a text",
    )


async def test_a_call_that_asks_lets_the_others_end_first() -> None:
    class Doubtful(Stage):
        async def call_tool(self, call: str, name: str, arguments: dict[str, Json]) -> Json:
            if call in ("tool:1:1", "tool:1:3"):
                raise Paused((Question(address=self.address(call), prompt="?", cause="effect-in-doubt"),))
            return await Stage.call_tool(self, call, name, arguments)

    plain = stage(
        build.agent("a", tools=["t"]),
        input="x",
        model=scripted(_calls(("t", {"query": "1"}), ("t", {"query": "1"}), ("t", {"query": "1"})), "done"),
        tools={"t": (tool("t"), Function(_query))},
    )
    it = Doubtful(
        document=plain.document,
        graph=plain.graph,
        node=plain.node,
        task=plain.task,
        capabilities=plain.capabilities,
    )
    ended = await pause(it)
    assert [question.address for question in ended.questions] == ["0:0:a#tool:1:1", "0:0:a#tool:1:3"]
    assert it.made == ["model:1", "tool:1:2"]


def _asked(*ids: str) -> dict[str, Json]:
    calls: list[Json] = [{"id": each, "name": "t", "arguments": {"query": each}} for each in ids]
    return {"role": "assistant", "content": "", "tool_calls": calls}


def _answer(identity: str) -> dict[str, Json]:
    return {"role": "tool", "tool_call_id": identity, "name": "t", "content": "old"}


async def test_an_executor_answers_what_nothing_has_answered() -> None:
    it = stage(
        build.tool_executor("a", ["t"]),
        transcript=[_asked("1", "2"), _answer("1"), {"role": "user", "content": "and?"}, _asked("3")],
        tools={"t": (tool("t"), Function(_query))},
    )
    ended = await succeed(it)
    assert (ended.output, ended.label) == (["2", "3"], "done")
    assert ended.messages == (
        {"role": "tool", "tool_call_id": "2", "name": "t", "content": "2"},
        {"role": "tool", "tool_call_id": "3", "name": "t", "content": "3"},
    )


async def test_an_executor_tells_calls_of_one_id_apart() -> None:
    it = stage(
        build.tool_executor("a", ["t"]),
        transcript=[_asked("1"), _answer("1"), _asked("1")],
        tools={"t": (tool("t"), Function(_query))},
    )
    assert (await succeed(it)).output == ["1"]


async def test_an_executor_without_calls_is_done() -> None:
    ended = await succeed(stage(build.tool_executor("a", [])))
    assert (ended.output, ended.label, ended.messages) == ([], "done", ())


async def test_an_executor_answers_errors_and_fails_by_a_tool_that_must_not() -> None:
    transcript: list[Json] = [_asked("1"), {**_asked("2"), "tool_calls": [{"id": "2", "name": "u", "arguments": {}}]}]
    answering = stage(
        build.tool_executor("a", ["t"]), transcript=transcript, tools={"t": (tool("t"), Function(_broken))}
    )
    assert (await succeed(answering)).output == [
        {"error": {"code": "tool-error", "message": "it broke"}},
        {"error": {"code": "unknown-tool", "message": "there is no tool `u`; available: `t`"}},
    ]
    failing = stage(
        build.tool_executor("a", ["t"]),
        transcript=transcript,
        tools={"t": (tool("t", on_error="fail"), Function(_broken))},
    )
    ended = await fail(failing)
    assert (ended.error.code, ended.label) == ("tool-error", "error")


async def test_an_executors_other_failures_have_no_label() -> None:
    it = stage(
        build.tool_executor("a", ["t"]),
        transcript=[_asked(*map(str, range(51)))],
        tools={"t": (tool("t"), Function(_query))},
    )
    ended = await fail(it)
    assert (ended.error.code, ended.label, it.made) == ("max-tool-calls", None, [])


async def test_kind_tool_calls_with_evaluated_arguments() -> None:
    node = build.tool("a", "t", {"query": build.get("input", "q")}, writes={"found": build.get("output", "q")})
    it = stage(
        node,
        channels=[build.channel("found")],
        input={"q": "why"},
        tools={"t": (tool("t"), Function(lambda arguments: {"q": arguments["query"]}))},
    )
    ended = await succeed(it)
    assert (ended.output, ended.label, ended.writes) == ({"q": "why"}, "done", (("found", "why"),))
    assert it.made == ["tool:1"]


@pytest.mark.parametrize(
    ("argument", "loaded", "code", "at"),
    [
        (build.lit(1), _query, "bad-arguments", "/graphs/g/nodes/0/behaviour"),
        (build.lit("q"), _broken, "tool-error", "/graphs/g/nodes/0/behaviour"),
        (["/", ["lit", 1], ["lit", 0]], _query, "expression-failed", "/graphs/g/nodes/0/behaviour/arguments/0/value"),
    ],
)
async def test_whatever_fails_kind_tool_has_the_label_error(argument: Json, loaded: object, code: str, at: str) -> None:
    function = _broken if loaded is _broken else _query
    it = stage(build.tool("a", "t", {"query": argument}), tools={"t": (tool("t"), Function(function))})
    ended = await fail(it)
    assert (ended.error.code, ended.error.at, ended.label) == (code, at, "error")


async def test_kind_tool_takes_a_journaled_failure() -> None:
    loaded = Function(_query)
    first = stage(build.tool("a", "t", {"query": build.lit("q")}), tools={"t": (tool("t"), loaded)})
    error = Error(code="timeout", message="too late")
    again = first.again([CallEnded(task="0:0:a", call="tool:1", kind="tool", name="t", error=error)])
    assert (await fail(again)).error.code == "timeout"
    assert loaded.keys == []


async def test_parameters_that_a_schema_leaves_open_are_passed() -> None:
    it = stage(
        build.tool("a", "t", {"query": build.lit("q"), "more": build.lit(1)}),
        tools={
            "t": (tool("t", input={"type": "object", "additionalProperties": {}}), Function(lambda given: dict(given)))
        },
    )
    assert (await succeed(it)).output == {"query": "q", "more": 1}
