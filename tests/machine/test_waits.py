"""What joins wait for: `race`, `quorum`, `best_effort`, `fallback`, `compare`, and children that nobody waits for."""

from __future__ import annotations

from typing import Literal

import pytest

from rag_ir.build import channel, get, join_sends, lit, pass_, send
from rag_ir.graph import Code, Document, JoinSends, Json, Node, Send
from rag_runtime.events import CallEnded, Resumed, TaskSucceeded, Usage
from rag_runtime.machine import MachineError
from tests.machine.play import (
    Ask,
    Fail,
    Ok,
    Play,
    Script,
    check_replay,
    check_restarts,
    every_order,
    graph,
    played,
    shown,
)

LOG = channel("log", "append")
WRITING: Script = {name: Ok(name.upper(), writes=[("log", name)]) for name in "abcdsx"}
Wait = Literal["all", "race", "quorum", "best_effort", "fallback", "compare"]


def children(play: Play, node: str = "t", visit: int = 1) -> list[tuple[Json, Json, Json, Json]]:
    """`args.children` of a node's activation, as (node, index, outcome, output)."""
    args = play.of(node)[visit - 1].task.args
    assert isinstance(args, dict)
    found = args["children"]
    assert isinstance(found, list)
    return [(each["node"], each["index"], each["outcome"], each["output"]) for each in found if isinstance(each, dict)]


def outcomes(play: Play, node: str = "t") -> list[Json]:
    return [outcome for _, _, outcome, _ in children(play, node)]


def fan(join: JoinSends, *sends: Send, more: tuple[Node, ...] = (), on_error: str | None = None) -> Document:
    """A node `s` that sends to `a`, `b` and `c`, or as given, and joins them in `t`."""
    sender = pass_("s", sends=sends or [send("a"), send("b"), send("c")], join=join)
    if on_error is not None:
        sender = pass_("s", sends=sends or [send("a"), send("b"), send("c")], join=join, on_error=on_error)
    named = {each.name for each in more}
    rest = [pass_(name) for name in ("a", "b", "c", "t", "fix") if name not in named]
    return graph(sender, *rest, *more, channels=[LOG])


def log(play: Play) -> Json:
    return play.machine.state["log"]


def checked(play: Play) -> Play:
    check_replay(play)
    return play


# race


def test_the_first_success_that_is_journaled_wins() -> None:
    play = Play(fan(join_sends("t", "race")), WRITING).start().end("s", "b")
    assert [start.task.node for start in play.waiting] == ["t"]
    assert play.cut == ["1:0:a", "1:2:c"]
    play.go()
    assert children(play) == [
        ("a", 0, "cancelled", None),
        ("b", 1, "succeeded", "B"),
        ("c", 2, "cancelled", None),
    ]
    assert log(play) == ["s", "b"]
    assert [task.status for task in play.machine.tasks] == [
        "succeeded",
        "cancelled",
        "succeeded",
        "cancelled",
        "succeeded",
    ]
    checked(play)


def test_a_race_may_come_out_in_any_way_and_each_journal_says_how() -> None:
    plays = every_order(fan(join_sends("t", "race")), WRITING)
    assert sorted(str(log(play)) for play in plays) == ["['s', 'a']", "['s', 'b']", "['s', 'c']"]
    for play in plays:
        checked(play)


def test_a_race_goes_on_after_failures_and_fails_when_all_have_failed() -> None:
    document = fan(join_sends("t", "race"), on_error="fix")
    script: Script = {**WRITING, "a": Fail("one"), "c": Fail("three")}
    play = played(document, script)
    assert outcomes(play) == ["failed", "succeeded", "cancelled"]
    lost = played(document, {name: Fail(name) for name in "abc"})
    assert lost.machine.path == ["s", ["a", "b", "c"], "fix"]
    args = lost.of("fix")[0].task.args
    assert isinstance(args, dict)
    assert isinstance(args["error"], dict)
    assert args["error"]["code"] == "a"
    assert outcomes(lost, "fix") == ["failed", "failed", "failed"]


