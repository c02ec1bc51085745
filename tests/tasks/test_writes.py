"""What an activation writes, and the small kinds: `router`, `join`, `pass`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from rag_ir import build
from rag_ir.graph import Json, Node
from rag_runtime.events import Error
from rag_runtime.seams import CallFailed
from tests.tasks.stage import TEXT, Function, Labels, Stage, fail, scripted, stage, succeed, tool

pytestmark = pytest.mark.anyio

CHANNELS = [
    build.channel("messages", "messages"),
    build.channel("findings", "append"),
    build.channel("count", "sum"),
    build.channel("title", schema=TEXT),
]


def _giving(output: Json, node: Node, **more: Json) -> Stage:
    loaded = {"t": (tool("t", input={"type": "object", "properties": {}}), Function(lambda arguments: output))}
    return stage(node, channels=CHANNELS, state=more, tools=loaded, input="x")


async def test_an_object_is_written_by_name_but_never_to_a_conversation() -> None:
    ended = await succeed(_giving({"findings": ["f"], "messages": ["no"], "other": 1}, build.tool("a", "t")))
    assert ended.writes == (("findings", ["f"]),)


async def test_explicit_writes_replace_the_default_and_update_is_added() -> None:
    node = build.tool(
        "a",
        "t",
        writes={"title": build.get("output", "t")},
        update={"count": ["+", build.get("state", "count"), ["lit", 1]]},
    )
    ended = await succeed(_giving({"t": "T", "findings": ["f"]}, node, count=4))
    assert ended.writes == (("title", "T"), ("count", 5))


async def test_into_takes_the_whole_output() -> None:
    assert (await succeed(_giving(["f"], build.tool("a", "t", into="findings")))).writes == (("findings", ["f"]),)


async def test_an_absent_field_is_not_written_where_the_default_says_so() -> None:
    node = build.tool(
        "a", "t", writes={"findings": build.get("output", "findings"), "title": build.get("output", "title")}
    )
    present = replace(node, writes=replace(node.writes, present=True))
    assert (await succeed(_giving({"findings": ["f"]}, present))).writes == (("findings", ["f"]),)


async def test_an_entry_is_not_written_by_name_again() -> None:
    node = build.tool("a", "t")
    entries = build.tool("a", "t", writes={"title": build.lit("mine")}).writes.entries
    both = replace(node, writes=replace(node.writes, entries=entries))
    assert (await succeed(_giving({"title": "its", "count": 1}, both))).writes == (("title", "mine"), ("count", 1))


async def test_a_channel_written_twice_fails() -> None:
    ended = await fail(_giving({"title": "its"}, build.tool("a", "t", update={"title": build.lit("mine")})))
    assert (ended.error.code, ended.error.at, ended.label) == ("bad-write", "/graphs/g/nodes/0/update/0", "error")


async def test_a_value_that_its_channel_does_not_take_fails() -> None:
    ended = await fail(_giving({"title": 1}, build.tool("a", "t")))
    assert ended.error.code == "bad-write"
    assert "`title`" in ended.error.message


async def test_a_write_that_has_no_value_fails_where_it_stands() -> None:
    node = build.pass_("a", update={"count": build.lit(1), "title": ["%", ["lit", 1], ["lit", 0]]})
    ended = await fail(_giving(None, node))
    assert (ended.error.code, ended.error.at) == ("expression-failed", "/graphs/g/nodes/0/update/1/value")


def _child(*, implicit: bool = False, child: str | None = None, channels: bool = True) -> Stage:
    node = replace(build.subagent("a", "helper"), implicit=implicit)
    return stage(
        node,
        channels=CHANNELS if channels else [],
        input="x",
        child=child,
        agents=[build.declare_agent("helper")],
        model=scripted("fine"),
    )


async def test_a_childs_text_is_said_where_its_parent_talks() -> None:
    spoken: Json = {"role": "assistant", "name": "a", "content": "fine"}
    for plain in (_child(), _child(implicit=True, child="0:0:a")):
        ended = await succeed(plain)
        assert (ended.writes, ended.messages) == ((("messages", spoken),), ())
    inside = await succeed(_child(child="0:0:other"))
    assert (inside.writes, inside.messages) == (
        (),
        ({"role": "assistant", "name": "a", "content": "fine"},),
    )
    assert (await succeed(_child(channels=False))).writes == ()


async def test_a_childs_text_that_reached_a_channel_is_not_said() -> None:
    it = stage(
        build.subagent("a", "helper", into="title"),
        channels=CHANNELS,
        input="x",
        agents=[build.declare_agent("helper")],
        model=scripted("fine"),
    )
    assert (await succeed(it)).writes == (("title", "fine"),)


async def test_a_router_gives_its_label() -> None:
    def by_size(input: Json, state: Mapping[str, Json]) -> str:
        return "big" if isinstance(input, str) and len(input) > 3 and state["count"] == 0 else "small"

    node = build.router("a", "sizes", ["big", "small"])
    for given, label in (("a long text", "big"), ("x", "small")):
        it = stage(node, channels=CHANNELS, input=given, routers={"sizes": Labels(by_size)})
        ended = await succeed(it)
        assert (ended.output, ended.label, it.made) == (label, label, ["router:1"])


async def test_a_label_that_is_not_registered_fails() -> None:
    it = stage(build.router("a", "sizes", ["big", "small"]), routers={"sizes": Labels(lambda given, state: "huge")})
    ended = await fail(it)
    assert (ended.error.code, ended.label) == ("bad-label", None)
    assert "`huge`, not one of `big`, `small`" in ended.error.message


async def test_a_router_that_fails_fails_the_node() -> None:
    def broken(input: Json, state: Mapping[str, Json]) -> str:
        raise CallFailed(Error(code="tool-error", message="broke"))

    ended = await fail(stage(build.router("a", "sizes", ["big"]), routers={"sizes": Labels(broken)}))
    assert ended.error.code == "tool-error"


async def test_guards_alone_need_no_label() -> None:
    ended = await succeed(stage(build.router("a")))
    assert (ended.output, ended.label) == (None, None)


async def test_a_join_hands_on_its_children() -> None:
    children: Json = [{"node": "b", "index": 0, "outcome": "succeeded", "output": 1, "error": None}]
    ended = await succeed(stage(build.join("a"), args={"children": children}))
    assert (ended.output, ended.label) == (children, "final")


async def test_a_pass_gives_nothing_and_writes_its_update() -> None:
    ended = await succeed(_giving(None, build.pass_("a", update={"count": build.lit(2)})))
    assert (ended.output, ended.label, ended.writes) == (None, "final", (("count", 2),))
