"""Emit: everything that the source leaves out is explicit in the IR.

In:  the HIR of a project, and the registry.
Out: the IR of every graph and agent, the places that its parts come from, and no diagnostics: emit is total.
What is a hole in the HIR is `HOLE` or null here; an IR with holes is never written out.
"""

from __future__ import annotations

from collections.abc import Mapping

from rag_compiler import hir
from rag_compiler.check_graphs import joined_nodes
from rag_compiler.check_values import channel_type, schemas
from rag_compiler.default_writes import conversation
from rag_compiler.diagnostics import Place
from rag_compiler.emit_agents import constant_or, emit_agent, emit_fields
from rag_compiler.emit_code import emit_code, name_of
from rag_compiler.emit_nodes import Site, emit_nodes
from rag_compiler.emit_policies import emit_allow, emit_block
from rag_compiler.kinds import DEFAULT_MAX_CONCURRENCY, DEFAULT_RECURSION_LIMIT, Checkpoint
from rag_compiler.places import Places
from rag_ir import graph as ir
from rag_ir.finding import pointer
from rag_ir.graph import Schema
from rag_ir.record import record
from rag_ir.reducers import initial_value
from rag_ir.types import Record, RecordField, may_be_absent, to_schema
from rag_registry.registry import Registry


@record
class Program:
    """Every named graph, agent and type of a project as IR; `places` and `docs` by pointer into a document that holds them."""

    graphs: Mapping[str, ir.Graph]
    agents: Mapping[str, ir.Agent]
    types: Mapping[str, Schema]
    places: Mapping[str, Place]
    docs: Mapping[str, str]


def emit(project: hir.Project, registry: Registry) -> Program:
    """The IR of the whole project."""
    places: dict[str, Place] = {}
    docs: dict[str, str] = {}
    graphs = {
        name: _graph(graph, project, registry, Places(graph.path, places, docs))
        for name, graph in project.graphs.items()
    }
    agents = {
        name: _agent(agent, Places(agent.origin.path or "", places, docs)) for name, agent in project.agents.items()
    }
    return Program(graphs, agents, schemas(project.types), places, docs)


def _agent(agent: hir.Agent, places: Places) -> ir.Agent:
    at = pointer("agents", agent.name)
    if agent.origin.path is not None:
        places.put(at, agent.origin.span)
        places.document(at, agent.doc)
    return emit_agent(agent, at, places)


def _graph(graph: hir.Graph, project: hir.Project, registry: Registry, places: Places) -> ir.Graph:
    at = pointer("graphs", graph.name.name)
    places.put(at, graph.name.span)
    places.put(f"{at}/start", graph.start.span)
    places.document(at, graph.doc)
    budget = emit_block(graph.budget, "budget", at, places)
    return ir.Graph(
        name=graph.name.name,
        start=name_of(graph.start),
        input=emit_fields(graph.input),
        output=_output(graph, f"{at}/output", places),
        output_schema=_output_schema(graph),
        channels=tuple(
            _channel(channel, f"{at}/channels/{index}", places) for index, channel in enumerate(graph.channels.values())
        ),
        messages=conversation(graph),
        nodes=tuple(emit_nodes(Site(graph, project, registry, places, at))),
        joins=_joins(graph, f"{at}/joins", places),
        recursion_limit=graph.recursion_limit or DEFAULT_RECURSION_LIMIT,
        max_concurrency=graph.max_concurrency or DEFAULT_MAX_CONCURRENCY,
        budget=budget.value if budget else None,
        checkpoint=_checkpoint(graph, at, places),
        interrupts=_interrupts(graph, at, places),
        allow=emit_allow(graph, at, places),
        metadata=graph.metadata,
    )


def _checkpoint(graph: hir.Graph, at: str, places: Places) -> Checkpoint:
    if graph.checkpoint is None:
        return "every"
    places.put(f"{at}/checkpoint", graph.checkpoint.span)
    return graph.checkpoint.word


def _interrupts(graph: hir.Graph, at: str, places: Places) -> bool:
    if graph.interrupts is None:
        return True
    places.put(f"{at}/interrupts", graph.interrupts.span)
    return graph.interrupts.word != "off"


def _output(graph: hir.Graph, at: str, places: Places) -> tuple[ir.Entry, ...] | None:
    if graph.output is None:
        return None
    entries: list[ir.Entry] = []
    for index, field in enumerate(graph.output):
        places.put(f"{at}/{index}", field.name.span)
        value = emit_code(field.value or hir.Hole(field.name.span), f"{at}/{index}/value", places)
        entries.append(ir.Entry(name=field.name.name, value=value))
    return tuple(entries)


def _output_schema(graph: hir.Graph) -> Schema | None:
    if graph.output is None:
        return None
    fields = [
        RecordField(field.name.name, field.type.value, not may_be_absent(field.type.value), field.doc)
        for field in graph.output
    ]
    return to_schema(Record(tuple(fields)))


def _channel(channel: hir.Channel, at: str, places: Places) -> ir.Channel:
    places.put(at, channel.name.span)
    places.document(at, channel.doc)
    reducer = channel.reducer.name if channel.reducer else "overwrite"
    if channel.reducer:
        places.put(f"{at}/reducer", channel.reducer.span)
    if channel.function:
        places.put(f"{at}/function", channel.function.span)
    return ir.Channel(
        name=channel.name.name,
        reducer=reducer,
        function=channel.function.name if channel.function else None,
        deep=channel.deep,
        accumulate=channel.accumulate,
        schema=to_schema(channel_type(channel)),
        initial=constant_or(channel.initial, initial_value(reducer)),
    )


def _joins(graph: hir.Graph, at: str, places: Places) -> tuple[ir.GraphJoin, ...]:
    """Joins over declared nodes, as they stand in the text: the graph's own and those of kind `join`.

    A node of kind `join` that waits for nothing, or of no known kind, may wait for anything.
    """
    joins = list(graph.joins)
    joined = joined_nodes(graph)
    for node in graph.nodes.values():
        match node.behaviour:
            case hir.JoinNode(sources=tuple() as sources, span=span) if sources:
                joins.append(hir.GraphJoin(span, sources, node.name))
            case hir.JoinNode() | hir.UnknownNode() if node.name.name not in joined:
                joins.append(hir.GraphJoin(node.name.span, (hir.Hole(node.name.span),), node.name))
            case _:
                pass
    emitted: list[ir.GraphJoin] = []
    for index, join in enumerate(sorted(joins, key=lambda each: each.keyword.start)):
        places.put(f"{at}/{index}", join.keyword)
        places.put(f"{at}/{index}/target", join.target.span)
        sources = tuple(name_of(source) for source in join.sources)
        emitted.append(ir.GraphJoin(sources=sources, target=name_of(join.target)))
    return tuple(emitted)
