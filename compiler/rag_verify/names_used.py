"""What the parts of a document name, and the code and the schemas in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rag_ir import graph as ir
from rag_ir.finding import pointer
from rag_ir.graph import Code, Document, Schema
from rag_ir.record import record


@record
class NamesUsed:
    """Names by kind."""

    models: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    routers: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    graphs: frozenset[str] = frozenset()
    reducers: frozenset[str] = frozenset()
    stores: frozenset[str] = frozenset()
    middleware: frozenset[str] = frozenset()

    def __or__(self, other: NamesUsed) -> NamesUsed:
        return NamesUsed(
            self.models | other.models,
            self.tools | other.tools,
            self.routers | other.routers,
            self.agents | other.agents,
            self.graphs | other.graphs,
            self.reducers | other.reducers,
            self.stores | other.stores,
            self.middleware | other.middleware,
        )


def names_used(part: ir.Behaviour | ir.Agent) -> NamesUsed:
    """What one behaviour or agent names itself; not what those that it names do."""
    match part:
        case ir.ModelCall(model=model, tools=tools, agent=agent):
            agents = frozenset((agent,)) if agent is not None else frozenset[str]()
            return NamesUsed(models=frozenset((model,)), tools=frozenset(tools), agents=agents)
        case ir.Agent(model=model, tools=tools, stores=stores):
            return NamesUsed(models=frozenset((model,)), tools=frozenset(tools), stores=frozenset(stores))
        case ir.ToolExecutor(tools=tools):
            return NamesUsed(tools=frozenset(tools))
        case ir.ToolCall(tool=tool):
            return NamesUsed(tools=frozenset((tool,)))
        case ir.Router(router=str(router)):
            return NamesUsed(routers=frozenset((router,)))
        case ir.Subagent(agent=agent):
            return NamesUsed(agents=frozenset((agent,)))
        case ir.Subgraph(graph=graph):
            return NamesUsed(graphs=frozenset((graph,)))
        case ir.Router() | ir.Interrupt() | ir.Join() | ir.Pass():
            return NamesUsed()


def names_of_node(node: ir.Node) -> NamesUsed:
    """What a node names: by its behaviour, and beside it."""
    return names_used(node.behaviour) | NamesUsed(stores=frozenset(node.stores), middleware=frozenset(node.middleware))


def names_of_graph(graph: ir.Graph) -> NamesUsed:
    """What a graph names."""
    functions = (channel.function for channel in graph.channels)
    used = NamesUsed(reducers=frozenset(each for each in functions if each is not None))
    for node in graph.nodes:
        used |= names_of_node(node)
    return used


def codes_of(node: ir.Node, at: str) -> Iterator[tuple[str, Code]]:
    """All code of a node with its pointers."""
    yield from _behaviour(node.behaviour, f"{at}/behaviour")
    yield from _entries(node.writes.entries, f"{at}/writes/entries")
    yield from _entries(node.update, f"{at}/update")
    for index, send in enumerate(node.sends):
        yield from _entries(send.payload or (), f"{at}/sends/{index}/payload")
        if send.each is not None:
            yield f"{at}/sends/{index}/each/source", send.each.source
        if send.writes is not None:
            yield from _entries(send.writes.entries, f"{at}/sends/{index}/writes/entries")
    if isinstance(node.routing, ir.Routes):
        for index, entry in enumerate(node.routing.entries):
            yield f"{at}/routing/entries/{index}/when", entry.when


def _behaviour(behaviour: ir.Behaviour, at: str) -> Iterator[tuple[str, Code]]:
    match behaviour:
        case ir.ModelCall(system=system, prompt=prompt):
            yield f"{at}/system", system
            yield f"{at}/prompt", prompt
        case ir.ToolCall(arguments=arguments):
            yield from _entries(arguments, f"{at}/arguments")
        case ir.Subagent(input=given) | ir.Subgraph(input=given):
            yield from _entries(given or (), f"{at}/input")
        case ir.Interrupt(prompt=prompt):
            yield f"{at}/prompt", prompt
        case ir.ToolExecutor() | ir.Router() | ir.Join() | ir.Pass():
            pass


def _entries(entries: Sequence[ir.Entry], at: str) -> Iterator[tuple[str, Code]]:
    return ((f"{at}/{index}/value", entry.value) for index, entry in enumerate(entries))


def schemas_of(document: Document) -> Iterator[tuple[str, Schema]]:
    """All schemas of a document with their pointers."""
    yield from ((pointer("types", name), schema) for name, schema in document.types.items())
    for name, agent in document.agents.items():
        at = pointer("agents", name)
        yield from _fields(agent.input or (), f"{at}/input")
        if agent.output is not None:
            yield f"{at}/output", agent.output
    for name, graph in document.graphs.items():
        yield from schemas_of_graph(graph, pointer("graphs", name))


def schemas_of_graph(graph: ir.Graph, at: str) -> Iterator[tuple[str, Schema]]:
    """The schemas of a graph."""
    yield from _fields(graph.input or (), f"{at}/input")
    if graph.output_schema is not None:
        yield f"{at}/output_schema", graph.output_schema
    yield from ((f"{at}/channels/{index}/schema", channel.schema) for index, channel in enumerate(graph.channels))
    for index, node in enumerate(graph.nodes):
        if isinstance(node.behaviour, ir.ModelCall) and node.behaviour.output is not None:
            yield f"{at}/nodes/{index}/behaviour/output", node.behaviour.output


def _fields(fields: Iterable[ir.Field], at: str) -> Iterator[tuple[str, Schema]]:
    return ((f"{at}/{index}/schema", field.schema) for index, field in enumerate(fields))
