"""Trees of children: how they begin, how a branch goes on or ends in them, and when somebody has waited long enough.

A child is the whole tree of activations that descend from a send. What goes on directly in it is counted (`Child.live`), and when
the last of it ends the child ends, its join may hold, and the tree around it goes on or ends in turn. A region (see `Child`) in
which a join over declared nodes is waiting does not end: nothing can arrive any more, so the join is released.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag_ir.graph import Json
from rag_runtime.events import Error
from rag_runtime.machine import joins
from rag_runtime.machine.plan import Move, NodePlan
from rag_runtime.machine.state import Activation, Agenda, Child, Group, Run


def advance(run: Run, act: Activation, move: Move, output: Json, error: Error | None, agenda: Agenda) -> None:
    """An activation is over and `move` follows; `error` says that it failed, and was caught."""
    scope = act.child
    if act.plan.waiting:
        joins.arrive(run, act, output, error)
    if move.sends:
        _begin(run, act.plan, scope, move.sends, move.join, agenda)
    elif move.join is not None:
        agenda.fire(move.join, scope, {"children": []})
        scope.live += 1
    if move.join is None:
        _go_on(scope, move, output, agenda)
    scope.live -= 1
    if not scope.live:
        _end(run, scope, agenda)


def _go_on(scope: Child, move: Move, output: Json, agenda: Agenda) -> None:
    if move.target is None:
        _end_branch(scope, output)
    elif move.handled is not None:
        agenda.handle(move.target, scope, move.handled)
        scope.live += 1
    elif agenda.plain(move.target, scope):
        scope.live += 1


def _end_branch(scope: Child, output: Json) -> None:
    """The output of a child is that of its last branch end; children that nobody joins are part of the tree around them."""
    tree: Child | None = scope
    while tree is not None:
        tree.output = output
        tree = None if tree.group is not None else tree.parent


def _begin(
    run: Run,
    sender: NodePlan,
    scope: Child,
    sends: Sequence[tuple[NodePlan, Json]],
    target: NodePlan | None,
    agenda: Agenda,
) -> None:
    group = None
    if target is not None:
        group = Group(sender, scope, target, len(sends))
        scope.region.groups[group] = None
    scope.live += len(sends) if group is None else 1
    for node, payload in sends:
        run.children += 1
        child = Child(run.children, node, scope, group)
        if group is not None:
            group.children.append(child)
        agenda.send(node, child, payload)


def _end(run: Run, child: Child, agenda: Agenda) -> None:
    """Nothing is left in `child`; and so on outwards."""
    while True:
        if child.arrivals:
            joins.release_idle(run, child, agenda)
            return
        parent = child.parent
        if parent is None:
            return
        child.outcome = "succeeded"
        child.conversation = None
        group = child.group
        if group is not None:
            _end_of_group(group, agenda)
            return
        child = parent
        child.live -= 1
        if child.live:
            return


def _end_of_group(group: Group, agenda: Agenda) -> None:
    group.left -= 1
    if not group.left:
        group.scope.region.groups.pop(group, None)
        agenda.fire(group.target, group.scope, {"children": group.listing()})
        for child in group.children:
            child.output = None