def test_a_race_that_nobody_wins_fails_the_run_and_is_run_again() -> None:

    broken = True
    script: Script = {name: lambda start: Fail() if broken else Ok(writes=[("log", start.task.node)]) for name in "ab"}
    play = Play(fan(join_sends("t", "race"), send("a"), send("b")), script).start()
    assert play.go().outcome == "failed"
    broken = False
    play.feed(Resumed())
    assert [start.task.node for start in play.waiting] == ["a", "b"]
    assert play.end("b").go().outcome == "finished"
    assert outcomes(play) == ["cancelled", "succeeded"]
    assert log(play) == ["b"]


def test_a_child_wins_when_the_last_of_its_tree_has_ended() -> None:
    document = fan(
        join_sends("t", "race"),
        send("a"),
        send("b"),
        more=(
            pass_("a", sends=[send("x"), send("c")], next="d"),
            pass_("x"),
            pass_("d"),
            pass_("b", next="b2"),
            pass_("b2", next="b3"),
            pass_("b3"),
        ),
    )
    play = Play(document, WRITING).start().end("s", "a", "b", "x", "d")
    assert [start.task.node for start in play.waiting] == ["b2", "c"]
    play.end("c")
    assert play.cut == ["2:3:b2"] or play.cut == ["2:1:b2"]
    assert [start.task.node for start in play.waiting] == ["t"]
    play.go()
    assert outcomes(play) == ["succeeded", "cancelled"]
    assert log(play) == ["s", "a", "b", "d", "x", "c"]
    checked(play)


def test_what_a_loser_did_in_the_same_step_is_discarded_and_what_was_merged_stays() -> None:
    document = fan(
        join_sends("t", "race"),
        send("a"),
        send("b"),
        more=(pass_("a", sends=[send("c"), send("x")]), pass_("x"), pass_("b", next="b2"), pass_("b2")),
    )
    play = Play(document, {**WRITING, "b2": Ok("B2", writes=[("log", "b2")])}).start().end("s", "a", "b")
    play.end("c", "b2")
    assert play.cut == ["2:2:x"]
    play.go()
    assert log(play) == ["s", "a", "b", "b2"]
    checked(play)


def test_other_activations_of_the_step_are_waited_for() -> None:
    document = graph(
        pass_("r", sends=[send("s"), send("x")]),
        pass_("s", sends=[send("a"), send("b")], join=join_sends("t", "race")),
        pass_("x", next="y"),
        *map(pass_, ["y", "a", "b", "t"]),
        channels=[LOG],
    )
    play = Play(document, WRITING).start().end("r", "s", "x", "a")
    assert [start.task.node for start in play.waiting] == ["y"]
    play.go()
    assert play.machine.path == ["r", ["s", "x"], ["y", "a", "b"], "t"]
    checked(play)


def test_ends_that_guards_decide_are_known_at_the_boundary() -> None:
    never: Code = ["==", ["call", "len", get("state", "log")], lit(99)]
    guarded: list[tuple[str | None, Code, str]] = [(None, never, "d"), (None, None, "END")]
    document = fan(
        join_sends("t", "race"),
        send("a"),
        send("b"),
        more=(pass_("a", routes=guarded), pass_("b", routes=guarded), pass_("d")),
    )
    plays = every_order(document, WRITING)
    assert {str(outcomes(play)) for play in plays} == {"['succeeded', 'succeeded']"}
    assert len({shown(play.machine) for play in plays}) == 1


def test_a_loser_takes_its_own_children_with_it() -> None:
    document = fan(
        join_sends("t", "race"),
        send("a"),
        send("b"),
        more=(
            pass_("a", sends=[send("x"), send("y", blocking=False)], join="d"),
            *map(pass_, ["x", "y", "d"]),
            pass_("b", next="b2"),
            pass_("b2"),
        ),
    )
    play = Play(document, WRITING).start().end("s", "a", "b", "b2")
    assert sorted(play.cut) == ["2:1:x", "2:2:y"]
    assert play.go().outcome == "finished"
    checked(play)


