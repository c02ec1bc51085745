"""Events inside of tasks, and events that cannot be."""

from __future__ import annotations

import pytest

from rag_ir.build import channel, pass_, send
from rag_runtime.events import (
    CallEnded,
    CallStarted,
    Cancelled,
    ChildFinished,
    Error,
    Event,
    Resumed,
    RunStarted,
    TaskFailed,
    TaskSucceeded,
    Usage,
)
from rag_runtime.machine import Machine, MachineError
from tests.machine.play import Ok, Play, graph, played, shown, starts

NOTHING = Usage()


def started(task: str = "0:0:a", call: str = "1") -> CallStarted:
    return CallStarted(task=task, call=call, kind="tool", name="t", effects=True)


def ended(task: str = "0:0:a", call: str = "1", usage: Usage = NOTHING, error: Error | None = None) -> CallEnded:
    return CallEnded(task=task, call=call, kind="tool", name="t", value=call, usage=usage, error=error)


def test_a_new_process_knows_the_calls_that_ended_and_those_in_flight() -> None:
    play = Play(graph(pass_("a"))).start()
    for event in (started(), ended(), started(call="2"), ended(call="3", error=Error(code="timeout", message="late"))):
        assert play.feed(event) == []
    (start,) = starts(Machine(play.document, play.journal).resume())
    assert start.history.calls == {"1": ended(), "3": ended(call="3", error=Error(code="timeout", message="late"))}
    assert start.history.started == {"2": started(call="2")}
    assert start.task == play.waiting[0].task


def test_a_call_that_failed_may_be_made_again() -> None:
    play = Play(graph(pass_("a"))).start()
    late = Error(code="timeout", message="late")
    for event in (started(), ended(error=late), started()):
        play.feed(event)
    (start,) = starts(Machine(play.document, play.journal).resume())
    assert (start.history.calls, start.history.started) == ({}, {"1": started()})
    play.feed(ended())
    (start,) = starts(Machine(play.document, play.journal).resume())
    assert (start.history.calls, start.history.started) == ({"1": ended()}, {})


def test_what_a_handed_out_history_holds_does_not_change() -> None:
    play = Play(graph(pass_("a"))).start()
    play.feed(ended())
    (start,) = starts(play.machine.resume())
    play.feed(ended(call="2"))
    assert [*start.history.calls] == ["1"]


def test_usage_adds_up_exactly_and_in_any_order() -> None:
    usages = [
        Usage(model_calls=1, input_tokens=10, output_tokens=2, cost_usd="0.1"),
        Usage(model_calls=1, input_tokens=5, output_tokens=1, cost_usd="0.2"),
        Usage(tool_calls=1, cost_usd="1000000.0000000000000000000000000001"),
    ]
    totals: list[Usage] = []
    for order in (usages, usages[::-1]):
        play = Play(graph(pass_("a"))).start()
        for number, usage in enumerate(order):
            play.feed(ended(call=str(number), usage=usage))
        totals.append(play.machine.usage)
        assert play.go().usage == play.machine.usage
    assert (
        totals[0]
        == totals[1]
        == Usage(
            model_calls=2,
            tool_calls=1,
            input_tokens=15,
            output_tokens=3,
            cost_usd="1000000.3000000000000000000000000001",
        )
    )


def test_usage_of_a_child_run_that_is_resumed_is_counted_once() -> None:
    play = Play(graph(pass_("a"))).start()
    play.feed(ended(usage=Usage(tool_calls=1)))
    failed = ChildFinished(
        task="0:0:a", outcome="failed", error=Error(code="x", message="x"), usage=Usage(model_calls=2, cost_usd="1.50")
    )
    play.feed(failed)
    play.feed(TaskFailed(task="0:0:a", error=Error(code="x", message="x")))
    play.drop()
    play.feed(Resumed())
    assert play.waiting[0].history.child is None
    finished = ChildFinished(task="0:0:a", outcome="finished", output=7, usage=Usage(model_calls=3, cost_usd="2"))
    play.feed(finished)
    (start,) = starts(Machine(play.document, play.journal).resume())
    assert start.history.child == finished
    assert play.go().usage == Usage(model_calls=3, tool_calls=1, cost_usd="2")


def test_a_call_that_ends_after_its_task_is_counted_and_dropped() -> None:
    play = played(graph(pass_("a", next="b"), pass_("b")))
    assert play.machine.feed(ended(usage=Usage(tool_calls=1))) == []
    assert play.machine.usage == Usage(tool_calls=1)


UNDER_WAY: list[Event] = [
    RunStarted(graph="g", input=None, seed="s"),
    Resumed(),
    TaskSucceeded(task="0:0:s", output=None, label=None),
    TaskSucceeded(task="1:0:a", output=None, label=None),
    TaskSucceeded(task="1:2:a", output=None, label=None),
    TaskSucceeded(task="nonsense", output=None, label=None),
    TaskSucceeded(task="1:1:a", output=None, label=None, writes=(("nowhere", 1),)),
    TaskFailed(task="1:0:a", error=Error(code="x", message="x")),
    CallStarted(task="1:0:a", call="c", kind="tool", name="t", effects=False),
    ended("1:1:a", "done"),
    started("1:1:a", "done"),
    ended("1:9:a"),
    ended("9:0:a"),
    ended("0:0:a"),
    ended("x:y:a"),
    ended("a"),
    ChildFinished(task="1:0:a", outcome="finished"),
]


@pytest.mark.parametrize("event", UNDER_WAY, ids=repr)
def test_an_event_that_cannot_be_changes_nothing(event: Event) -> None:
    document = graph(pass_("s", sends=[send("a"), send("a")], join="t"), *map(pass_, "at"), channels=[channel("x")])
    play = Play(document, {"a": Ok(writes=[("x", 1)])}).start().end("s", "1:0:a")
    play.feed(ended("1:1:a", "done", Usage(tool_calls=1)))
    before, resumed = shown(play.machine), play.machine.resume()
    with pytest.raises(MachineError):
        play.machine.feed(event)
    assert (shown(play.machine), play.machine.resume()) == (before, resumed)


def test_nothing_comes_before_the_start() -> None:
    machine = Machine(graph(pass_("a")))
    for event in (Cancelled(), Resumed(), ended(), TaskSucceeded(task="0:0:a", output=None, label=None)):
        with pytest.raises(MachineError):
            machine.feed(event)
    assert (machine.resume(), machine.path, machine.step, machine.tasks) == ([], [], -1, ())
    assert (machine.state, machine.finished, machine.questions, machine.usage) == ({}, None, (), Usage())


def test_a_run_is_of_a_graph_of_the_document() -> None:
    with pytest.raises(MachineError, match="no graph `h`"):
        Machine(graph(pass_("a"))).feed(RunStarted(graph="h", input=None, seed="s"))


def test_a_finished_run_takes_no_more_tasks() -> None:
    play = played(graph(pass_("a")))
    for event in (TaskSucceeded(task="0:0:a", output=None, label=None), started(), Cancelled()):
        with pytest.raises(MachineError):
            play.machine.feed(event)
