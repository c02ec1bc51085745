"""Which activations a superstep has, in which order, and what they see."""

from __future__ import annotations

from rag_ir import build
from rag_ir.build import channel, get, lit, pass_, send
from rag_ir.graph import Json
from rag_runtime.commands import Finish, Merged, StartTask
from rag_runtime.events import RunStarted, TaskSucceeded
from rag_runtime.machine import Machine
from tests.machine.play import Fail, Ok, Play, Script, check_restarts, every_order, graph, played, shown, writing


def test_the_founding_example() -> None:
    document = build.document(
        "g",
        graphs=[
            build.graph(
                "g",
                start="supervisor",
                channels=[
                    channel("messages", "messages"),
                    channel("findings", "append"),
                    channel("critiques", "append"),
                ],
                nodes=[
                    build.agent(
                        "supervisor",
                        sends=[
                            send("research_agent", {"question": get("input", "question")}),
                            send("verifier_agent", {"question": get("input", "question")}),
                        ],
                        join="review",
                    ),
                    build.subagent("review", "final_reviewer", next="END"),
                ],
            )
        ],
        agents=[build.declare_agent(name) for name in ("research_agent", "verifier_agent", "final_reviewer")],
    )
    user: Json = {"role": "user", "content": '{"question":"why"}'}
    script = {
        "supervisor": Ok("looking", messages=[user, {"role": "assistant", "content": "looking"}]),
        "supervisor/research_agent": Ok({"findings": ["because"]}, writes=[("findings", ["because"])]),
        "supervisor/verifier_agent": Ok({"critiques": ["weak"]}, writes=[("critiques", ["weak"])]),
        "review": Ok("fine", messages=[{"role": "assistant", "content": "fine", "name": "review"}]),
    }
    play = played(document, script, {"question": "why"})
    check_restarts(play)
    assert play.machine.path == ["supervisor", ["supervisor/research_agent", "supervisor/verifier_agent"], "review"]
    supervisor, research, verifier, review = play.starts
    assert [start.task.id for start in play.starts] == [
        "0:0:supervisor",
        "1:0:supervisor/research_agent",
        "1:1:supervisor/verifier_agent",
        "2:0:review",
    ]
    assert supervisor.task.transcript == ()
    for child in (research, verifier):
        assert (child.task.args, child.task.sent, child.task.transcript) == ({"question": "why"}, True, ())
        assert (child.task.child, child.task.concurrent) == (child.task.id, 2)
    assert len(review.task.transcript) == 2
    assert review.task.args == {
        "children": [
            {"node": "supervisor/research_agent", "index": 0, "outcome": "succeeded", "output": {"findings": ["because"]}, "error": None},
            {"node": "supervisor/verifier_agent", "index": 1, "outcome": "succeeded", "output": {"critiques": ["weak"]}, "error": None},
        ]
    }  # fmt: skip
    assert play.go().output == {
        "messages": [
            {"role": "user", "content": '{"question":"why"}', "id": "0:0:supervisor/0"},
            {"role": "assistant", "content": "looking", "id": "0:0:supervisor/1"},
            {"role": "assistant", "content": "fine", "name": "review", "id": "2:0:review/0"},
        ],
        "findings": ["because"],
        "critiques": ["weak"],
    }
    for other in every_order(document, script, {"question": "why"}):
        assert shown(other.machine) == shown(play.machine)


def test_a_chain_gives_a_merge_and_a_start_per_step() -> None:
    machine = Machine(graph(pass_("a", next="b"), pass_("b"), channels=[channel("x")]))
    (first,) = machine.feed(RunStarted(graph="g", input=1, seed="s"))
    assert isinstance(first, StartTask)
    assert first.task.input == 1
    merged, second = machine.feed(TaskSucceeded(task="0:0:a", output=None, label="final", writes=(("x", 5),)))
    assert merged == Merged(step=0, channels=("x",))
    assert isinstance(second, StartTask)
    assert (second.task.id, second.task.state) == ("1:0:b", {"x": 5})
    last = machine.feed(TaskSucceeded(task="1:0:b", output=None, label="final"))
    assert last == [Merged(step=1, channels=()), Finish(outcome="finished", output={"x": 5})]


