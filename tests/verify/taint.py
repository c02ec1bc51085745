"""Random documents with labelled tools, and runs of them on the real runtime in which every piece of information is marked.

    python -m tests.verify.taint 5000 [FIRST]     so many seeds, from the first (0); prints what was met

A tool that brings untrusted content answers `u1;`, one that reads private data `p1;`, numbered. Models say every mark that they are
shown, and give it to each of their tools. A person answers every question; what a question showed counts as cleared from then on.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal, Unpack

from rag_ir import build
from rag_ir.build import get, lit, require_tool, send, template
from rag_ir.canonical import compact
from rag_ir.graph import Code, Document, Graph, JoinSends, Json, Node, Schema, Send
from rag_ir.record import replace
from rag_runtime import api
from rag_runtime.events import Error
from rag_runtime.refusals import RunRefused
from rag_runtime.seams import CallFailed, Capabilities, ModelRequest
from rag_runtime.stores.memory import MemoryStore
from rag_verify.information import check_information
from tests.runtime.world import Function, Reply, Speaker, registry_of

CHANNELS = [
    build.channel("messages", "messages"),
    build.channel("one"),
    build.channel("two"),
    build.channel("many", "append"),
    build.channel("table", "merge"),
]
NAMES = ("one", "two", "many")
TEXT: Schema = {"type": "object", "properties": {"text": {}, "node": {}}, "required": []}
TOOLS = [
    require_tool("search", input=TEXT, effects="none", returns_trust="untrusted"),
    require_tool("vault", input=TEXT, effects="read", reads="private"),
    require_tool("secrets", input=TEXT, effects="none", reads="secret"),
    require_tool("page", input=TEXT, effects="read", returns_trust="untrusted"),
    require_tool("flaky", input=TEXT, effects="none", on_error="fail"),
    require_tool("plain", input=TEXT, effects="none"),
    require_tool("mail", input=TEXT, effects="external"),
    require_tool("post", input=TEXT, effects="write", idempotent=True),
]
OFTEN = (*(tool.name for tool in TOOLS), *("search", "vault", "mail") * 3)
ACTING = ("mail", "post")
MARK = re.compile(r"[up]\d+;")
MOST_STARTS = 40


def document(seed: int) -> Document:
    """A document; the same one for the same seed."""
    return _Maker(Random(seed)).document()


class _Maker:
    def __init__(self, random: Random) -> None:
        self._random = random

    def document(self) -> Document:
        graphs = [self._entry(), self._graph("inner", ("x", "y", "z"), inner=False)]
        agents = [
            build.declare_agent("helper", tools=self._tools(), prompt=self._agent_prompt()),
            build.declare_agent("reader", tools=["search"], input=[build.field("one", required=False)]),
        ]
        return build.document("g", graphs=graphs, agents=agents, tools=TOOLS)

    def _entry(self) -> Graph:
        """A graph of no shape at all, or one in which information can take one way alone."""
        if self._random.random() < 0.6:
            return self._graph("g", tuple("abcdef"), inner=True)
        nodes = self._random.choice([self._beside, self._failing, self._spoken, self._called])()
        return build.graph("g", start="a", nodes=nodes, channels=CHANNELS, recursion_limit=14)

    def _sources(self) -> list[str]:
        return self._random.sample(["search", "vault", "page", "secrets", "plain"], 2)

    def _waits(self, name: str, then: str) -> list[Node]:
        """Some steps in which nothing happens, the first called `name`, and then a node."""
        count = self._random.randint(1, 3)
        names = [name, *(f"{name}{number}" for number in range(count)), then]
        return [build.pass_(each, next=names[index + 1]) for index, each in enumerate(names[:-1])]

    def _mail(self, name: str, text: Code, **common: Unpack[build.Common]) -> Node:
        return build.tool(name, self._random.choice(ACTING), {"text": text, "node": lit(name)}, **common)

    def _beside(self) -> list[Node]:
        """Two branches at the same time: one brings, and the other acts later."""
        one, two = self._sources()
        fan = build.pass_("a", sends=[send("b"), send("c")], join="f")
        late = build.tool("b", one, into="one", next="w")
        text = template(*(get("state", name) for name in NAMES))
        other = build.tool("c", two, into=self._random.choice(["two", "many"]), next="v")
        return [
            fan,
            late,
            *self._waits("w", "END"),
            other,
            *self._waits("v", "e"),
            self._mail("e", text),
            build.pass_("f"),
        ]

    def _failing(self) -> list[Node]:
        """A node that fails gives its error to its handler, and leaves the channels as they were."""
        one, two = self._sources()
        both = template(get("state", "one"), get("state", "two"))
        text = self._random.choice([template(get("args", "error", "message")), both])
        fails = build.tool("c", "flaky", {"text": both}, into="one", on_error="e")
        if self._random.random() < 0.3:
            fails = build.tool("c", "flaky", {"text": both}, into="one", routes={"error": "e", "done": "END"})
        return [
            build.tool("a", one, into="one", next="b"),
            build.tool("b", two, into="two", next="c"),
            fails,
            self._mail("e", text),
        ]

    def _spoken(self) -> list[Node]:
        """What is said in a child's own conversation, or in a copy of its sender's."""
        one, two = self._sources()
        tools = sorted({two, self._random.choice(ACTING)})
        if self._random.random() < 0.5:
            fan = build.pass_("a", sends=[send("b")], join="f")
            return [fan, build.agent("b", tools=[one], next="e"), build.agent("e", tools=tools), build.pass_("f")]
        asked = build.agent("a", tools=[one], sends=[send("e", context="fork")], join="f")
        return [asked, build.agent("e", tools=tools), build.pass_("f")]

    def _called(self) -> list[Node]:
        """A child's output, told to the target of its join."""
        one, two = self._sources()
        sends = [send("b"), send("c")] if self._random.random() < 0.5 else [send("b"), send("helper", {"q": lit("x")})]
        text = template(get("args"), get("state", "two"))
        return [
            build.pass_("a", sends=sends, join="e"),
            build.tool("b", one, next="d"),
            build.tool("d", two, {"text": lit("x")}, into="two"),
            build.tool("c", one),
            self._mail("e", text),
        ]

    def _graph(self, name: str, names: tuple[str, ...], *, inner: bool) -> Graph:
        random = self._random
        nodes = [self._node(each, names, inner) for each in names]
        joins = []
        if random.random() < 0.2:
            sources = random.sample(names, 2)
            joins = [(sources, random.choice([each for each in names if each not in sources]))]
        output = (
            None if random.random() < 0.5 else {"one": get("state", "one"), "many": get("state", random.choice(NAMES))}
        )
        return build.graph(
            name,
            start=names[0],
            nodes=nodes,
            channels=CHANNELS[1:] if random.random() < 0.3 else CHANNELS,
            joins=joins,
            output=output,
            recursion_limit=14,
        )

    def _tools(self) -> list[str]:
        return sorted({self._random.choice(OFTEN) for _ in range(self._random.choice([0, 1, 1, 1, 2]))})

    def _agent_prompt(self) -> Code:
        return self._random.choice([None, template(get("input", "one")), template(get("input", "q"))])

    def _value(self) -> Code:
        return self._random.choice(
            [
                *(get("state", name) for name in NAMES * 2),
                get("state", "table", "k"),
                get("input", "one"),
                get("args"),
                get("args", "q"),
                template(get("args", "error", "message")),
                lit("fixed"),
            ]
        )

    def _prompt(self) -> Code:
        return self._random.choice([None, template(self._value()), self._both(), self._both()])

    def _both(self) -> Code:
        if self._random.random() < 0.5:
            return template(*(get("state", name) for name in NAMES))
        return template("do ", self._value(), " ", self._value())

    def _node(self, name: str, names: tuple[str, ...], inner: bool) -> Node:
        random = self._random
        common: build.Common = {}
        sends: list[Send] = []
        later = [*names[names.index(name) + 1 :], "END"]
        ahead = [each for each in later if each != "END"] or ["END"]
        if ahead != ["END"] and random.random() < 0.2:
            sends = [self._send(random.choice([*ahead, "helper", "reader"])) for _ in range(random.choice([1, 2]))]
        joined = any(each.target in ("helper", "reader") for each in sends)
        if joined or (sends and random.random() < 0.5):
            common["join"] = self._joined(random.choice(ahead), len(sends))
        elif random.random() < 0.75:
            common["next"] = later[0] if random.random() < 0.75 else random.choice([*later, *later, *names])
        elif random.random() < 0.5:
            short: Code = ["<", ["call", "len", get("state", "many")], lit(2)]
            routes: Sequence[tuple[str | None, Code, str]]
            routes = [(None, short, random.choice(names)), (None, None, random.choice(later))]
            common["routes"] = routes
        if random.random() < 0.3 and ahead != ["END"]:
            common["on_error"] = random.choice(ahead)
        if random.random() < 0.5:
            common["into"] = random.choice(NAMES)
        elif random.random() < 0.4:
            target = random.choice([*NAMES, "table"])
            value = random.choice([get("output"), self._value(), self._both()])
            common["writes"] = {target: ["object", ["k", value]] if target == "table" else value}
        channel = random.choice(NAMES)
        if random.random() < 0.3 and channel not in (common.get("into"), *common.get("writes", {})):
            common["update"] = {channel: self._value()}
        common["sends"] = sends
        return self._behaviour(name, inner, common)

    def _send(self, target: str) -> Send:
        random = self._random
        payload: dict[str, Code] | None = {random.choice(["q", "one"]): self._value()}
        if random.random() < 0.3:
            payload = None
        each: tuple[str, Code] | None = None
        if random.random() < 0.2:
            payload = dict.fromkeys(("q",), template(["var", "v"]))
            each = "v", ["list", self._value(), lit("w")]
        lets_go = random.random() < 0.1
        return send(target, payload, each=each, optional=random.random() < 0.2, blocking=not lets_go)

    def _joined(self, target: str, count: int) -> JoinSends:
        waits: Sequence[Literal["all", "race", "quorum", "best_effort", "fallback"]]
        waits = ["all", "all", "all", "race", "best_effort", "fallback", "quorum"]
        wait = self._random.choice(waits)
        quorum = count if wait == "quorum" else None
        keep = wait == "quorum" and self._random.random() < 0.5
        return build.join_sends(target, wait, quorum=quorum, keep=keep)

    def _behaviour(self, name: str, inner: bool, common: build.Common) -> Node:
        random = self._random
        given = None if random.random() < 0.4 else {random.choice(["q", "one"]): self._value()}
        kinds = ["model", "agent", "agent", "once", "executor", "tool", "tool", "tool", "tool", "pass", "helper", "ask"]
        kind = random.choice([*kinds, "inner", "inner"] if inner else kinds)
        first = {"a": "search", "b": "vault"}.get(name)
        if name == "e" and random.random() < 0.5:
            return build.tool(name, "mail", {"text": self._both(), "node": lit(name)}, **common)
        if first is not None and random.random() < 0.7:
            return build.tool(name, first, **self._kept(common))
        arguments = {
            "text": random.choice([self._value(), template(self._value()), self._both(), self._both()]),
            "node": lit(name),
        }
        make = {
            "model": lambda: build.model(name, prompt=self._prompt(), system=self._system(), **common),
            "agent": lambda: build.agent(name, prompt=self._prompt(), tools=self._tools(), **common),
            "once": lambda: build.agent(name, tools=self._tools(), loop=False, **common),
            "executor": lambda: build.tool_executor(name, sorted(each.name for each in TOOLS), **common),
            "tool": lambda: build.tool(name, random.choice(OFTEN), arguments, **common),
            "pass": lambda: build.pass_(name, **common),
            "helper": lambda: build.subagent(name, random.choice(["helper", "reader"]), given, **common),
            "inner": lambda: build.subgraph(name, "inner", given, **common),
            "ask": lambda: build.interrupt(name, self._question(), **common),
        }
        return make[kind]()

    def _kept(self, common: build.Common) -> build.Common:
        """With a channel for the output, and no other writes in its way."""
        common.pop("update", None)
        if common.get("writes") is None:
            common["into"] = self._random.choice(NAMES)
        return common

    def _system(self) -> Code:
        return None if self._random.random() < 0.7 else template(self._value())

    def _question(self) -> Code:
        return template(get("state", self._random.choice(["one", "two", "many", "one"])))


