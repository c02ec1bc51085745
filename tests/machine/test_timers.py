"""Time that is up: of an activation, of a child, of a join. The machine has no clock: a driver says when a timer fires."""

from __future__ import annotations

import pytest

from rag_ir.build import join_sends, lit, pass_, send, tool
from rag_ir.graph import Document
from rag_runtime.events import Resumed
from rag_runtime.machine import MachineError
from tests.machine.play import Ask, Fail, Ok, Play, Script, check_replay, graph
from tests.machine.test_waits import LOG, WRITING, checked, children, fan, log, outcomes


def error_of(play: Play, node: str = "fix") -> dict[str, object]:
    args = play.of(node)[0].task.args
    assert isinstance(args, dict)
    error = args["error"]
    assert isinstance(error, dict)
    return {**error}


# Activations


def slow() -> Document:
    return graph(
        pass_("s", timeout=1500, on_error="fix"), pass_("fix", next="x"), pass_("x"), channels=[LOG], recursion_limit=9
    )


def test_an_activation_whose_time_is_up_has_failed() -> None:
    play = Play(slow(), WRITING).start()
    assert play.timers == {"task:0:0:s": 1500}
    play.fire("task:0:0:s")
    assert (play.cut, play.timers) == (["0:0:s"], {})
    assert error_of(play) == {
        "code": "timeout",
        "message": "node `s`: it takes longer than 1.5 s",
        "node": "s",
        "task": "0:0:s",
    }
    assert play.go().outcome == "finished"
    checked(play)


def test_an_activation_that_ends_in_time_stops_its_timer() -> None:
    play = Play(slow(), WRITING).start().end("s")
    assert play.timers == {}
    with pytest.raises(MachineError):
        play.machine.feed(Play(slow()).start().fire("task:0:0:s").journal[-1])
    checked(play)


def test_a_tool_whose_time_is_up_ends_with_its_label() -> None:
    document = graph(tool("s", "pay", {"n": lit(1)}, timeout=10, routes={"done": "END", "error": "x"}), pass_("x"))
    play = Play(document, {}).start().fire("task:0:0:s")
    assert play.go().outcome == "finished"
    assert play.machine.path == ["s", "x"]


def test_nobody_s_time_runs_while_a_person_is_asked() -> None:
    play = Play(slow(), {**WRITING, "s": Ask()}).start().end("s")
    assert play.timers == {}
    play.answer("0:0:s", "yes")
    assert play.timers == {"task:0:0:s": 1500}
    play.script = WRITING
    assert play.go().outcome == "finished"
    checked(play)


def test_a_run_that_failed_for_time_repeats_the_activation() -> None:
    play = Play(graph(pass_("s", timeout=1000)), {}).start().fire("task:0:0:s")
    assert play.machine.finished is not None
    assert play.machine.finished.error is not None
    assert play.machine.finished.error.code == "timeout"
    play.feed(Resumed())
    assert play.timers == {"task:0:0:s": 1000}
    assert play.go().outcome == "finished"
    checked(play)


def test_timers_that_run_are_started_again_in_another_process() -> None:
    play = Play(slow(), WRITING).start()
    again = Play(play.document, play.script)
    again.machine = type(again.machine)(play.document, play.journal)
    again.take_up()
    assert again.timers == {"task:0:0:s": 1500}
    again.fire("task:0:0:s")
    assert again.machine.path == ["s", "fix"]


# Children


def test_a_child_whose_time_is_up_is_cut_off_as_a_whole() -> None:
    document = fan(
        join_sends("t", "best_effort"),
        send("a", timeout=2000),
        send("b"),
        more=(pass_("a", sends=[send("c"), send("x")]), pass_("x"), pass_("b", next="b2"), pass_("b2")),
    )
    play = Play(document, WRITING).start().end("s")
    assert play.timers == {"child:1:0:a": 2000}
    play.end("a", "b", "c")
    assert play.timers == {"child:1:0:a": 2000}
    play.fire("child:1:0:a")
    assert play.cut == ["2:2:x"]
    assert play.go().outcome == "finished"
    assert children(play) == [("a", 0, "timeout", None), ("b", 1, "succeeded", None)]
    assert log(play) == ["s", "a", "b"]
    checked(play)


def test_the_time_of_a_child_is_that_in_which_it_goes_on() -> None:
    document = fan(join_sends("t"), send("a", timeout=2000), send("b"))
    play = Play(document, WRITING).start().end("s", "a")
    assert play.timers == {}
    assert play.go().outcome == "finished"
    checked(play)


def test_a_child_of_all_whose_time_is_up_fails_the_join() -> None:
    document = fan(join_sends("t"), send("a", timeout=2000), send("b"), on_error="fix")
    play = Play(document, WRITING).start().end("s").fire("child:1:0:a").end("b")
    assert error_of(play)["message"] == "child `a` takes longer than 2 s"
    assert outcomes(play, "fix") == ["timeout", "succeeded"]
    assert log(play) == ["s", "b"]
    play.go()
    checked(play)


