"""Children that may fail, children that nobody waits for, and children that begin with their sender's conversation."""

from __future__ import annotations

from rag_ir.build import channel, join_sends, pass_, send
from rag_ir.graph import Document, Json
from rag_runtime.commands import ChildFailed
from rag_runtime.events import Cancelled, Resumed
from tests.machine.play import Ask, Fail, Ok, Play, Script, check_restarts, every_order, graph, played, shown
from tests.machine.test_waits import LOG, WRITING, check_restarts_to, checked, children, fan, log, outcomes

# Optional children


def test_a_failed_optional_child_is_told_of_and_fails_nothing() -> None:
    errors = channel("errors", "append")
    made = graph(
        pass_("s", sends=[send("a", optional=True), send("b"), send("c", optional=True)], join="t"),
        *map(pass_, ["a", "b", "t"]),
        pass_("c", next="c2"),
        pass_("c2"),
        channels=[LOG, errors],
    )
    plays = every_order(made, {**WRITING, "a": Fail("one"), "c2": Fail("two")})
    assert len({shown(play.machine) for play in plays}) == 1
    play = plays[0]
    assert outcomes(play) == ["failed", "succeeded", "failed"]
    assert play.machine.state["errors"] == [
        {"node": "a", "error": {"code": "one", "message": "it is one", "node": "a", "task": "1:0:a"}},
        {"node": "c", "error": {"code": "two", "message": "it is two", "node": "c2", "task": "2:0:c2"}},
    ]
    told = [command for commands in play.answers for command in commands if isinstance(command, ChildFailed)]
    assert [(each.child, each.node, each.index, each.optional) for each in told] == [
        ("1:0:a", "a", 0, True),
        ("1:2:c", "c", 2, True),
    ]
    check_restarts(checked(play))


def test_a_required_child_beside_optional_ones_still_fails_the_join() -> None:
    document = fan(join_sends("t"), send("a", optional=True), send("b"), on_error="fix")
    play = played(document, {"a": Fail(), "b": Fail("required")})
    assert play.machine.path == ["s", ["a", "b"], "fix"]


def test_an_optional_child_that_nobody_joins() -> None:
    document = graph(
        pass_("s", sends=[send("a", optional=True)], next="b"), *map(pass_, "ab"), channels=[channel("errors", "sum")]
    )
    play = played(document, {"a": Fail()})
    assert play.machine.path == ["s", ["b", "a"]]
    assert play.machine.state["errors"] == 0


def test_a_failed_optional_source_has_arrived() -> None:
    document = graph(
        pass_("s", sends=[send("a", optional=True), send("b")]), *map(pass_, "abc"), joins=[(["a", "b"], "c")]
    )
    play = played(document, {"a": Fail()})
    assert [outcome for _, _, outcome, _ in children(play, "c")] == ["failed", "succeeded"]


# Children that nobody waits for


def behind() -> Document:
    return graph(
        pass_("s", sends=[send("a", blocking=False), send("b")], join="t"),
        pass_("a", next="a2"),
        pass_("a2"),
        pass_("b"),
        pass_("t", next="u"),
        pass_("u"),
        channels=[LOG],
    )


BEHIND: Script = {name: Ok(writes=[("log", name)]) for name in ("s", "a", "a2", "b", "t", "u")}


def test_no_boundary_waits_for_a_child_that_does_not_block() -> None:
    play = Play(behind(), BEHIND).start().end("s", "b", "t", "u")
    assert play.machine.finished is None
    assert log(play) == ["s", "b", "t", "u"]
    assert [start.task.node for start in play.waiting] == ["a"]
    play.end("a")
    assert log(play) == ["s", "b", "t", "u", "a"]
    assert play.go().outcome == "finished"
    assert log(play) == ["s", "b", "t", "u", "a", "a2"]
    assert children(play) == [("b", 1, "succeeded", None)]
    checked(play)
    check_restarts_to(play)


def test_it_is_merged_at_the_first_boundary_after_its_end_in_task_order() -> None:
    play = Play(behind(), BEHIND).start().end("s", "b", "a", "t")
    assert log(play) == ["s", "b", "a", "t"]
    assert play.machine.path == ["s", ["a", "b"], "t", ["a2", "u"]]
    play.go()
    checked(play)


