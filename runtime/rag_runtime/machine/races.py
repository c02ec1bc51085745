"""What is decided within a superstep: joins that hold with the first successes that are journaled, and time that is up.

The boundary is not waited for then. Of what is cut off, activations that have not merged are dropped, even those that succeeded; a
kept child goes on, and no boundary waits for it any more.
"""

from __future__ import annotations

from collections.abc import Iterable

from rag_runtime.events import Error
from rag_runtime.machine.children import hold
from rag_runtime.machine.failures import Cause, fallout
from rag_runtime.machine.routing import surely_ends
from rag_runtime.machine.state import Activation, Run
from rag_runtime.machine.trees import Child, Group


def won_by(run: Run, act: Activation) -> Group | None:
    """The group that holds now that a success is journaled."""
    group = act.child.region.group
    if group is None or group.held or group.late or act.end is None or not surely_ends(act, act.end):
        return None
    child = _ended(run, act.child)
    if child is None or not child.counted:
        return None
    run.sure[child] = group
    group.sure += 1
    needed = group.join.needed
    return group if needed is not None and group.succeeded + group.sure >= needed else None


def recount(run: Run) -> None:
    """Count again what has ended for sure: an activation that had is repeated."""
    forget(run)
    for act in run.open():
        if act.status == "succeeded" and not act.dropped:
            won_by(run, act)


def forget(run: Run) -> None:
    """What had ended for sure is merged."""
    for group in run.sure.values():
        group.sure = 0
    run.sure.clear()
    run.ending.clear()


def decide(run: Run, group: Group) -> tuple[list[Activation], list[Activation]]:
    """The group holds: the activations that are cut off, and those that no boundary waits for any more."""
    failed = _fail(run, group)
    dropped = _dropped(run, [*failed, *hold(run, group)], spare="failed")
    kept = [child for child in group.children if child.detached and child.outcome is None]
    return dropped, [act for child in kept for act in run.within(child) if not act.dropped and not act.behind]


def cut_child(run: Run, child: Child) -> list[Activation]:
    """A child's time is up: the activations that are cut off."""
    name = "" if child.send is None else child.send.target.name
    limit = 0 if child.send is None else child.send.timeout or 0
    run.cut[child] = child.error = _late(f"child `{name}`", limit, name, run.address(child.id or ""))
    child.outcome = "timeout"
    return _dropped(run, [child])


def cut_group(run: Run, group: Group) -> list[Activation]:
    """A join's time is up: the activations that are cut off."""
    name = group.sender.name
    run.cut[group] = error = _late(f"the join of `{name}`", group.join.timeout or 0, name, run.address(group.task))
    group.late = True
    rest = [child for child in group.children if child.outcome is None and child.id and child not in run.sure]
    for child in rest:
        child.outcome, child.error = "timeout", error
    return _dropped(run, rest)


def late_activation(run: Run, act: Activation) -> Error:
    """The error of an activation whose time is up."""
    return run.failure(act, "timeout", f"it takes longer than {_seconds(act.plan.node.timeout or 0)}")


def revive(run: Run, cause: Child | Group) -> list[Activation]:
    """What was cut off by time goes on again: its activations."""
    error = run.cut.pop(cause)
    children = [cause] if isinstance(cause, Child) else [child for child in cause.children if child.error is error]
    if isinstance(cause, Group):
        cause.late = False
    for child in children:
        child.outcome = child.error = None
    acts = [act for child in children for act in run.within(child)]
    for act in acts:
        act.dropped = act.child.dead
    return [act for act in acts if not act.dropped]


def _ended(run: Run, child: Child) -> Child | None:
    """The joined child that nothing goes on in once one more of the things that go on in `child` has ended."""
    while True:
        ended = run.ending[child] = run.ending.get(child, 0) + 1
        if ended < child.live or child.arrivals or child.parent is None:
            return None
        if child.group is not None:
            return child
        if child.detached:
            return None
        child = child.parent


def _fail(run: Run, group: Group) -> list[Child]:
    """The children that have failed already, which the boundary would find: they are not cancelled."""
    rest = [child for child in group.children if child.counted and child.outcome is None]
    acts = [act for child in rest for act in run.within(child) if not act.dropped]
    causes: dict[Cause, Error] = {act: act.error for act in acts if act.error is not None}
    fallen = fallout(causes).fallen if causes else {}
    failed = [child for child in rest if child in fallen]
    for child in failed:
        child.error = fallen[child][0]
        child.outcome = "timeout" if child.error.code == "timeout" else "failed"
        child.counted = False
    return failed


def _dropped(run: Run, children: Iterable[Child], spare: str = "") -> list[Activation]:
    """The activations of some trees, from now on dropped; those of a status that is spared are left."""
    acts = [act for child in children for act in run.within(child) if not act.dropped and act.status != spare]
    for act in acts:
        act.dropped = True
    return acts


def _late(what: str, milliseconds: int, node: str, task: str) -> Error:
    return Error(code="timeout", message=f"{what} takes longer than {_seconds(milliseconds)}", node=node, task=task)


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:g} s"
