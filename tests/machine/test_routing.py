"""Where a branch goes on: labels, guards, sends, and what fails an activation at the boundary."""

from __future__ import annotations

import pytest

from rag_ir.build import channel, get, lit, pass_, send
from rag_ir.graph import Json, Send
from rag_runtime.events import Error, Resumed
from tests.machine.play import Fail, Give, Ok, Play, check_restarts, every_order, graph, played, shown, writing


def failure(play: Play) -> Error:
    """The error that ended the run."""
    finish = play.go()
    assert finish.outcome == "failed"
    assert finish.error is not None
    return finish.error


ENTRIES: list[tuple[str | None, Json, str]] = [
    ("tool_call", None, "tools"),
    (None, [">=", get("output", "score"), lit(0.8)], "publish"),
    (None, [">=", get("state", "rounds"), lit(3)], "END"),
    (None, None, "revise"),
]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Ok({"score": 0.9}, label="tool_call"), ["a", "tools"]),
        (Ok({"score": 0.9}), ["a", "publish"]),
        (Ok({"score": 0.1}, writes=[("rounds", 3)]), ["a"]),
        (Ok({"score": 0.1}), ["a", "revise"]),
    ],
)
def test_the_first_route_that_matches_is_taken(given: Give, expected: list[str]) -> None:
    document = graph(
        pass_("a", routes=ENTRIES),
        pass_("tools"),
        pass_("publish"),
        pass_("revise"),
        channels=[channel("rounds", "sum")],
    )
    assert played(document, {"a": given}).machine.path == expected


def test_no_route_fails_the_activation() -> None:
    document = graph(pass_("a", routes={"yes": "b"}), pass_("b"), channels=[channel("x")])
    error = failure(played(document, {"a": Ok(label="no", writes=[("x", 1)])}))
    assert (error.code, error.node, error.task, error.at) == ("no-route", "a", "0:0:a", "/graphs/g/nodes/0/routing")
    assert "`no`" in error.message


def test_a_failure_at_the_boundary_writes_nothing_and_goes_to_the_handler() -> None:
    document = graph(
        pass_("a", routes={"yes": "b"}, on_error="c"),
        pass_("b"),
        pass_("c"),
        channels=[channel("x"), channel("messages", "messages")],
    )
    give = Ok(label="no", writes=[("x", 1)], messages=[{"role": "user", "content": "lost"}])
    play = played(document, {"a": give})
    assert play.machine.path == ["a", "c"]
    assert play.machine.state == {"x": None, "messages": []}
    args = play.of("c")[0].task.args
    assert isinstance(args, dict)
    assert args == {
        "error": {"code": "no-route", "message": "node `a`: no route matches for `no`", "node": "a", "task": "0:0:a"},
        "children": [],
    }


def test_siblings_route_on_the_state_without_the_writes_of_a_failure() -> None:
    seen: list[tuple[str | None, Json, str]] = [
        (None, ["in", lit("bad"), get("state", "x")], "yes"),
        (None, None, "no"),
    ]
    document = graph(
        pass_("s", sends=[send("good"), send("bad")]),
        pass_("good", routes=seen),
        pass_("bad", routes={"never": "yes"}, on_error="rescue"),
        pass_("yes"),
        pass_("no"),
        pass_("rescue"),
        channels=[channel("x", "append")],
    )
    script = {"good": Ok(writes=[("x", "good")]), "bad": Ok(writes=[("x", "bad")])}
    plays = every_order(document, script)
    assert len({shown(play.machine) for play in plays}) == 1
    assert plays[0].machine.path == ["s", ["good", "bad"], ["no", "rescue"]]
    assert plays[0].machine.state == {"x": ["good"]}


def test_a_clash_is_the_failure_of_the_later_writer_and_may_be_caught() -> None:
    document = graph(
        pass_("s", sends=[send("w"), send("w")], join="t"),
        pass_("w", on_error="rescue"),
        pass_("rescue"),
        pass_("t"),
        channels=[channel("x")],
    )
    play = played(document, {"w": writing("x")})
    assert play.machine.path == ["s", ["w", "w"], "rescue", "t"]
    assert play.machine.state == {"x": "1:0:w"}