def test_writes_of_several_come_in_task_order() -> None:
    document = graph(
        pass_("s", sends=[send("a", blocking=False), send("b", blocking=False)], next="t"),
        *map(pass_, "ab"),
        pass_("t", sends=[send("c", blocking=False)], next="u"),
        pass_("c"),
        pass_("u"),
        channels=[LOG],
    )
    play = Play(document, {name: Ok(writes=[("log", name)]) for name in "sabctu"}).start()
    play.end("s", "t", "c", "b", "a", "u")
    assert log(play) == ["s", "t", "a", "b", "u", "c"]
    checked(play)


def test_it_sees_what_was_committed_when_it_began_however_often_it_is_started() -> None:
    play = Play(behind(), BEHIND).start().end("s", "b", "t")
    again = Play(play.document, play.script)
    for event in play.journal:
        again.feed(event)
    again.take_up()
    started = {start.task.node: start.task.state for start in again.waiting}
    assert started == {"a": {"log": ["s"]}, "u": {"log": ["s", "b", "t"]}}
    assert all(start.task.concurrent > 1 for start in again.waiting)


def test_its_failure_fails_the_run_when_the_rest_has_ended() -> None:
    broken = True
    script: Script = {**BEHIND, "a": lambda start: Fail() if broken else Ok(writes=[("log", "a")])}
    play = Play(behind(), script).start().end("s", "a", "b")
    assert play.machine.finished is not None
    assert play.machine.finished.outcome == "failed"
    broken = False
    play.feed(Resumed())
    assert [start.task.node for start in play.waiting] == ["a", "t"]
    assert play.go().outcome == "finished"
    assert log(play) == ["s", "b", "a", "t", "a2", "u"]
    checked(play)


def test_an_optional_one_fails_nothing() -> None:
    document = graph(
        pass_("s", sends=[send("a", blocking=False, optional=True)], next="t"), *map(pass_, "at"), channels=[LOG]
    )
    play = Play(document, {**WRITING, "a": Fail()}).start().end("s", "t")
    assert play.go().outcome == "finished"


def test_the_run_pauses_only_when_it_has_ended_and_its_question_holds_up_nothing() -> None:
    asking = Play(behind(), {**BEHIND, "t": Ask()}).start().end("s", "b", "t")
    assert asking.machine.finished is None
    asking.end("a")
    assert asking.machine.finished is not None
    assert asking.machine.finished.outcome == "paused"
    checked(asking)
    behind_asks = Play(behind(), {**BEHIND, "a": Ask()}).start().end("s", "a", "b", "t", "u")
    assert behind_asks.machine.finished is not None
    assert behind_asks.machine.finished.outcome == "paused"
    behind_asks.script = BEHIND
    behind_asks.answer("1:0:a", 1)
    assert behind_asks.go().outcome == "finished"
    assert log(behind_asks) == ["s", "b", "t", "u", "a", "a2"]
    checked(behind_asks)


def test_a_cancelled_run_takes_it_up_again() -> None:
    play = Play(behind(), BEHIND).start().end("s", "b", "t")
    play.feed(Cancelled())
    play.drop()
    play.feed(Resumed())
    assert [start.task.node for start in play.waiting] == ["a", "u"]
    assert play.go().outcome == "finished"
    checked(play)


def test_a_join_over_declared_nodes_does_not_wait_for_it() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("b", blocking=False)]), *map(pass_, "abc"), joins=[(["a", "b"], "c")]
    )
    play = Play(document, {}).start().end("s", "a")
    assert outcomes(play, "c") == ["succeeded", "skipped"]
    play.go()
    checked(play)


# context


def test_a_forked_child_begins_with_the_conversation_of_its_sender() -> None:
    said: list[Json] = [{"role": "user", "content": "hello", "id": "m1"}]
    document = graph(
        pass_("s", sends=[send("a", context="fork"), send("b")], join="t"),
        pass_("a", sends=[send("c", context="fork"), send("x")], join="d"),
        *map(pass_, ["b", "c", "x", "d", "t"]),
        channels=[channel("messages", "messages")],
    )
    own: list[Json] = [{"role": "assistant", "content": "mine", "id": "m2"}]
    play = played(document, {"s": Ok(messages=said), "a": Ok(messages=own)})
    check_restarts(play)
    seen = {node: list(play.of(node)[0].task.transcript) for node in "abcxdt"}
    assert seen == {"a": said, "b": [], "c": [*said, *own], "x": [], "d": [*said, *own], "t": said}
    assert play.machine.state["messages"] == said
    assert [play.of(node)[0].task.forked for node in "abc"] == [True, False, True]