def test_a_loser_that_asks_is_not_asked_any_more() -> None:
    play = Play(fan(join_sends("t", "race")), {**WRITING, "a": Ask()}).start().end("s", "a")
    assert [question.address for question in play.machine.questions] == ["1:0:a"]
    play.end("b")
    assert play.machine.questions == ()
    assert play.go().outcome == "finished"
    assert outcomes(play) == ["cancelled", "succeeded", "cancelled"]
    checked(play)


def test_calls_of_a_loser_are_counted_and_its_end_is_refused() -> None:

    play = Play(fan(join_sends("t", "race")), WRITING).start().end("s", "b")
    play.feed(CallEnded(task="1:0:a", call="model:1", kind="model", name="m", usage=Usage(model_calls=1)))
    assert play.machine.usage.model_calls == 1
    with pytest.raises(MachineError):
        play.machine.feed(TaskSucceeded(task="1:0:a", output=None, label="final"))
    assert play.go().usage.model_calls == 1


# quorum


def test_a_quorum_holds_with_its_number_of_successes() -> None:
    play = Play(fan(join_sends("t", "quorum", quorum=2)), WRITING).start().end("s", "c", "a")
    assert play.cut == ["1:1:b"]
    play.go()
    assert outcomes(play) == ["succeeded", "cancelled", "succeeded"]
    assert log(play) == ["s", "a", "c"]
    checked(play)


@pytest.mark.parametrize("failing", ["a", "b", "c"])
def test_a_quorum_bears_failures_as_long_as_enough_can_succeed(failing: str) -> None:
    document = fan(join_sends("t", "quorum", quorum=2))
    plays = every_order(document, {**WRITING, failing: Fail()})
    for play in plays:
        assert sorted(map(str, outcomes(play))).count("succeeded") == 2
        checked(play)
    script: Script = {"a": Fail("one"), "b": Fail("two")}
    lost = Play(document, script).start()
    finish = lost.go()
    assert finish.outcome == "failed"
    assert finish.error is not None
    assert finish.error.code == "one"


def test_a_quorum_counts_over_supersteps() -> None:
    document = fan(
        join_sends("t", "quorum", quorum=2),
        more=(pass_("b", next="b2"), pass_("b2", next="b3"), pass_("b3"), pass_("c", next="c2"), pass_("c2")),
    )
    play = Play(document, WRITING).start().end("s", "a", "b", "c", "c2")
    assert play.cut == ["2:0:b2"]
    play.go()
    assert outcomes(play) == ["succeeded", "cancelled", "succeeded"]
    checked(play)


def test_what_a_quorum_keeps_goes_on_and_is_merged_when_it_ends() -> None:
    document = fan(
        join_sends("t", "quorum", quorum=1, keep=True),
        send("a"),
        send("b"),
        more=(pass_("t", next="u"), pass_("u", next="v"), pass_("v"), pass_("b", next="b2"), pass_("b2")),
    )
    script: Script = {**WRITING, **{name: Ok(writes=[("log", name)]) for name in ("t", "u", "v", "b2")}}
    play = Play(document, script).start().end("s", "a")
    assert [start.task.node for start in play.waiting] == ["b", "t"]
    play.end("t", "b", "u")
    assert log(play) == ["s", "a", "t", "b", "u"]
    play.end("v")
    assert play.machine.finished is None
    finish = play.go()
    assert finish.outcome == "finished"
    assert outcomes(play) == ["succeeded", "skipped"]
    assert log(play) == ["s", "a", "t", "b", "u", "v", "b2"]
    checked(play)
    check_restarts_to(play)


def test_a_kept_child_may_fail() -> None:
    document = fan(join_sends("t", "quorum", quorum=1, keep=True), send("a"), send("b"))
    play = Play(document, {**WRITING, "b": Fail()}).start().end("s", "a", "t")
    assert play.machine.finished is None
    assert play.go().outcome == "finished"
    checked(play)


def check_restarts_to(play: Play) -> None:
    """Taken up at any place, the run ends in a way that its own journal repeats."""
    for length in range(1, len(play.journal) + 1):
        again = Play(play.document, play.script)
        for event in play.journal[:length]:
            again.feed(event)
        again.take_up()
        assert again.go().outcome == "finished"
        check_replay(again)


