"""Children: trees that begin with a send, their transcripts, their outputs, and the joins that wait for them."""

from __future__ import annotations

from rag_ir import build
from rag_ir.build import channel, get, lit, pass_, send
from rag_ir.graph import Json
from tests.machine.play import Ok, Play, Script, check_restarts, every_order, graph, played, shown


def said(text: str) -> dict[str, Json]:
    return {"role": "user", "content": text}


def contents(messages: tuple[Json, ...]) -> list[Json]:
    return [message["content"] for message in messages if isinstance(message, dict)]


def listed(play: Play, node: str) -> list[dict[str, Json]]:
    """`args.children` of the first activation of a node."""
    args = play.of(node)[0].task.args
    assert isinstance(args, dict)
    children = args["children"]
    assert isinstance(children, list)
    return [child for child in children if isinstance(child, dict)]


def test_a_join_waits_for_the_whole_tree_of_each_child() -> None:
    document = graph(
        pass_("s", sends=[send("long"), send("short")], join="t"),
        pass_("long", next="longer"),
        pass_("longer", routes=[(None, ["<", get("output"), lit(2)], "longer"), (None, None, "END")]),
        pass_("short"),
        pass_("t"),
    )
    script: Script = {
        "long": Ok("never seen"),
        "longer": lambda start: Ok(start.task.visit),
        "short": Ok("brief"),
    }
    play = played(document, script)
    check_restarts(play)
    assert play.machine.path == ["s", ["long", "short"], "longer", "longer", "t"]
    assert listed(play, "t") == [
        {"node": "long", "index": 0, "outcome": "succeeded", "output": 2, "error": None},
        {"node": "short", "index": 1, "outcome": "succeeded", "output": "brief", "error": None},
    ]
    assert [start.task.child for start in play.starts] == [None, "1:0:long", "1:1:short", "1:0:long", "1:0:long", None]


def test_a_child_has_a_transcript_of_its_own() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("a")], join="t"),
        pass_("a", next="b"),
        pass_("b", next="c"),
        pass_("c"),
        pass_("t"),
        channels=[channel("messages", "messages")],
    )
    script: Script = {
        "s": Ok(messages=[said("outside")]),
        "a": lambda start: Ok(messages=[said(f"a of {start.task.child}")]),
        "b": lambda start: Ok(messages=[said("b")]),
        "t": Ok(messages=[said("joined")]),
    }
    play = played(document, script)
    check_restarts(play)
    assert [contents(start.task.transcript) for start in play.of("a")] == [[], []]
    assert [contents(start.task.transcript) for start in play.of("c")] == [
        ["a of 1:0:a", "b"],
        ["a of 1:1:a", "b"],
    ]
    assert contents(play.of("t")[0].task.transcript) == ["outside"]
    assert play.of("b")[0].task.transcript[0] == {**said("a of 1:0:a"), "id": "1:0:a/0"}
    messages = play.machine.state["messages"]
    assert isinstance(messages, list)
    assert contents(tuple(messages)) == ["outside", "joined"]


def test_other_channels_of_a_child_are_the_graphs() -> None:
    document = graph(
        pass_("s", sends=[send("a")], join="t"), pass_("a", next="b"), *map(pass_, "bt"), channels=[channel("x")]
    )
    play = played(document, {"a": Ok(writes=[("x", 1)])})
    assert play.of("b")[0].task.state == {"x": 1}


def test_an_implicit_child_is_one_activation() -> None:
    made = build.graph(
        "g",
        start="s",
        channels=[channel("messages", "messages")],
        nodes=[pass_("s", sends=[send("helper"), send("helper")], join="t"), pass_("t")],
    )
    document = build.document("g", graphs=[made], agents=[build.declare_agent("helper")])
    play = played(document, {"s/helper": Ok("done", messages=[said("inside")])})
    assert play.machine.path == ["s", ["s/helper", "s/helper"], "t"]
    assert [start.task.visit for start in play.of("s/helper")] == [1, 2]
    assert [start.task.transcript for start in play.of("s/helper")] == [(), ()]
    assert play.machine.state == {"messages": []}


