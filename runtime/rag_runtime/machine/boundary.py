"""The boundary of a superstep: merge what was written, decide what follows, and commit both, or fail the run.

Everything is decided from all activations of the superstep in task order, so the order in which they ended cannot matter. An
activation that fails here (its writes clash, no route matches, an expression fails) writes nothing, so the merge is made again
without it, until nothing more fails. Nothing is committed before that: a run that fails keeps the state before the superstep.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag_ir.graph import Json
from rag_ir.record import mutable
from rag_runtime.events import Error
from rag_runtime.machine import joins
from rag_runtime.machine.channels import Merge
from rag_runtime.machine.children import advance
from rag_runtime.machine.conversation import Conversation, identified
from rag_runtime.machine.failures import Catcher, abandon, catcher, give_up, handled
from rag_runtime.machine.plan import Move, NodePlan
from rag_runtime.machine.routing import Refused, follow
from rag_runtime.machine.state import Activation, Agenda, Due, Group, Run
from rag_runtime.machine.writes import message_problem, shape_problem

Written = dict[str, list[tuple[int, Json]]]
"""By channel, who wrote what in this superstep, in task order; the writer is the index of the activation."""


@mutable
class Passed:
    """The boundary is passed: the channels that changed, sorted, and the next superstep in task order."""

    channels: Sequence[str]
    due: list[Due]


@mutable
class Stuck:
    """Nothing is committed: failures that nothing catches, in task order."""

    errors: dict[Activation, Error]


def pass_boundary(run: Run) -> Passed | Stuck:
    """Close the superstep whose activations have all ended."""
    failures = {act: act.error for act in run.acts if act.error is not None}
    while True:
        uncaught = {act: error for act, error in failures.items() if catcher(act) is None} if failures else None
        if uncaught:
            return Stuck(_in_order(uncaught))
        attempt = _Attempt(run, failures)
        found = attempt.refused()
        if not found:
            return attempt.commit()
        failures = {**failures, **found}


def uncaught(acts: Sequence[Activation]) -> list[Activation]:
    """The activations that failed, and whose failures nothing will catch."""
    return [act for act in acts if act.status == "failed" and catcher(act) is None]


class _Attempt:
    """The boundary on the assumption that just these activations fail."""

    __slots__ = ("failures", "merge", "moves", "run", "state", "written")

    def __init__(self, run: Run, failures: dict[Activation, Error]) -> None:
        self.run = run
        self.failures = failures
        self.written: Written = {}
        self.moves: dict[Activation, Move] = {}
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
        for act in self.run.acts:
            if act.end is not None and act not in self.failures and (act.end.writes or act.end.messages):
                problem = self.collect(act, act.end.writes, act.end.messages)
                if problem is not None:
                    found[act] = self.run.failure(act, "bad-write", problem)
        return found

    def collect(self, act: Activation, writes: Sequence[tuple[str, Json]], messages: Sequence[Json]) -> str | None:
        """The new messages come first, then the writes; messages are numbered through both."""
        run = self.run
        for message in messages:
            if problem := message_problem(message):
                return problem
        if messages and act.child is run.root and run.plan.graph.messages is not None:
            self.write(act, run.plan.graph.messages, identified([*messages], run.address(act.id)))
        count = len(messages)
        for name, value in writes:
            channel = run.channels.declared[name]
            if problem := shape_problem(channel, value):
                return f"channel `{name}` {problem}"
            if channel.reducer == "messages":
                new = value if isinstance(value, list) else [value]
                self.write(act, name, identified(new, run.address(act.id), count))
                count += len(new)
            else:
                self.write(act, name, value)
        return None

    def write(self, act: Activation, channel: str, value: Json) -> None:
        written = self.written.get(channel)
        if written is None:
            written = self.written[channel] = []
        written.append((act.index, value))

    def clashing(self) -> dict[Activation, Error]:
        """Merge; those fail whose writes cannot be merged."""
        self.merge = merge = self.run.channels.merge(self.written)
        self.state = self.run.channels.after(merge)
        acts = self.run.acts
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
        return " by " + ", ".join(f"`{self.run.acts[writer].plan.name}`" for writer in sorted(earlier))

    def lost(self) -> dict[Activation, Error]:
        """Decide what follows each success; those fail for which that cannot be said."""
        found: dict[Activation, Error] = {}
        for act in self.run.acts:
            if act.end is not None and act not in self.failures:
                try:
                    self.moves[act] = follow(self.run, act, act.end, self.state)
                except Refused as refused:
                    found[act] = refused.error
        return found

    def commit(self) -> Passed:
        """Nothing can fail any more."""
        run, agenda = self.run, Agenda()
        changed = () if self.merge is None else run.channels.commit(self.merge, self.state, self.written)
        groups: dict[Group, Error] = {}
        for act in run.acts:
            end, move = act.end, self.moves.get(act)
            if end is None or move is None:
                self.fail(act, agenda, groups)
                continue
            if end.messages:
                _keep_messages(run, act, end.messages)
            advance(run, act, move, end.output, None, agenda)
        for group, error in groups.items():
            abandon(group, error, agenda)
        if run.regions:
            joins.release_all(run, agenda)
        due = agenda.due()
        return Passed(changed, [each for each in due if not each[1].dead] if groups else due)

    def fail(self, act: Activation, agenda: Agenda, groups: dict[Group, Error]) -> None:
        error = act.error = self.failures[act]
        act.status = "failed"
        where = catcher(act)
        if isinstance(where, Group):
            groups.setdefault(where, error)
            give_up(act, error, where)
        elif where is not None:
            advance(self.run, act, _caught(where, error), None, error, agenda)


def _caught(where: Move | NodePlan, error: Error) -> Move:
    return where if isinstance(where, Move) else Move(target=where, handled=handled(error))


def _keep_messages(run: Run, act: Activation, messages: Sequence[Json]) -> None:
    """Inside a child, new messages stay in its transcript."""
    child = act.child
    if child is not run.root:
        if child.conversation is None:
            child.conversation = Conversation()
        child.conversation.extend(identified(messages, run.address(act.id)))


def _in_order(failures: dict[Activation, Error]) -> dict[Activation, Error]:
    return dict(sorted(failures.items(), key=_index))


def _index(failure: tuple[Activation, Error]) -> int:
    return failure[0].index


__all__ = ["Catcher", "Passed", "Stuck", "pass_boundary", "uncaught"]
