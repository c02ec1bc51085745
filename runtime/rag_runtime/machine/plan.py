"""A graph prepared for running: names are resolved once, so that a step looks nothing up that does not concern it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag_ir.finding import pointer
from rag_ir.graph import END, Document, Each, Entry, Finish, Graph, JoinSends, Json, Next, Node, Routes
from rag_ir.record import field, mutable
from rag_runtime.machine.errors import MachineError

FAILURE_LABELS = ("error", "failed")


@mutable
class Move:
    """What follows an activation: `target` (null: the branch ends) or a `join` of what is sent.

    `handled` is given to the handler of a failure, which is an activation of its own.
    """

    target: NodePlan | None = None
    join: NodePlan | None = None
    sends: Sequence[tuple[NodePlan, Json]] = ()
    handled: dict[str, Json] | None = None


@mutable
class RoutePlan:
    """An entry of `routes`, with the JSON pointer of its guard."""

    label: str | None
    when: Json
    move: Move
    pointer: str


@mutable
class SendPlan:
    """A send, with its JSON pointer."""

    target: NodePlan
    payload: tuple[Entry, ...] | None
    each: Each | None
    max: int | None
    pointer: str


@mutable
class JoinPlan:
    """A graph-level join. `before` says which nodes lead to a node in the same region (see `children`) other than by such joins.

    `leads_to` is filled as it is asked for: per source, the nodes from which it can be reached.
    """

    index: int
    sources: tuple[NodePlan, ...]
    target: NodePlan
    before: Mapping[NodePlan, Sequence[NodePlan]]
    leads_to: dict[NodePlan, frozenset[NodePlan]] = field(default_factory=dict["NodePlan", "frozenset[NodePlan]"])


@mutable
class NodePlan:
    """A node.

    `fixed` is what follows its success when nothing has to be evaluated for it. `caught` are the labels of failures that its
    routes name, `otherwise` its `else`. `waiting` are the graph-level joins that it is a source of, `fired_by` those that it is
    the target of.
    """

    name: str
    index: int
    node: Node
    pointer: str
    fixed: Move | None = None
    move: Move | None = None
    routes: tuple[RoutePlan, ...] = ()
    sends: tuple[SendPlan, ...] = ()
    on_error: NodePlan | None = None
    caught: Mapping[str, Move] | None = None
    otherwise: Move | None = None
    waiting: tuple[JoinPlan, ...] = ()
    fired_by: tuple[JoinPlan, ...] = ()


class Plan:
    """A graph, prepared. Nodes are numbered in declaration order."""

    __slots__ = ("graph", "joins", "nodes", "start")

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        place = pointer("graphs", graph.name, "nodes") + "/"
        self.nodes = {node.name: NodePlan(node.name, at, node, f"{place}{at}") for at, node in enumerate(graph.nodes)}
        self.start = self.nodes[graph.start]
        for plan in self.nodes.values():
            self._connect(plan)
        self.joins = self._joins() if graph.joins else ()

    def _connect(self, plan: NodePlan) -> None:
        node = plan.node
        plan.on_error = None if node.on_error is None else self.nodes[node.on_error]
        if node.sends:
            plan.sends = tuple(
                SendPlan(self.nodes[send.target], send.payload, send.each, send.max, f"{plan.pointer}/sends/{at}")
                for at, send in enumerate(node.sends)
            )
        match node.routing:
            case Finish():
                plan.move = Move()
            case Next(target=target):
                plan.move = self._move(target)
            case JoinSends(target=target):
                plan.move = Move(join=self.nodes[target])
            case Routes(entries=entries):
                plan.routes = tuple(
                    RoutePlan(
                        entry.label, entry.when, self._move(entry.target), f"{plan.pointer}/routing/entries/{at}/when"
                    )
                    for at, entry in enumerate(entries)
                )
                _catch(plan)
        if not node.sends:
            plan.fixed = plan.move

    def _move(self, target: str) -> Move:
        return Move(target=None if target == END else self.nodes[target])

    def _joins(self) -> tuple[JoinPlan, ...]:
        before: dict[NodePlan, list[NodePlan]] = {}
        for plan in self.nodes.values():
            for after in _followers(plan):
                before.setdefault(after, []).append(plan)
        joins = tuple(
            JoinPlan(at, tuple(self.nodes[name] for name in join.sources), self.nodes[join.target], before)
            for at, join in enumerate(self.graph.joins)
        )
        for join in joins:
            join.target.fired_by = (*join.target.fired_by, join)
            for source in join.sources:
                source.waiting = (*source.waiting, join)
        return joins


class Plans:
    """The plans of a document's graphs, each made when it is first run. Machines of one document may share them."""

    __slots__ = ("_made", "document")

    def __init__(self, document: Document) -> None:
        self.document = document
        self._made: dict[str, Plan] = {}

    def of(self, name: str) -> Plan:
        """The plan of a graph. Raises `MachineError` for a name that the document does not have."""
        plan = self._made.get(name)
        if plan is None:
            graph = self.document.graphs.get(name)
            if graph is None:
                raise MachineError(f"the document has no graph `{name}`")
            plan = self._made[name] = Plan(graph)
        return plan


def _catch(plan: NodePlan) -> None:
    plan.caught = {route.label: route.move for route in reversed(plan.routes) if route.label in FAILURE_LABELS}
    for route in plan.routes:
        if route.label is None and route.when is None and plan.otherwise is None:
            plan.otherwise = route.move


def _followers(plan: NodePlan) -> Iterator[NodePlan]:
    if plan.on_error is not None:
        yield plan.on_error
    moves = [route.move for route in plan.routes] if plan.move is None else [plan.move]
    for move in moves:
        if move.target is not None:
            yield move.target
        if move.join is not None:
            yield move.join
    if plan.move is None or plan.move.join is None:
        yield from (send.target for send in plan.sends)
