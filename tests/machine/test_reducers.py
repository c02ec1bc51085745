"""How writes change channels: each reducer, several writers, and what cannot be written."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rag_ir.build import channel, pass_, send
from rag_ir.graph import Channel, Document, Json
from rag_runtime.machine import check_write
from tests.machine.play import Ok, Play, every_order, graph, played, shown


def one_step(made: Channel, *values: Json) -> Play:
    """As many concurrent activations as values, each writing one."""
    nodes = [pass_(f"w{number}") for number in range(len(values))]
    document = graph(
        pass_("s", sends=[send(node.name) for node in nodes], join="t"), *nodes, pass_("t"), channels=[made]
    )
    script = {f"w{number}": Ok(writes=[("c", value)]) for number, value in enumerate(values)}
    plays = every_order(document, script)
    assert len({shown(play.machine) for play in plays}) == 1
    return plays[0]


def steps(made: Channel, *writes: Sequence[Json]) -> list[Json]:
    """The channel's value before each superstep, and at the end; each superstep writes the values of one element."""
    nodes = [pass_(f"n{at}", next=f"n{at + 1}" if at + 1 < len(writes) else "END") for at in range(len(writes))]
    script = {f"n{at}": Ok(writes=[("c", value) for value in values]) for at, values in enumerate(writes)}
    play = played(graph(*nodes, channels=[made]), script)
    return [*[start.task.state["c"] for start in play.starts], play.machine.state["c"]]


@pytest.mark.parametrize(
    ("made", "values", "expected"),
    [
        (channel("c", "append"), [1, [2, 3], [], "x"], [1, 2, 3, "x"]),
        (channel("c", "append"), [[[1]], [[2]]], [[1], [2]]),
        (channel("c", "union"), [[1, True], [1.0, "1"], [{"a": 1, "b": 2}], {"b": 2, "a": 1.0}], [1, True, "1", {"a": 1, "b": 2}]),
        (channel("c", "topic"), [1, [2]], [1, 2]),
        (channel("c", "merge"), [{"a": 1}, {"b": 2}, {"a": 1.0}], {"a": 1.0, "b": 2}),
        (channel("c", "merge", deep=True), [{"a": {"x": 1}}, {"a": {"y": 2}}], {"a": {"x": 1, "y": 2}}),
        (channel("c", "sum"), [1, 2, -5], -2),
        (channel("c", "sum"), [1, 0.5], 1.5),
        (channel("c", "sum", initial=10), [1], 11),
        (channel("c", "min"), [3, 1.5, 2], 1.5),
        (channel("c", "max"), [3, 7, 2], 7),
        (channel("c", "max", initial=9), [3, 7], 9),
        (channel("c", "first"), ["a", "b"], "a"),
        (channel("c", "first"), [None, "b"], None),
    ],
)  # fmt: skip
def test_concurrent_writes_merge_in_task_order(made: Channel, values: list[Json], expected: Json) -> None:
    play = one_step(made, *values)
    assert play.machine.path[-1] == "t"
    assert repr(play.of("t")[0].task.state["c"]) == repr(expected)


CLASHES: list[tuple[Channel, list[Json], str]] = [
    (channel("c"), [1, 2], "concurrent-write"),
    (channel("c"), [1, 1], "concurrent-write"),
    (channel("c", "ephemeral"), [1, 2], "concurrent-write"),
    (channel("c", "merge"), [{"a": 1}, {"a": 2}], "concurrent-write"),
    (channel("c", "merge"), [{"a": {"x": 1}}, {"a": {"y": 2}}], "concurrent-write"),
    (channel("c", "merge", deep=True), [{"a": {"x": 1}}, {"a": {"x": 2}}], "concurrent-write"),
    (channel("c", "merge", deep=True), [{"a": {"x": 1}}, {"a": 2}], "concurrent-write"),
    (channel("c", "merge"), [{}, 1], "bad-write"),
    (channel("c", "sum"), [1, "2"], "bad-write"),
    (channel("c", "sum"), [1, True], "bad-write"),
    (channel("c", "sum"), [1e308, 1e308], "bad-write"),
    (channel("c", "min"), [1, None], "bad-write"),
    (channel("c", "messages"), [[], "hello"], "bad-write"),
    (channel("c", "messages"), [[], {"role": "king", "content": ""}], "bad-write"),
    (channel("c", "messages"), [[], {"remove": True}], "bad-write"),
    (channel("c", "messages"), [[], {"role": "user", "content": "", "id": 3}], "bad-write"),
]