@pytest.mark.parametrize(("label", "expected"), [("error", ["a", "b"]), ("failed", ["a", "c"])])
def test_routes_may_catch_labels_of_failure(label: str, expected: list[str]) -> None:
    document = graph(pass_("a", routes={"final": "d", "error": "b", "failed": "c"}, on_error="d"), *map(pass_, "bcd"))
    play = played(document, {"a": Fail(label=label)})
    assert play.machine.path == expected
    assert play.starts[-1].task.args is None


def test_guards_do_not_see_a_failure_and_its_route_goes_first() -> None:
    document = graph(
        pass_("a", routes=[(None, [">", get("output"), lit(1)], "b"), ("error", None, "c"), (None, None, "d")]),
        *map(pass_, "bcd"),
    )
    assert played(document, {"a": Fail(label="error")}).machine.path == ["a", "c"]


def test_on_error_goes_before_else_and_else_takes_a_label_that_nothing_else_takes() -> None:
    routes = {"final": "b", "else": "c"}
    caught = graph(pass_("a", routes=routes, on_error="d"), *map(pass_, "bcd"))
    assert played(caught, {"a": Fail(label="failed")}).machine.path == ["a", "d"]
    plain = graph(pass_("a", routes=routes), *map(pass_, "bc"))
    assert played(plain, {"a": Fail(label="failed")}).machine.path == ["a", "c"]
    assert failure(played(plain, {"a": Fail("lost")})).code == "lost"


def test_a_label_of_failure_without_a_route_fails_with_the_error_itself() -> None:
    document = graph(pass_("a", routes={"final": "b"}), pass_("b"))
    assert failure(played(document, {"a": Fail("lost", label="error")})).code == "lost"


@pytest.mark.parametrize("label", ["error", "failed"])
def test_a_label_of_failure_under_next_fails(label: str) -> None:
    document = graph(pass_("a", next="b"), pass_("b"))
    assert failure(played(document, {"a": Fail("lost", label=label)})).code == "lost"
    assert failure(played(document, {"a": Ok(label=label)})).code == "no-route"
    alone = graph(pass_("a"))
    assert failure(played(alone, {"a": Ok(label=label)})).code == "no-route"


def test_a_success_with_a_label_of_failure_keeps_its_writes_when_it_is_routed() -> None:
    document = graph(pass_("a", routes={"done": "END", "error": "b"}), pass_("b"), channels=[channel("x")])
    play = played(document, {"a": Ok(label="error", writes=[("x", 1)])})
    assert (play.machine.path, play.machine.state) == (["a", "b"], {"x": 1})


def test_a_route_for_a_failure_may_end_the_branch() -> None:
    document = graph(pass_("a", routes={"final": "b", "error": "END"}), pass_("b"))
    play = played(document, {"a": Fail(label="error")})
    assert (play.machine.path, play.go().outcome) == (["a"], "finished")


@pytest.mark.parametrize(
    ("guard", "at"),
    [
        (["==", ["/", lit(1), lit(0)], lit(1)], "/1"),
        (lit("yes"), ""),
        (get("output"), ""),
    ],
)
def test_a_guard_that_has_no_boolean_value_fails_the_activation(guard: Json, at: str) -> None:
    document = graph(pass_("a", routes=[(None, guard, "b"), (None, None, "b")]), pass_("b"))
    error = failure(played(document))
    assert (error.code, error.at) == ("expression-failed", f"/graphs/g/nodes/0/routing/entries/0/when{at}")


def each(most: int | None = None) -> Send:
    return send("w", {"n": ["var", "x"]}, each=("x", get("input")), max=most)


def test_each_sends_one_child_per_element() -> None:
    document = graph(pass_("s", sends=[each(3)], join="t"), pass_("w"), pass_("t"))
    play = played(document, {"w": lambda start: Ok(start.task.args)}, ["a", "b", "c"])
    assert [start.task.args for start in play.of("w")] == [{"n": "a"}, {"n": "b"}, {"n": "c"}]
    args = play.of("t")[0].task.args
    assert isinstance(args, dict)
    children = args["children"]
    assert isinstance(children, list)
    assert [(child["index"], child["output"]) for child in children if isinstance(child, dict)] == [
        (0, {"n": "a"}), (1, {"n": "b"}), (2, {"n": "c"}),
    ]  # fmt: skip


