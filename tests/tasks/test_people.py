"""Questions: kind `interrupt`, and those before and after any node."""

from __future__ import annotations

import pytest

from rag_ir import build
from rag_ir.graph import Json, Node
from rag_runtime.events import Answered, Question
from tests.tasks.stage import Stage, fail, pause, scripted, stage, succeed

pytestmark = pytest.mark.anyio


def _answered(it: Stage, value: Json, address: str = "0:0:a", actor: str = "ann") -> Stage:
    answers = [*it.history.answers.values(), Answered(address=address, value=value, actor=actor)]
    return it.again(answers=answers)


def _asking(*options: str) -> Node:
    return build.interrupt("a", build.template("Publish ", build.get("input"), "?"), options)


async def test_an_interrupt_asks_and_its_answer_is_the_label() -> None:
    it = stage(_asking("yes", "no"), input="it")
    assert (await pause(it)).questions == (Question(address="0:0:a", prompt="Publish it?", options=("yes", "no")),)
    ended = await succeed(_answered(it, "no"))
    assert (ended.output, ended.label) == ({"answer": "no", "value": "no", "actor": "ann"}, "no")


async def test_without_options_any_value_is_taken() -> None:
    ended = await succeed(_answered(stage(_asking(), input="it"), {"n": 42}, actor="auto"))
    assert (ended.output, ended.label) == ({"answer": None, "value": {"n": 42}, "actor": "auto"}, "final")


async def test_a_question_without_a_prompt_names_its_node() -> None:
    assert "`a`" in (await pause(stage(build.interrupt("a")))).questions[0].prompt


async def test_before_a_node_nothing_is_called() -> None:
    it = stage(build.model("a", pause_before=True), input="x", model=scripted("ok"))
    question = (await pause(it)).questions[0]
    assert (question.address, question.options, question.cause) == ("0:0:a", ("continue", "fail"), "before")
    assert it.made == []
    again = _answered(it, "continue")
    assert (await succeed(again)).output == "ok"
    ended = await fail(_answered(it, "fail"))
    assert ended.error.code == "stopped"
    assert "ann" in ended.error.message


async def test_after_a_node_its_calls_are_not_made_again() -> None:
    it = stage(build.model("a", pause_after=True), input="x", model=scripted("ok"))
    question = (await pause(it)).questions[0]
    assert (question.address, question.prompt, question.cause) == ("0:0:a", "node `a` gave: ok", "after")
    again = it.again(it.journal, [Answered(address="0:0:a", value="continue", actor="ann")])
    assert (await succeed(again)).output == "ok"
    assert again.made == []


async def test_every_question_of_a_node_has_an_address_of_its_own() -> None:
    it = stage(build.interrupt("a", "sure?", ("yes", "no"), pause_before=True, pause_after=True))
    addresses: list[str] = []
    for value in ("continue", "yes", "continue"):
        question = (await pause(it)).questions[0]
        addresses.append(question.address)
        it = _answered(it, value, question.address)
    assert addresses == ["0:0:a#before", "0:0:a", "0:0:a#after"]
    assert (await succeed(it)).label == "yes"


async def test_the_questions_of_a_tool_have_its_label_when_it_is_stopped() -> None:
    it = stage(build.subagent("a", "helper", pause_before=True), agents=[build.declare_agent("helper")])
    assert (await fail(_answered(it, "fail"))).label == "failed"