# best_effort, compare, fallback


def test_best_effort_fires_when_all_have_ended_however() -> None:
    document = fan(join_sends("t", "best_effort"), more=(pass_("b", next="b2"), pass_("b2")))
    script: Script = {**WRITING, "a": Fail("one"), "b2": Fail("two")}
    plays = every_order(document, script)
    assert len({shown(play.machine) for play in plays}) == 1
    assert outcomes(plays[0]) == ["failed", "failed", "succeeded"]
    assert log(plays[0]) == ["s", "b", "c"]
    check_restarts(checked(plays[0]))
    everyone = played(document, {name: Fail() for name in "abc"})
    assert outcomes(everyone) == ["failed", "failed", "failed"]


def test_a_failed_child_is_cut_off_as_a_whole() -> None:
    document = fan(
        join_sends("t", "best_effort"),
        send("a"),
        send("b"),
        more=(pass_("a", sends=[send("c"), send("x")]), pass_("x", next="y"), pass_("y"), pass_("c")),
    )
    play = played(document, {**WRITING, "c": Fail()})
    assert outcomes(play) == ["failed", "succeeded"]
    assert play.of("y") == []
    assert log(play) == ["s", "a", "b", "x"]


def test_compare_waits_for_all_and_needs_two() -> None:
    document = fan(join_sends("t", "compare"))
    assert outcomes(played(document, WRITING)) == ["succeeded", "succeeded", "succeeded"]
    failed = Play(document, {**WRITING, "b": Fail()}).start()
    assert failed.go().outcome == "failed"
    alone = Play(fan(join_sends("t", "compare"), send("a")), WRITING).start().go()
    assert alone.error is not None
    assert alone.error.code == "too-few-children"


def test_fallback_starts_the_next_child_when_one_has_failed() -> None:
    document = fan(join_sends("t", "fallback"), more=(pass_("b", next="b2"), pass_("b2")))
    play = played(document, {**WRITING, "a": Fail()})
    check_restarts(play)
    assert play.machine.path == ["s", "a", "b", "b2", "t"]
    assert outcomes(play) == ["failed", "succeeded", "skipped"]
    first = played(document, WRITING)
    assert first.machine.path == ["s", "a", "t"]
    assert outcomes(first) == ["succeeded", "skipped", "skipped"]
    lost = played(fan(join_sends("t", "fallback"), on_error="fix"), {name: Fail(name) for name in "abc"})
    assert lost.machine.path == ["s", "a", "b", "c", "fix"]
    args = lost.of("fix")[0].task.args
    assert isinstance(args, dict)
    assert isinstance(args["error"], dict)
    assert args["error"]["code"] == "c"


def test_the_payloads_of_a_fallback_are_those_of_its_beginning() -> None:
    document = fan(
        join_sends("t", "fallback"),
        send("a", {"n": ["call", "len", get("state", "log")]}),
        send("b", {"n": ["call", "len", get("state", "log")]}),
        more=(pass_("a", next="a2"), pass_("a2")),
    )
    play = played(document, {**WRITING, "a2": Fail()})
    assert [play.of(node)[0].task.args for node in "ab"] == [{"n": 1}, {"n": 1}]
    assert play.of("b")[0].task.state == {"log": ["s", "a"]}


# Numbers of children


@pytest.mark.parametrize(
    ("wait", "fires"),
    [("all", True), ("best_effort", True), ("compare", True), ("race", False), ("fallback", False), ("quorum", False)],
)
def test_zero_children(wait: Wait, *, fires: bool) -> None:
    join = join_sends("t", wait, quorum=2 if wait == "quorum" else None)
    document = fan(join, send("a", {"x": ["var", "x"]}, each=("x", get("input"))), on_error="fix")
    play = played(document, WRITING, [])
    assert play.machine.path == ["s", "t" if fires else "fix"]
    assert children(play, "t" if fires else "fix") == []


def test_a_quorum_of_too_few_starts_nothing() -> None:
    document = fan(join_sends("t", "quorum", quorum=4), on_error="fix")
    assert played(document, WRITING).machine.path == ["s", "fix"]