def test_an_optional_child_whose_time_is_up_fails_nothing() -> None:
    document = fan(join_sends("t"), send("a", timeout=2000, optional=True), send("b"))
    play = Play(document, WRITING).start().end("s", "b").fire("child:1:0:a")
    assert play.go().outcome == "finished"
    assert outcomes(play) == ["timeout", "succeeded"]
    checked(play)


def test_a_child_whose_time_is_up_loses_the_race() -> None:
    document = fan(join_sends("t", "race"), send("a", timeout=2000), send("b"))
    play = Play(document, WRITING).start().end("s").fire("child:1:0:a").end("b")
    play.go()
    assert outcomes(play) == ["timeout", "succeeded"]
    checked(play)


def test_what_failed_for_time_goes_on_when_the_run_is_resumed() -> None:
    document = fan(
        join_sends("t"),
        send("a", timeout=2000),
        send("b"),
        more=(pass_("a", sends=[send("c"), send("x")]), pass_("x")),
    )
    play = Play(document, WRITING).start().end("s", "a", "b", "c").fire("child:1:0:a")
    assert play.machine.finished is not None
    assert play.machine.finished.outcome == "failed"
    play.feed(Resumed())
    assert [start.task.node for start in play.waiting] == ["x"]
    assert play.timers == {"child:1:0:a": 2000}
    assert play.go().outcome == "finished"
    assert log(play) == ["s", "a", "b", "c", "x"]
    checked(play)


def test_a_child_that_nobody_waits_for_has_its_time_too() -> None:
    document = graph(
        pass_("s", sends=[send("a", blocking=False, optional=True, timeout=500)], next="t"), *map(pass_, "at")
    )
    play = Play(document, {}).start().end("s", "t").fire("child:1:1:a")
    assert play.machine.finished is not None
    assert play.machine.finished.outcome == "finished"
    checked(play)


def test_the_time_of_a_child_is_not_that_of_what_nobody_waits_for_in_it() -> None:
    document = fan(
        join_sends("t"),
        send("a", timeout=2000),
        send("b"),
        more=(pass_("a", sends=[send("x", blocking=False)], next="c"), pass_("x"), pass_("b", next="b2"), pass_("b2")),
    )
    play = Play(document, WRITING).start().end("s", "a", "b")
    assert play.timers == {"child:1:0:a": 2000}
    play.end("c")
    assert play.timers == {}
    assert play.end("b2").go().outcome == "finished"
    assert outcomes(play) == ["succeeded", "succeeded"]
    checked(play)


# Joins


def test_a_join_whose_time_is_up_hands_on_what_there_is() -> None:
    document = fan(
        join_sends("t", timeout=3000, on_timeout="late"), more=(pass_("late"), pass_("c", next="c2"), pass_("c2"))
    )
    play = Play(document, WRITING).start().end("s")
    assert play.timers == {"join:0:0:s": 3000}
    play.end("a", "c").fire("join:0:0:s")
    assert play.cut == ["1:1:b"]
    assert play.go().outcome == "finished"
    assert play.machine.path == ["s", ["a", "b", "c"], "late"]
    assert outcomes(play, "late") == ["succeeded", "timeout", "timeout"]
    assert error_of(play, "late")["message"] == "the join of `s` takes longer than 3 s"
    assert log(play) == ["s", "a"]
    checked(play)


@pytest.mark.parametrize("handler", ["fix", None])
def test_without_on_timeout_a_join_fails_as_its_sender(handler: str | None) -> None:
    document = fan(join_sends("t", "race", timeout=3000), on_error=handler)
    play = Play(document, WRITING).start().end("s").fire("join:0:0:s")
    if handler is not None:
        assert outcomes(play, "fix") == ["timeout"] * 3
        assert play.go().outcome == "finished"
    else:
        assert play.machine.finished is not None
        assert play.machine.finished.outcome == "failed"
        play.feed(Resumed())
        assert [start.task.node for start in play.waiting] == ["a", "b", "c"]
        assert play.timers == {"join:0:0:s": 3000}
        assert play.end("c").go().outcome == "finished"
        assert outcomes(play) == ["cancelled", "cancelled", "succeeded"]
    checked(play)


def test_a_join_that_holds_has_no_time_any_more() -> None:
    document = graph(
        pass_("r", sends=[send("s"), send("x")]),
        pass_("s", sends=[send("a"), send("b")], join=join_sends("t", "quorum", quorum=1, keep=True, timeout=9000)),
        pass_("x", next="y"),
        *map(pass_, ["y", "a", "b", "t"]),
    )
    play = Play(document, {}).start().end("r", "s", "x")
    assert play.timers == {"join:1:0:s": 9000}
    play.end("a")
    assert play.timers == {}
    assert play.go().outcome == "finished"
    checked(play)


def test_the_time_of_a_fallback_is_that_of_all_its_children() -> None:
    script: Script = {"a": Fail(), "s": Ok(writes=[("log", "s")])}
    play = Play(fan(join_sends("t", "fallback", timeout=3000, on_timeout="fix")), script).start().end("s", "a")
    assert play.timers == {"join:0:0:s": 3000}
    play.fire("join:0:0:s")
    assert outcomes(play, "fix") == ["failed", "timeout", "skipped"]
    play.go()
    check_replay(play)
