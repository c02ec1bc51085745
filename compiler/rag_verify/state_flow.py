"""How the state of a run reaches nodes: who sees it as another saw it, as another left it, and whose writes arrive from the side.

Conservative: every way that the semantics allow is here, and some that no run takes. Guards are free, what may be cancelled may also
have merged, and a child that nobody waits for runs beside everything. A name that does not resolve leads nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from rag_ir import graph as ir
from rag_ir.graph import END
from rag_ir.record import record
from rag_verify.flow import reachable


@record
class Step:
    """A node that sees the state after another. `talk`: it goes on with that node's conversation, where that is a child's own."""

    target: str
    talk: bool


@record
class StateFlow:
    """By node. `after`: who sees the state that it left. `before`: who sees the state that it saw (it failed). `beside`: whom its
    writes reach without passing through what lies between. `ends`: where a branch may end. `trunk` and `inner`: the nodes that
    run in the graph's own conversation, and those that run in the transcript of a child; a node may be both."""

    after: Mapping[str, tuple[Step, ...]]
    before: Mapping[str, tuple[str, ...]]
    beside: Mapping[str, tuple[str, ...]]
    ends: frozenset[str]
    trunk: frozenset[str]
    inner: frozenset[str]


def state_flow(graph: ir.Graph) -> StateFlow:
    """The ways of the state through one graph."""
    return _Ways(graph).made()