@pytest.mark.parametrize(("made", "values", "code"), CLASHES)
def test_what_cannot_be_merged_fails_the_later_writer(made: Channel, values: list[Json], code: str) -> None:
    finish = one_step(made, *values).go()
    assert finish.outcome == "failed"
    assert finish.error is not None
    assert (finish.error.code, finish.error.node, finish.error.task) == (code, "w1", "1:1:w1")
    assert "`c`" in finish.error.message
    assert finish.output == {"c": made.initial}


def test_a_nest_without_end_cannot_be_compared() -> None:
    deep: Json = 1
    for _ in range(300):
        deep = [deep]
    finish = one_step(channel("c", "union"), deep).go()
    assert finish.error is not None
    assert finish.error.code == "bad-write"


def test_overwrite_takes_the_new_value() -> None:
    assert steps(channel("c", initial=0), [1], [], [2]) == [0, 1, 1, 2]


def test_first_keeps_the_first_value_ever_written() -> None:
    assert steps(channel("c", "first", initial="none"), [], ["a"], ["b"]) == ["none", "none", "a", "a"]
    assert steps(channel("c", "first"), [None], ["b"]) == [None, None, None]


def test_union_remembers_across_steps() -> None:
    assert steps(channel("c", "union", initial=["z"]), [["a", "z"]], ["a", "b"]) == [["z"], ["z", "a"], ["z", "a", "b"]]


def test_topic_holds_the_last_step_alone() -> None:
    assert steps(channel("c", "topic"), [1], [2, 3], [], []) == [[], [1], [2, 3], [], []]


def test_topic_may_accumulate() -> None:
    assert steps(channel("c", "topic", accumulate=True), [1], [], [[2]]) == [[], [1], [1], [1, 2]]


def test_ephemeral_is_seen_in_the_next_step_only() -> None:
    assert steps(channel("c", "ephemeral", initial="-"), ["x"], [], [], ["y"]) == ["-", "x", "-", "-", "y"]


def test_merge_takes_later_steps() -> None:
    assert steps(channel("c", "merge"), [{"a": 1, "b": 1}], [{"a": 2}]) == [{}, {"a": 1, "b": 1}, {"a": 2, "b": 1}]
    deep = channel("c", "merge", deep=True)
    assert steps(deep, [{"a": {"x": 1}}], [{"a": {"y": 2}}], [{"a": 3}])[1:] == [
        {"a": {"x": 1}}, {"a": {"x": 1, "y": 2}}, {"a": 3},
    ]  # fmt: skip


def test_committed_values_are_never_changed() -> None:
    first: list[Json] = [1]
    old = steps(channel("c", "append"), [first], [2], [3])
    assert old == [[], [1], [1, 2], [1, 2, 3]]
    assert first == [1]


def said(text: str, **more: Json) -> dict[str, Json]:
    return {"role": "user", "content": text, **more}


def conversation() -> Document:
    return graph(pass_("a", next="b"), pass_("b", next="c"), pass_("c"), channels=[channel("messages", "messages")])


def texts(play: Play) -> list[Json]:
    messages = play.machine.state["messages"]
    assert isinstance(messages, list)
    return [message["content"] for message in messages if isinstance(message, dict)]


def test_messages_get_ids_and_the_same_id_replaces_in_place() -> None:
    script = {
        "a": Ok(messages=[said("one"), said("two", id="t"), said("three")]),
        "b": Ok(messages=[said("TWO", id="t"), said("ONE", id="0:0:a/0")]),
        "c": Ok(messages=[said("THREE", id="0:0:a/2"), said("four", id="f"), said("FOUR", id="f")]),
    }
    play = played(conversation(), script)
    assert texts(play) == ["ONE", "TWO", "THREE", "FOUR"]
    seen = [message["content"] for message in play.of("c")[0].task.transcript if isinstance(message, dict)]
    assert seen == ["ONE", "TWO", "three"]


def test_remove_markers_delete_by_id() -> None:
    script = {
        "a": Ok(messages=[said("one"), said("two", id="t"), said("three", id="h")]),
        "b": Ok(messages=[{"id": "t", "remove": True}, {"id": "nobody", "remove": True}, said("four")]),
        "c": Ok(messages=[said("THREE", id="h"), said("two again", id="t"), {"id": "0:0:a/0", "remove": True}]),
    }
    assert texts(played(conversation(), script)) == ["THREE", "four", "two again"]


