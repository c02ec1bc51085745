"""What every picture of a graph shows: boxes, the arrows between them, and what runs side by side, read off the IR."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal, assert_never

from rag_ir.finding import pointer
from rag_ir.graph import (
    Agent,
    Behaviour,
    Document,
    Entry,
    Finish,
    Graph,
    Interrupt,
    Join,
    JoinSends,
    ModelCall,
    Next,
    Node,
    Pass,
    Route,
    Router,
    Routes,
    Send,
    Subagent,
    Subgraph,
    ToolCall,
    ToolExecutor,
)
from rag_ir.record import record
from rag_verify.code_text import code_text
from rag_verify.forks import Fork, forks_of

ArrowKind = Literal["route", "send", "join", "error"]


@record
class Arrow:
    """From a node to a node or `END`. `label` says when; `detail` what is carried along. `after`: the nodes that a join waits for."""

    kind: ArrowKind
    source: str
    target: str
    label: str
    detail: str = ""
    after: tuple[str, ...] = ()


@record
class Box:
    """A node: its kind and, in a few words each, what it does. `calls` names the graph that it runs, `at` points into the IR."""

    name: str
    kind: str
    facts: tuple[str, ...]
    start: bool
    implicit: bool
    ends: bool
    calls: str | None
    at: str

    @property
    def detail(self) -> str:
        """The facts on one line."""
        return "; ".join(self.facts)


@record
class Picture:
    """One graph. `about` is its documentation, `at` points into the IR."""

    graph: str
    about: str
    inputs: tuple[str, ...]
    channels: tuple[str, ...]
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    forks: tuple[Fork, ...]
    at: str


def pictures(document: Document) -> list[Picture]:
    """A picture of each graph, the entry first, the others by name."""
    names = sorted(document.graphs, key=lambda name: (name != document.entry, name))
    docs = document.docs
    return [picture(document.graphs[name], document.agents, docs.get(pointer("graphs", name), "")) for name in names]


def picture(graph: Graph, agents: Mapping[str, Agent], about: str = "") -> Picture:
    """The picture of one graph; an agent that is not among `agents` is shown by its name alone."""
    joined = {source for join in graph.joins for source in join.sources}
    arrows = [arrow for node in graph.nodes for arrow in _arrows(node)]
    arrows += [Arrow("join", "", join.target, "all", after=join.sources) for join in graph.joins]
    return Picture(
        graph=graph.name,
        about=about,
        inputs=tuple(field.name + ("" if field.required else "?") for field in graph.input or ()),
        channels=tuple(f"{channel.name} {channel.reducer}" for channel in graph.channels),
        boxes=tuple(_box(graph, row, agents, joined) for row in range(len(graph.nodes))),
        arrows=tuple(arrows),
        forks=forks_of(graph),
        at=pointer("graphs", graph.name),
    )


def _box(graph: Graph, row: int, agents: Mapping[str, Agent], joined: Collection[str]) -> Box:
    node = graph.nodes[row]
    return Box(
        name=node.name,
        kind=node.behaviour.kind,
        facts=(*_does(node.behaviour, agents), *_minds(node)),
        start=node.name == graph.start,
        implicit=node.implicit,
        ends=isinstance(node.routing, Finish) and not node.implicit and node.name not in joined,
        calls=node.behaviour.graph if isinstance(node.behaviour, Subgraph) else None,
        at=pointer("graphs", graph.name, "nodes", row),
    )


def _does(behaviour: Behaviour, agents: Mapping[str, Agent]) -> Iterator[str]:
    match behaviour:
        case ModelCall():
            yield f"agent {behaviour.agent}" if behaviour.agent else f"model {behaviour.model}"
            yield from _tools(behaviour.tools)
        case ToolExecutor():
            yield from _tools(behaviour.tools)
        case ToolCall():
            yield f"tool {behaviour.tool} {_entries(behaviour.arguments)}".rstrip()
        case Router():
            yield from (f"router {name}" for name in (behaviour.router,) if name)
        case Subagent():
            yield f"agent {behaviour.agent}"
            if behaviour.agent in agents:
                yield f"model {agents[behaviour.agent].model}"
                yield from _tools(agents[behaviour.agent].tools)
        case Subgraph():
            yield f"graph {behaviour.graph}"
        case Interrupt():
            yield f"options {', '.join(behaviour.options)}" if behaviour.options else "any answer"
        case Join() | Pass():
            pass
        case _:
            assert_never(behaviour)


def _tools(names: Sequence[str]) -> Iterator[str]:
    if names:
        yield f"tools {', '.join(names)}"


def _minds(node: Node) -> Iterator[str]:
    """What holds for nodes of every kind: what is written by name, limits, pauses."""
    written = dict.fromkeys(entry.name for entry in (*node.writes.entries, *node.update))
    if written:
        yield f"writes {', '.join(written)}"
    if node.max_visits is not None:
        yield f"visits at most {node.max_visits}"
    pauses = [word for word, set_ in (("before", node.pause_before), ("after", node.pause_after)) if set_]
    if pauses:
        yield f"pauses {' and '.join(pauses)}"


def _arrows(node: Node) -> Iterator[Arrow]:
    for send in node.sends:
        yield Arrow("send", node.name, send.target, *_sent(send))
    match node.routing:
        case Finish():
            pass
        case Next(target=target):
            yield Arrow("route", node.name, target, "")
        case Routes(entries=entries):
            for entry in entries:
                yield Arrow("route", node.name, entry.target, _label(entry))
        case JoinSends(target=target, wait=wait):
            after = tuple(dict.fromkeys(send.target for send in node.sends))
            yield Arrow("join", node.name, target, wait, after=after)
        case _:
            assert_never(node.routing)
    if node.on_error is not None:
        yield Arrow("error", node.name, node.on_error, "on error")


def _label(route: Route) -> str:
    if route.label is not None:
        return route.label
    return "else" if route.when is None else f"when {code_text(route.when)}"


def _sent(send: Send) -> tuple[str, str]:
    label = ""
    if send.each is not None:
        label = f"each {send.each.variable} in {code_text(send.each.source)}"
        label += f", at most {send.max}" if send.max is not None else ""
    return label, "" if send.payload is None else _entries(send.payload)


def _entries(entries: Sequence[Entry]) -> str:
    return "{ " + ", ".join(f"{entry.name}: {code_text(entry.value)}" for entry in entries) + " }" if entries else ""
