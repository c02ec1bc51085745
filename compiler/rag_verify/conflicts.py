"""No two activations of one superstep write a channel that takes one writer: `overwrite`, `ephemeral`, one key of `merge`.

Exact, with guards taken as free, but for what `supersteps` says of itself: two writers are reported if some run brings them into one
superstep. It is an error where no run that comes to their fork can escape, as long as nothing fails; else a warning. Outputs whose
keys nobody declared are not looked at. Of each fork, one finding for each channel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rag_ir import graph as ir
from rag_ir.finding import Finding, Related
from rag_ir.graph import END, Code, Json
from rag_ir.record import record
from rag_ir.values import json_equal
from rag_verify.accesses import World, Write, roots_in, writes_of
from rag_verify.flow import reachable
from rag_verify.parallel import Branch, Pair, pairs_of
from rag_verify.supersteps import FAILURES, Site, Supersteps
from rag_verify.times import Times, times_of
from rag_verify.ways import Map

EXCLUSIVE = ("overwrite", "ephemeral", "merge")
SURE_WAITS = ("all", "best_effort", "compare")
"""Every child of such a join goes on to its end, as long as nothing fails."""
MOST_WALKED = 2_000


@record
class Clash:
    """Two writes of one channel that some superstep has. `sure`: where both run, they clash."""

    pair: Pair
    channel: str
    one: tuple[Site, Write]
    other: tuple[Site, Write]
    times: Times
    sure: bool


def check_conflicts(known: Map, steps: Supersteps, world: World) -> list[Finding]:
    """The findings on a graph."""
    exclusive = {channel.name: channel for channel in known.graph.channels if channel.reducer in EXCLUSIVE}
    if not exclusive or not any(node.sends for node in known.graph.nodes):
        return []
    return [*_Conflicts(known, steps, world, exclusive).findings()]


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

    def findings(self) -> Iterator[Finding]:
        forks: dict[tuple[str, str], list[Clash]] = {}
        seen: set[frozenset[str]] = set()
        for pair in pairs_of(self.steps, self.known.reached):
            for clash in self.clashes(pair):
                both = frozenset((clash.one[1].at, clash.other[1].at))
                if both not in seen:
                    seen.add(both)
                    forks.setdefault((pair.sender, clash.channel), []).append(clash)
        for clashes in forks.values():
            certain = next((clash for clash in clashes if self.certain(clash)), None)
            yield self.finding(certain or clashes[0], clashes, certain=certain is not None)

    # ---- which writes clash --------------------------------------------------------------------------------------------

    def clashes(self, pair: Pair) -> Iterator[Clash]:
        own = self.by_channel(pair.one.apart if pair.lasting else pair.one.times)
        others = own if pair.other is pair.one else self.by_channel(pair.other.times)
        for channel, writes in own.items():
            for site, times, write in writes:
                for other, when, another in others.get(channel, ()):
                    if times & when and self.may_merge(pair, site) and self.may_merge(pair, other):
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

    def may_merge(self, pair: Pair, site: Site) -> bool:
        """Of a race only what does not win can merge beside another: the first success discards the rest."""
        node = self.known.nodes[pair.sender]
        racing = isinstance(node.routing, ir.JoinSends) and _one_wins(node.routing)
        sends = (pair.one.send, pair.other.send)
        if pair.lasting or not racing or not all(at is not None and node.sends[at].blocking for at in sends):
            return True
        return any(True for _ in self.steps.followers(site))

    def clash(self, one: Write, other: Write) -> bool | None:
        """Whether two writes of one superstep surely clash; null where they never do."""
        channel = self.channels[one.channel]
        if channel.reducer != "merge":
            return one.certain and other.certain
        sure = _keys_clash(one.value, other.value, deep=channel.deep)
        return sure and one.certain and other.certain if sure is not None else None

    # ---- what no run can escape ----------------------------------------------------------------------------------------

    def certain(self, clash: Clash) -> bool:
        pair = clash.pair
        if pair.lasting or pair.sender in self.losing:
            return False
        if not all(self.inevitable(pair, branch) for branch in (pair.one, pair.other)):
            return False
        walk = _Walk(self, clash.channel)
        return all(walk.meets(one, other) for one in pair.one.sites for other in pair.other.sites)

    def inevitable(self, pair: Pair, branch: Branch) -> bool:
        """Whether the branch always begins, and nothing cuts it short; of an `each` that stands twice, two of it."""
        node = self.known.nodes[pair.sender]
        if isinstance(node.routing, ir.JoinSends) and node.routing.wait not in SURE_WAITS:
            return False
        if branch.send is None:
            return not _may_end(node)
        send = node.sends[branch.send]
        if send.each is None:
            return send.blocking
        needed = 2 if pair.one is pair.other else 1
        return send.blocking and _literal_length(send.each.source) >= needed

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
            if len(order) > MOST_WALKED:
                return False
            for after in self.after(both) or ():
                if after not in seen:
                    seen.add(after)
                    pending.append(after)
        changed = True
        while changed:
            changed = False
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


def _losing(known: Map) -> set[str]:
    """The nodes that may run in a child which is cut short though nothing in it fails."""
    cut = [
        send.target
        for node in known.graph.nodes
        if isinstance(node.routing, ir.JoinSends)
        and (node.routing.wait not in SURE_WAITS or node.routing.timeout is not None)
        for send in node.sends
    ]
    return reachable(cut, known.follows)


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


def _keys_clash(one: Code, other: Code, *, deep: bool) -> bool | None:
    """Whether two objects surely give one key different values; null where they have no key in common that may differ."""
    mine, others = _members(one), _members(other)
    found: bool | None = None
    for key in mine.keys() & others.keys():
        if deep and _members(mine[key]) and _members(others[key]):
            sure = _keys_clash(mine[key], others[key], deep=True)
        else:
            sure = _values_differ(mine[key], others[key])
        if sure is not None:
            found = found or sure
    return found


def _values_differ(one: Code, other: Code) -> bool | None:
    if _is_literal(one) and _is_literal(other):
        return None if json_equal(_literal(one), _literal(other)) else True
    same_everywhere = one == other and roots_in(one) <= {"input", "state"} and not _has_variable(one)
    return None if same_everywhere else False


def _members(code: Code) -> dict[str, Code]:
    """The literal keys of an object, and their values."""
    match code:
        case ["object", *pairs]:
            return {str(pair[0]): pair[1] for pair in pairs if isinstance(pair, list) and len(pair) == 2}
        case ["lit", dict() as value]:
            return {key: ["lit", member] for key, member in value.items()}
        case _:
            return {}


def _is_literal(code: Code) -> bool:
    return isinstance(code, list) and code[:1] == ["lit"]


def _literal(code: Code) -> Json:
    return code[1] if isinstance(code, list) and len(code) > 1 else None


def _has_variable(code: Code) -> bool:
    pending: list[Json] = [code]
    while pending:
        part = pending.pop()
        if isinstance(part, list):
            if part[:1] == ["var"]:
                return True
            if part[:1] != ["lit"]:
                pending.extend(part)
    return False


def _literal_length(code: Code) -> int:
    match code:
        case ["list", *items]:
            return len(items)
        case ["lit", list() as items]:
            return len(items)
        case _:
            return 0


def _later(time: int) -> str:
    return "1 superstep later" if time == 1 else f"{time} supersteps later"
