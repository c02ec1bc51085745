"""The state machine of one run: events in, commands out. The journal of events is the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from rag_ir.graph import Document, Json
from rag_runtime.commands import Command, Finish, Merged, StartTask, Task
from rag_runtime.events import (
    Answered,
    CallEnded,
    CallStarted,
    Cancelled,
    ChildFinished,
    Error,
    Event,
    Question,
    Resumed,
    RunStarted,
    TaskFailed,
    TaskPaused,
    TaskSucceeded,
    Usage,
)
from rag_runtime.machine.boundary import Stuck, pass_boundary, uncaught
from rag_runtime.machine.channels import Channels
from rag_runtime.machine.errors import BadAnswer, MachineError, UnknownQuestion
from rag_runtime.machine.ledger import Ledger
from rag_runtime.machine.listing import TaskRecord, task_record
from rag_runtime.machine.log import Log, check_addresses
from rag_runtime.machine.output import OutputFailed, output_of, with_defaults
from rag_runtime.machine.plan import Plans
from rag_runtime.machine.state import NO_HISTORY, Activation, Child, Due, Run


class Machine:
    """A run of a graph of `document`, brought to where `journal` ends. `plans` can be shared by machines of one document.

    Raises `MachineError` for events that cannot follow what was journaled; such an event changes nothing.
    """

    __slots__ = (
        "_asked",
        "_current",
        "_due",
        "_finish",
        "_ledger",
        "_paused",
        "_plans",
        "_replaying",
        "_run",
        "_running",
        "_transcript",
    )

    def __init__(self, document: Document, journal: Iterable[Event] = (), *, plans: Plans | None = None) -> None:
        self._plans = Plans(document) if plans is None else plans
        self._run: Run | None = None
        self._current: dict[str, Activation] = {}
        self._running = 0
        self._paused = 0
        self._asked: dict[str, Activation] = {}
        self._due: list[Due] | None = None
        self._finish: Finish | None = None
        self._ledger = Ledger()
        self._transcript: tuple[Json, tuple[Json, ...]] = (None, ())
        self._replaying = True
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
        return [self._command(self._run, act) for act in self._run.acts if act.status == "running"]

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
    def questions(self) -> tuple[Question, ...]:
        """What paused tasks ask, in task order."""
        acts = [] if self._run is None else self._run.acts
        logs = [act.log for act in acts if act.status == "paused" and act.log is not None]
        return tuple(question for log in logs for question in log.questions.values())

    @property
    def finished(self) -> Finish | None:
        """How the run ended or why it stands still; null while a task runs."""
        return self._finish

    @property
    def usage(self) -> Usage:
        """What the calls of this run and of its finished child runs have used."""
        return self._ledger.usage

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
        root = Child(0, None, None, None)
        run = Run(
            plan=plan,
            input=with_defaults(plan.graph, event.input),
            namespace=event.namespace,
            path=event.path,
            channels=Channels(plan.graph),
            root=root,
        )
        self._run = run
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
        again = [act for act in run.acts if act.status == "cancelled"]
        for act in sorted([*again, *uncaught(run.acts)], key=lambda act: act.index):
            act.error = act.label = act.end = None
            if act.log is not None:
                act.log.repeat()
            self._start(run, act, commands)
        return self._proceed(run, commands)

    def _cancelled(self, event: Cancelled) -> list[Command]:
        run = self._started()
        if self._finish is not None and self._finish.outcome != "paused":
            raise MachineError(f"the run is {self._finish.outcome} already")
        for act in run.acts:
            if act.status == "running":
                act.status = "cancelled"
        self._running = 0
        error = Error(code="cancelled", message=event.reason or "the run was cancelled")
        return [self._stop(Finish(outcome="cancelled", output=self._shown(run), error=error, usage=self.usage))]

    def _proceed(self, run: Run, commands: list[Command]) -> list[Command]:
        """Pass boundaries until a task runs or nothing more can be done."""
        while self._finish is None and not self._running:
            if self._paused:
                questions = self.questions
                commands.append(self._stop(Finish(outcome="paused", questions=questions, usage=self.usage)))
                break
            passed = pass_boundary(run)
            if isinstance(passed, Stuck):
                for act, error in passed.errors.items():
                    act.status, act.error = "failed", error
                commands.append(self._fail(run, next(iter(passed.errors.values()))))
                break
            for act in run.acts:
                act.args = act.end = act.log = None
            commands.append(Merged(step=run.step, channels=tuple(passed.channels)))
            self._begin(run, passed.due, commands)
        return commands

    def _begin(self, run: Run, due: list[Due], commands: list[Command]) -> None:
        """The next superstep, or the end of the run. What cannot begin stays due, for when the run is resumed."""
        self._due = due
        if not due:
            commands.append(self._end(run))
            return
        step = run.step + 1
        limit = run.plan.graph.recursion_limit
        if step >= limit:
            message = f"the run takes more than {limit} supersteps"
            commands.append(self._fail(run, Error(code="recursion-limit", message=message)))
            return
        self._due = None
        run.begin(step, due)
        self._current = {act.id: act for act in run.acts}
        for act in run.acts:
            self._start(run, act, commands)

    def _end(self, run: Run) -> Finish:
        try:
            output = output_of(run, self._plans.document.types)
        except OutputFailed as failed:
            return self._fail(run, failed.error)
        return self._stop(Finish(outcome="finished", output=output, usage=self.usage))

    def _fail(self, run: Run, error: Error) -> Finish:
        return self._stop(Finish(outcome="failed", output=self._shown(run), error=error, usage=self.usage))

    def _stop(self, finish: Finish) -> Finish:
        self._finish = finish
        return finish

    def _shown(self, run: Run) -> Json:
        return {**run.channels.values}

    # ---- tasks ------------------------------------------------------------------------------------------------------

    def _start(self, run: Run, act: Activation, commands: list[Command]) -> None:
        most = act.plan.node.max_visits
        if most is not None and act.visit > most:
            act.status = "failed"
            act.error = run.failure(act, "max-visits", f"it is visited more than {most} times")
            return
        act.status = "running"
        self._running += 1
        if act.log is not None:
            act.log.late.clear()
        if not self._replaying:
            commands.append(self._command(run, act))

    def _command(self, run: Run, act: Activation) -> StartTask:
        child = act.child
        transcript = () if child.conversation is None else child.conversation.seen()
        task = Task(
            id=act.id,
            step=act.step,
            index=act.index,
            node=act.plan.name,
            path=run.path_of(act.plan),
            visit=act.visit,
            concurrent=len(run.acts),
            args=act.args,
            sent=act.sent,
            child=child.id,
            input=run.input,
            state=run.channels.values,
            transcript=self._conversation(run) if child is run.root else transcript,
        )
        return StartTask(task=task, history=NO_HISTORY if act.log is None else act.log.history())

    def _conversation(self, run: Run) -> tuple[Json, ...]:
        name = run.plan.graph.messages
        if name is None:
            return ()
        messages = run.channels.values[name]
        if messages is not self._transcript[0]:
            self._transcript = (messages, tuple(messages) if isinstance(messages, list) else ())
        return self._transcript[1]

    def _succeeded(self, event: TaskSucceeded) -> list[Command]:
        act = self._going(event.task)
        run = self._started()
        for name, _ in event.writes:
            if name not in run.channels.declared:
                raise MachineError(f"`{event.task}` writes `{name}`, which is no channel")
        self._close(act)
        act.status = "succeeded"
        act.end = event
        return self._proceed(run, [])

    def _failed(self, event: TaskFailed) -> list[Command]:
        act = self._going(event.task)
        run = self._started()
        self._close(act)
        act.status = "failed"
        act.label = event.label
        act.error = run.located(event.error, act)
        return self._proceed(run, [])

    def _pause(self, event: TaskPaused) -> list[Command]:
        act = self._going(event.task)
        run = self._started()
        check_addresses(run.address(act.id), event.questions)
        was = act.status
        self._close(act)
        log = act.log = act.log or Log()
        log.ask(event.questions)
        commands: list[Command] = []
        if was == "cancelled" and not log.questions:
            act.status = "cancelled"
        elif not log.questions:
            self._start(run, act, commands)
        else:
            act.status = "paused"
            self._paused += 1
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
            self._paused -= 1
            if self._finish is not None and self._finish.outcome == "cancelled":
                act.status = "cancelled"
            else:
                self._finish = None
                self._start(run, act, commands)
        return commands

    def _going(self, task: str) -> Activation:
        """The activation that may end now. One that was cancelled may have ended before it noticed."""
        act = self._current.get(task)
        if act is None or act.status not in ("running", "cancelled"):
            raise MachineError(f"`{task}` is not running" if act else f"there is no task `{task}` in this superstep")
        return act

    def _close(self, act: Activation) -> None:
        """It runs no more, and asks nothing."""
        if act.status == "running":
            self._running -= 1
        if act.log is not None and act.log.questions:
            for address in act.log.questions:
                del self._asked[address]
            act.log.questions = {}

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
        if act.status != "succeeded" and self._current.get(event.task) is act:
            log = act.log = act.log or Log()
            log.end(event)
        self._ledger.add(event.usage)
        return []

    def _child_finished(self, event: ChildFinished) -> list[Command]:
        act = self._going(event.task)
        log = act.log = act.log or Log()
        self._ledger.add(event.usage, log.counted)
        log.child, log.counted = event, event.usage
        return []

    def _started(self) -> Run:
        if self._run is None:
            raise MachineError("the run has not started")
        return self._run
