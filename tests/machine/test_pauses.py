"""Pauses: questions, answers, and what goes on meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rag_ir.build import channel, pass_, send
from rag_ir.graph import Document, Json
from rag_runtime.commands import Finish, StartTask
from rag_runtime.events import (
    Answered,
    CallStarted,
    Cancelled,
    Error,
    Question,
    Resumed,
    RunStarted,
    TaskFailed,
    TaskPaused,
    TaskSucceeded,
)
from rag_runtime.machine import BadAnswer, Machine, MachineError, UnknownQuestion
from tests.machine.play import Ask, Fail, Give, Ok, Play, check_replay, graph, shown, starts


def asking(*parts: str, options: tuple[str, ...] = ()) -> Callable[[StartTask], Give]:
    """Asks at these parts of its address until all are answered; then succeeds with the answers."""

    def give(start: StartTask) -> Give:
        answers = start.history.answers
        wanted = {start.task.id + part for part in parts or ("",)}
        missing = {address.removeprefix(start.task.id) for address in wanted - answers.keys()}
        if missing:
            return Ask(dict.fromkeys(sorted(missing), options))
        values: list[Json] = [answers[address].value for address in sorted(wanted)]
        return Ok(values, writes=[("x", values)])

    return give


def two_and_one() -> Document:
    return graph(
        pass_("s", sends=[send("ask"), send("work"), send("ask")], join="t"),
        *map(pass_, ["ask", "work", "t"]),
        channels=[channel("x", "append")],
    )


def outcome(play: Play) -> tuple[str, list[str]]:
    finish = play.machine.finished
    assert finish is not None
    return finish.outcome, [question.address for question in finish.questions]


def test_siblings_run_to_their_end_and_the_boundary_waits_for_all_answers() -> None:
    play = Play(two_and_one(), {"ask": asking(), "work": Ok(writes=[("x", "work")])}).start()
    play.end("s", "1:0:ask")
    assert play.machine.finished is None
    play.end("1:2:ask")
    assert play.machine.finished is None
    play.end("work")
    assert outcome(play) == ("paused", ["1:0:ask", "1:2:ask"])
    assert play.machine.state == {"x": []}
    assert [task.status for task in play.machine.tasks] == ["succeeded", "paused", "succeeded", "paused"]
    check_replay(play)


def test_an_answer_resumes_its_task_only_and_answers_come_in_any_order() -> None:
    shows: set[str] = set()
    for order in (["1:0:ask", "1:2:ask"], ["1:2:ask", "1:0:ask"]):
        play = Play(two_and_one(), {"ask": asking()}).start()
        play.go()
        play.answer(order[0], order[0])
        assert play.machine.finished is None
        assert [start.task.id for start in play.waiting] == [order[0]]
        play.go()
        assert outcome(play) == ("paused", order[1:])
        play.answer(order[1], order[1])
        assert play.go().outcome == "finished"
        assert play.machine.state == {"x": ["1:0:ask", "1:2:ask"]}
        check_replay(play)
        shows.add(shown(play.machine))
    assert len(shows) == 1


def test_both_answers_may_come_before_either_task_goes_on() -> None:
    play = Play(two_and_one(), {"ask": asking()}).start()
    play.go()
    play.answer("1:2:ask", 2).answer("1:0:ask", 1)
    assert [start.task.id for start in play.waiting] == ["1:2:ask", "1:0:ask"]
    assert play.go().outcome == "finished"
    assert play.machine.state == {"x": [1, 2]}


def one(*parts: str, options: tuple[str, ...] = ()) -> Play:
    document = graph(pass_("ask"), channels=[channel("x", "append")])
    play = Play(document, {"ask": asking(*parts, options=options)}).start()
    play.go()
    return play


def test_several_questions_of_one_task_are_answered_one_at_a_time() -> None:
    play = one("#a", "#b")
    assert outcome(play) == ("paused", ["0:0:ask#a", "0:0:ask#b"])
    play.answer("0:0:ask#b", "B")
    assert play.waiting[0].history.answers.keys() == {"0:0:ask#b"}
    play.go()
    assert outcome(play) == ("paused", ["0:0:ask#a"])
    play.answer("0:0:ask#a", "A")
    assert play.go().output == {"x": ["A", "B"]}
    check_replay(play)


def test_an_answer_that_comes_while_the_task_runs_is_not_asked_for_again() -> None:
    play = one("#a", "#b")
    play.answer("0:0:ask#b", "B")
    assert play.answer("0:0:ask#a", "A").answers[-1] == []
    assert play.go().output == {"x": ["A", "B"]}
    assert [len(start.history.answers) for start in play.starts] == [0, 1, 2]
    check_replay(play)


def test_a_task_may_ask_again_what_was_answered() -> None:
    play = Play(graph(pass_("ask")), {"ask": Ask()}).start()
    play.go()
    for _ in range(3):
        play.answer("0:0:ask", "no")
        play.go()
        assert outcome(play) == ("paused", ["0:0:ask"])
    check_replay(play)


def test_an_answer_while_the_task_runs_counts_for_its_next_pause_only() -> None:
    play = one("#a", "#b")
    play.answer("0:0:ask#b", "B").answer("0:0:ask#a", "A")
    again = TaskPaused(task="0:0:ask", questions=(Question(address="0:0:ask#a", prompt="?"),))
    (restarted,) = play.feed(again)
    assert isinstance(restarted, StartTask)
    assert restarted.history.answers.keys() == {"0:0:ask#a", "0:0:ask#b"}
    (finish,) = play.feed(again)
    assert isinstance(finish, Finish)
    assert outcome(play) == ("paused", ["0:0:ask#a"])
    check_replay(play)


def test_what_is_asked_again_is_no_more_answered() -> None:
    play = Play(graph(pass_("ask")), {"ask": Ask({"#a": (), "#b": ()})}).start()
    play.go()
    play.answer("0:0:ask#a", 1)
    play.go()
    play.answer("0:0:ask#b", 2)
    assert play.waiting[0].history.answers.keys() == {"0:0:ask#b"}


def test_a_pause_after_a_late_answer_does_not_start_a_cancelled_task() -> None:
    play = one("#a", "#b")
    play.answer("0:0:ask#b", "B").answer("0:0:ask#a", "A")
    play.feed(Cancelled())
    again = TaskPaused(task="0:0:ask", questions=(Question(address="0:0:ask#a", prompt="?"),))
    assert play.feed(again) == []
    play.drop()
    play.feed(Resumed())
    assert play.go().output == {"x": ["A", "B"]}
    check_replay(play)


def test_a_child_runs_questions_are_its_parents() -> None:
    play = one("/0:0:inner", "/1:2:other#call")
    assert outcome(play) == ("paused", ["0:0:ask/0:0:inner", "0:0:ask/1:2:other#call"])


def test_questions_of_a_child_run_stand_behind_its_namespace() -> None:
    machine = Machine(graph(pass_("ask")))
    machine.feed(RunStarted(graph="g", input=None, seed="s", namespace="1:0:sub"))
    with pytest.raises(MachineError):
        machine.feed(TaskPaused(task="0:0:ask", questions=(Question(address="0:0:ask", prompt="?"),)))
    (finish,) = machine.feed(TaskPaused(task="0:0:ask", questions=(Question(address="1:0:sub/0:0:ask", prompt="?"),)))
    assert isinstance(finish, Finish)
    assert finish.outcome == "paused"


@pytest.mark.parametrize("value", ["yes", "no"])
def test_an_answer_is_one_of_the_options(value: str) -> None:
    play = one(options=("yes", "no"))
    refused: list[Json] = ["maybe", None, True, ["yes"]]
    for bad in refused:
        with pytest.raises(BadAnswer):
            play.machine.feed(Answered(address="0:0:ask", value=bad, actor="ann"))
    assert outcome(play) == ("paused", ["0:0:ask"])
    play.answer("0:0:ask", value)
    assert play.go().output == {"x": [value]}
    assert play.starts[-1].history.answers["0:0:ask"].actor == "ann"


def test_an_answer_to_nothing_is_refused() -> None:
    play = one()
    with pytest.raises(UnknownQuestion):
        play.machine.feed(Answered(address="0:0:other", value=1, actor="ann"))
    play.answer("0:0:ask", 1)
    with pytest.raises(UnknownQuestion):
        play.machine.feed(Answered(address="0:0:ask", value=1, actor="ann"))
    play.go()
    with pytest.raises(ValueError, match="no question"):
        play.machine.feed(Answered(address="0:0:ask", value=1, actor="ann"))


@pytest.mark.parametrize(
    "addresses", [(), ("0:0:other",), ("0:0:ask", "0:0:ask"), ("0:0:asked",), ("0:0:ask#a", "1:0:ask")]
)
def test_questions_stand_at_the_tasks_own_address(addresses: tuple[str, ...]) -> None:
    machine = Play(graph(pass_("ask"))).start().machine
    before = shown(machine)
    questions = tuple(Question(address=address, prompt="?") for address in addresses)
    with pytest.raises(MachineError):
        machine.feed(TaskPaused(task="0:0:ask", questions=questions))
    assert shown(machine) == before
    assert len(starts(machine.resume())) == 1


def test_a_paused_run_waits_even_if_a_sibling_failed() -> None:
    document = graph(pass_("s", sends=[send("ask"), send("bad")]), pass_("ask"), pass_("bad"))
    play = Play(document, {"ask": asking(), "bad": Fail()}).start()
    play.script = {**play.script, "ask": lambda start: Ok() if start.history.answers else Ask()}
    play.go()
    assert outcome(play) == ("paused", ["1:0:ask"])
    play.answer("1:0:ask", "go on")
    assert play.go().outcome == "failed"
    check_replay(play)


def test_answers_survive_the_process() -> None:
    play = one("#a", "#b")
    play.answer("0:0:ask#a", "A")
    (again,) = starts(Machine(play.document, play.journal).resume())
    assert again == play.waiting[0]
    assert again.history.answers["0:0:ask#a"].value == "A"


def test_a_cancelled_run_keeps_its_questions() -> None:
    document = graph(pass_("s", sends=[send("ask"), send("ask"), send("work")]), *map(pass_, ["ask", "work"]))
    play = Play(document, {"ask": lambda start: Ok() if start.history.answers else Ask()}).start()
    play.end("s", "1:0:ask", "1:1:ask")
    play.feed(Cancelled())
    play.drop()
    play.answer("1:0:ask", "now")
    assert play.waiting == []
    play.feed(Resumed())
    assert [start.task.id for start in play.waiting] == ["1:0:ask", "1:2:work"]
    play.go()
    assert outcome(play) == ("paused", ["1:1:ask"])
    play.answer("1:1:ask", "too")
    assert play.go().outcome == "finished"
    check_replay(play)


def test_a_run_that_waits_can_be_cancelled() -> None:
    play = one()
    play.feed(Cancelled())
    assert outcome(play) == ("cancelled", [])
    (finish,) = play.feed(Resumed())
    assert isinstance(finish, Finish)
    assert finish.outcome == "paused"
    check_replay(play)


def in_doubt(task: str = "0:0:ask") -> TaskPaused:
    question = Question(address=f"{task}#c", prompt="?", cause="effect-in-doubt")
    return TaskPaused(task=task, questions=(question,))


STARTED = CallStarted(task="0:0:ask", call="c", kind="tool", name="t", effects=True, idempotent=False)


def test_leave_to_repeat_a_call_holds_once() -> None:
    play = Play(graph(pass_("ask"))).start()
    for event in (STARTED, in_doubt()):
        play.feed(event)
    play.answer("0:0:ask#c", "retry")
    assert play.starts[-1].history.answers["0:0:ask#c"].value == "retry"
    assert play.starts[-1].history.started == {"c": STARTED}
    play.feed(STARTED)
    (after_crash,) = starts(Machine(play.document, play.journal).resume())
    assert after_crash.history.answers == {}
    assert after_crash.history.started == {"c": STARTED}


def test_a_refusal_is_asked_again_when_the_task_is_repeated_and_consent_is_kept() -> None:
    play = Play(graph(pass_("ask"))).start()
    before = Question(address="0:0:ask", prompt="?", options=("continue", "fail"), cause="before")
    play.feed(TaskPaused(task="0:0:ask", questions=(before,)))
    play.answer("0:0:ask", "continue")
    for event in (STARTED, in_doubt()):
        play.feed(event)
    play.answer("0:0:ask#c", "fail")
    play.feed(TaskFailed(task="0:0:ask", error=Error(code="effect-in-doubt", message="no")))
    play.drop()
    play.feed(Resumed())
    (again,) = play.waiting
    assert [*again.history.answers] == ["0:0:ask"]
    assert again.history.started == {"c": STARTED}


def test_a_pause_that_comes_after_the_run_was_cancelled_is_kept() -> None:
    play = Play(graph(pass_("ask")), {"ask": Ask()}).start()
    play.feed(Cancelled())
    assert play.feed(TaskPaused(task="0:0:ask", questions=(Question(address="0:0:ask", prompt="?"),))) == []
    play.drop()
    (finish,) = play.feed(Resumed())
    assert isinstance(finish, Finish)
    assert finish.outcome == "paused"


def test_a_paused_task_cannot_end_without_an_answer() -> None:
    play = one()
    for event in (
        TaskSucceeded(task="0:0:ask", output=None, label=None),
        TaskFailed(task="0:0:ask", error=Error(code="x", message="x")),
        CallStarted(task="0:0:ask", call="c", kind="tool", name="t", effects=False),
    ):
        with pytest.raises(MachineError):
            play.machine.feed(event)
