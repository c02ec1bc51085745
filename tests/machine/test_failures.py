"""Failures: what catches them, what they cancel, and how a failed or cancelled run goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag_ir.build import channel, pass_, send
from rag_ir.graph import Document, Json
from rag_runtime.commands import Finish, StartTask
from rag_runtime.events import CallEnded, CallStarted, Cancelled, Error, Resumed, TaskFailed, TaskSucceeded
from rag_runtime.machine import MachineError
from tests.machine.play import (
    Fail,
    Give,
    Ok,
    Play,
    Script,
    check_replay,
    check_restarts,
    every_order,
    graph,
    played,
    shown,
    writing,
)


def error_in(start: StartTask) -> dict[str, Json]:
    """`args.error` of a handler."""
    args = start.task.args
    assert isinstance(args, dict)
    error = args["error"]
    assert isinstance(error, dict)
    return error


def error_of(play: Play, node: str) -> dict[str, Json]:
    return error_in(play.of(node)[0])


def children_of(play: Play, node: str) -> list[tuple[Json, Json, Json]]:
    args = play.of(node)[0].task.args
    assert isinstance(args, dict)
    children = args["children"]
    assert isinstance(children, list)
    return [(child["node"], child["outcome"], child["output"]) for child in children if isinstance(child, dict)]


def test_a_failure_goes_to_the_handler_in_the_same_child() -> None:
    document = graph(
        pass_("s", sends=[send("w"), send("v")], join="t"),
        pass_("w", on_error="fix"),
        pass_("v"),
        pass_("fix", next="after"),
        *map(pass_, ["after", "t"]),
        channels=[channel("messages", "messages")],
    )
    script: Script = {
        "w": Fail("lost"),
        "fix": Ok("fixed", messages=[{"role": "user", "content": "mended"}]),
        "after": Ok("whole"),
    }
    play = played(document, script)
    check_restarts(play)
    assert play.machine.path == ["s", ["w", "v"], "fix", "after", "t"]
    assert error_of(play, "fix") == {"code": "lost", "message": "it is lost", "node": "w", "task": "1:0:w"}
    assert (play.of("fix")[0].task.child, play.of("fix")[0].task.sent) == ("1:0:w", False)
    assert len(play.of("after")[0].task.transcript) == 1
    assert children_of(play, "t") == [("w", "succeeded", "whole"), ("v", "succeeded", None)]


def test_siblings_of_a_handled_failure_merge_and_route() -> None:
    document = graph(
        pass_("s", sends=[send("w"), send("v")]),
        pass_("w", on_error="fix"),
        pass_("v", next="u"),
        *map(pass_, ["fix", "u"]),
        channels=[channel("x", "append")],
    )
    play = played(document, {"w": Fail(), "v": writing("x")})
    assert play.machine.path == ["s", ["w", "v"], ["fix", "u"]]
    assert play.machine.state == {"x": ["1:1:v"]}


def test_two_failures_with_one_handler_are_handled_apart() -> None:
    document = graph(
        pass_("s", sends=[send("x")], next="c"),
        pass_("x"),
        pass_("d", on_error="fix"),
        pass_("c", next="e"),
        pass_("e", on_error="fix"),
        pass_("fix"),
        joins=[(["x"], "d")],
    )
    play = played(document, {"d": Fail("first"), "e": Fail("second")})
    assert play.machine.path == ["s", ["c", "x"], ["e", "d"], ["fix", "fix"]]
    assert [error_in(start)["code"] for start in play.of("fix")] == ["second", "first"]


def test_an_unhandled_failure_keeps_the_state_before_the_step() -> None:
    document = graph(pass_("s", next="w", sends=[send("v")]), *map(pass_, "wv"), channels=[channel("x", "append")])
    play = played(document, {"s": writing("x"), "w": Fail("lost"), "v": writing("x")})
    finish = play.go()
    assert finish.error is not None
    assert (finish.outcome, finish.error.code, finish.error.node, finish.error.task) == ("failed", "lost", "w", "1:0:w")
    assert finish.output == {"x": ["0:0:s"]} == play.machine.state
    assert [task.status for task in play.machine.tasks] == ["succeeded", "failed", "succeeded"]


def failing_child(on_error: str | None) -> Document:
    sender = pass_("s", sends=[send("w"), send("v"), send("u")], join="t")
    return graph(
        replace(sender, on_error=on_error),
        pass_("w"),
        pass_("v", next="v2"),
        *map(pass_, ["u", "v2", "fix", "t"]),
        channels=[channel("x", "append")],
    )


CHILDREN: Script = {"w": Fail("lost"), "v": writing("x"), "u": writing("x")}


def test_a_failing_child_fails_its_join_as_the_sender() -> None:
    document = failing_child("fix")
    play = played(document, CHILDREN)
    check_restarts(play)
    assert play.machine.path == ["s", ["w", "v", "u"], "fix"]
    assert error_of(play, "fix") == {"code": "lost", "message": "it is lost", "node": "w", "task": "1:0:w"}
    assert children_of(play, "fix") == [("w", "failed", None), ("v", "cancelled", None), ("u", "succeeded", "1:2:u")]
    assert play.of("fix")[0].task.child is None
    assert play.machine.state == {"x": ["1:1:v", "1:2:u"]}
    assert len({shown(other.machine) for other in every_order(document, CHILDREN)}) == 1


def test_of_several_failures_the_first_in_task_order_is_told() -> None:
    document = failing_child("fix")
    script: Script = {**CHILDREN, "u": Fail("later")}
    plays = every_order(document, script)
    assert len({shown(play.machine) for play in plays}) == 1
    assert error_of(plays[0], "fix")["code"] == "lost"
    assert children_of(plays[0], "fix") == [("w", "failed", None), ("v", "cancelled", None), ("u", "failed", None)]


def test_without_a_handler_the_run_fails_and_nothing_merges() -> None:
    play = played(failing_child(None), CHILDREN)
    assert (play.go().outcome, play.machine.state) == ("failed", {"x": []})


def test_a_failure_goes_up_the_chain_to_the_first_handler() -> None:
    document = graph(
        pass_("s", sends=[send("mid"), send("other")], join="t", on_error="fix"),
        pass_("mid", sends=[send("leaf"), send("good")], join="low"),
        pass_("leaf", next="deep"),
        *map(pass_, ["deep", "good", "low", "t", "fix"]),
        pass_("other", next="other2"),
        pass_("other2", next="other3"),
        pass_("other3"),
    )
    play = played(document, {"deep": Fail("lost")})
    assert play.machine.path == ["s", ["mid", "other"], ["other2", "leaf", "good"], ["deep", "other3"], "fix"]
    assert error_of(play, "fix")["node"] == "deep"
    assert children_of(play, "fix") == [("mid", "failed", None), ("other", "succeeded", None)]


def test_a_handler_of_an_inner_sender_saves_the_outer_join() -> None:
    document = graph(
        pass_("s", sends=[send("mid")], join="t", on_error="never"),
        pass_("mid", sends=[send("leaf"), send("leaf")], join="low", on_error="fix"),
        pass_("fix", next="fixed"),
        *map(pass_, ["fixed", "low", "leaf", "t", "never"]),
    )
    play = played(document, {"leaf": lambda start: Fail() if start.task.visit == 1 else Ok(), "fixed": Ok("saved")})
    assert play.machine.path == ["s", "mid", ["leaf", "leaf"], "fix", "fixed", "t"]
    assert children_of(play, "fix") == [("leaf", "failed", None), ("leaf", "succeeded", None)]
    assert children_of(play, "t") == [("mid", "succeeded", "saved")]
    assert play.of("fix")[0].task.child == "1:0:mid"


def test_the_handler_of_a_cancelled_child_does_not_start() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("b")], join="t", on_error="fix"),
        pass_("a", on_error="own"),
        pass_("b"),
        *map(pass_, ["own", "t", "fix"]),
    )
    play = played(document, {"a": Fail("caught"), "b": Fail("lost")})
    assert play.machine.path == ["s", ["a", "b"], "fix"]
    assert error_of(play, "fix")["code"] == "lost"
    assert children_of(play, "fix") == [("a", "cancelled", None), ("b", "failed", None)]


def test_a_child_that_nobody_joins_fails_the_tree_around_it() -> None:
    document = graph(
        pass_("s", sends=[send("a")], join="t", on_error="fix"),
        pass_("a", sends=[send("loose")], on_error="own"),
        *map(pass_, ["loose", "own", "t", "fix"]),
    )
    play = played(document, {"loose": Fail("lost")})
    assert play.machine.path == ["s", "a", "loose", "fix"]
    assert children_of(play, "fix") == [("a", "failed", None)]


def test_a_failing_handler_fails_in_its_turn() -> None:
    document = graph(pass_("a", on_error="fix"), pass_("fix"))
    finish = played(document, {"a": Fail("first"), "fix": Fail("second")}).go()
    assert finish.error is not None
    assert finish.error.code == "second"


# Resuming


def once(*gives: Give) -> Script:
    """`w` gives these in turn."""
    turn = iter(gives)
    return {"w": lambda start: next(turn), "v": writing("x"), "s": writing("x")}


def test_what_failed_is_repeated_and_what_finished_is_kept() -> None:
    document = graph(
        pass_("s", sends=[send("w"), send("v")], join="t"), *map(pass_, "wvt"), channels=[channel("x", "append")]
    )
    play = Play(document, once(Fail(), Ok("now", writes=[("x", "w")]))).start()
    assert play.go().outcome == "failed"
    commands = play.feed(Resumed())
    assert [start.task.id for start in play.waiting] == ["1:0:w"]
    assert len(commands) == 1
    assert play.go().outcome == "finished"
    assert play.machine.state == {"x": ["0:0:s", "w", "1:1:v"]}
    assert children_of(play, "t") == [("w", "succeeded", "now"), ("v", "succeeded", "1:1:v")]
    check_replay(play)


def test_a_run_may_fail_again_and_again() -> None:
    play = Play(graph(pass_("w")), once(Fail(), Fail(), Ok())).start()
    for _ in range(2):
        assert play.go().outcome == "failed"
        play.feed(Resumed())
    assert play.go().outcome == "finished"
    check_replay(play)


def test_a_failure_that_is_handled_is_not_repeated() -> None:
    document = graph(pass_("s", sends=[send("w"), send("v")]), pass_("v", on_error="fix"), *map(pass_, ["w", "fix"]))
    script = {**once(Fail(), Ok()), "v": Fail("caught"), "s": Ok()}
    play = Play(document, script).start()
    play.go()
    play.feed(Resumed())
    assert [start.task.node for start in play.waiting] == ["w"]
    play.go()
    assert play.machine.path == ["s", ["w", "v"], "fix"]


def ended(call: str, error: Error | None = None) -> CallEnded:
    return CallEnded(task="0:0:w", call=call, kind="tool", name="t", value=call, error=error)


def test_a_repeated_activation_keeps_the_calls_that_succeeded() -> None:
    play = Play(graph(pass_("w"))).start()
    bad = Error(code="timeout", message="too late")
    in_flight = CallStarted(task="0:0:w", call="3", kind="tool", name="t", effects=True, idempotent=False)
    for event in (ended("1"), ended("2", bad), in_flight, TaskFailed(task="0:0:w", error=bad), ended("4")):
        play.feed(event)
    play.drop()
    play.feed(Resumed())
    (again,) = play.waiting
    assert again.history.calls == {"1": ended("1"), "4": ended("4")}
    assert again.history.started == {"3": in_flight}


def test_a_run_that_hit_its_limit_hits_it_again() -> None:
    play = Play(graph(pass_("a", next="a"), recursion_limit=2)).start()
    play.go()
    (finish,) = play.feed(Resumed())
    assert isinstance(finish, Finish)
    assert finish.outcome == "failed"
    assert play.machine.path == ["a", "a"]
    check_replay(play)


# Cancelling


def test_cancelling_stops_at_once_and_resuming_repeats_what_ran() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("b"), send("c")], join="t"), *map(pass_, "abct"), channels=[channel("x", "append")]
    )  # fmt: skip
    play = Play(document, {node: writing("x") for node in "abc"}).start().end("s", "b")
    (finish,) = play.feed(Cancelled(reason="enough"))
    assert isinstance(finish, Finish)
    assert (finish.outcome, finish.output) == ("cancelled", {"x": []})
    assert finish.error == Error(code="cancelled", message="enough")
    assert [task.status for task in play.machine.tasks] == ["succeeded", "cancelled", "succeeded", "cancelled"]
    play.drop()
    play.feed(Resumed())
    assert [start.task.id for start in play.waiting] == ["1:0:a", "1:2:c"]
    assert play.go().outcome == "finished"
    assert play.machine.state == {"x": ["1:0:a", "1:1:b", "1:2:c"]}
    check_replay(play)


def test_what_ends_after_the_run_was_cancelled_is_kept() -> None:
    play = Play(graph(pass_("s", sends=[send("w"), send("w")]), pass_("w"))).start().end("s")
    play.feed(Cancelled())
    assert play.feed(ended_of("1:0:w", "c")) == []
    assert play.feed(TaskSucceeded(task="1:1:w", output=1, label="final")) == []
    play.drop()
    play.feed(Resumed())
    (again,) = play.waiting
    assert (again.task.id, [*again.history.calls]) == ("1:0:w", ["c"])
    assert play.go().outcome == "finished"


def ended_of(task: str, call: str) -> CallEnded:
    return CallEnded(task=task, call=call, kind="tool", name="t", value=1)


def test_a_failure_before_the_run_was_cancelled_is_repeated_too() -> None:
    play = Play(graph(pass_("s", sends=[send("w"), send("v")]), *map(pass_, "wv")), once(Fail(), Ok())).start()
    play.script = {**play.script, "s": Ok(), "v": Ok()}
    play.end("s", "w")
    play.feed(Cancelled())
    play.drop()
    play.feed(Resumed())
    assert [start.task.node for start in play.waiting] == ["w", "v"]
    assert play.go().outcome == "finished"
    check_replay(play)


@pytest.mark.parametrize("event", [Resumed(), Cancelled()])
def test_a_finished_run_neither_resumes_nor_stops(event: Resumed | Cancelled) -> None:
    play = played(graph(pass_("a")))
    with pytest.raises(MachineError):
        play.machine.feed(event)


def test_a_run_under_way_is_not_resumed() -> None:
    play = Play(graph(pass_("a"))).start()
    with pytest.raises(MachineError):
        play.machine.feed(Resumed())
