"""Joins over declared nodes: `join [a, b] -> c`."""

from __future__ import annotations

from rag_ir.build import channel, get, lit, pass_, send
from rag_ir.graph import Json
from tests.machine.play import Fail, Ok, Play, Script, check_restarts, every_order, graph, played, shown


def entries(play: Play, node: str, visit: int = 1) -> list[tuple[Json, Json, Json, Json]]:
    """`args.children` of a node's activation, as (node, index, outcome, output)."""
    args = play.of(node)[visit - 1].task.args
    assert isinstance(args, dict)
    children = args["children"]
    assert isinstance(children, list)
    return [
        (child["node"], child["index"], child["outcome"], child["output"])
        for child in children
        if isinstance(child, dict)
    ]


def test_a_join_waits_across_supersteps() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("slow")]),
        pass_("a"),
        pass_("slow", next="b"),
        pass_("b"),
        pass_("c"),
        joins=[(["a", "b"], "c")],
    )
    script: Script = {"a": Ok("A"), "b": Ok("B")}
    play = played(document, script)
    check_restarts(play)
    assert play.machine.path == ["s", ["a", "slow"], "b", "c"]
    assert entries(play, "c") == [("a", 0, "succeeded", "A"), ("b", 1, "succeeded", "B")]
    assert (play.of("c")[0].task.child, play.of("c")[0].task.sent) == (None, False)
    assert len({shown(other.machine) for other in every_order(document, script)}) == 1


def skipping() -> Script:
    return {"a": Ok("A"), "r": Ok(label="around")}


def test_a_source_that_a_route_skips_is_not_waited_for() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("r")]),
        pass_("a"),
        pass_("r", routes={"through": "b", "around": "x"}),
        pass_("b"),
        pass_("x"),
        pass_("c"),
        joins=[(["b", "a"], "c")],
    )
    play = played(document, skipping())
    check_restarts(play)
    assert play.machine.path == ["s", ["a", "r"], ["x", "c"]]
    assert entries(play, "c") == [("a", 0, "succeeded", "A"), ("b", 1, "skipped", None)]


def test_a_source_that_may_still_come_is_waited_for() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("r")]),
        pass_("a"),
        pass_("r", routes={"through": "b", "around": "x"}),
        pass_("x", routes={"final": "END", "back": "b"}),
        pass_("b"),
        pass_("c"),
        joins=[(["b", "a"], "c")],
    )
    assert played(document, skipping()).machine.path == ["s", ["a", "r"], "x", "c"]


def test_a_join_none_of_whose_sources_ran_does_not_fire() -> None:
    document = graph(
        pass_("s", routes={"work": "a", "final": "END"}), pass_("a"), pass_("b"), pass_("c"), joins=[(["a", "b"], "c")]
    )
    assert played(document).machine.path == ["s"]


def test_a_source_about_to_run_again_is_waited_for() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("pre")]),
        pass_("pre", next="a"),
        pass_("a"),
        pass_("c"),
        joins=[(["a"], "c")],
    )
    play = played(document, {"a": lambda start: Ok(start.task.visit)})
    assert play.machine.path == ["s", ["a", "pre"], "a", "c"]
    assert entries(play, "c") == [("a", 0, "succeeded", 1), ("a", 1, "succeeded", 2)]


def test_one_entry_for_each_activation_of_a_source() -> None:
    document = graph(
        pass_("s", sends=[send("w", {"n": ["var", "x"]}, each=("x", get("input")))]),
        pass_("w"),
        pass_("c"),
        joins=[(["w"], "c")],
    )
    play = played(document, {"w": lambda start: Ok(start.task.args)}, [7, 8])
    assert entries(play, "c") == [("w", 0, "succeeded", {"n": 7}), ("w", 1, "succeeded", {"n": 8})]


