"""Timers: those of activations, of children and of joins. Each runs while an activation does that it is there for.

So neither a person nor the other activations of a superstep are waited for on anybody's time. Names are `task:ID`, `child:ID` and
`join:ID`, with the id of the task, of the child's first task, or of the sender's.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag_runtime.commands import StartTimer, StopTimer
from rag_runtime.machine.state import Activation
from rag_runtime.machine.trees import Child, Group

Subject = Activation | Child | Group
"""Whose time it is."""


class Timers:
    """The timers that run, by name: whose they are, their milliseconds, and the number of activations that they run for."""

    __slots__ = ("_of", "_running")

    def __init__(self) -> None:
        self._of: dict[Activation, list[str]] = {}
        self._running: dict[str, tuple[Subject, int, int]] = {}

    def start(self, act: Activation) -> list[StartTimer]:
        """An activation goes on: the timers that begin."""
        begun: list[StartTimer] = []
        names = self._of[act] = list[str]()
        for name, subject, milliseconds in _timers_of(act):
            _, _, count = self._running.get(name, (subject, 0, 0))
            self._running[name] = subject, milliseconds, count + 1
            names.append(name)
            if not count:
                begun.append(StartTimer(timer=name, milliseconds=milliseconds))
        return begun

    def stop(self, act: Activation) -> list[StopTimer]:
        """An activation goes on no more: the timers that stand still."""
        ended: list[StopTimer] = []
        for name in self._of.pop(act, ()):
            if name not in self._running:
                continue
            subject, milliseconds, count = self._running[name]
            if count > 1:
                self._running[name] = subject, milliseconds, count - 1
            else:
                del self._running[name]
                ended.append(StopTimer(timer=name))
        return ended

    def forget(self, group: Group) -> list[StopTimer]:
        """The group is decided: its timer does not run any more."""
        name = f"join:{group.task}"
        return [] if self._running.pop(name, None) is None else [StopTimer(timer=name)]

    def subject(self, name: str) -> Subject | None:
        """Whose timer it is; null if it does not run."""
        running = self._running.get(name)
        return None if running is None else running[0]

    def due(self) -> list[StartTimer]:
        """The timers that run."""
        return [StartTimer(timer=name, milliseconds=each[1]) for name, each in self._running.items()]


def _timers_of(act: Activation) -> Iterator[tuple[str, Subject, int]]:
    """The timers that run while an activation does."""
    if act.plan.node.timeout is not None:
        yield f"task:{act.id}", act, act.plan.node.timeout
    tree: Child | None = act.child
    while tree is not None and tree.send is not None:
        if tree.send.timeout is not None:
            yield f"child:{tree.id}", tree, tree.send.timeout
        group = tree.group
        if tree.counted and group is not None and group.join.timeout is not None:
            yield f"join:{group.task}", group, group.join.timeout
        tree = None if tree.detached else tree.parent
