"""A graph prepared for running: names are resolved once, so that a step looks nothing up that does not concern it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag_ir.finding import pointer
from rag_ir.graph import (
    END,
    Document,
    Each,
    Entry,
    Finish,
    Graph,
    JoinSends,
    Json,
    Next,
    Node,
    Routes,
    Send,
)
from rag_ir.record import field, mutable
from rag_runtime.machine.errors import MachineError

FAILURE_LABELS = ("error", "failed")
ERRORS = ("append", "union", "topic")
"""Reducers of a channel `errors` that failures of optional children are written to."""


@mutable
class Move:
    """What follows an activation: `target` (null: the branch ends) or a `join` of what is sent.

    `handled` is given to the handler of a failure, which is an activation of its own.
    """

    target: NodePlan | None = None
    join: WaitPlan | None = None
    sends: Sequence[tuple[SendPlan, Json]] = ()
    handled: dict[str, Json] | None = None


@mutable
class WaitPlan:
    """How a node joins its sends. `needed` successes are enough; null: every child must end. `strict`: a failure breaks the join.

    `timeout` in milliseconds.
    """

    target: NodePlan
    needed: int | None
    strict: bool
    in_turn: bool
    least: int
    keep: bool
    timeout: int | None
    on_timeout: NodePlan | None


@mutable
class RoutePlan:
    """An entry of `routes`, with the JSON pointer of its guard."""

    label: str | None
    when: Json
    move: Move
    pointer: str


@mutable
class SendPlan:
    """A send, with its JSON pointer. `by` names it (its sender and its number) where it says how its child is run."""

    target: NodePlan
    payload: tuple[Entry, ...] | None
    each: Each | None
    max: int | None
    pointer: str
    blocking: bool = True
    optional: bool = False
    timeout: int | None = None
    fork: bool = False
    by: tuple[str, int] | None = None


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
    """A graph, prepared. Nodes are numbered in declaration order.

    `timed`: something in it has a timeout. `cancels`: an activation may be cancelled while others go on. `errors` is the channel
    that failures of optional children are written to.
    """

    __slots__ = ("cancels", "errors", "graph", "joins", "nodes", "start", "timed")

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        place = pointer("graphs", graph.name, "nodes") + "/"
        self.nodes = {node.name: NodePlan(node.name, at, node, f"{place}{at}") for at, node in enumerate(graph.nodes)}
        self.start = self.nodes[graph.start]
        for plan in self.nodes.values():
            self._connect(plan)
        self.joins = self._joins() if graph.joins else ()
        self.timed = any(map(_is_timed, graph.nodes))
        self.cancels = self.timed or any(map(_may_cancel, graph.nodes))
        self.errors = next((each for each in graph.channels if each.name == "errors" and each.reducer in ERRORS), None)

    def _connect(self, plan: NodePlan) -> None:
        node = plan.node
        plan.on_error = None if node.on_error is None else self.nodes[node.on_error]
        if node.sends:
            plan.sends = tuple(self._send(plan, at, send) for at, send in enumerate(node.sends))
        match node.routing:
            case Finish():
                plan.move = Move()
            case Next(target=target):
                plan.move = self._move(target)
            case JoinSends():
                plan.move = Move(join=self._wait(node.routing))
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

    def _send(self, plan: NodePlan, at: int, send: Send) -> SendPlan:
        special = send.writes is not None or send.retry is not None
        return SendPlan(
            target=self.nodes[send.target],
            payload=send.payload,
            each=send.each,
            max=send.max,
            pointer=f"{plan.pointer}/sends/{at}",
            blocking=send.blocking,
            optional=send.optional,
            timeout=send.timeout,
            fork=send.context == "fork",
            by=(plan.name, at) if special else None,
        )

    def _wait(self, join: JoinSends) -> WaitPlan:
        needed = {"race": 1, "fallback": 1, "quorum": join.quorum or 1}.get(join.wait)
        return WaitPlan(
            target=self.nodes[join.target],
            needed=needed,
            strict=join.wait in ("all", "compare"),
            in_turn=join.wait == "fallback",
            least=2 if join.wait == "compare" else needed or 0,
            keep=join.keep,
            timeout=join.timeout,
            on_timeout=None if join.on_timeout is None else self.nodes[join.on_timeout],
        )

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
            yield move.join.target
            if move.join.on_timeout is not None:
                yield move.join.on_timeout
    if plan.move is None or plan.move.join is None:
        yield from (send.target for send in plan.sends if send.blocking)


def _is_timed(node: Node) -> bool:
    """Whether the node, one of its sends or its join has a timeout."""
    join = isinstance(node.routing, JoinSends) and node.routing.timeout is not None
    return join or node.timeout is not None or any(send.timeout is not None for send in node.sends)


def _may_cancel(node: Node) -> bool:
    """Whether what the node sends may be cut off, or outlast the step in which it began."""
    enough = isinstance(node.routing, JoinSends) and node.routing.wait in ("race", "quorum")
    return enough or not all(send.blocking for send in node.sends)
