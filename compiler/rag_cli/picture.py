"""What every picture of a graph shows: boxes and the arrows between them, read off the IR."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, assert_never

from rag_cli.code_text import code_text
from rag_ir.graph import (
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
    """A node: its kind and, in a few words, what it does. `calls` names the graph that it runs."""

    name: str
    kind: str
    detail: str
    start: bool
    implicit: bool
    ends: bool
    calls: str | None


@record
class Picture:
    """One graph."""

    graph: str
    inputs: tuple[str, ...]
    channels: tuple[str, ...]
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def pictures(document: Document) -> list[Picture]:
    """A picture of each graph, the entry first, the others by name."""
    names = sorted(document.graphs, key=lambda name: (name != document.entry, name))
    return [_picture(document.graphs[name]) for name in names]


def _picture(graph: Graph) -> Picture:
    joined = {source for join in graph.joins for source in join.sources}
    arrows = [arrow for node in graph.nodes for arrow in _arrows(node)]
    arrows += [Arrow("join", "", join.target, "all", after=join.sources) for join in graph.joins]
    return Picture(
        graph=graph.name,
        inputs=tuple(field.name + ("" if field.required else "?") for field in graph.input or ()),
        channels=tuple(f"{channel.name} {channel.reducer}" for channel in graph.channels),
        boxes=tuple(_box(node, graph, node.name in joined) for node in graph.nodes),
        arrows=tuple(arrows),
    )


def _box(node: Node, graph: Graph, joined: bool) -> Box:
    calls = node.behaviour.graph if isinstance(node.behaviour, Subgraph) else None
    ends = isinstance(node.routing, Finish) and not node.implicit and not joined
    return Box(
        node.name, node.behaviour.kind, _detail(node.behaviour), node.name == graph.start, node.implicit, ends, calls
    )


def _detail(behaviour: Behaviour) -> str:
    match behaviour:
        case ModelCall():
            who = f"agent {behaviour.agent}" if behaviour.agent else f"model {behaviour.model}"
            return f"{who}; tools {', '.join(behaviour.tools)}" if behaviour.tools else who
        case ToolExecutor():
            return f"tools {', '.join(behaviour.tools)}"
        case ToolCall():
            return f"tool {behaviour.tool} {_entries(behaviour.arguments)}".rstrip()
        case Router():
            return f"router {behaviour.router}" if behaviour.router else ""
        case Subagent():
            return f"agent {behaviour.agent}"
        case Subgraph():
            return f"graph {behaviour.graph}"
        case Interrupt():
            return f"options {', '.join(behaviour.options)}" if behaviour.options else "any answer"
        case Join() | Pass():
            return ""
        case _:
            assert_never(behaviour)


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