def test_a_join_in_a_loop_starts_afresh() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("b")]),
        pass_("a"),
        pass_("b"),
        pass_("c", routes=[(None, ["<", get("state", "n"), lit(2)], "s"), (None, None, "END")]),
        joins=[(["a", "b"], "c")],
        channels=[channel("n", "sum")],
    )
    play = played(document, {"c": Ok(writes=[("n", 1)])})
    check_restarts(play)
    assert play.machine.path == ["s", ["a", "b"], "c", "s", ["a", "b"], "c"]
    assert [len(entries(play, "c", visit)) for visit in (1, 2)] == [2, 2]


def test_a_source_whose_failure_is_handled_has_ended_failed() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("b")]),
        pass_("a", on_error="fix"),
        pass_("fix"),
        pass_("b"),
        pass_("c"),
        joins=[(["a", "b"], "c")],
    )
    play = played(document, {"a": Fail(), "b": Ok("B")})
    assert play.machine.path == ["s", ["a", "b"], ["fix", "c"]]
    assert entries(play, "c") == [("a", 0, "failed", None), ("b", 1, "succeeded", "B")]


def test_a_handler_may_still_lead_to_a_source() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("b")]),
        pass_("b", on_error="fix"),
        pass_("fix", next="d"),
        pass_("a"),
        pass_("d"),
        pass_("c"),
        joins=[(["a", "d"], "c")],
    )
    play = played(document, {"b": Fail()})
    assert play.machine.path == ["s", ["a", "b"], "fix", "d", "c"]


def test_joins_may_follow_joins() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("b"), send("d")]),
        *map(pass_, "abcde"),
        joins=[(["c", "d"], "e"), (["a", "b"], "c")],
    )
    assert played(document).machine.path == ["s", ["a", "b", "d"], "c", "e"]


def test_a_join_whose_source_another_join_is_about_to_start_waits() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("c")]),
        *map(pass_, "ace"),
        joins=[(["c"], "e"), (["a"], "c")],
    )
    play = played(document)
    assert play.machine.path == ["s", ["a", "c"], "c", "e"]
    assert [outcome for _, _, outcome, _ in entries(play, "e")] == ["succeeded", "succeeded"]


def test_joins_that_wait_for_each_other_are_released() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("d")]),
        *map(pass_, "abde"),
        pass_("c", routes={"final": "END", "more": "e"}),
        pass_("f", routes={"final": "END", "more": "b"}),
        joins=[(["a", "b"], "c"), (["d", "e"], "f")],
    )
    play = played(document)
    assert play.machine.path == ["s", ["a", "d"], "c", "f"]
    assert [outcome for _, _, outcome, _ in entries(play, "c")] == ["succeeded", "skipped"]


def test_a_join_inside_a_joined_child_belongs_to_that_child() -> None:
    document = graph(
        pass_("s", sends=[send("x", {"n": lit(1)}), send("x", {"n": lit(2)})], join="t"),
        pass_("x", sends=[send("a"), send("b", {"n": get("args", "n")})]),
        pass_("a"),
        pass_("b", routes=[(None, ["==", get("args", "n"), lit(1)], "b2"), (None, None, "END")]),
        pass_("b2"),
        pass_("c"),
        pass_("t"),
        joins=[(["a", "b"], "c")],
    )
    script: Script = {"c": lambda start: Ok(start.task.child)}
    play = played(document, script)
    check_restarts(play)
    assert play.machine.path == ["s", ["x", "x"], ["a", "b", "a", "b"], ["b2", "c", "c"], "t"]
    assert [start.task.child for start in play.of("c")] == ["1:0:x", "1:1:x"]
    assert [entry[3] for entry in entries(play, "t")] == ["1:0:x", "1:1:x"]


def test_a_group_that_is_waited_for_may_lead_to_a_source() -> None:
    document = graph(
        pass_("r", sends=[send("a"), send("s")]),
        pass_("a"),
        pass_("s", sends=[send("w")], join="b"),
        pass_("w", next="w2"),
        *map(pass_, ["w2", "b", "c"]),
        joins=[(["a", "b"], "c")],
    )
    play = played(document)
    assert play.machine.path == ["r", ["a", "s"], "w", "w2", "b", "c"]
    assert [outcome for _, _, outcome, _ in entries(play, "c")] == ["succeeded", "succeeded"]