def test_plain_activations_of_a_node_are_one_and_sends_are_not() -> None:
    document = graph(
        pass_("s", sends=[send("a"), send("b"), send("b"), send("c")], next="d"),
        pass_("c", next="d"),
        pass_("b", next="d"),
        pass_("a", next="d"),
        pass_("d"),
    )
    play = played(document)
    assert play.machine.path == ["s", ["d", "a", "b", "b", "c"], ["d", "d", "d", "d"]]
    assert [start.task.child for start in play.of("d")[1:]] == ["1:1:a", "1:2:b", "1:3:b", "1:4:c"]


def test_two_branches_of_one_child_that_meet_are_one_activation() -> None:
    document = graph(
        pass_("s", sends=[send("x")], next="f"),
        pass_("f", next="f2"),
        pass_("f2", next="m"),
        pass_("x"),
        pass_("e", next="m"),
        pass_("m"),
        joins=[(["x"], "e")],
    )
    assert played(document).machine.path == ["s", ["f", "x"], ["f2", "e"], "m"]


def test_branches_that_meet_inside_a_child_end_once() -> None:
    document = graph(
        pass_("r", sends=[send("s")], join="t"),
        pass_("s", sends=[send("x")], next="f"),
        pass_("f", next="f2"),
        pass_("f2", next="m"),
        pass_("x"),
        pass_("e", next="m"),
        *map(pass_, "mt"),
        joins=[(["x"], "e")],
    )
    assert played(document).machine.path == ["r", "s", ["f", "x"], ["f2", "e"], "m", "t"]


def test_task_order_is_plain_by_declaration_then_sends_by_sender_then_joins() -> None:
    document = graph(
        pass_("s", sends=[send("p", {"n": lit(1)}), send("q"), send("p", {"n": lit(2)})]),
        pass_("q", sends=[send("leaf", {"of": lit("q")})], join="end_q"),
        pass_("p", sends=[send("leaf", {"of": get("args", "n")}), send("leaf", {"of": lit("second")})], next="plain"),
        pass_("plain"),
        pass_("end_q"),
        pass_("leaf"),
    )
    play = played(document)
    assert play.machine.path[:3] == ["s", ["p", "q", "p"], ["plain", "plain", "leaf", "leaf", "leaf", "leaf", "leaf"]]
    assert [start.task.args for start in play.of("leaf")] == [
        {"of": 1}, {"of": "second"}, {"of": "q"}, {"of": 2}, {"of": "second"},
    ]  # fmt: skip
    assert [start.task.child for start in play.of("plain")] == ["1:0:p", "1:2:p"]
    assert [start.task.index for start in play.of("leaf")] == [2, 3, 4, 5, 6]


def test_joins_fire_in_the_declaration_order_of_their_targets() -> None:
    document = graph(
        pass_("s", sends=[send("p"), send("q")]),
        pass_("p", sends=[send("leaf")], join="late"),
        pass_("q", sends=[send("leaf")], join="early"),
        pass_("leaf"),
        pass_("early"),
        pass_("late"),
    )
    assert played(document).machine.path == ["s", ["p", "q"], ["leaf", "leaf"], ["early", "late"]]


def test_writes_of_a_step_are_seen_after_it_by_routes_and_payloads() -> None:
    document = graph(
        pass_(
            "a",
            sends=[send("w", {"n": get("state", "n")})],
            routes=[(None, ["==", get("state", "n"), lit(1)], "yes"), (None, None, "no")],
        ),
        pass_("w"),
        pass_("yes"),
        pass_("no"),
        channels=[channel("n", "sum")],
    )
    play = played(document, {"a": Ok(writes=[("n", 1)])})
    assert play.machine.path == ["a", ["yes", "w"]]
    assert play.of("a")[0].task.state == {"n": 0}
    assert play.of("w")[0].task.args == {"n": 1}


def test_siblings_see_the_state_before_their_step() -> None:
    document = graph(
        pass_("s", sends=[send("w"), send("w")], join="t"), pass_("w"), pass_("t"), channels=[channel("x", "append")]
    )
    play = Play(document, {"w": writing("x")}).start().end("s", "w", "w")
    assert [start.task.state for start in play.of("w")] == [{"x": []}, {"x": []}]
    assert play.of("t")[0].task.state == {"x": ["1:0:w", "1:1:w"]}


def test_visits_are_numbered_in_task_order() -> None:
    document = graph(
        pass_("s", sends=[send("w"), send("w")], routes=[(None, ["<", get("state", "n"), lit(2)], "s"), (None, None, "END")]),
        pass_("w"),
        channels=[channel("n", "sum")],
    )  # fmt: skip
    play = played(document, {"s": Ok(writes=[("n", 1)])})
    assert [(start.task.id, start.task.visit) for start in play.of("w")] == [
        ("1:1:w", 1), ("1:2:w", 2), ("2:0:w", 3), ("2:1:w", 4),
    ]  # fmt: skip


