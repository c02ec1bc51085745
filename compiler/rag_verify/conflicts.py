"""No two activations of one superstep write a channel that takes one writer: `overwrite`, `ephemeral`, one key of `merge`.

Exact, with guards taken as free, but for what `supersteps` says of itself: two writers are reported if some run brings them into one
superstep. It is an error where no run that comes to their fork can escape, as long as nothing fails; else a warning. Outputs whose
keys nobody declared are not looked at. Of each fork, one finding for each channel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rag_ir import graph as ir
from rag_ir.finding import Finding, Related
from rag_ir.graph import END
from rag_ir.record import record
from rag_verify.accesses import World, Write, writes_of
from rag_verify.flow import reachable
from rag_verify.parallel import Branch, Pair, pairs_of
from rag_verify.supersteps import FAILURES, Site, Supersteps
from rag_verify.times import Times, times_of
from rag_verify.ways import Map
from rag_verify.written_values import keys_clash, literal_length

if TYPE_CHECKING:
    from rag_verify.explore import Explored

EXCLUSIVE = ("overwrite", "ephemeral", "merge")
SURE_WAITS = ("all", "best_effort", "compare")
"""Every child of such a join goes on to its end, as long as nothing fails."""
MOST_WALKED = 10_000
"""So many pairs are followed in one graph; what is not followed may escape."""


@record
class Clash:
    """Two writes of one channel that some superstep has. `sure`: where both run, they clash. `pair` null: they were explored."""

    pair: Pair | None
    channel: str
    one: tuple[Site, Write]
    other: tuple[Site, Write]
    times: Times
    sure: bool


def check_conflicts(known: Map, steps: Supersteps, world: World, seen: Explored | None = None) -> list[Finding]:
    """The findings on a graph; `seen` is what its joins over declared nodes bring together."""
    exclusive = {channel.name: channel for channel in known.graph.channels if channel.reducer in EXCLUSIVE}
    if not exclusive or not (known.graph.joins or any(node.sends for node in known.graph.nodes)):
        return []
    return [*_Conflicts(known, steps, world, exclusive).findings(seen)]


def clashes_of(known: Map, steps: Supersteps, world: World) -> list[tuple[Clash, bool]]:
    """Every two writes that clash in some superstep, and whether no run that comes to their fork can escape."""
    exclusive = {channel.name: channel for channel in known.graph.channels if channel.reducer in EXCLUSIVE}
    conflicts = _Conflicts(known, steps, world, exclusive)
    found = [clash for pair in pairs_of(steps, known.reached) for clash in conflicts.clashes(pair)]
    return [(clash, conflicts.certain(clash)) for clash in found]


class _Conflicts:
    def __init__(self, known: Map, steps: Supersteps, world: World, channels: Mapping[str, ir.Channel]) -> None:
        self.known = known
        self.steps = steps
        self.world = world
        self.channels = channels
        self.order = {channel.name: index for index, channel in enumerate(known.graph.channels)}
        self.losing = _losing(known)
        self._writes: dict[Site, list[Write]] = {}
        self._certain: dict[tuple[str, int | None, int | None, str], bool] = {}
        self.walked = 0
        self._final: dict[str, dict[int | None, set[Site]]] = {}

    def findings(self, seen: Explored | None) -> Iterator[Finding]:
        forks: dict[tuple[str, str], dict[frozenset[str], Clash]] = {}
        for pair in pairs_of(self.steps, self.known.reached) if self.written_in_children() else ():
            for clash in self.clashes(pair):
                forks.setdefault((pair.sender, clash.channel), {}).setdefault(_ats(clash), clash)
        for clash in self.explored(seen) if seen is not None else ():
            forks.setdefault(("", clash.channel), {}).setdefault(_ats(clash), clash)
        verdicts = [
            (next((clash for clash in found.values() if self.certain(clash)), None), found) for found in forks.values()
        ]
        told: set[frozenset[str]] = set()
        for certain, found in sorted(verdicts, key=lambda verdict: verdict[0] is None):
            if not told.issuperset(found):
                told.update(found)
                yield self.finding(
                    certain or next(iter(found.values())), [*found.values()], certain=certain is not None
                )

    def written_in_children(self) -> bool:
        """Whether any child can come to a write that matters: of two writers of one superstep, one at least is in a child."""
        graph = self.known.graph
        sent = reachable([send.target for node in graph.nodes for send in node.sends], self.known.follows)
        if any(send.writes is not None for node in graph.nodes for send in node.sends):
            return True
        return any(self.writes((name, "")) for name in sent)

    def explored(self, seen: Explored) -> Iterator[Clash]:
        """Writes that joins over declared nodes bring together; what sends do is known without them."""
        for one, other in sorted(seen.pairs):
            for write in self.writes(one):
                for another in self.writes(other):
                    sure = self.clash(write, another) if write.channel == another.channel else None
                    if sure is not None:
                        yield Clash(None, write.channel, (one, write), (other, another), 1, sure)

    # ---- which writes clash --------------------------------------------------------------------------------------------

    def clashes(self, pair: Pair) -> Iterator[Clash]:
        own = self.by_channel(pair.one.apart if pair.lasting else pair.one.times)
        others = own if pair.other is pair.one else self.by_channel(pair.other.times)
        for channel, writes in own.items():
            for site, times, write in writes:
                for other, when, another in others.get(channel, ()):
                    if times & when and not self.wins(pair, pair.one, site) and not self.wins(pair, pair.other, other):
                        sure = self.clash(write, another)
                        if sure is not None:
                            yield Clash(pair, channel, (site, write), (other, another), times & when, sure)

    def by_channel(self, times: Mapping[Site, Times]) -> dict[str, list[tuple[Site, Times, Write]]]:
        found: dict[str, list[tuple[Site, Times, Write]]] = {}
        for site, when in times.items():
            for write in self.writes(site):
                found.setdefault(write.channel, []).append((site, when, write))
        return found

    def writes(self, site: Site) -> list[Write]:
        """The writes of an activation into the channels that take one writer."""
        found = self._writes.get(site)
        if found is None:
            name, by = site
            node, send = self.known.nodes.get(name), None
            if by:
                sender, _, index = by.rpartition("/sends/")
                send = self.known.nodes[sender].sends[int(index)]
                by = f"{self.known.places[sender]}/sends/{index}"
            every = [] if node is None else writes_of(node, self.known.places[name], self.world, send, by)
            found = self._writes[site] = [write for write in every if write.channel in self.channels]
        return found

    def wins(self, pair: Pair, branch: Branch, site: Site) -> bool:
        """Whether a success at the site surely ends a child that races with the other: it discards what has not merged."""
        node = self.known.nodes[pair.sender]
        racing = isinstance(node.routing, ir.JoinSends) and _one_wins(node.routing)
        sends = (pair.one.send, pair.other.send)
        if pair.lasting or not racing or not all(at is not None and node.sends[at].blocking for at in sends):
            return False
        if branch.send not in self._final.setdefault(pair.sender, {}):
            self._final[pair.sender][branch.send] = self.final(branch)
        return site in self._final[pair.sender][branch.send]

    def final(self, branch: Branch) -> set[Site]:
        """The sites behind which nothing of a child is left: not those of children inside it."""
        top = dict.fromkeys(branch.sites)
        inner: set[Site] = set()
        pending = [*top]
        for site in pending:
            node = self.known.nodes.get(site[0])
            if node is None or (node.sends and not isinstance(node.routing, ir.JoinSends)):
                return set()
            sent = {self.steps.sent(node.name, index) for index in range(len(node.sends))}
            for child in sent:
                inner.update(each for each, _ in self.steps.tree(child).everything())
            for after, _, _ in self.steps.followers(site):
                if after not in sent and after not in top:
                    top[after] = None
                    pending.append(after)
        return {site for site in top if site not in inner and not self.steps.followers(site)}

    def clash(self, one: Write, other: Write) -> bool | None:
        """Whether two writes of one superstep surely clash; null where they never do."""
        channel = self.channels[one.channel]
        if channel.reducer != "merge":
            return one.certain and other.certain
        sure = keys_clash(one.value, other.value, deep=channel.deep)
        return sure and one.certain and other.certain if sure is not None else None

    # ---- what no run can escape ----------------------------------------------------------------------------------------

    def certain(self, clash: Clash) -> bool:
        pair = clash.pair
        if pair is None:
            return False
        key = (pair.sender, pair.one.send, pair.other.send, clash.channel)
        if key not in self._certain:
            self._certain[key] = self._surely(pair, clash.channel)
        return self._certain[key]

    def _surely(self, pair: Pair, channel: str) -> bool:
        if pair.lasting or pair.sender in self.losing:
            return False
        if not all(self.inevitable(pair, branch) for branch in (pair.one, pair.other)):
            return False
        walk = _Walk(self, channel)
        return all(walk.meets(one, other) for one in pair.one.sites for other in pair.other.sites)

    def inevitable(self, pair: Pair, branch: Branch) -> bool:
        """Whether the branch always begins, and nothing cuts it short; of an `each` that stands twice, two of it."""
        node = self.known.nodes[pair.sender]
        if isinstance(node.routing, ir.JoinSends) and _cuts(node.routing):
            return False
        if branch.send is None:
            return not _may_end(node)
        send = node.sends[branch.send]
        if send.each is None:
            return send.blocking
        needed = 2 if pair.one is pair.other else 1
        return send.blocking and literal_length(send.each.source) >= needed

    # ---- wording -------------------------------------------------------------------------------------------------------

    def finding(self, clash: Clash, clashes: list[Clash], *, certain: bool) -> Finding:
        channel = self.channels[clash.channel]
        (one, write), (other, another) = clash.one, clash.other
        verb = "write" if certain else "may write"
        keyed = channel.reducer == "merge"
        limit = "`merge` takes one value for a key" if keyed else f"`{channel.reducer}` takes one writer"
        collect = f"let `{channel.name}` collect: `append`, `union`, `merge`"
        who = f"two activations of `{one[0]}`" if one == other else f"`{one[0]}` and `{other[0]}`"
        where = f"{self.known.at}/channels/{self.order[channel.name]}"
        more = {each.at: site for each_ in clashes for site, each in (each_.one, each_.other)}
        related = [
            Related(at, f"`{site[0]}` writes it {'here' if at == write.at else 'too'}")
            for at, site in more.items()
            if at != another.at
        ]
        return Finding(
            code="concurrent-write",
            at=another.at,
            message=f"{who} {verb} {'a key of ' * keyed}channel `{channel.name}` in one superstep, and {limit}",
            label="the second writer" if one != other else "the writer",
            help=f"write different {'keys' if keyed else 'channels'}, or let one run after the other"
            + ("" if keyed else f"; or {collect}"),
            related=(*related[:6], Related(where, f"`{channel.name}` is declared here")),
            flow=tuple(self.way(clash)),
            level=None if certain else "warning",
        )

    def way(self, clash: Clash) -> Iterator[Related]:
        """From the start to the fork, and from there to both writers."""
        pair, known = clash.pair, self.known
        if pair is None:
            for site, write in (clash.one, clash.other):
                yield from known.steps_to(site[0])
                yield Related(write.at, f"`{site[0]}` writes `{write.channel}`")
            return
        yield from known.steps_to(pair.sender)
        yield known.step(pair.sender, f"`{pair.sender}` begins both branches")
        time = next(times_of(clash.times))
        for branch, (site, write) in ((pair.one, clash.one), (pair.other, clash.other)):
            for name, when in self.branch_way(branch, site, time):
                yield known.step(name, f"{_later(when)} `{name}` runs")
            yield Related(write.at, f"{_later(time)} `{site[0]}` writes `{write.channel}`")

    def branch_way(self, branch: Branch, site: Site, time: int) -> list[tuple[str, int]]:
        """The activations between the fork and a site that is active at a time, with their times."""
        way: list[tuple[str, int]] = []
        while site not in branch.sites or time > 1:
            found = next(self.before(branch, site, time), None)
            if found is None:
                break
            site, time = found
            way.append((site[0], time))
        return way[::-1][:6]

    def before(self, branch: Branch, site: Site, time: int) -> Iterator[tuple[Site, int]]:
        for source, times in branch.times.items():
            for target, delay, apart in self.steps.followers(source):
                if target == site and not apart:
                    for wait in times_of(delay):
                        if time > wait and times >> (time - wait) & 1:
                            yield source, time - wait


_Stand = tuple[Site, int]
"""A site, and how many supersteps it is until it is active."""


class _Walk:
    """Two branches that go on in step, as long as nothing fails: whether they meet, whatever they choose."""

    def __init__(self, conflicts: _Conflicts, channel: str) -> None:
        self.conflicts = conflicts
        self.channel = channel
        self.known: dict[tuple[_Stand, _Stand], bool] = {}

    def meets(self, one: Site, other: Site) -> bool:
        """Whether no choice keeps the two from clashing."""
        start = ((one, 0), (other, 0))
        pending = [start]
        order: list[tuple[_Stand, _Stand]] = []
        seen = {start}
        while pending:
            both = pending.pop()
            order.append(both)
            self.conflicts.walked += 1
            if self.conflicts.walked > MOST_WALKED:
                return False
            for after in self.after(both) or ():
                if after not in seen:
                    seen.add(after)
                    pending.append(after)
        changed = True
        while changed and self.conflicts.walked < MOST_WALKED:
            changed = False
            self.conflicts.walked += len(order)
            for both in reversed(order):
                if not self.known.get(both) and self.clashes(both):
                    self.known[both] = changed = True
        return self.known.get(start, False)

    def clashes(self, both: tuple[_Stand, _Stand]) -> bool:
        if self.now(both):
            return True
        after = self.after(both)
        return bool(after) and all(self.known.get(each) for each in after or ())

    def now(self, both: tuple[_Stand, _Stand]) -> bool:
        one, other = (self.writes(stand) for stand in both)
        return any(self.conflicts.clash(write, another) for write in one for another in other)

    def writes(self, stand: _Stand) -> list[Write]:
        site, waits = stand
        return [] if waits else [write for write in self.conflicts.writes(site) if write.channel == self.channel]

    def after(self, both: tuple[_Stand, _Stand]) -> list[tuple[_Stand, _Stand]] | None:
        """Every pair that may come next; null where one of the two may end, or does what is not followed."""
        if self.now(both):
            return None
        one, other = (self.next(stand) for stand in both)
        return [(a, b) for a in one for b in other] if one and other else None

    def next(self, stand: _Stand) -> list[_Stand] | None:
        site, waits = stand
        steps, node = self.conflicts.steps, self.conflicts.known.nodes.get(site[0])
        if waits:
            return [(site, waits - 1)]
        if node is None or _may_end(node):
            return None
        if not isinstance(node.routing, ir.JoinSends):
            return [((name, ""), 0) for name in steps.routes(site[0])]
        if node.routing.wait not in SURE_WAITS:
            return None
        return [((node.routing.target, ""), wait) for wait in times_of(steps.wait(node))]


def _ats(clash: Clash) -> frozenset[str]:
    return frozenset((clash.one[1].at, clash.other[1].at))


def _losing(known: Map) -> set[str]:
    """The nodes that may run in a child which is cut short though nothing in it fails, or which nobody keeps step with."""
    cut = [
        send.target
        for node in known.graph.nodes
        for send in node.sends
        if not send.blocking or (isinstance(node.routing, ir.JoinSends) and _cuts(node.routing))
    ]
    return reachable(cut, known.follows)


def _cuts(join: ir.JoinSends) -> bool:
    return join.wait not in SURE_WAITS or join.timeout is not None


def _one_wins(join: ir.JoinSends) -> bool:
    """Whether the first success decides."""
    return join.wait == "race" or (join.wait == "quorum" and join.quorum == 1)


def _may_end(node: ir.Node) -> bool:
    """Whether a success of the node may end the branch."""
    match node.routing:
        case ir.Finish() | ir.Next(target="END"):
            return True
        case ir.Routes(entries=entries):
            return any(entry.target == END and entry.label not in FAILURES for entry in entries)
        case ir.Next() | ir.JoinSends():
            return False


def _later(time: int) -> str:
    return "1 superstep later" if time == 1 else f"{time} supersteps later"