class _Ways:
    def __init__(self, graph: ir.Graph) -> None:
        self._graph = graph
        self._nodes = {node.name: node for node in graph.nodes}
        self._fired: dict[str, list[str]] = {}
        for join in graph.joins:
            for source in join.sources:
                self._fired.setdefault(source, []).append(join.target)
        self._goes = {name: self._known(self._continues(node)) for name, node in self._nodes.items()}
        self._follows = {
            name: [*self._goes[name], *self._known(send.target for send in node.sends)]
            for name, node in self._nodes.items()
        }
        self._after: dict[str, dict[str, bool]] = {name: {} for name in self._nodes}
        self._beside: dict[str, dict[str, None]] = {name: {} for name in self._nodes}
        self._ends = frozenset(name for name, node in self._nodes.items() if _may_end(node))

    def made(self) -> StateFlow:
        for name, node in self._nodes.items():
            self._step(name, self._goes[name], talk=True)
            self._step(name, (target for target in self._handlers(node)), talk=True)
            for send in node.sends:
                child = self._nodes.get(send.target)
                self._step(name, (send.target,), talk=child is not None and (child.implicit or send.context == "fork"))
            if isinstance(node.routing, ir.JoinSends):
                self._rejoin(node, node.routing)
        self._run_beside()
        return StateFlow(
            {name: tuple(Step(target, talk) for target, talk in found.items()) for name, found in self._after.items()},
            {name: tuple(self._known(_catches(node))) for name, node in self._nodes.items()},
            {name: tuple(found) for name, found in self._beside.items()},
            self._ends,
            frozenset(self._side([self._graph.start, *(join.target for join in self._graph.joins)])),
            frozenset(self._side(send.target for send in self._sends() if self._declared(send.target))),
        )

    def _known(self, names: Iterable[str | None]) -> list[str]:
        return [name for name in dict.fromkeys(names) if name is not None and name in self._nodes]

    def _continues(self, node: ir.Node) -> Iterator[str | None]:
        """Where the node's own branch goes on, its handlers and the joins of the graph included."""
        match node.routing:
            case ir.Next(target=target) | ir.JoinSends(target=target):
                yield target
            case ir.Routes(entries=entries):
                yield from (entry.target for entry in entries)
            case ir.Finish():
                pass
        yield from self._handlers(node)
        yield from self._fired.get(node.name, ())

    def _handlers(self, node: ir.Node) -> list[str]:
        timeout = node.routing.on_timeout if isinstance(node.routing, ir.JoinSends) else None
        return self._known((node.on_error, timeout))

    def _step(self, name: str, targets: Iterable[str], *, talk: bool) -> None:
        for target in self._known(targets):
            self._after[name][target] = self._after[name].get(target, False) or talk

    def _rejoin(self, node: ir.Node, routing: ir.JoinSends) -> None:
        """What children leave reaches the join's target: all of it where they must end well, else whatever they wrote."""
        firm = routing.wait in ("all", "compare") and routing.timeout is None
        handlers = self._handlers(node)
        for send in node.sends:
            whole = firm and send.blocking and not send.optional and send.timeout is None
            targets = handlers if whole else [*handlers, *self._known([routing.target])]
            for name in reachable(self._known([send.target]), self._follows):
                self._beside[name].update(dict.fromkeys(targets))
                if whole and name in self._ends:
                    self._step(name, (routing.target,), talk=self._nodes[name].implicit)

    def _run_beside(self) -> None:
        """What may run at the same time as something else, or after it in an order that nothing fixes."""
        numbers = {name: number for number, name in enumerate(self._nodes)}
        names = [*self._nodes]
        masks = [0] * len(names)
        for node in self._nodes.values():
            for group, others in self._groups(node, lambda found: sum(1 << numbers[name] for name in found)):
                for number in _bits(group):
                    masks[number] |= others
        for number, mask in enumerate(masks):
            self._beside[names[number]].update((names[other], None) for other in _bits(mask))

    def _groups(self, node: ir.Node, mask: Callable[[Iterable[str]], int]) -> Iterator[tuple[int, int]]:
        """Sets of nodes that run because a node ran, as masks, each with the set of what runs beside it."""
        fired = self._known(self._fired.get(node.name, ()))
        if not node.sends and not fired:
            return
        children = [mask(reachable(self._known([send.target]), self._follows)) for send in node.sends]
        groups = children + [mask(reachable([name], self._follows)) for name in fired]
        if fired or not isinstance(node.routing, ir.JoinSends):
            onward = (name for name in self._goes[node.name] if name not in fired)
            groups.append(mask(reachable(onward, self._follows)))
        before = [0, *accumulate(groups, _either)]
        behind = [0, *accumulate(reversed(groups), _either)][::-1]
        for number, group in enumerate(groups):
            yield group, before[number] | behind[number + 1]
        everything = (1 << len(self._nodes)) - 1
        keep = isinstance(node.routing, ir.JoinSends) and node.routing.keep
        for send, group in zip(node.sends, children, strict=True):
            if send.each is not None:
                yield group, group
            if keep or not send.blocking:
                yield group, everything
                yield everything, group

    def _side(self, roots: Iterable[str]) -> set[str]:
        """The nodes that run in one conversation, from where it begins."""
        follows = {
            name: [*self._goes[name], *(send.target for send in node.sends if not self._declared(send.target))]
            for name, node in self._nodes.items()
        }
        return reachable(self._known(roots), follows)

    def _sends(self) -> Iterator[ir.Send]:
        return (send for node in self._nodes.values() for send in node.sends)

    def _declared(self, name: str) -> bool:
        return name in self._nodes and not self._nodes[name].implicit


def _may_end(node: ir.Node) -> bool:
    match node.routing:
        case ir.Finish():
            return True
        case ir.Next(target=target):
            return target == END
        case ir.Routes(entries=entries):
            return any(entry.target == END for entry in entries)
        case ir.JoinSends():
            return False


def _catches(node: ir.Node) -> Iterator[str | None]:
    """Where a failure of the node itself leads."""
    yield node.on_error
    if isinstance(node.routing, ir.Routes):
        for entry in node.routing.entries:
            if entry.label in ("error", "failed") or (entry.label is None and entry.when is None):
                yield entry.target


def _either(one: int, other: int) -> int:
    return one | other


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def targets_of_sends(nodes: Sequence[ir.Node]) -> Mapping[str, tuple[tuple[ir.Node, ir.Send], ...]]:
    """The sends that lead to each node, with their senders."""
    found: dict[str, list[tuple[ir.Node, ir.Send]]] = {}
    for node in nodes:
        for send in node.sends:
            found.setdefault(send.target, []).append((node, send))
    return {name: tuple(sends) for name, sends in found.items()}
