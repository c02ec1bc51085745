"""Where failures go: a route that names the label, the node's `on_error`, its `else`, or up the tree of children.

A child that fails is one less for the join that waits for it. A join that cannot hold any more fails as its sender would: the
sender's `on_error`, else the sender's own child, and so on. An optional child fails nothing else; a child that nobody joins belongs
to the tree that sent it, but one that nobody waits for to the run alone. What nothing catches fails the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from rag_ir.graph import (
    Behaviour,
    Interrupt,
    Join,
    Json,
    ModelCall,
    Pass,
    Router,
    Subagent,
    Subgraph,
    ToolCall,
    ToolExecutor,
)
from rag_ir.record import field, mutable
from rag_runtime.events import Error
from rag_runtime.machine.plan import Move
from rag_runtime.machine.state import Activation, Agenda
from rag_runtime.machine.trees import Child, Group, Place, shown

Cause = Activation | Child | Group
"""What failed: an activation, or a child or a join whose time was up."""


@mutable
class Fallout:
    """What the failures of a boundary come to.

    `caught`: what follows an activation whose own node catches its failure. `broken`: joins that cannot hold any more. `fallen`:
    children that fail, each with its error and the cause. `absorbed` are those of them whose failure goes no further. `uncaught`: what
    fails the run.
    """

    caught: dict[Activation, Move] = field(default_factory=dict[Activation, Move])
    broken: dict[Group, Error] = field(default_factory=dict[Group, Error])
    fallen: dict[Child, tuple[Error, Cause]] = field(default_factory=dict["Child", "tuple[Error, Cause]"])
    absorbed: dict[Child, None] = field(default_factory=dict["Child", None])
    uncaught: dict[Cause, Error] = field(default_factory=dict["Cause", Error])


def fallout(causes: Mapping[Cause, Error]) -> Fallout:
    """What some failures, in task order, come to together."""
    result = Fallout()
    failing: dict[Group, dict[Child, Error]] = {}
    for cause, error in causes.items():
        if (start := _start(cause, error, result)) is not None:
            _break(start, error, result, failing)
    for cause, error in causes.items():
        if cause not in result.caught and not _settles(cause, error, result):
            result.uncaught[cause] = error
    return result


def abandon(group: Group, error: Error, agenda: Agenda) -> list[Child]:
    """The join of `group` cannot hold any more: what remains is cancelled, and its handler is scheduled. What is cancelled."""
    group.over = True
    cancelled = [child for child in group.children if child.outcome is None and child.id is not None]
    for child in cancelled:
        child.outcome = "cancelled"
    group.scope.region.groups.pop(group, None)
    if group.handler is not None:
        agenda.handle(group.handler, group.scope, handled(error, group.listing()))
    return cancelled


def handled(error: Error, children: Sequence[Json] = ()) -> dict[str, Json]:
    """The `args` of a handler."""
    return {"error": shown(error), "children": [*children]}


def failing_label(behaviour: Behaviour) -> str | None:
    """The label of every failure of a kind. A `tool_executor` has one for its tools' failures only."""
    match behaviour:
        case ToolCall():
            return "error"
        case Subagent() | Subgraph():
            return "failed"
        case ModelCall() | ToolExecutor() | Router() | Interrupt() | Join() | Pass():
            return None
        case _:
            assert_never(behaviour)


def place_of(cause: Cause) -> Place:
    """Where a cause stands in task order."""
    return cause.place


def _start(cause: Cause, error: Error, result: Fallout) -> Child | None:
    """The child that fails first; null where the cause is caught at once."""
    match cause:
        case Activation():
            move = _own(cause, error)
            if move is None:
                return cause.child
            result.caught[cause] = move
            return None
        case Child():
            return cause
        case Group():
            result.broken[cause] = error
            return None if cause.handler is not None else cause.scope


def _own(act: Activation, error: Error) -> Move | None:
    """What follows a failure that the activation's own node catches."""
    plan = act.plan
    if act.label is not None and plan.caught and act.label in plan.caught:
        return plan.caught[act.label]
    if plan.on_error is not None:
        return Move(target=plan.on_error, handled=handled(error))
    return plan.otherwise if act.label is not None else None


def _break(child: Child, error: Error, result: Fallout, failing: dict[Group, dict[Child, Error]]) -> None:
    """Finds the joins that a child's failure breaks. Where several were needed to break one, it fails with the first of them."""
    while child.parent is not None:
        group = child.group
        if child.detached or (group is None and child.optional):
            return
        if group is None:
            child = child.parent
            continue
        if group in result.broken or not child.counted:
            return
        failed = failing.setdefault(group, {})
        failed.setdefault(child, error)
        if not group.breaks(child, len(failed)):
            return
        error = error if group.join.strict else next(iter(failed.values()))
        result.broken[group] = error
        if group.handler is not None:
            return
        child = group.scope


def _settles(cause: Cause, error: Error, result: Fallout) -> bool:
    """Whether something catches a failure; notes the children that it fails on its way up."""
    if isinstance(cause, Group):
        if cause.handler is not None:
            return True
        child = cause.scope
    else:
        child = cause.child if isinstance(cause, Activation) else cause
    while child.parent is not None:
        result.fallen.setdefault(child, (error, cause))
        group = child.group
        if child.detached:
            result.absorbed[child] = None
            return group is not None or child.optional
        if group is None:
            if child.optional:
                result.absorbed[child] = None
                return True
            child = child.parent
        elif group not in result.broken:
            result.absorbed[child] = None
            return True
        elif group.handler is not None:
            return True
        else:
            child = group.scope
    return False
