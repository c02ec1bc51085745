"""What a run can cost at most: activations, calls, tokens, money and depth, of graphs, agents and single nodes.

    bounds = bounds_of(document)
    bounds.graph("research").model_calls.most        # an integer, or null with `because`
    bounds.node("research", "supervisor").activations

Every bound holds for any run that is not taken up again after a failure: guards are free, children take as long as they can, loops go
round until `max_visits` or the recursion limit stops them. A turn of a model counts as two calls, as one whose answer is cut off is
asked for once more; a call of a node with a written `retry` counts once for each attempt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag_ir import graph as ir
from rag_ir.graph import Document
from rag_ir.record import record, replace
from rag_verify.amounts import NOTHING, Amounts, Bound, added, highest, lower, times
from rag_verify.bounds_of_calls import CallBounds
from rag_verify.bounds_of_runs import runs_of
from rag_verify.names_used import names_used

ENDLESS = "graphs call each other without an end"


@record
class Bounds:
    """The bounds of a graph, an agent or a node. `input_tokens` counts what models read, `cost` 10^-18 US dollars."""

    activations: Bound
    model_calls: Bound
    tool_calls: Bound
    input_tokens: Bound
    output_tokens: Bound
    cost: Bound
    depth: Bound

    @property
    def cost_usd(self) -> str | None:
        """The cost as a decimal string of US dollars; null where it is not bounded."""
        return None if self.cost.most is None else decimal(self.cost.most)


def decimal(amount: int) -> str:
    """10^-18 US dollars as a decimal string without zeros at its end."""
    whole, rest = divmod(amount, 10**18)
    return f"{whole}.{rest:018d}".rstrip("0").rstrip(".")


def bounds_of(document: Document) -> DocumentBounds:
    """The bounds of everything in a document; each is worked out when it is asked for."""
    return DocumentBounds(document)


class DocumentBounds:
    """The bounds of a document's parts, by name. Names that lead nowhere have no part in them."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._calls = CallBounds(document)
        self._graphs: dict[str, Amounts] = {}
        self._depths: dict[str, Bound] = {}
        self._inside: list[str] = []

    def graph(self, name: str) -> Bounds:
        """One run of a graph, its children included."""
        return _bounds(self._run(name), self._depth(name))

    def agent(self, name: str) -> Bounds:
        """One run of an agent."""
        agent = self._document.agents[name]
        return _bounds(replace(self._calls.agent(agent, None), activations=Bound(1)), Bound(0))

    def depth(self, name: str) -> Bound:
        """How deep children nest below a run of a graph."""
        return self._depth(name)

    def node(self, graph: str, name: str) -> Bounds:
        """All activations of a node in one run of its graph, its children included."""
        found = self._document.graphs[graph]
        node = next(each for each in found.nodes if each.name == name)
        count = runs_of(found, self._document.policy.max_fanout, {name: Amounts(activations=Bound(1))}).activations
        if node.max_visits is not None:
            count = lower(count, Bound(node.max_visits))
        all_of_it = times(self._activation(found, node), count)
        return _bounds(replace(all_of_it, activations=count), self._depth_of(node))

    def _run(self, name: str) -> Amounts:
        if name in self._inside:
            endless = Bound(None, (ENDLESS,))
            return Amounts(endless, endless, endless, endless, endless, endless)
        if name not in self._graphs:
            self._inside.append(name)
            graph = self._document.graphs[name]
            each = {node.name: self._activation(graph, node) for node in graph.nodes}
            counted = runs_of(graph, self._document.policy.max_fanout, each)
            self._graphs[name] = self._limited(graph, each, counted)
            self._inside.pop()
        return self._graphs[name]

    def _limited(self, graph: ir.Graph, each: Mapping[str, Amounts], counted: Amounts) -> Amounts:
        """The least of what is counted and what `max_visits` allows, where every node that costs something has one."""
        total = NOTHING
        for node in graph.nodes:
            visits = Bound(None) if node.max_visits is None else Bound(node.max_visits)
            total = added(total, times(each[node.name], visits))
        names = Amounts.names()
        return Amounts(*(lower(getattr(counted, name), getattr(total, name)) for name in names))

    def _activation(self, graph: ir.Graph, node: ir.Node) -> Amounts:
        """One activation of a node."""
        if isinstance(node.behaviour, ir.Subgraph):
            called = node.behaviour.graph
            return self._run(called) if called in self._document.graphs else NOTHING
        return replace(self._calls.node(graph, node), activations=Bound(1))

    def _depth(self, name: str) -> Bound:
        if name in self._inside:
            return Bound(None, (ENDLESS,))
        if name not in self._depths:
            self._inside.append(name)
            nodes = self._document.graphs[name].nodes
            self._depths[name] = highest([self._depth_of(node) for node in nodes])
            self._inside.pop()
        return self._depths[name]

    def _depth_of(self, node: ir.Node) -> Bound:
        """How deep children nest below a node."""
        match node.behaviour:
            case ir.Subagent():
                return Bound(1)
            case ir.Subgraph(graph=graph) if graph in self._document.graphs:
                inner = self._depth(graph)
                return inner if inner.most is None else Bound(inner.most + 1)
            case _:
                return Bound(0)


def _bounds(amounts: Amounts, depth: Bound) -> Bounds:
    return Bounds(
        activations=amounts.activations,
        model_calls=amounts.model_calls,
        tool_calls=amounts.tool_calls,
        input_tokens=amounts.input_tokens,
        output_tokens=amounts.output_tokens,
        cost=amounts.cost,
        depth=depth,
    )


def models_of(document: Document, graphs: Sequence[str]) -> list[str]:
    """The models that some graphs, with their children and agents, may call, sorted."""
    found: set[str] = set()
    seen: set[str] = set()
    pending = [*graphs]
    while pending:
        name = pending.pop()
        if name in seen or name not in document.graphs:
            continue
        seen.add(name)
        for node in document.graphs[name].nodes:
            used = names_used(node.behaviour)
            pending += used.graphs
            found |= used.models
            found |= {document.agents[agent].model for agent in used.agents if agent in document.agents}
    return sorted(found)
