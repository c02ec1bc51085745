"""The local driver: one process, one event loop, a store.

A step's one task runs in line; several run in worker coroutines, as many as the graph's `max_concurrency`. Where the graph may cut
off a task while others go on, each has a scope of its own, and timers have coroutines. A child run is driven inside of its parent's
task, by the same code, with a journal of its own. Whatever stops the driver, the journals are enough to go on: being cancelled is the
one case in which it still says so, with `Cancelled`.
"""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rag_ir.graph import Json
from rag_runtime.commands import CancelTask, Command, Finish, StartTask, StartTimer, StopTimer
from rag_runtime.drivers.context import LocalContext
from rag_runtime.drivers.record import Record
from rag_runtime.drivers.timers import Timers
from rag_runtime.events import Answered, Cancelled, ChildFinished, Resumed, RunStarted, TimerFired
from rag_runtime.stores.store import Run, StoreError
from rag_runtime.tasks.execute import execute

if TYPE_CHECKING:
    from anyio import CancelScope
    from anyio.abc import TaskGroup


async def drive(record: Record, commands: Sequence[Command]) -> Finish:
    """Performs commands and what follows from them, until the run ends or waits. Raises `StoreError`."""
    driving = _Driving(record)
    try:
        return await driving.to_end(commands)
    except _cancellation():
        if driving.finish is None:
            record.commit(Cancelled(reason="the driver was told to stop"))
        raise


def _cancellation() -> type[BaseException]:
    """What the event loop cancels with. Most runs need nothing of anyio, which takes longer to load than they take."""
    if "trio" in sys.modules:
        from anyio import get_cancelled_exc_class

        return get_cancelled_exc_class()
    from asyncio import CancelledError

    return CancelledError


class _Driving:
    """The tasks of one run that are ready and under way. `_cuts`: one of them may be cut off while others go on."""

    def __init__(self, record: Record) -> None:
        session = record.session
        plan, world = session.plans.of(record.started.graph), session.capabilities
        self.finish: Finish | None = None
        self._record = record
        self._limit = plan.graph.max_concurrency
        self._cuts = plan.cancels
        self._timers = Timers(world.sleep, world.clock, self._fire) if plan.timed else None
        self._ready: deque[StartTask] = deque()
        self._going: dict[str, tuple[LocalContext, CancelScope]] = {}
        self._workers = 0

    async def to_end(self, commands: Sequence[Command]) -> Finish:
        self._take(commands)
        while self.finish is None:
            if (len(self._ready) == 1 or self._limit == 1) and not self._cuts:
                await self._perform(self._ready.popleft())
            else:
                await self._perform_together()
        return self._record.machine.finished or self.finish

    async def _perform_together(self) -> None:
        from anyio import create_task_group

        try:
            async with create_task_group() as group:
                self._hire(group)
                if self._timers is not None:
                    self._timers.begin(group)
        except BaseExceptionGroup as failures:
            raise _first(failures) from None

    def _hire(self, group: TaskGroup, spare: int = 0) -> None:
        """As many workers as there are tasks for, but `spare`, within the limit."""
        for _ in range(min(len(self._ready) - spare, self._limit - self._workers)):
            self._workers += 1
            group.start_soon(self._work, group)

    async def _work(self, group: TaskGroup) -> None:
        perform = self._perform_apart if self._cuts else self._perform
        while self._ready:
            await perform(self._ready.popleft())
            self._hire(group, spare=1)
        self._workers -= 1

    async def _perform(self, command: StartTask) -> None:
        context = LocalContext(self._record, command, _run_child)
        self._take(self._record.commit(await execute(context)))

    async def _perform_apart(self, command: StartTask) -> None:
        """As `_perform`, for a task that can be cut off: then it has no end."""
        from anyio import CancelScope

        context, task = LocalContext(self._record, command, _run_child), command.task.id
        with CancelScope() as scope:
            self._going[task] = context, scope
            try:
                ended = await execute(context)
            finally:
                del self._going[task]
            if not context.stopped:
                self._take(self._record.commit(ended))

    def _take(self, commands: Sequence[Command]) -> None:
        for command in commands:
            match command:
                case StartTask():
                    self._ready.append(command)
                case CancelTask(task=task):
                    self._cut_off(task)
                case StartTimer() | StopTimer() if self._timers is not None:
                    self._timers.obey(command)
                case Finish():
                    self.finish = command
                    if self._timers is not None:
                        self._timers.end()
                case _:
                    pass

    def _cut_off(self, task: str) -> None:
        """The task may be under way, or wait for a worker."""
        self._ready = deque(command for command in self._ready if command.task.id != task)
        if task in self._going:
            context, scope = self._going[task]
            context.stopped = True
            scope.cancel()

    def _fire(self, timer: str, group: TaskGroup) -> None:
        self._take(self._record.commit(TimerFired(timer=timer)))
        self._hire(group)


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """What went wrong first: a store that fails one task fails those beside it too."""
    match failures.exceptions[0]:
        case BaseExceptionGroup() as inner:
            return _first(inner)
        case failure:
            return failure


async def _run_child(context: LocalContext, graph: str, input: Json) -> Finish:
    """Runs a task's child run, or takes it up where it stands."""
    session = context.record.session
    try:
        child = Record.reopen(session, f"{session.root}/{context.address()}", ordered=_ordered(context))
    except StoreError as error:
        if error.code != "run-unknown":
            raise
        child, commands = _begin_child(context, graph, input)
    else:
        commands = _woken(context, child)
    try:
        return await drive(child, commands)
    except _cancellation():
        if context.stopped:
            context.record.commit(_cut_off(context, child))
        raise


def _cut_off(context: LocalContext, child: Record) -> ChildFinished:
    """What the parent hears of a child run that was cut off with its task: what it used is counted."""
    return ChildFinished(task=context.task.id, outcome="cancelled", usage=child.machine.usage)


def _begin_child(context: LocalContext, graph: str, input: Json) -> tuple[Record, list[Command]]:
    parent, task = context.record, context.task
    session = parent.session
    started = RunStarted(
        graph=graph,
        input=input,
        seed=parent.started.seed,
        namespace=context.address(),
        path=task.path,
        depth=context.depth + 1,
        messages=task.transcript if task.forked else (),
    )
    run = Run(
        id=f"{session.root}/{started.namespace}",
        root=session.root,
        parent=parent.run.id,
        parent_task=task.id,
        namespace=started.namespace,
        graph=graph,
        digest=parent.run.digest,
        thread=parent.run.thread,
    )
    return Record.begin(session, run, started, ordered=_ordered(context))


def _ordered(context: LocalContext) -> bool:
    """Whether nothing else of the whole run goes on beside this task."""
    return context.record.ordered and context.task.concurrent == 1


def _woken(context: LocalContext, child: Record) -> list[Command]:
    """What a child run that stood still has to do: go on, after a failure that its parent has heard of, with new answers."""
    heard = context.record.marks.children_ended[context.task.id]
    if child.status == "cancelled" or (child.status == "failed" and child.marks.resumed < heard):
        child.note(Resumed())
    for answer in _undelivered(context.record, child):
        child.note(answer)
    return child.resume()


def _undelivered(parent: Record, child: Record) -> Iterator[Answered]:
    """The answers in a parent's journal that are for the child and not yet in its own."""
    delivered = Counter(answer.address for answer in child.marks.answers)
    for answer in parent.marks.answers:
        if not answer.address.startswith(f"{child.started.namespace}/"):
            continue
        if delivered[answer.address]:
            delivered[answer.address] -= 1
        else:
            yield answer
