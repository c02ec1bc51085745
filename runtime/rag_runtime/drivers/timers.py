"""The timers of a run: coroutines that wait, and say so when their time is up.

A timer that is stopped and started again goes on with what was left. What was left is not journaled: in another process, a timer
begins anew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from rag_runtime.commands import StartTimer, StopTimer

if TYPE_CHECKING:
    from anyio import CancelScope
    from anyio.abc import TaskGroup

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]
"""Seconds since some moment."""
Fire = Callable[[str, "TaskGroup"], None]


class Timers:
    """Timers by name. Those that start before there is a task group to run in wait for it."""

    def __init__(self, sleep: Sleep, clock: Clock, fire: Fire) -> None:
        self._sleep = sleep
        self._clock = clock
        self._fire = fire
        self._group: TaskGroup | None = None
        self._waiting: dict[str, float] = {}
        self._running: dict[str, tuple[CancelScope, float]] = {}
        self._left: dict[str, float] = {}

    def begin(self, group: TaskGroup) -> None:
        """Run in this group from now on."""
        self._group = group
        for name, seconds in self._waiting.items():
            self._run(group, name, seconds)
        self._waiting.clear()

    def obey(self, command: StartTimer | StopTimer) -> None:
        """Start or stop a timer."""
        if isinstance(command, StartTimer):
            self.start(command.timer, command.milliseconds / 1000)
        else:
            self.stop(command.timer)

    def start(self, name: str, seconds: float) -> None:
        """The timer runs, for these seconds in all."""
        left = self._left.pop(name, seconds)
        if self._group is None:
            self._waiting[name] = left
        else:
            self._run(self._group, name, left)

    def stop(self, name: str) -> None:
        """The timer stands still. One that has fired, or does not run, does so already."""
        if name in self._waiting:
            self._left[name] = self._waiting.pop(name)
        elif name in self._running:
            scope, until = self._running.pop(name)
            self._left[name] = max(until - self._clock(), 0)
            scope.cancel()

    def end(self) -> None:
        """No timer runs any more."""
        for name in [*self._waiting, *self._running]:
            self.stop(name)
        self._group = None

    def _run(self, group: TaskGroup, name: str, seconds: float) -> None:
        from anyio import CancelScope

        scope = CancelScope()
        self._running[name] = scope, self._clock() + seconds
        group.start_soon(self._wait, group, name, scope, seconds)

    async def _wait(self, group: TaskGroup, name: str, scope: CancelScope, seconds: float) -> None:
        with scope:
            await self._sleep(seconds)
        running = self._running.get(name)
        if running is not None and running[0] is scope:
            del self._running[name]
            self._fire(name, group)
