"""Trees of children: how they begin, how a branch goes on or ends in them, and when somebody has waited long enough.

A child is the whole tree of activations that descend from a send. What goes on directly in it is counted (`Child.live`), and when
the last of it ends the child ends, its join may hold, and the tree around it goes on or ends in turn. A region (see `Child`) in
which a join over declared nodes is waiting does not end: nothing can arrive any more, so the join is released. A detached child is
counted by nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag_ir.graph import Json
from rag_runtime.events import Error
from rag_runtime.machine import joins
from rag_runtime.machine.conversation import Conversation
from rag_runtime.machine.plan import Move, NodePlan, SendPlan, WaitPlan
from rag_runtime.machine.state import Activation, Agenda, Run
from rag_runtime.machine.trees import Child, Group


def advance(run: Run, act: Activation, move: Move, output: Json, error: Error | None, agenda: Agenda) -> None:
    """An activation is over and `move` follows; `error` says that it failed, and was caught."""
    scope = act.child
    if act.plan.waiting:
        joins.arrive(run, act, output, error)
    if move.sends:
        _begin(run, act, move.sends, move.join, agenda)
    elif move.join is not None:
        agenda.fire(move.join.target, scope, {"children": []})
        scope.live += 1
    if move.join is None:
        _go_on(scope, move, output, agenda)
    scope.live -= 1
    if not scope.live:
        _end(run, scope, agenda)


def fall(run: Run, child: Child, agenda: Agenda) -> None:
    """A child has failed, and what is around it goes on."""
    if child.group is not None:
        _leave(child, child.group, agenda)
    elif child.parent is not None and not child.detached:
        child.parent.live -= 1
        if not child.parent.live:
            _end(run, child.parent, agenda)


def settle(run: Run, agenda: Agenda) -> list[Child]:
    """Fires the joins that hold, and starts what comes next in turn. The children that are cancelled."""
    cancelled: list[Child] = []
    for group in agenda.touched:
        if group.over:
            continue
        needed = group.join.needed
        if needed is None:
            if not group.left:
                _fire(group, agenda)
        elif group.succeeded >= needed:
            if not group.held:
                cancelled += hold(run, group)
            _fire(group, agenda)
        elif group.queue:
            agenda.send(*_next_in_turn(group))
    return cancelled


def hold(run: Run, group: Group) -> list[Child]:
    """The group is decided: its other children are let go on by themselves, or cancelled. Those that are cancelled."""
    group.held = True
    group.left = group.sure
    cancelled: list[Child] = []
    for child in group.children:
        if not child.counted or child in run.sure:
            continue
        child.counted = False
        if child.outcome is not None:
            continue
        if group.join.keep:
            child.detached = True
        elif child.id is not None:
            child.outcome = "cancelled"
            cancelled.append(child)
    return cancelled


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
        tree = None if tree.region is tree else tree.parent


def _begin(
    run: Run, act: Activation, sends: Sequence[tuple[SendPlan, Json]], join: WaitPlan | None, agenda: Agenda
) -> None:
    scope = act.child
    group = None
    if join is not None:
        group = Group(act.plan, act.id, act.place, scope, join, 0)
        scope.region.groups[group] = None
        scope.live += 1
        agenda.touched[group] = None
    for index, (send, payload) in enumerate(sends):
        run.children += 1
        child = Child(run.children, scope, group if send.blocking else None, send, index)
        if send.fork:
            child.conversation = _forked(run, scope)
        if child.group is not None:
            child.group.children.append(child)
            child.group.left += 1
            if child.group.join.in_turn:
                child.group.queue.append((send, child, payload))
                continue
        elif not child.detached:
            scope.live += 1
        agenda.send(send.target, child, payload)


def _forked(run: Run, scope: Child) -> Conversation | None:
    """A copy of the conversation around a sender."""
    if scope is not run.root:
        return None if scope.conversation is None else Conversation(scope.conversation.seen())
    name = run.plan.graph.messages
    messages = None if name is None else run.channels.values[name]
    return Conversation(tuple(messages)) if isinstance(messages, list) else None


def _end(run: Run, child: Child, agenda: Agenda) -> None:
    """Nothing is left in `child`; and so on outwards."""
    while child.outcome is None:
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
            if child.counted:
                group.succeeded += 1
            _leave(child, group, agenda)
            return
        if child.detached:
            return
        child = parent
        child.live -= 1
        if child.live:
            return


def _leave(child: Child, group: Group, agenda: Agenda) -> None:
    """A child is no more waited for: it has ended."""
    if child.counted:
        child.counted = False
        group.left -= 1
        agenda.touched[group] = None


def _next_in_turn(group: Group) -> tuple[NodePlan, Child, Json]:
    send, child, payload = group.queue.popleft()
    return send.target, child, payload


def _fire(group: Group, agenda: Agenda) -> None:
    group.over = True
    group.scope.region.groups.pop(group, None)
    agenda.fire(group.join.target, group.scope, {"children": group.listing()})
    for child in group.children:
        child.output = None
