"""Every channel is written and read, and none is read where nothing can have been written into it.

`read-before-write` is exact where nothing runs side by side, with guards taken as free: a read is reported if no run has written
the channel when it comes there. Beside other branches it is conservative: what may be written in time counts as written. A channel
that begins with a value is never read too early, and nothing is said of the conversation. `channel-never-written` and
`channel-never-read` look at the whole graph, nodes that nothing leads to included; an output whose keys nobody declared may write
any channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rag_ir import graph as ir
from rag_ir.finding import Finding, Related
from rag_ir.graph import END
from rag_ir.reducers import initial_value
from rag_verify.accesses import Read, World, channels_in, reads_of, speaks, writes_by_name, writes_of
from rag_verify.flow import HOLE, reachable
from rag_verify.supersteps import Supersteps
from rag_verify.ways import Map

if TYPE_CHECKING:
    from rag_verify.parallel import Pair

ERRORS = "errors"
"""The channel that failures of optional children are written into."""


def check_channels(known: Map, steps: Supersteps, world: World) -> list[Finding]:
    """The findings on a graph all of whose names resolve."""
    return [*_Channels(known, steps, world).findings()] if known.graph.channels else []


class _Channels:
    def __init__(self, known: Map, steps: Supersteps, world: World) -> None:
        self.known = known
        self.steps = steps
        self._later: dict[str, list[str]] | None = None
        self._pairs: list[Pair] | None = None
        graph = known.graph
        self.writers: dict[str, dict[str, str]] = {channel.name: {} for channel in graph.channels}
        self.readers: dict[str | None, list[tuple[str, Read]]] = {}
        for node in graph.nodes:
            self._note(node, known.places[node.name], world)
        for entry in graph.output or ():
            for name in channels_in(entry.value):
                self.readers.setdefault(name, []).append(("", Read(name, known.at, True)))

    def _note(self, node: ir.Node, at: str, world: World) -> None:
        graph = self.known.graph
        for write in writes_of(node, at, world):
            self._written(write.channel, node.name, write.at)
        for index, send in enumerate(node.sends):
            target = self.known.nodes.get(send.target)
            if send.writes is not None and target is not None:
                for write in writes_of(target, at, world, send, f"{at}/sends/{index}"):
                    self._written(write.channel, target.name, write.at)
            if send.optional:
                self._written(ERRORS, send.target, at)
        if writes_by_name(node):
            for channel in graph.channels:
                if channel.name != graph.messages:
                    self._written(channel.name, node.name, at)
        if graph.messages is not None and speaks(node):
            self._written(graph.messages, node.name, at)
        for read in reads_of(node, at, graph, world):
            self.readers.setdefault(read.channel, []).append((node.name, read))

    def _written(self, channel: str, node: str, at: str) -> None:
        if channel in self.writers:
            self.writers[channel].setdefault(node, at)

    def findings(self) -> Iterator[Finding]:
        graph = self.known.graph
        read_all = None in self.readers or graph.output is None
        for index, channel in enumerate(graph.channels):
            if channel.name == graph.messages:
                continue
            at = f"{self.known.at}/channels/{index}"
            unread = not read_all and channel.name not in self.readers
            if not self.writers[channel.name] and channel.initial == initial_value(channel.reducer):
                yield _never_written(channel, at, unread)
            elif unread:
                yield _never_read(channel, at, self.writers[channel.name].values())
            elif channel.initial is None:
                yield from self.too_early(channel, at)

    # ---- reads before any write --------------------------------------------------------------------------------------

    def too_early(self, channel: ir.Channel, at: str) -> Iterator[Finding]:
        """One finding for each node that reads the channel before anything can have been written."""
        writers = [name for name in self.writers[channel.name] if name in self.known.reached]
        readers = [
            (name, read)
            for name, read in self.readers.get(channel.name, ())
            if name in self.known.reached and not read.at.endswith("/behaviour")
        ]
        if not readers or not writers:
            return
        behind = self._behind(writers)
        missing = [each for each in readers if each[0] not in behind and not (each[1].after and each[0] in writers)]
        if missing:
            beside, level = self._beside(writers)
            behind |= beside
            missing = [
                (name, read) for name, read in missing if name not in behind and not (read.after and name in level)
            ]
        first = dict(reversed([(name, read) for name, read in missing]))
        for name in dict.fromkeys(name for name, _ in missing):
            yield self._early(channel, at, name, first[name])

    def _behind(self, writers: Iterable[str]) -> set[str]:
        """Every node that may run after one of them, joins of their children included."""
        onward = self._onward()
        return reachable([after for name in writers for after in self._after_success(name, onward)], onward)

    def _after_success(self, name: str, onward: Mapping[str, Sequence[str]]) -> Iterator[str]:
        """What may run later because the node ran and did not fail: who failed has written nothing."""
        steps, follows = self.steps, self.known.follows.get(name, ())
        node = self.known.nodes[name]
        joins = isinstance(node.routing, ir.JoinSends)
        failing = [] if joins else [each for each in steps.failing(name) if each not in steps.routes(name)]
        sent = {send.target for send in node.sends}
        yield from (each for each in follows if each not in failing or each in sent)
        yield from onward.get(name, ())[len(follows) :]

    def _onward(self) -> dict[str, list[str]]:
        """What may run later because of a node: what it leads to, and the join that waits for the child it ends."""
        if self._later is not None:
            return self._later
        onward = self._later = {name: [*targets] for name, targets in self.known.follows.items()}
        for node in self.known.graph.nodes:
            if isinstance(node.routing, ir.JoinSends):
                after = [each for each in self.known.flow.goes[node.name] if each not in (END, HOLE)]
                for name in reachable([send.target for send in node.sends], self.known.follows):
                    onward.setdefault(name, []).extend(after)
        return onward

    def _beside(self, writers: Iterable[str]) -> tuple[set[str], set[str]]:
        """Nodes that may run side by side with a writer and later than it, and those in one superstep with it."""
        later: set[str] = set()
        level: set[str] = set()
        wanted = set(writers)
        if self._pairs is None:
            from rag_verify.parallel import pairs_of

            self._pairs = [*pairs_of(self.steps, self.known.reached)]
        for pair in self._pairs:
            for one, other in ((pair.one, pair.other), (pair.other, pair.one)):
                times = [when & -when for (name, _), when in one.times.items() if name in wanted]
                if times:
                    first = min(times)
                    later.update(name for (name, _), when in other.times.items() if when >= first << 1)
                    level.update(name for (name, _), when in other.times.items() if when >= first)
        return reachable(later, self._onward()), level

    def _early(self, channel: ir.Channel, at: str, name: str, read: Read) -> Finding:
        writer, place = next(iter(self.writers[channel.name].items()))
        known = self.known
        return Finding(
            code="read-before-write",
            at=read.at,
            message=f"node `{name}` reads channel `{channel.name}` before anything can have been written into it",
            label="always null here",
            help=f"let what writes `{channel.name}` run before `{name}`, or give the channel a value to begin with",
            related=(Related(place, f"`{writer}` writes it"), Related(at, f"`{channel.name}` begins with null")),
            flow=(*known.steps_to(name), Related(read.at, f"`{name}` reads `{channel.name}`")),
        )


def _never_written(channel: ir.Channel, at: str, unread: bool) -> Finding:
    return Finding(
        code="channel-never-written",
        at=at,
        message=f"nothing writes into channel `{channel.name}`" + (", and nothing reads it" if unread else ""),
        label="never written",
        help=f"write it with `writes {{ {channel.name}: .. }}` or `into {channel.name}`, or remove it",
    )


def _never_read(channel: ir.Channel, at: str, writers: Iterable[str]) -> Finding:
    return Finding(
        code="channel-never-read",
        at=at,
        message=f"nothing reads channel `{channel.name}`",
        label="never read",
        help=f"read `state.{channel.name}`, name it in `output`, or remove it with what writes it",
        related=tuple(Related(place, "it is written here") for place in dict.fromkeys(writers))[:4],
    )