@dataclass
class World:
    """What a run met. `acted`: the nodes in which an effect saw both kinds of marks ("" where an executor did)."""

    shown: list[str] = field(default_factory=list[str])
    acted: set[str] = field(default_factory=set[str])
    effects: int = 0
    count: int = 0

    def capabilities(self) -> Capabilities:
        tools = {each.name: Function(self._tool(each.name)) for each in TOOLS}
        return Capabilities(models={"default": Speaker(self._say)}, tools=tools, routers={})

    def marks(self, text: str) -> set[str]:
        """The marks in a text, without those of texts that a person has seen."""
        for seen in self.shown:
            text = text.replace(seen, "") if seen else text
        return set(MARK.findall(text))

    def _say(self, request: ModelRequest) -> Reply:
        marks: set[str] = set()
        for message in request.messages:
            marks |= self.marks(str(message.get("content")))
        said = "".join(sorted(marks))
        node = request.path.rsplit(".", 1)[-1]
        turn = request.turn - 1
        if turn >= len(request.tools):
            return f"said {said}"
        return [(request.tools[turn].name, {"text": said, "node": node})]

    def _tool(self, name: str) -> Callable[[dict[str, Json], str], Json]:
        def call(arguments: dict[str, Json], _key: str) -> Json:
            self.count += 1
            if self.count > MOST_STARTS:
                raise CallFailed(Error(code="enough", message="enough"))
            text = arguments.get("text")
            marks = self.marks(text if isinstance(text, str) else compact(text))
            if name in ACTING:
                self.effects += 1
                if {mark[0] for mark in marks} == {"u", "p"}:
                    self.acted.add(str(arguments.get("node")))
            if name == "flaky":
                raise CallFailed(Error(code="flaky", message="failed with " + "".join(sorted(marks))))
            brought = {"search": "u", "page": "u", "vault": "p", "secrets": "p"}.get(name)
            return "".join(sorted(marks)) + (f"{brought}{self.count};" if brought else "")

        return call