def test_what_was_taken_back_is_forgotten() -> None:
    document = graph(
        pass_("s", sends=[send("bad"), send("good")], join="t"),
        pass_("bad", routes={"never": "t"}, on_error="good2"),
        *map(pass_, ["good", "good2", "t"]),
        channels=[channel("u", "union"), channel("f", "first"), channel("messages", "messages")],
    )
    first, second = said("first", id="m"), said("second", id="m")
    script = {
        "bad": Ok("bad", writes=[("u", "k"), ("f", 1), ("messages", [said("away", id="n"), first])]),
        "good": Ok("good", writes=[("u", "k"), ("f", 2), ("messages", second)]),
        "t": Ok(writes=[("messages", said("third", id="m"))]),
    }
    play = played(document, script)
    assert play.of("good2")[0].task.state == {"u": ["k"], "f": 2, "messages": [second]}
    assert play.machine.state["messages"] == [said("third", id="m")]


def test_a_new_message_must_be_one() -> None:
    for channels in ([channel("messages", "messages")], []):
        finish = played(graph(pass_("a"), channels=channels), {"a": Ok(messages=["hi"])}).go()
        assert finish.error is not None
        assert finish.error.code == "bad-write"


def test_new_messages_come_before_written_ones_and_are_numbered_with_them() -> None:
    script = {"a": Ok(messages=[said("said")], writes=[("messages", [said("written")]), ("messages", said("last"))])}
    play = played(conversation(), script)
    assert play.machine.state["messages"] == [
        said("said", id="0:0:a/0"),
        said("written", id="0:0:a/1"),
        said("last", id="0:0:a/2"),
    ]


def test_concurrent_messages_are_in_task_order() -> None:
    play = one_step(channel("c", "messages"), said("a"), [said("b"), said("c")])
    assert play.machine.state["c"] == [
        said("a", id="1:0:w0/0"),
        said("b", id="1:1:w1/0"),
        said("c", id="1:1:w1/1"),
    ]


def test_without_a_conversation_new_messages_go_nowhere() -> None:
    play = played(graph(pass_("a", next="b"), pass_("b"), channels=[channel("x")]), {"a": Ok(messages=[said("hi")])})
    assert play.machine.state == {"x": None}
    assert play.of("b")[0].task.transcript == ()


STRING: dict[str, Json] = {"type": "string"}
NUMBERS: dict[str, Json] = {"type": "array", "items": {"type": "integer"}}


@pytest.mark.parametrize(
    ("made", "value", "problem"),
    [
        (channel("c", schema=STRING), "x", None),
        (channel("c", schema=STRING), 1, "channel `c` does not take this value"),
        (channel("c", schema=STRING), None, "channel `c`"),
        (channel("c"), {"any": [1]}, None),
        (channel("c", "append", schema=NUMBERS), 1, None),
        (channel("c", "append", schema=NUMBERS), [1, 2], None),
        (channel("c", "append", schema=NUMBERS), [1, "x"], "(at /1)"),
        (channel("c", "append", schema=NUMBERS), "x", "channel `c` does not take this value"),
        (channel("c", "union", schema=NUMBERS), "x", "channel `c`"),
        (channel("c", "topic", schema=NUMBERS), ["x"], "channel `c`"),
        (channel("c", "sum", schema={"type": "integer"}), 1.5, "channel `c`"),
        (channel("c", "sum"), "1", "channel `c` takes numbers, not a text"),
        (channel("c", "merge"), [1], "channel `c` merges objects, not a list"),
        (channel("c", "messages"), said("hi"), None),
        (channel("c", "messages"), [said("hi"), {"id": "x", "remove": True}], None),
        (channel("c", "messages"), "hi", "channel `c` takes messages, not a text"),
    ],
)
def test_check_write_says_why_a_value_cannot_be_written(made: Channel, value: Json, problem: str | None) -> None:
    found = check_write(made, value)
    assert (found is None) == (problem is None)
    assert problem is None or (found is not None and problem in found)


def test_a_part_of_a_record_may_be_merged() -> None:
    record: dict[str, Json] = {"type": "object", "properties": {"a": STRING, "b": STRING}, "required": ["a", "b"]}
    outer: dict[str, Json] = {"type": "object", "properties": {"r": record}, "required": ["r"]}
    types = {"R": record}
    assert check_write(channel("c", "merge", schema={"$ref": "#/types/R"}), {"a": "x"}, types) is None
    assert check_write(channel("c", "merge", schema={"$ref": "#/types/R"}), {"a": 1}, types) is not None
    assert check_write(channel("c", "merge", schema=outer, deep=True), {"r": {"b": "x"}}) is None
    assert check_write(channel("c", "merge", schema=outer), {"r": {"b": "x"}}) is not None
