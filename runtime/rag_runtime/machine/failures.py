"""Where a failure goes: a route that names its label, the node's `on_error`, its `else`, or up the tree of children.

A child that fails fails the join that waits for it as its sender would: the sender's `on_error`, else the sender's own child, and
so on. A child that nobody joins belongs to the tree that sent it. What nothing catches fails the run.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag_ir.graph import Json
from rag_runtime.events import Error
from rag_runtime.machine.plan import Move, NodePlan
from rag_runtime.machine.state import Activation, Agenda, Group, shown

Catcher = Move | NodePlan | Group
"""A route of the node, its handler, or the join whose sender has a handler."""


def catcher(act: Activation) -> Catcher | None:
    """What catches the failure of an activation, or null."""
    plan = act.plan
    if act.label is not None and plan.caught and act.label in plan.caught:
        return plan.caught[act.label]
    if plan.on_error is not None:
        return plan.on_error
    if act.label is not None and plan.otherwise is not None:
        return plan.otherwise
    return _joining(act)


def handled(error: Error, children: Sequence[Json] = ()) -> dict[str, Json]:
    """The `args` of a handler."""
    return {"error": shown(error), "children": [*children]}


def give_up(act: Activation, error: Error, group: Group) -> None:
    """Every child around the activation, up to the one that `group` waits for, has failed."""
    child = act.child
    while True:
        if child.outcome is None:
            child.outcome, child.error = "failed", error
        if child.group is group or child.parent is None:
            return
        child = child.parent


def abandon(group: Group, error: Error, agenda: Agenda) -> None:
    """The join of `group` cannot hold any more: what remains is cancelled, and the sender's handler is scheduled."""
    for child in group.children:
        if child.outcome is None:
            child.outcome = "cancelled"
    group.scope.region.groups.pop(group, None)
    if group.sender.on_error is not None:
        agenda.handle(group.sender.on_error, group.scope, handled(error, group.listing()))


def _joining(act: Activation) -> Group | None:
    child = act.child
    while child.parent is not None:
        if child.group is not None and child.group.sender.on_error is not None:
            return child.group
        child = child.parent
    return None
