"""The state machine of one run: events in, commands out. The journal of events is the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from rag_ir.graph import Document, Json
from rag_ir.record import replace
from rag_runtime.commands import CancelTask, Command, Finish
from rag_runtime.events import (
    Answered,
    CallEnded,
    CallStarted,
    Cancelled,
    ChildFinished,
    Error,
    Event,
    Resumed,
    RunStarted,
    TaskFailed,
    TaskPaused,
    TaskSucceeded,
    TimerFired,
    Usage,
)
from rag_runtime.machine import races
from rag_runtime.machine.boundary import uncaught
from rag_runtime.machine.channels import Channels
from rag_runtime.machine.errors import BadAnswer, MachineError, UnknownQuestion
from rag_runtime.machine.failures import failing_label
from rag_runtime.machine.flow import Flow
from rag_runtime.machine.ledger import NOTHING
from rag_runtime.machine.listing import TaskRecord, task_record
from rag_runtime.machine.log import Log, check_addresses
from rag_runtime.machine.output import with_defaults
from rag_runtime.machine.plan import Plans
from rag_runtime.machine.state import Activation, Run
from rag_runtime.machine.timers import Timers
from rag_runtime.machine.trees import Child, Group


class Machine(Flow):
    """A run of a graph of `document`, brought to where `journal` ends. `plans` can be shared by machines of one document.

    Raises `MachineError` for events that cannot follow what was journaled; such an event changes nothing.
    """

    __slots__ = ()

    def __init__(self, document: Document, journal: Iterable[Event] = (), *, plans: Plans | None = None) -> None:
        super().__init__(Plans(document) if plans is None else plans)
        for event in journal:
            self.feed(event)
        self._replaying = False

    def feed(self, event: Event) -> list[Command]:
        """The commands that become due by `event`."""
        match event:
            case TaskSucceeded():
                return self._succeeded(event)
            case CallEnded():
                return self._call_ended(event)
            case CallStarted():
                return self._call_started(event)
            case TaskFailed():
                return self._failed(event)
            case TaskPaused():
                return self._pause(event)
            case ChildFinished():
                return self._child_finished(event)
            case Answered():
                return self._answered(event)
            case RunStarted():
                return self._start_run(event)
            case Resumed():
                return self._resumed()
            case TimerFired():
                return self._timer_fired(event)
            case Cancelled():
                return self._cancelled(event)
            case _:
                assert_never(event)

    def resume(self) -> list[Command]:
        """The commands that are due where the journal ends; changes nothing."""
        if self._finish is not None:
            return [self._finish]
        if self._run is None:
            return []
        run = self._run
        return [*self._timers.due(), *(self._tasks.start(run, act) for act in run.open() if act.status == "running")]

    # ---- what a driver shows ------------------------------------------------------------------------------------------

    @property
    def state(self) -> Mapping[str, Json]:
        """The committed values of the channels."""
        return {} if self._run is None else self._run.channels.values

    @property
    def step(self) -> int:
        """The superstep that is going on or was the last, from 0; -1 before the run."""
        return -1 if self._run is None else self._run.step

    @property
    def path(self) -> list[str | list[str]]:
        """Per superstep its node's path; of several activations, a list of paths in task order."""
        run = self._run
        if run is None:
            return []
        steps = [[run.path_of(act.plan) for act in acts] for acts in run.steps]
        return [step[0] if len(step) == 1 else [*step] for step in steps]

    @property
    def finished(self) -> Finish | None:
        """How the run ended or why it stands still; null while a task runs."""
        return self._finish

    @property
    def tasks(self) -> tuple[TaskRecord, ...]:
        """Every activation so far, in task order."""
        steps = [] if self._run is None else self._run.steps
        return tuple(task_record(act) for acts in steps for act in acts)

    # ---- the run ----------------------------------------------------------------------------------------------------

    def _start_run(self, event: RunStarted) -> list[Command]:
        if self._run is not None:
            raise MachineError("the run has started already")
        plan = self._plans.of(event.graph)
        root = Child(0)
        run = Run(
            plan=plan,
            input=with_defaults(plan.graph, event.input),
            namespace=event.namespace,
            path=event.path,
            channels=Channels(plan.graph, event.messages),
            root=root,
        )
        self._run = run
        self._timed = plan.timed
        commands: list[Command] = []
        self._begin(run, [(plan.start, root, None, False)], commands)
        return self._proceed(run, commands)

    def _resumed(self) -> list[Command]:
        run = self._started()
        if self._finish is None or self._finish.outcome not in ("failed", "cancelled"):
            raise MachineError("only a failed or cancelled run can be resumed")
        self._finish = None
        commands: list[Command] = []
        if self._due is not None:
            self._begin(run, self._due, commands)
            return self._proceed(run, commands)
        again = {act: None for act in run.open() if act.status == "cancelled" and not act.dropped}
        for cause in uncaught(run, run.open()):
            revived = [cause] if isinstance(cause, Activation) else races.revive(run, cause)
            again |= {act: None for act in revived if act.status != "succeeded"}
        for act in sorted(again, key=lambda act: act.place):
            act.error = act.label = act.end = None
            if act.log is not None:
                act.log.repeat()
            self._start(run, act, commands)
        if run.plan.cancels:
            races.recount(run)
        return self._proceed(run, commands)

    def _cancelled(self, event: Cancelled) -> list[Command]:
        run = self._started()
        if self._finish is not None and self._finish.outcome != "paused":
            raise MachineError(f"the run is {self._finish.outcome} already")
        for act in run.open():
            if act.status == "running":
                act.status = "cancelled"
        self._running = self._behind = 0
        self._timers = Timers()
        error = Error(code="cancelled", message=event.reason or "the run was cancelled")
        return [self._stop(Finish(outcome="cancelled", output=self._shown(run), error=error, usage=self.usage))]

    # ---- tasks ------------------------------------------------------------------------------------------------------

    def _succeeded(self, event: TaskSucceeded) -> list[Command]:
        act = self._going(event.task)
        run = self._started()
        for name, _ in event.writes:
            if name not in run.channels.declared:
                raise MachineError(f"`{event.task}` writes `{name}`, which is no channel")
        commands: list[Command] = []
        self._close(act, commands)
        act.status = "succeeded"
        act.end = event
        if run.plan.cancels and (group := races.won_by(run, act)) is not None:
            self._decide(run, group, commands)
        return self._proceed(run, commands)

    def _failed(self, event: TaskFailed) -> list[Command]:
        act = self._going(event.task)
        run = self._started()
        commands: list[Command] = []
        self._close(act, commands)
        act.status = "failed"
        act.label = event.label
        act.error = run.located(event.error, act)
        return self._proceed(run, commands)

    def _pause(self, event: TaskPaused) -> list[Command]:
        act = self._going(event.task)
        run = self._started()
        check_addresses(run.address(act.id), event.questions)
        was = act.status
        commands: list[Command] = []
        self._close(act, commands)
        log = act.log = act.log or Log()
        log.ask(event.questions)
        if was == "cancelled" and not log.questions:
            act.status = "cancelled"
        elif not log.questions:
            self._start(run, act, commands)
        else:
            act.status = "paused"
            self._paused += not act.behind
            self._asked.update(dict.fromkeys(log.questions, act))
        return self._proceed(run, commands)

    def _answered(self, event: Answered) -> list[Command]:
        run = self._started()
        act = self._asked.get(event.address)
        if act is None or act.log is None:
            raise UnknownQuestion(f"no question is pending at `{event.address}`")
        options = act.log.questions[event.address].options
        if options and event.value not in options:
            raise BadAnswer(f"`{event.address}` takes one of {', '.join(options)}")
        del self._asked[event.address]
        act.log.answer(event, late=act.status != "paused")
        commands: list[Command] = []
        if act.status == "paused":
            self._paused -= not act.behind
            if self._finish is not None and self._finish.outcome == "cancelled":
                act.status = "cancelled"
            else:
                self._finish = None
                self._start(run, act, commands)
        return commands

    def _going(self, task: str) -> Activation:
        """The activation that may end now. One that was cancelled may have ended before it noticed."""
        act = self._current.get(task)
        if act is None or act.dropped or act.status not in ("running", "cancelled"):
            raise MachineError(f"`{task}` is not running" if act else f"there is no task `{task}` in this superstep")
        return act

    # ---- what is decided within a superstep -----------------------------------------------------------------------------

    def _timer_fired(self, event: TimerFired) -> list[Command]:
        run = self._started()
        commands: list[Command] = []
        match self._timers.subject(event.timer):
            case None:
                raise MachineError(f"the timer `{event.timer}` does not run")
            case Activation() as act:
                self._close(act, commands)
                commands.append(CancelTask(task=act.id))
                act.status, act.label, act.error = (
                    "failed",
                    failing_label(act.plan.node.behaviour),
                    races.late_activation(run, act),
                )
            case Child() as child:
                self._drop_all(races.cut_child(run, child), commands)
            case Group() as group:
                self._drop_all(races.cut_group(run, group), commands)
        return self._proceed(run, commands)

    # ---- calls ------------------------------------------------------------------------------------------------------

    def _call_started(self, event: CallStarted) -> list[Command]:
        act = self._going(event.task)
        log = act.log = act.log or Log()
        if log.is_done(event.call):
            raise MachineError(f"the call `{event.call}` of `{event.task}` has ended already")
        log.start(event, self._started().address(act.id))
        return []

    def _call_ended(self, event: CallEnded) -> list[Command]:
        """A call may end after its task was cancelled or failed: it is kept, for when the task is repeated."""
        act = self._current.get(event.task) or self._started().find(event.task)
        if act is None:
            raise MachineError(f"there is no task `{event.task}`")
        if act.log is not None and act.log.is_done(event.call):
            raise MachineError(f"the call `{event.call}` of `{event.task}` has ended already")
        if act.status != "succeeded" and not act.dropped and self._current.get(event.task) is act:
            log = act.log = act.log or Log()
            log.end(event)
        self._count(event.usage)
        return []

    def _child_finished(self, event: ChildFinished) -> list[Command]:
        """The child run of a task that was cut off may end afterwards: what it used is counted."""
        cut = self._current.get(event.task) or self._started().find(event.task)
        if cut is not None and (cut.dropped or cut.status == "failed"):
            self._count(event.usage, NOTHING if cut.log is None else cut.log.counted)
            return []
        act = self._going(event.task)
        log = act.log = act.log or Log()
        self._count(event.usage, log.counted)
        log.child, log.counted = event, event.usage
        return []

    def _count(self, new: Usage, before: Usage = NOTHING) -> None:
        """What is cut off may cost something after the end of the run."""
        self._ledger.add(new, before)
        if self._finish is not None:
            self._finish = replace(self._finish, usage=self.usage)

    def _started(self) -> Run:
        if self._run is None:
            raise MachineError("the run has not started")
        return self._run