def test_a_child_run_has_its_namespace_and_path_before_its_tasks() -> None:
    document = graph(pass_("a"), channels=[channel("messages", "messages")])
    machine = Machine(document)
    (start,) = machine.feed(RunStarted(graph="g", input=None, seed="s", namespace="1:0:sub", path="sub", depth=1))
    assert isinstance(start, StartTask)
    assert (start.task.id, start.task.path) == ("0:0:a", "sub/a")
    message: dict[str, Json] = {"role": "user", "content": "hi"}
    machine.feed(TaskSucceeded(task="0:0:a", output=None, label="final", messages=(message,)))
    assert machine.state["messages"] == [{**message, "id": "1:0:sub/0:0:a/0"}]
    assert machine.path == ["sub/a"]


def test_the_recursion_limit_fails_the_step_beyond_it() -> None:
    document = graph(pass_("a", next="a"), channels=[channel("n", "sum")], recursion_limit=3)
    play = played(document, {"a": Ok(writes=[("n", 1)])})
    finish = play.go()
    assert (finish.outcome, finish.output, play.machine.path) == ("failed", {"n": 3}, ["a", "a", "a"])
    assert finish.error is not None
    assert finish.error.code == "recursion-limit"


def test_a_loop_may_take_as_many_steps_as_the_limit() -> None:
    document = graph(
        pass_("a", routes=[(None, ["<", get("state", "n"), lit(3)], "a"), (None, None, "END")]),
        channels=[channel("n", "sum")],
        recursion_limit=3,
    )
    assert played(document, {"a": Ok(writes=[("n", 1)])}).go().outcome == "finished"


def test_more_than_max_visits_fails_the_activation() -> None:
    play = played(graph(pass_("a", next="a", max_visits=2)))
    finish = play.go()
    assert finish.error is not None
    assert (finish.outcome, finish.error.code, finish.error.task) == ("failed", "max-visits", "2:0:a")
    assert [start.task.visit for start in play.of("a")] == [1, 2]


def test_on_error_may_catch_max_visits() -> None:
    play = played(graph(pass_("a", next="a", max_visits=2, on_error="rescue"), pass_("rescue")))
    check_restarts(play)
    assert play.machine.path == ["a", "a", "a", "rescue"]
    assert play.go().outcome == "finished"
    assert [start.task.visit for start in play.of("a")] == [1, 2]


def test_max_visits_and_a_handler_that_comes_back_end_at_the_recursion_limit() -> None:
    document = graph(pass_("a", next="a", max_visits=1, on_error="a"), recursion_limit=2000)
    finish = Play(document).start().go()
    assert finish.error is not None
    assert finish.error.code == "recursion-limit"


def test_the_output_block_is_the_output() -> None:
    document = graph(pass_("a"), channels=[channel("x")], output={"report": get("state", "x"), "asked": get("input")})
    assert played(document, {"a": Ok(writes=[("x", "done")])}, "why").go().output == {"report": "done", "asked": "why"}


def test_an_output_that_has_no_value_fails_the_run() -> None:
    document = graph(pass_("a"), channels=[channel("x")], output={"report": ["+", get("state", "x"), lit(1)]})
    finish = played(document).go()
    assert finish.error is not None
    assert (finish.outcome, finish.error.code, finish.output) == ("failed", "expression-failed", {"x": None})
    assert finish.error.at == "/graphs/g/output/0/value"


def test_missing_fields_of_the_input_take_their_defaults() -> None:
    made = build.graph(
        "g", start="a", nodes=[pass_("a")], input=[build.field("q"), build.field("depth", required=False, default=2)]
    )
    play = Play(build.document("g", graphs=[made])).start({"q": "why"})
    assert play.starts[0].task.input == {"q": "why", "depth": 2}


def test_a_failure_stays_the_same_in_every_order() -> None:
    document = graph(pass_("s", sends=[send("a"), send("b"), send("c")], join="t"), *map(pass_, "abct"))
    script: Script = {"a": Fail("first"), "b": Ok(), "c": Fail("second")}
    plays = every_order(document, script)
    assert len(plays) == 6
    assert len({shown(play.machine) for play in plays}) == 1
    finish = plays[0].go()
    assert finish.error is not None
    assert finish.error.code == "first"
