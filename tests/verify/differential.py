"""What the analyses say of random graphs, against every run of them on the machine.

`python -m tests.verify.differential COUNT [FIRST]` compares COUNT graphs of each family, from the seed FIRST on, and shows the counts.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from random import Random

from rag_ir import build
from rag_ir.graph import Entry, Graph, JoinSends, Json
from rag_verify.accesses import World
from rag_verify.children import check_children
from rag_verify.conflicts import clashes_of
from rag_verify.explore import explore
from rag_verify.flow import reachable
from rag_verify.reachability import check_reachability
from rag_verify.reads import check_channels
from rag_verify.supersteps import Supersteps
from rag_verify.ways import Map, map_of
from tests.verify.graphs import SHAPES, Shape, random_graph
from tests.verify.runs import Runs, Seen

MOST = 600
"""Of graphs with more runs than this only what was seen is compared."""


@dataclass(slots=True)
class Compared:
    """One graph: what was compared, and where the two disagree."""

    counts: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])

    def claim(self, what: str, said: Iterable[object], seen: Iterable[object], *, sound: bool, whole: bool) -> None:
        """`sound`: all that is said must have been seen. `whole`: all that was seen must be said."""
        claimed, found = set(said), set(seen)
        self.counts[f"{what}: said"] += len(claimed)
        self.counts[f"{what}: seen"] += len(found)
        if sound:
            self.wrong += (f"{what}: said and never seen: {each}" for each in sorted(map(str, claimed - found)))
        if whole:
            self.wrong += (f"{what}: seen and not said: {each}" for each in sorted(map(str, found - claimed)))


def compare(seed: int, shape: Shape, most: int = MOST) -> Compared:
    """One graph, with its writers and readers."""
    graph = random_graph(seed, shape)
    compared = Compared()
    if check_children(graph, ""):
        compared.counts["left out: a child leaves"] += 1
        return compared
    runs = Runs(graph, most, failing=shape.failing)
    seen = [*runs]
    compared.counts["graphs"] += 1
    compared.counts["runs"] += len(seen)
    compared.counts["graphs with all their runs"] += runs.complete
    known = map_of(graph, "")
    _nodes(compared, known, seen, runs.complete)
    if graph.joins:
        _declared(compared, graph, known, seen, runs.complete)
    else:
        _conflicts(compared, graph, seen, runs.complete, Random(seed))
        _reads(compared, graph, seen, runs.complete, Random(seed))
    return compared


def _nodes(compared: Compared, known: Map, seen: list[Seen], complete: bool) -> None:
    ran = {name for run in seen for name, _ in run.starts}
    unreached = {name for name in known.nodes if name not in known.reached}
    compared.claim("node that never runs", unreached, known.nodes.keys() - ran, sound=True, whole=False)
    if complete:
        missed = known.nodes.keys() - ran - unreached
        compared.counts["node that never runs: reached on paper only"] += len(missed)
    stuck = [f for f in check_reachability(known.graph, "") if f.code == "no-way-to-end"]
    names = {name for name, place in known.places.items() for f in stuck if f.at == place}
    ended = {name for run in seen if run.outcome == "finished" and not run.failures for name, _ in run.starts}
    optional = any(send.optional for node in known.graph.nodes for send in node.sends)
    if not optional and not any(_cuts(node.routing) for node in known.graph.nodes):
        compared.counts["no way to an end: said"] += len(names)
        compared.wrong += (f"no way to an end: `{name}` is in a run that ends" for name in names & ended)


def _cuts(routing: object) -> bool:
    return isinstance(routing, JoinSends) and (
        routing.timeout is not None or routing.wait in ("race", "quorum", "fallback", "best_effort")
    )


def _conflicts(compared: Compared, graph: Graph, seen: list[Seen], complete: bool, random: Random) -> None:
    channel = {node.name: random.choice(("w1", "w2", "")) for node in graph.nodes}
    written = _writing(graph, {name: to for name, to in channel.items() if to})
    known = map_of(written, "")
    said = clashes_of(known, Supersteps(written), World())
    pairs = {(clash.channel, *sorted((clash.one[0][0], clash.other[0][0]))) for clash, _ in said}
    met = {
        (channel[one], *sorted((one, other)))
        for run in seen
        for merged in run.merged
        for one, other in combinations(merged, 2)
        if channel[one] and channel[one] == channel[other]
    }
    compared.claim("two writers", pairs, met, sound=complete and not _loose(graph), whole=True)
    for clash, certain in said:
        if certain:
            compared.counts["two writers whom no run escapes: said"] += 1
            assert clash.pair is not None
            both = tuple(sorted((clash.one[0][0], clash.other[0][0])))
            if any(_escapes(run, clash.pair.sender, channel, clash.channel) for run in seen):
                compared.wrong.append(f"two writers whom no run escapes: {both} are escaped behind {clash.pair.sender}")


def _loose(graph: Graph) -> bool:
    """Whether the graph has what `supersteps` takes to last longer than it must."""
    joins = [node.routing for node in graph.nodes if isinstance(node.routing, JoinSends)]
    apart = any(not send.blocking for node in graph.nodes for send in node.sends)
    return apart or any(join.wait == "fallback" or join.keep or join.timeout is not None for join in joins)


def _escapes(run: Seen, sender: str, channel: Mapping[str, str], name: str) -> bool:
    """Whether a run that comes to the sender, and to its own end, never writes the channel twice in one superstep."""
    if run.failures or run.outcome != "finished" or sender not in {node for node, _ in run.starts}:
        return False
    return not any(sum(channel[node] == name for node in merged) > 1 for merged in run.merged)


def _reads(compared: Compared, graph: Graph, seen: list[Seen], complete: bool, random: Random) -> None:
    names = [node.name for node in graph.nodes]
    writers = set(random.sample(names, random.choice((1, 1, 2))))
    readers = {name for name in names if name not in writers and random.random() < 0.6}
    read = _reading(_writing(graph, dict.fromkeys(writers, "w1")), readers)
    known = map_of(read, "")
    said = {
        next(name for name, place in known.places.items() if finding.at.startswith(f"{place}/"))
        for finding in check_channels(known, Supersteps(read), World())
        if finding.code == "read-before-write"
    }
    late = {
        name for run in seen for name, before in run.starts if writers & {n for m in run.merged[:before] for n in m}
    }
    ran = {name for run in seen for name, _ in run.starts}
    compared.counts["read before any write: said"] += len(said)
    compared.wrong += (f"read before any write: `{name}` reads a value of {writers}" for name in said & late)
    if complete and writers & known.reached and not any(node.sends for node in graph.nodes):
        missed = (readers & ran) - late - said
        compared.wrong += (
            f"read before any write: `{name}` never sees one of {writers}, and it is not said" for name in missed
        )


def _declared(compared: Compared, graph: Graph, known: Map, seen: list[Seen], complete: bool) -> None:
    steps = Supersteps(graph)
    explored = explore(graph, steps)
    if explored is None:
        compared.counts["graphs too large to explore"] += 1
        return
    said = {tuple(sorted((one, other))) for (one, _), (other, _) in explored.pairs}
    met = {tuple(sorted(both)) for run in seen for step in run.steps for both in combinations(step, 2)}
    compared.claim("two in one superstep", said, met, sound=complete, whole=True)
    targets = Counter(join.target for join in graph.joins)
    targets.update(node.routing.target for node in graph.nodes if isinstance(node.routing, JoinSends))
    for index, join in enumerate(graph.joins):
        if targets[join.target] > 1:
            continue
        fired = [entries for run in seen for name, entries in run.children if name == join.target]
        skipped = [_skipped(entries) for entries in fired]
        full = {join.target} if any(not each for each in skipped) else set[str]()
        compared.claim("join", {index} & explored.fired, {index} if fired else (), sound=complete, whole=True)
        compared.claim(
            "join with all sources", {join.target} if index in explored.full else (), full, sound=complete, whole=True
        )
        names = {source for at, source in explored.skipped if at == index}
        compared.claim("skipped source", names, {name for each in skipped for name in each}, sound=complete, whole=True)
        _twice(compared, known, join.target, index in explored.again, seen, complete, join.sources)


def _twice(
    compared: Compared, known: Map, target: str, said: bool, seen: list[Seen], complete: bool, sources: tuple[str, ...]
) -> None:
    most = max((sum(name == target for name, _ in run.children) for run in seen), default=0)
    compared.counts["join that fires again: said"] += said
    if said and complete and most < 2:
        compared.wrong.append(f"join that fires again: `{target}` is run once at most")
    regions = any(isinstance(node.routing, JoinSends) for node in known.graph.nodes)
    behind = reachable(known.follows.get(target, ()), known.follows)
    if most > 1 and not said and not regions and not behind & set(sources):
        compared.wrong.append(f"join that fires again: `{target}` is run {most} times, and it is not said")


def _skipped(entries: Json) -> list[str]:
    listed = [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
    return [str(each["node"]) for each in listed if each["outcome"] == "skipped"]


def _writing(graph: Graph, channels: Mapping[str, str]) -> Graph:
    """The graph with nodes that write the channels `w1` and `w2`."""
    nodes = tuple(
        replace(node, update=(Entry(name=channels[node.name], value=["lit", 1]),) if node.name in channels else ())
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes, channels=(*graph.channels, build.channel("w1"), build.channel("w2")))


def _reading(graph: Graph, readers: Iterable[str]) -> Graph:
    """The graph with nodes that read the channel `w1`."""
    read = Entry(name="log", value=build.get("state", "w1"))
    nodes = tuple(replace(node, update=(read,)) if node.name in readers else node for node in graph.nodes)
    return replace(graph, nodes=nodes)


def main(arguments: list[str]) -> int:
    """Compare so many graphs of each family."""
    count, first = (
        (int(each) for each in (*arguments, "100", "0")[:2]) if len(arguments) != 1 else (int(arguments[0]), 0)
    )
    wrong = 0
    for shape in SHAPES:
        total: Counter[str] = Counter()
        for seed in range(first, first + count):
            compared = compare(seed, shape)
            total += compared.counts
            wrong += len(compared.wrong)
            for line in compared.wrong:
                print(f"  seed {seed}: {line}")
        print(shape)
        for what, number in sorted(total.items()):
            print(f"  {what}: {number}")
    print(f"{wrong} disagreements")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