def test_the_target_of_a_join_may_lead_back_to_its_sources() -> None:
    document = graph(
        pass_("s", sends=[send("a")], routes={"final": "END", "never": "b"}),
        *map(pass_, "ab"),
        pass_("c", routes={"again": "b", "final": "END"}),
        joins=[(["a", "b"], "c")],
    )
    assert played(document).machine.path == ["s", "a", "c"]


def test_a_source_may_come_again_and_is_not_waited_for() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("p")]),
        *map(pass_, "ab"),
        pass_("p", next="p2"),
        pass_("p2", routes={"final": "END", "never": "a"}),
        pass_("c", routes={"final": "END", "again": "b"}),
        joins=[(["a", "b"], "c")],
    )
    assert played(document).machine.path == ["s", ["a", "p"], ["p2", "c"]]


def test_the_handler_of_a_sender_may_lead_to_a_source() -> None:
    document = graph(
        pass_("r", sends=[send("a"), send("s")]),
        pass_("a"),
        pass_("s", sends=[send("w")], join="t", on_error="fix"),
        pass_("w", next="w2"),
        pass_("fix", next="b"),
        *map(pass_, ["w2", "t", "b", "c"]),
        joins=[(["a", "b"], "c")],
    )
    play = played(document, {"w2": Fail()})
    assert play.machine.path == ["r", ["a", "s"], "w", "w2", "fix", "b", "c"]


def test_a_node_that_may_fail_may_lead_to_a_source() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("p")]),
        pass_("a"),
        pass_("p", next="q"),
        pass_("q", on_error="b"),
        *map(pass_, "bc"),
        joins=[(["a", "b"], "c")],
    )
    assert played(document, {"q": Fail()}).machine.path == ["s", ["a", "p"], "q", "b", "c"]


def test_what_joined_children_reach_arrives_with_them() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("p")]),
        pass_("a"),
        pass_("p", next="q"),
        pass_("q", sends=[send("w")], join="t"),
        pass_("w", next="b"),
        *map(pass_, "bct"),
        joins=[(["a", "b"], "c")],
    )
    play = played(document)
    assert play.machine.path == ["s", ["a", "p"], ["q", "c"], "w", "b", "c", "t"]
    assert [outcome for _, _, outcome, _ in entries(play, "c", 2)] == ["succeeded", "skipped"]


def test_a_group_that_failed_leads_nowhere() -> None:
    document = graph(
        pass_("r", sends=[send("a"), send("s"), send("z")]),
        pass_("a"),
        pass_("s", sends=[send("w")], join="b", on_error="fix"),
        pass_("z", next="z2"),
        pass_("z2", next="z3"),
        *map(pass_, ["z3", "w", "fix", "b", "c"]),
        joins=[(["a", "b"], "c")],
    )
    play = played(document, {"w": Fail()})
    assert play.machine.path == ["r", ["a", "s", "z"], ["z2", "w"], ["z3", "fix", "c"]]


def test_what_arrived_in_a_cancelled_child_fires_nothing() -> None:
    document = graph(
        pass_("s", sends=[send("x"), send("bad")], join="t", on_error="fix"),
        pass_("x", sends=[send("a"), send("slow")]),
        pass_("bad", next="worse"),
        pass_("worse", next="worst"),
        pass_("slow", next="slower"),
        pass_("slower", next="b"),
        pass_("fix", next="fixed"),
        *map(pass_, ["a", "b", "c", "worst", "fixed", "t"]),
        joins=[(["a", "b"], "c")],
    )
    play = played(document, {"worst": Fail()})
    assert play.machine.path[3:] == [["slower", "worst"], "fix", "fixed"]


def test_arrivals_are_kept_when_the_run_is_resumed() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("slow")]),
        pass_("a"),
        pass_("slow", next="b"),
        *map(pass_, "bc"),
        joins=[(["a", "b"], "c")],
    )
    play = Play(document, {"a": Ok("A")}).start().end("s", "a", "slow")
    play.machine = type(play.machine)(document, play.journal)
    play.go()
    assert entries(play, "c")[0] == ("a", 0, "succeeded", "A")
