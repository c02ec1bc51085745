"""Joins over declared nodes (`join [a, b] -> c`).

A join collects, in its region, one entry for each activation of a source that ended. It fires at the first boundary where every
source has arrived since it last fired or can no longer arrive, and no source is about to run. A source can no longer arrive when
nothing scheduled in the region leads to it, no group that the region waits for does, and no other join that has collected
something does. When nothing at all is left in a region, a join that waits there only for another one is released.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rag_ir.graph import Json
from rag_runtime.events import Error
from rag_runtime.machine.plan import JoinPlan, NodePlan
from rag_runtime.machine.state import Activation, Agenda, Run
from rag_runtime.machine.trees import Arrivals, Child, arrival


def arrive(run: Run, act: Activation, output: Json, error: Error | None) -> None:
    """An activation of a source ended."""
    region = act.child.region
    run.regions[region] = None
    outcome = "succeeded" if error is None else "failed"
    for join in act.plan.waiting:
        arrivals = region.arrivals.get(join)
        if arrivals is None:
            arrivals = region.arrivals[join] = Arrivals()
        arrivals.sources.add(act.plan)
        arrivals.entries.append(arrival(len(arrivals.entries), act.plan.name, outcome, output, error))


def release_all(run: Run, agenda: Agenda) -> None:
    """Schedule the targets of the joins that fire at this boundary, in every region where something has arrived."""
    scheduled: dict[Child, set[NodePlan]] = {}
    for node, child, _, _ in agenda.scheduled():
        scheduled.setdefault(child.region, set()).add(node)
    for region in [*run.regions]:
        if region.dead:
            del run.regions[region]
        else:
            _release(run, region, scheduled.get(region, set()), agenda)


def release_idle(run: Run, region: Child, agenda: Agenda) -> None:
    """Nothing is left in the region: at least one of its joins fires."""
    _release(run, region, (), agenda, idle=True)


def _release(run: Run, region: Child, scheduled: Collection[NodePlan], agenda: Agenda, *, idle: bool = False) -> None:
    waiting = sorted(region.arrivals, key=_declaration)
    ready = [join for join in waiting if _holds(join, region, scheduled)]
    for join in _without_successors(ready) or (waiting[:1] if idle else []):
        entries = _with_skipped(join, region.arrivals.pop(join))
        agenda.fire(join.target, region, {"children": entries})
        region.live += 1
    if not region.arrivals:
        run.regions.pop(region, None)


def _with_skipped(join: JoinPlan, arrivals: Arrivals) -> list[Json]:
    entries = arrivals.entries
    for source in join.sources:
        if source not in arrivals.sources:
            entries.append(arrival(len(entries), source.name, "skipped", None, None))
    return entries


def _holds(join: JoinPlan, region: Child, scheduled: Collection[NodePlan]) -> bool:
    if any(source in scheduled for source in join.sources):
        return False
    missing = [source for source in join.sources if source not in region.arrivals[join].sources]
    return not any(_can_arrive(join, source, region, scheduled) for source in missing)


def _can_arrive(join: JoinPlan, source: NodePlan, region: Child, scheduled: Iterable[NodePlan]) -> bool:
    leading = _leading_to(join, source)
    return any(node in leading for node in _pending(join, region, scheduled))


def _pending(join: JoinPlan, region: Child, scheduled: Iterable[NodePlan]) -> Iterable[NodePlan]:
    yield from scheduled
    for group in region.groups:
        yield group.join.target
        for handler in (group.sender.on_error, group.join.on_timeout):
            if handler is not None:
                yield handler
    yield from (other.target for other in region.arrivals if other is not join)


def _leading_to(join: JoinPlan, source: NodePlan) -> frozenset[NodePlan]:
    """The nodes whose activation can lead to one of `source` without this join: the source itself among them."""
    found = join.leads_to.get(source)
    if found is None:
        found = join.leads_to[source] = _search(join, source)
    return found


def _search(join: JoinPlan, source: NodePlan) -> frozenset[NodePlan]:
    found = {source}
    pending = [source]
    while pending:
        for before in _before(pending.pop(), join):
            if before not in found:
                found.add(before)
                pending.append(before)
    return frozenset(found)


def _before(node: NodePlan, join: JoinPlan) -> Iterable[NodePlan]:
    yield from join.before.get(node, ())
    for other in node.fired_by:
        if other is not join:
            yield from other.sources


def _without_successors(ready: list[JoinPlan]) -> list[JoinPlan]:
    """Without those a source of which another one is about to start."""
    held: set[JoinPlan] = set()
    for join in ready:
        others = (other for other in ready if other is not join and other not in held)
        if any(other.target in join.sources for other in others):
            held.add(join)
    return [join for join in ready if join not in held]


def _declaration(join: JoinPlan) -> int:
    return join.index
