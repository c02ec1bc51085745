"""What nodes read of channels and write into them, as far as the graph says it.

An access says of itself what is certain: a field of an output that need not be there may be written, and so may, by a name that
nobody declared, any channel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rag_ir import graph as ir
from rag_ir.graph import Code, Json, Schema
from rag_ir.record import field, record
from rag_verify.names_used import codes_of
from rag_verify.requirements import OfferedTool


@record
class World:
    """What surrounds a graph: the other graphs, the agents, and the tools that can be named."""

    graphs: Mapping[str, ir.Graph] = field(default_factory=dict[str, ir.Graph])
    agents: Mapping[str, ir.Agent] = field(default_factory=dict[str, ir.Agent])
    tools: Mapping[str, OfferedTool] = field(default_factory=dict[str, OfferedTool])


@record
class Write:
    """A write of a node. `certain`: every success of it writes. `value`: the expression, where there is one. `at`: its pointer."""

    channel: str
    at: str
    certain: bool
    value: Code


@record
class Read:
    """A read of a channel (null: of all of them) in the code at `at`. `after`: of the state behind the node's own superstep."""

    channel: str | None
    at: str
    after: bool


def writes_of(node: ir.Node, at: str, world: World, send: ir.Send | None = None, sent_at: str = "") -> list[Write]:
    """The writes of a node at the pointer `at`, new messages and writes by unknown names left out.

    With `send`, those of the activation that this send starts: what it says stands in place of the node's own.
    """
    writes, place = (node.writes, at) if send is None or send.writes is None else (send.writes, sent_at)
    sure = _declared(node.behaviour, world) if writes.present else frozenset[str]()
    found = [
        Write(entry.name, f"{place}/writes/entries/{index}", not writes.present or entry.name in sure, entry.value)
        for index, entry in enumerate(writes.entries)
    ]
    found += (Write(entry.name, f"{at}/update/{index}", True, entry.value) for index, entry in enumerate(node.update))
    return found


def writes_by_name(node: ir.Node) -> bool:
    """Whether the output's own keys say what is written."""
    return node.writes.by_name and not isinstance(node.behaviour, ir.Pass | ir.Router)


def speaks(node: ir.Node) -> bool:
    """Whether the node adds messages to a conversation."""
    return node.writes.speak or isinstance(node.behaviour, ir.ModelCall | ir.ToolExecutor)


def reads_of(node: ir.Node, at: str, graph: ir.Graph, world: World) -> Iterator[Read]:
    """What a node at the pointer `at` reads of the state of its graph."""
    for place, code in codes_of(node, at):
        after = place.startswith((f"{at}/routing", f"{at}/sends"))
        for name in channels_in(code):
            yield Read(name, place, after)
    if isinstance(node.behaviour, ir.ModelCall | ir.ToolExecutor) and graph.messages is not None:
        yield Read(graph.messages, f"{at}/behaviour", False)
    yield from _derived(node, at, graph, world)


def channels_in(code: Code) -> Iterator[str | None]:
    """The channels that an expression reads; null where it takes the whole state."""
    pending: list[Json] = [code]
    while pending:
        part = pending.pop()
        if not isinstance(part, list) or part[:1] == ["lit"]:
            continue
        if part[:2] == ["get", "state"]:
            yield str(part[2]) if len(part) > 2 else None
        pending.extend(part)


def roots_in(code: Code) -> set[str]:
    """The roots that an expression reads: of `input state args output`."""
    found: set[str] = set()
    pending: list[Json] = [code]
    while pending:
        part = pending.pop()
        if not isinstance(part, list) or part[:1] == ["lit"]:
            continue
        if part[:1] == ["get"] and len(part) > 1:
            found.add(str(part[1]))
        pending.extend(part)
    return found


def _derived(node: ir.Node, at: str, graph: ir.Graph, world: World) -> Iterator[Read]:
    """A child without a mapping takes channels of the names of its fields, or all of them."""
    match node.behaviour:
        case ir.Subagent(agent=name, input=None):
            callee: ir.Agent | ir.Graph | None = world.agents.get(name)
        case ir.Subgraph(graph=name, input=None):
            callee = world.graphs.get(name)
        case _:
            return
    fields = None if callee is None else callee.input
    names = {channel.name for channel in graph.channels}
    if fields is None:
        yield Read(None, f"{at}/behaviour", False)
    else:
        yield from (Read(each.name, f"{at}/behaviour", False) for each in fields if each.name in names)


def _declared(behaviour: ir.Behaviour, world: World) -> frozenset[str]:
    """The fields that an output always has, and never as null."""
    match behaviour:
        case ir.ModelCall(output=output):
            schema: Schema | None = output
        case ir.Subagent(agent=name):
            schema = world.agents[name].output if name in world.agents else None
        case ir.Subgraph(graph=name):
            schema = world.graphs[name].output_schema if name in world.graphs else None
        case ir.ToolCall(tool=name):
            schema = world.tools[name].output if name in world.tools else None
        case ir.Interrupt():
            return frozenset(("value", "actor"))
        case ir.ToolExecutor() | ir.Router() | ir.Join() | ir.Pass():
            schema = None
    return frozenset(_present(schema or {}))


def _present(schema: Schema) -> Iterator[str]:
    properties, required = schema.get("properties"), schema.get("required")
    if isinstance(properties, dict) and isinstance(required, list):
        for name, each in properties.items():
            if name in required and isinstance(each, dict) and ("type" in each or "$ref" in each):
                yield name
