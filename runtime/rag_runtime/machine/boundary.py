"""The boundary of a superstep: merge what was written, decide what follows, and commit both, or fail the run.

Everything is decided from all activations of the superstep in task order, so the order in which they ended cannot matter. An
activation that fails here (its writes clash, no route matches, an expression fails) writes nothing, so the merge is made again
without it, until nothing more fails. Nothing is committed before that: a run that fails keeps the state before the superstep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rag_ir.graph import Json
from rag_ir.record import mutable
from rag_runtime.events import Error
from rag_runtime.machine import joins
from rag_runtime.machine.channels import Merge
from rag_runtime.machine.children import advance, fall, settle
from rag_runtime.machine.conversation import Conversation, identified
from rag_runtime.machine.failures import Cause, Fallout, abandon, fallout, place_of
from rag_runtime.machine.plan import Move
from rag_runtime.machine.routing import Refused, follow
from rag_runtime.machine.state import Activation, Agenda, Due, Run
from rag_runtime.machine.trees import Child, Group, shown
from rag_runtime.machine.writes import message_problem, shape_problem

Written = dict[str, list[tuple[int, Json]]]
"""By channel, who wrote what in this superstep, in task order; the writer is the place of the activation among those merged."""


@mutable
class Passed:
    """The boundary is passed: the channels that changed, sorted, and the next superstep in task order.

    `failed` are the children whose failure went no further, `died` says that something was cancelled.
    """

    channels: Sequence[str]
    due: list[Due]
    failed: Sequence[Child] = ()
    died: bool = False


@mutable
class Stuck:
    """Nothing is committed: failures that nothing catches, in task order."""

    errors: dict[Cause, Error]


def pass_boundary(run: Run, acts: Sequence[Activation]) -> Passed | Stuck:
    """Close the superstep: `acts` have ended, and every other one is none that the boundary waits for."""
    failures = _failures(run, acts)
    while True:
        falling = fallout(failures) if failures else None
        if falling is not None and falling.uncaught:
            return Stuck(falling.uncaught)
        attempt = _Attempt(run, acts, failures, falling)
        found = attempt.refused()
        if not found:
            return attempt.commit()
        failures = _in_order(failures, found)


def uncaught(run: Run, acts: Sequence[Activation]) -> dict[Cause, Error]:
    """What failed among some activations, and will be caught by nothing."""
    return fallout(_failures(run, acts)).uncaught


def _failures(run: Run, acts: Sequence[Activation]) -> Mapping[Cause, Error]:
    """What has failed, in task order."""
    found: dict[Cause, Error] = {act: act.error for act in acts if act.error is not None and not act.dropped}
    return _in_order(found, run.cut) if run.cut else found


class _Attempt:
    """The boundary on the assumption that just these activations fail."""

    __slots__ = ("acts", "failures", "falling", "merge", "moves", "run", "said", "state", "written")

    def __init__(
        self, run: Run, acts: Sequence[Activation], failures: Mapping[Cause, Error], falling: Fallout | None
    ) -> None:
        self.run = run
        self.acts = acts
        self.failures = failures
        self.falling = falling
        self.written: Written = {}
        self.moves: dict[Activation, Move] = {}
        self.said: list[tuple[Activation, Sequence[Json]]] = []
        self.merge: Merge | None = None
        self.state = run.channels.values

    def refused(self) -> dict[Activation, Error]:
        """The activations that fail too."""
        found = self.unfit()
        if not found and (self.written or self.run.channels.fading):
            found = self.clashing()
        return found or self.lost()

    def unfit(self) -> dict[Activation, Error]:
        """Collect the writes; those fail whose values do not have the shape that their channels take."""
        found: dict[Activation, Error] = {}
        for at, act in enumerate(self.acts):
            end = act.end
            if end is None or not (end.writes or end.messages) or act.dropped or act in self.failures:
                continue
            problem = self.collect(at, act, end.writes, end.messages)
            if problem is not None:
                found[act] = self.run.failure(act, "bad-write", problem)
        if self.falling is not None and self.run.plan.errors is not None:
            self.report(self.falling)
        return found

    def report(self, falling: Fallout) -> None:
        """Write the failures of optional children, each in the place of the activation that failed."""
        for child, (error, cause) in falling.fallen.items():
            if child.optional and child.send is not None:
                value: Json = {"node": child.send.target.name, "error": shown(error)}
                self.write(self.acts.index(self.writer(cause)), "errors", value)
        if "errors" in self.written:
            self.written["errors"].sort(key=_number)

    def writer(self, cause: Cause) -> Activation:
        """In whose place a failure is written: where time was up, in that of the first activation that was cut off."""
        if isinstance(cause, Activation):
            return cause
        tree = cause.scope if isinstance(cause, Group) else cause
        return next((act for act in self.run.within(tree) if act.dropped), self.acts[0])

    def collect(
        self, at: int, act: Activation, writes: Sequence[tuple[str, Json]], messages: Sequence[Json]
    ) -> str | None:
        """The new messages come first, then the writes; messages are numbered through both."""
        run = self.run
        for message in messages:
            if problem := message_problem(message):
                return problem
        if messages and act.child is not run.root:
            self.said.append((act, messages))
        elif messages and run.plan.graph.messages is not None:
            self.write(at, run.plan.graph.messages, identified([*messages], run.address(act.id)))
        count = len(messages)
        for name, value in writes:
            channel = run.channels.declared[name]
            if problem := shape_problem(channel, value):
                return f"channel `{name}` {problem}"
            if channel.reducer == "messages":
                new = value if isinstance(value, list) else [value]
                self.write(at, name, identified(new, run.address(act.id), count))
                count += len(new)
            else:
                self.write(at, name, value)
        return None

    def write(self, at: int, channel: str, value: Json) -> None:
        written = self.written.get(channel)
        if written is None:
            written = self.written[channel] = []
        written.append((at, value))

    def clashing(self) -> dict[Activation, Error]:
        """Merge; those fail whose writes cannot be merged."""
        self.merge = merge = self.run.channels.merge(self.written)
        self.state = self.run.channels.after(merge)
        acts = self.acts
        return {
            acts[index]: self.run.failure(acts[index], code, f"{message}{self.others(index, code)}")
            for index, (code, message) in merge.refused.items()
        }

    def others(self, index: int, code: str) -> str:
        """Who else wrote what a refused activation wrote."""
        if code != "concurrent-write":
            return ""
        mine = [writes for writes in self.written.values() if any(writer == index for writer, _ in writes)]
        earlier = {writer for writes in mine for writer, _ in writes if writer < index}
        return " by " + ", ".join(f"`{self.acts[writer].plan.name}`" for writer in sorted(earlier))

    def lost(self) -> dict[Activation, Error]:
        """Decide what follows each success; those fail for which that cannot be said."""
        found: dict[Activation, Error] = {}
        for act in self.acts:
            if act.end is not None and not act.dropped and act not in self.failures:
                try:
                    self.moves[act] = follow(self.run, act, act.end, self.state)
                except Refused as refused:
                    found[act] = refused.error
        return found

    def commit(self) -> Passed:
        """Nothing can fail any more."""
        run, agenda = self.run, Agenda()
        changed = () if self.merge is None else run.channels.commit(self.merge, self.state, self.written)
        for act, messages in self.said:
            _keep_messages(run, act, messages)
        for act in self.acts:
            move = self.moves.get(act)
            if move is not None and act.end is not None:
                advance(run, act, move, act.end.output, None, agenda)
            elif self.falling is not None and not act.dropped:
                self.fail(act, self.falling, agenda)
        cancelled = [] if self.falling is None else self.fell(self.falling, agenda)
        if agenda.touched:
            cancelled += settle(run, agenda)
        if run.regions:
            joins.release_all(run, agenda)
        due = agenda.due()
        if self.falling is None and not cancelled:
            return Passed(changed, due)
        failed = [] if self.falling is None else [*self.falling.absorbed]
        return Passed(changed, [each for each in due if not each[1].dead], failed, died=True)

    def fail(self, act: Activation, falling: Fallout, agenda: Agenda) -> None:
        error = act.error = self.failures[act]
        act.status = "failed"
        if act in falling.caught:
            advance(self.run, act, falling.caught[act], None, error, agenda)
        elif act.plan.waiting:
            joins.arrive(self.run, act, None, error)

    def fell(self, falling: Fallout, agenda: Agenda) -> list[Child]:
        """Ends the children that have failed, and the joins that cannot hold; the children that are cancelled."""
        for child, (error, _) in falling.fallen.items():
            if child.outcome is None:
                child.outcome = "timeout" if error.code == "timeout" else "failed"
                child.error = error
        for child in falling.absorbed:
            fall(self.run, child, agenda)
        return [child for group, error in falling.broken.items() for child in abandon(group, error, agenda)]


def _keep_messages(run: Run, act: Activation, messages: Sequence[Json]) -> None:
    """Inside a child, new messages stay in its transcript."""
    child = act.child
    if child.conversation is None:
        child.conversation = Conversation()
    child.conversation.extend(identified(messages, run.address(act.id)))


def _in_order(some: Mapping[Cause, Error], more: Mapping[Any, Error]) -> dict[Cause, Error]:
    return dict(sorted([*some.items(), *more.items()], key=_place))


def _number(write: tuple[int, Json]) -> int:
    return write[0]


def _place(failure: tuple[Cause, Error]) -> tuple[int, int]:
    return place_of(failure[0])


__all__ = ["Passed", "Stuck", "pass_boundary", "uncaught"]