async def _run(document: Document, world: World) -> str:
    registry = replace(registry_of(document), severities=dict.fromkeys(("unsafe-flow", "untrusted-system"), "off"))
    store, capabilities = MemoryStore(), world.capabilities()
    result = await api.run(
        document, registry, root=Path(), input={"one": "given"}, store=store, capabilities=capabilities
    )
    for _ in range(6):
        if result.outcome != "paused":
            break
        world.shown += [question.prompt for question in result.questions]
        answers: dict[str, Json] = {question.address: "fine" for question in result.questions}
        result = await api.resume(
            result.run, registry, root=Path(), store=store, answers=answers, actor="mia", capabilities=capabilities
        )
    return result.outcome


@dataclass
class Seen:
    """What one seed gave: the nodes that acted on both, and those of which the analysis said that they may."""

    refused: bool
    effects: int
    acted: frozenset[str]
    reported: frozenset[str]
    executors: frozenset[str] = frozenset()

    @property
    def missed(self) -> frozenset[str]:
        """What the analysis should have reported. Where it reports an executor, anybody may have asked for the call."""
        if self.executors:
            return frozenset()
        return frozenset(path for path in self.acted if not any(f"/{path}".endswith(f"/{n}") for n in self.reported))


def look(seed: int) -> Seen:
    """Runs a seed's document, and analyses it."""
    made = document(seed)
    world = World()
    try:
        asyncio.run(_run(made, world))
    except RunRefused:
        return Seen(True, 0, frozenset(), frozenset())
    reported = {_name(made, each.at) for each in check_information(made) if each.code == "unsafe-flow"}
    return Seen(
        False,
        world.effects,
        frozenset(world.acted),
        frozenset(reported),
        _executors(made) if _executors(made) & reported else frozenset(),
    )


def _name(document: Document, at: str) -> str:
    _, _, graph, _, index, *_ = at.split("/")
    return document.graphs[graph].nodes[int(index)].name


def _executors(document: Document) -> frozenset[str]:
    """They act on what another node asked for, under that node's name."""
    nodes = [node for graph in document.graphs.values() for node in graph.nodes]
    return frozenset(node.name for node in nodes if node.behaviour.kind == "tool_executor")


def main(count: int, first: int = 0) -> int:
    """Looks at many seeds; the number of those that the analysis missed."""
    ran = effects = acted = reported = missed = 0
    for seed in range(first, first + count):
        seen = look(seed)
        ran += not seen.refused
        effects += seen.effects
        acted += len(seen.acted)
        reported += len(seen.reported)
        if seen.missed:
            missed += 1
            print(f"seed {seed}: missed {sorted(seen.missed)}")
    print(
        f"{ran} of {count} documents ran, {effects} calls with effects; {acted} nodes acted on both, {reported} reported, {missed} missed"
    )
    return missed


if __name__ == "__main__":
    sys.exit(1 if main(*map(int, sys.argv[1:])) else 0)
