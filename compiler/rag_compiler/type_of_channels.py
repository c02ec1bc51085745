"""Which channels that may be null surely hold a value, before and after each node.

Such a channel is one into which no node ever writes null. Once written it keeps a value, whatever runs beside it, so that what
is sure only grows along a path; where paths meet, what is sure of all of them remains. A failing activation writes nothing, and
neither does an answer that only calls tools, but for its `update`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping

from rag_compiler import hir
from rag_compiler.labels import labels_of
from rag_compiler.type_of_roots import output_is_null
from rag_ir.record import record
from rag_registry.registry import Registry

FAILURES = ("error", "failed")


@record
class Writes:
    """What an activation of a node surely writes: by its output, by its `update`, and through its children before it joins."""

    output: frozenset[str]
    update: frozenset[str]
    children: frozenset[str]


@record
class Sure:
    """The channels that surely hold a value: before and after each node, by its name, and at the end of a run."""

    before: Mapping[str, frozenset[str]]
    after: Mapping[str, frozenset[str]]
    end: frozenset[str]


def surely_written(
    graph: hir.Graph,
    channels: frozenset[str],
    initial: frozenset[str],
    writes: Callable[[hir.Node], Writes],
    registry: Registry,
) -> Sure:
    """Follows the paths from the start. `channels` are those that are asked for, `initial` those that begin with a value.

    Of a node that no path reaches everything is sure, and so it is where nobody knows the start.
    """
    if not channels or not isinstance(graph.start, hir.Ref) or graph.start.name not in graph.nodes:
        every = dict.fromkeys(graph.nodes, channels)
        return Sure(every, every, channels)
    names = _Bits(channels)
    sites = {name: _site(node, writes(node), names, registry) for name, node in graph.nodes.items()}
    before, end = _followed(graph.start.name, names.of(initial), names.all, sites, _joins(graph))
    return Sure(
        {name: names.set(held) for name, held in before.items()},
        {name: names.set(held | sites[name].gains[AFTER]) for name, held in before.items()},
        names.set(end),
    )


Joins = Mapping[str, list[tuple[list[str], str]]]


def _followed(
    start: str, initial: int, everything: int, sites: Mapping[str, _Site], joins: Joins
) -> tuple[dict[str, int], int]:
    """What is sure before each node, and at the end."""
    before, end = dict.fromkeys(sites, everything), everything
    before[start] = initial
    pending, waiting, seen = deque([start]), {start}, {start}
    while pending:
        name = pending.popleft()
        waiting.discard(name)
        held, gains = before[name], sites[name].gains
        reached = [(target, held | gains[how]) for target, how in sites[name].leads]
        for sources, target in joins.get(name, ()):
            together = everything
            for each in sources:
                together &= before[each] | sites[each].gains[sites[each].arrives]
            reached.append((target, together))
        for target, sure in reached:
            if target == "END":
                end &= sure
            elif target in before and (before[target] & ~sure or target not in seen):
                before[target] &= sure
                seen.add(target)
                if target not in waiting:
                    pending.append(target)
                    waiting.add(target)
    return before, end


BEFORE, AFTER, FINAL, JOINED = range(4)
"""What an activation has surely written on a way out of its node: nothing, what any answer writes, what a final one writes, and
what its children wrote too."""


@record
class _Site:
    """A node: what it writes on each way out, where the ways lead, and which of them a join sees."""

    gains: tuple[int, int, int, int]
    leads: tuple[tuple[str, int], ...]
    arrives: int


def _site(node: hir.Node, writes: Writes, names: _Bits, registry: Registry) -> _Site:
    update, final = names.of(writes.update), names.of(writes.output | writes.update)
    after = update if output_is_null(node) else final
    labels = labels_of(node, registry)
    fails = labels is None or any(label in FAILURES for label in labels)
    return _Site(
        gains=(0, after, final, after | names.of(writes.children)),
        leads=tuple(_leads(node, fails)),
        arrives=BEFORE if fails or node.on_error is not None else AFTER,
    )


def _leads(node: hir.Node, fails: bool) -> Iterator[tuple[str, int]]:
    """Where the node leads, or `END`, and how. `fails`: a route may take its failure."""
    for send in node.sends:
        if send.child is None and isinstance(send.target, hir.Ref):
            yield send.target.name, AFTER
    if isinstance(node.on_error, hir.Ref):
        yield node.on_error.name, BEFORE
    if not node.routings:
        yield "END", AFTER
    for routing in node.routings:
        match routing:
            case hir.Next(target=hir.Ref(name)):
                yield name, AFTER
            case hir.JoinSends(target=hir.Ref(name), options=options):
                yield name, JOINED
                if isinstance(options.on_timeout, hir.Ref):
                    yield options.on_timeout.name, BEFORE
            case hir.Routes(entries=entries):
                for entry in entries:
                    if isinstance(entry.target, hir.Ref):
                        yield entry.target.name, _how(entry, fails)
            case _:
                pass


def _how(entry: hir.Route, fails: bool) -> int:
    if entry.label is None:
        return BEFORE if entry.guard is None and fails else AFTER
    if entry.label.name in FAILURES:
        return BEFORE
    return FINAL if entry.label.name == "final" else AFTER


class _Bits:
    """Sets of channels as numbers."""

    def __init__(self, channels: frozenset[str]) -> None:
        self.bits = {name: 1 << at for at, name in enumerate(sorted(channels))}
        self.all = (1 << len(channels)) - 1
        self.sets: dict[int, frozenset[str]] = {}

    def of(self, names: frozenset[str]) -> int:
        """The number of a set, as far as its channels are asked for."""
        return sum(self.bits[name] for name in names if name in self.bits)

    def set(self, number: int) -> frozenset[str]:
        """The set of a number."""
        if number not in self.sets:
            self.sets[number] = frozenset(name for name, bit in self.bits.items() if number & bit)
        return self.sets[number]


def _joins(graph: hir.Graph) -> dict[str, list[tuple[list[str], str]]]:
    """The joins over declared nodes that wait for each node: all of their sources, and their target."""
    found: dict[str, list[tuple[list[str], str]]] = {}

    def add(sources: tuple[hir.Target, ...], target: hir.Target) -> None:
        names = [source.name for source in sources if isinstance(source, hir.Ref) and source.name in graph.nodes]
        if isinstance(target, hir.Ref) and target.name in graph.nodes:
            for name in names:
                found.setdefault(name, []).append((names, target.name))

    for join in graph.joins:
        add(join.sources, join.target)
    for node in graph.nodes.values():
        if isinstance(node.behaviour, hir.JoinNode) and node.behaviour.sources is not None:
            add(node.behaviour.sources, node.name)
    return found