def test_children_of_children_are_joined_by_their_own_sender() -> None:
    document = graph(
        pass_("s", sends=[send("mid", {"n": lit(1)}), send("mid", {"n": lit(2)})], join="top"),
        pass_("mid", sends=[send("leaf", {"of": get("args", "n")}), send("leaf", {"of": lit("also")})], join="low"),
        pass_("leaf"),
        pass_("low", next="after"),
        pass_("after"),
        pass_("top"),
    )
    script: Script = {
        "leaf": lambda start: Ok(start.task.args),
        "low": lambda start: Ok(start.task.args),
        "after": lambda start: Ok(start.task.child),
    }
    play = played(document, script)
    assert play.machine.path == ["s", ["mid"] * 2, ["leaf"] * 4, ["low"] * 2, ["after"] * 2, "top"]
    assert [start.task.child for start in play.of("low")] == ["1:0:mid", "1:1:mid"]
    assert [child["output"] for child in listed(play, "low")] == [{"of": 1}, {"of": "also"}]
    assert [child["output"] for child in listed(play, "top")] == ["1:0:mid", "1:1:mid"]


def test_children_that_nobody_joins_belong_to_the_tree_around_them() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("b")], join="t"),
        pass_("a", sends=[send("extra")]),
        pass_("extra", next="more"),
        pass_("more"),
        pass_("b"),
        pass_("t"),
    )
    play = played(document, {"a": Ok("a"), "more": Ok("more"), "b": Ok("b")})
    assert play.machine.path == ["s", ["a", "b"], "extra", "more", "t"]
    assert [child["output"] for child in listed(play, "t")] == ["more", "b"]
    assert play.of("more")[0].task.child == "2:0:extra"


def test_the_run_ends_when_nothing_is_active() -> None:
    document = graph(
        pass_("s", sends=[send("a")], next="b"), pass_("a", next="c"), *map(pass_, "bc"), channels=[channel("x")]
    )
    play = played(document, {"c": Ok(writes=[("x", 1)])})
    assert play.machine.path == ["s", ["b", "a"], "c"]
    assert play.go().output == {"x": 1}


def test_a_child_that_ends_in_several_branches_gives_the_last_in_task_order() -> None:
    document = graph(
        pass_("s", sends=[send("a")], join="t"),
        pass_("a", sends=[send("z"), send("y")], next="x"),
        *map(pass_, "txyz"),
    )
    script: Script = {node: Ok(node) for node in "xyz"}
    plays = every_order(document, script)
    assert len({shown(play.machine) for play in plays}) == 1
    assert plays[0].machine.path == ["s", "a", ["x", "z", "y"], "t"]
    assert [child["output"] for child in listed(plays[0], "t")] == ["y"]


def test_a_sender_may_send_again_in_a_loop() -> None:
    document = graph(
        pass_("s", sends=[send("w", {"round": get("state", "n")})], join="t"),
        pass_("w"),
        pass_("t", routes=[(None, ["<", get("state", "n"), lit(2)], "s"), (None, None, "END")]),
        channels=[channel("n", "sum")],
    )
    play = played(document, {"s": Ok(writes=[("n", 1)])})
    assert play.machine.path == ["s", "w", "t", "s", "w", "t"]
    assert [start.task.args for start in play.of("w")] == [{"round": 1}, {"round": 2}]


def test_a_join_target_may_be_reached_plainly_at_the_same_time() -> None:
    document = graph(
        pass_("r", sends=[send("s")], next="p"),
        pass_("s", sends=[send("w")], join="t"),
        pass_("p", next="q"),
        pass_("q", next="t"),
        *map(pass_, "wt"),
    )
    play = played(document)
    assert play.machine.path == ["r", ["p", "s"], ["q", "w"], ["t", "t"]]
    assert [start.task.args is None for start in play.of("t")] == [True, False]
