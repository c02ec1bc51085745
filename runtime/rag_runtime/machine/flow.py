"""The course of a run: supersteps begin, boundaries are passed, what is decided is cut off, and the run stands still or ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag_ir.graph import Json
from rag_runtime.commands import CancelTask, ChildFailed, Command, Finish, Merged
from rag_runtime.events import Error, Question, Usage
from rag_runtime.machine import races
from rag_runtime.machine.boundary import Passed, Stuck, pass_boundary
from rag_runtime.machine.ledger import Ledger
from rag_runtime.machine.output import OutputFailed, output_of
from rag_runtime.machine.plan import Plans
from rag_runtime.machine.state import Activation, Due, Run
from rag_runtime.machine.task import Tasks
from rag_runtime.machine.timers import Timers
from rag_runtime.machine.trees import Child, Group


class Flow:
    """A run between two events. `_running` and `_paused` count the activations that a boundary waits for, `_behind` those that run and
    that none waits for. `_due` is what could not begin."""

    __slots__ = (
        "_asked", "_behind", "_current", "_due", "_finish", "_ledger", "_paused", "_plans", "_replaying", "_run", "_running",
        "_tasks", "_timed", "_timers",
    )  # fmt: skip

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self._run: Run | None = None
        self._current: dict[str, Activation] = {}
        self._running = 0
        self._paused = 0
        self._behind = 0
        self._asked: dict[str, Activation] = {}
        self._due: list[Due] | None = None
        self._finish: Finish | None = None
        self._ledger = Ledger()
        self._tasks = Tasks()
        self._timed = False
        self._timers = Timers()
        self._replaying = True

    @property
    def questions(self) -> tuple[Question, ...]:
        """What paused tasks ask, in task order."""
        acts = [] if self._run is None else self._run.open()
        logs = [act.log for act in acts if act.status == "paused" and act.log is not None]
        return tuple(question for log in logs for question in log.questions.values())

    @property
    def usage(self) -> Usage:
        """What the calls of this run and of its finished child runs have used."""
        return self._ledger.usage

    def _proceed(self, run: Run, commands: list[Command]) -> list[Command]:
        """Pass boundaries until a task that one waits for runs, or nothing more can be done."""
        while self._finish is None and not self._running:
            acts = () if self._paused or self._due else run.ready()
            passed = pass_boundary(run, acts) if acts else None
            if isinstance(passed, Passed):
                self._pass(run, acts, passed, commands)
            elif self._behind:
                break
            else:
                commands.append(self._stand(run, passed))
        return commands

    def _pass(self, run: Run, acts: Sequence[Activation], passed: Passed, commands: list[Command]) -> None:
        """The boundary is passed."""
        for act in acts:
            act.args = act.end = act.log = act.seen = None
        if run.plan.cancels:
            self._leave(run, acts, passed, commands)
        commands.append(Merged(step=run.step, channels=tuple(passed.channels)))
        if passed.failed:
            commands += map(_told, passed.failed)
        self._begin(run, passed.due, commands)

    def _leave(self, run: Run, acts: Sequence[Activation], passed: Passed, commands: list[Command]) -> None:
        """What was decided in the superstep is merged; what goes on in cancelled children is cut off."""
        races.forget(run)
        run.cut.clear()
        run.members = None
        for act in acts:
            run.behind.pop(act, None)
        if passed.died:
            for act in [act for act in run.behind if act.child.dead]:
                del run.behind[act]
                self._drop(act, commands)

    def _stand(self, run: Run, stuck: Stuck | None) -> Finish:
        """Nothing runs, and no boundary can be passed."""
        if stuck is not None:
            for cause, error in stuck.errors.items():
                if isinstance(cause, Activation):
                    cause.status, cause.error = "failed", error
            return self._fail(run, next(iter(stuck.errors.values())))
        if self._due:
            limit = run.plan.graph.recursion_limit
            return self._fail(run, Error(code="recursion-limit", message=f"the run takes more than {limit} supersteps"))
        return self._stop(Finish(outcome="paused", questions=self.questions, usage=self.usage))

    def _begin(self, run: Run, due: list[Due], commands: list[Command]) -> None:
        """The next superstep, or the end of the run. What cannot begin stays due, for when the run is resumed."""
        self._due = due
        step = run.step + 1
        if not due:
            run.acts = []
            if not run.behind:
                commands.append(self._end(run))
                return
        elif step >= run.plan.graph.recursion_limit:
            return
        else:
            run.begin(step, due)
        self._due = None
        self._current = {act.id: act for act in (run.open() if run.behind else run.acts)}
        if due:
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

    def _start(self, run: Run, act: Activation, commands: list[Command]) -> None:
        most = act.plan.node.max_visits
        if most is not None and act.visit > most:
            act.status = "failed"
            act.error = run.failure(act, "max-visits", f"it is visited more than {most} times")
            return
        act.status = "running"
        if act.behind:
            self._behind += 1
            self._tasks.look_back(run, act)
        else:
            self._running += 1
        if act.log is not None:
            act.log.late.clear()
        if self._timed:
            commands += self._timers.start(act)
        if not self._replaying:
            commands.append(self._tasks.start(run, act))

    def _close(self, act: Activation, commands: list[Command]) -> None:
        """It runs no more, and asks nothing."""
        if act.status == "running":
            if act.behind:
                self._behind -= 1
            else:
                self._running -= 1
            if self._timed:
                commands += self._timers.stop(act)
        if act.log is not None and act.log.questions:
            for address in act.log.questions:
                del self._asked[address]
            act.log.questions = {}

    def _decide(self, run: Run, group: Group, commands: list[Command]) -> None:
        """The join holds: what it does not need is cut off, or let go."""
        dropped, kept = races.decide(run, group)
        self._drop_all(dropped, commands)
        commands += self._timers.forget(group)
        for act in kept:
            self._paused -= act.status == "paused"
            if act.status == "running":
                self._running -= 1
                self._behind += 1
            act.behind = True
            run.behind[act] = None
            self._tasks.look_back(run, act)

    def _drop_all(self, acts: Iterable[Activation], commands: list[Command]) -> None:
        for act in acts:
            self._drop(act, commands)

    def _drop(self, act: Activation, commands: list[Command]) -> None:
        """The activation will not be merged; if it goes on it is cut off."""
        act.dropped = True
        was = act.status
        self._close(act, commands)
        if was in ("running", "paused"):
            act.status = "cancelled"
        if was == "running":
            commands.append(CancelTask(task=act.id))
        elif was == "paused":
            self._paused -= not act.behind


def _told(child: Child) -> ChildFailed:
    error = child.error or Error(code="", message="")
    return ChildFailed(
        child=child.id or "",
        node=error.node if child.send is None else child.send.target.name,
        index=child.index,
        outcome="timeout" if child.outcome == "timeout" else "failed",
        error=error,
        optional=child.optional,
    )