def test_an_empty_each_joins_at_once() -> None:
    document = graph(pass_("s", sends=[each()], join="t"), pass_("w"), pass_("t"))
    play = played(document, given=[])
    assert play.machine.path == ["s", "t"]
    assert play.of("t")[0].task.args == {"children": []}


def test_an_empty_each_without_a_join_goes_on() -> None:
    assert played(graph(pass_("s", sends=[each()], next="w"), pass_("w")), given=[]).machine.path == ["s", "w"]


@pytest.mark.parametrize(
    ("given", "code", "at"),
    [
        ({"not": "a list"}, "expression-failed", "/graphs/g/nodes/0/sends/1/each/source"),
        ([1, 2, 3], "too-many-children", "/graphs/g/nodes/0/sends/1"),
    ],
)
def test_when_a_send_fails_nothing_of_the_sends_starts(given: Json, code: str, at: str) -> None:
    document = graph(pass_("s", sends=[send("w"), each(2)], join="t"), pass_("w"), pass_("t"))
    play = played(document, given=given)
    error = failure(play)
    assert (error.code, error.at, error.node) == (code, at, "s")
    assert play.machine.path == ["s"]


def test_a_payload_without_a_value_fails_the_sender() -> None:
    payload = {"ok": lit(1), "n": ["+", get("input"), lit(1)]}
    document = graph(pass_("s", sends=[send("w", payload)], join="t", on_error="r"), *map(pass_, "wtr"))
    play = played(document, given="text")
    assert play.machine.path == ["s", "r"]
    args = play.of("r")[0].task.args
    assert isinstance(args, dict)
    assert isinstance(args["error"], dict)
    assert args["error"]["code"] == "expression-failed"
    assert played(document, given=1).of("w")[0].task.args == {"ok": 1, "n": 2}


def test_the_variable_of_an_each_is_its_own() -> None:
    document = graph(pass_("s", sends=[each(), send("w", {"n": ["var", "x"]})], join="t"), *map(pass_, "wt"))
    error = failure(played(document, given=[1]))
    assert (error.code, error.at) == ("expression-failed", "/graphs/g/nodes/0/sends/1/payload/0/value")


def test_the_first_route_for_a_failure_is_taken() -> None:
    document = graph(pass_("a", routes=[("error", None, "b"), ("error", None, "c")]), *map(pass_, "bc"))
    assert played(document, {"a": Fail(label="error")}).machine.path == ["a", "b"]


def test_a_send_without_a_payload_has_no_args() -> None:
    play = played(graph(pass_("s", sends=[send("w")], join="t"), pass_("w"), pass_("t")))
    assert (play.of("w")[0].task.args, play.of("w")[0].task.sent) == (None, True)
    assert (play.of("t")[0].task.sent, play.of("s")[0].task.sent) == (False, False)


def test_a_run_that_failed_at_the_boundary_repeats_only_what_failed() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("b")], join="t"),
        pass_("a"),
        pass_("b", routes=[(None, ["==", get("output"), lit(1)], "END")]),
        pass_("t"),
        channels=[channel("x", "append")],
    )
    attempts = iter([Ok(0, writes=[("x", "b0")]), Ok(1, writes=[("x", "b1")])])
    play = Play(document, {"a": writing("x"), "b": lambda start: next(attempts)}).start()
    assert failure(play).code == "no-route"
    assert play.machine.state == {"x": []}
    play.feed(Resumed())
    assert [start.task.id for start in play.waiting] == ["1:1:b"]
    assert play.go().outcome == "finished"
    assert play.machine.state == {"x": ["1:0:a", "b1"]}


def test_loops_go_round_until_a_guard_ends_them() -> None:
    document = graph(
        pass_("draft", next="judge"),
        pass_("judge", routes=[(None, [">=", get("state", "n"), lit(3)], "END"), (None, None, "draft")]),
        channels=[channel("n", "sum")],
    )
    play = played(document, {"draft": Ok(writes=[("n", 1)])})
    check_restarts(play)
    assert play.machine.path == ["draft", "judge"] * 3
