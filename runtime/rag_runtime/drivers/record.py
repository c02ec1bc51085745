"""A run under way: its machine and its journal, moved together.

An event is fed to the machine, which is pure, and committed with the progress that it makes; its commands are handed out only
then, so that nothing happens of which the journal does not know the cause. Nothing in here awaits: a commit and its commands are
one step for every other task.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rag_ir.graph import Document
from rag_ir.record import field, mutable, replace
from rag_runtime.commands import Command, Merged, StartTask
from rag_runtime.events import Answered, CallEnded, CallStarted, ChildFinished, Event, Resumed, RunStarted
from rag_runtime.machine import Machine, Plans
from rag_runtime.observe import Narrator, Observer
from rag_runtime.retry import Retry
from rag_runtime.seams import Capabilities
from rag_runtime.stores.store import Progress, Run, Status, Store, StoreError


class Session:
    """What a root run and all its children share while one process drives them."""

    def __init__(
        self, document: Document, store: Store, capabilities: Capabilities, observe: Observer | None, root: str
    ) -> None:
        self.document = document
        self.store = store
        self.capabilities = capabilities
        self.observe = observe
        self.root = root
        self.plans = Plans(document)
        self._asked: Counter[str] | None = None

    def asked(self, model: str) -> int:
        """How many calls of a model the root run and its children have made. The journals are counted when first asked."""
        if self._asked is None:
            self._asked = Counter()
            for run in self.store.tree(self.root):
                self.count(*(entry.event for entry in self.store.events(run.id)))
        return self._asked[model]

    def count(self, *events: Event) -> None:
        """Counts the model calls among new events."""
        if self._asked is not None:
            self._asked.update(event.name for event in events if isinstance(event, CallEnded) and event.kind == "model")


class Record:
    """One run: made by `begin` or `reopen`, moved by `commit`. `ordered`: nothing else of the root run goes on beside it."""

    def __init__(self, session: Session, run: Run, started: RunStarted, machine: Machine, *, ordered: bool) -> None:
        self.session = session
        self.run = run
        self.started = started
        self.machine = machine
        self.ordered = ordered
        self.marks = _Marks()
        self._seq = 0
        self._time = 0
        self._progress = run.progress
        self._narrator = Narrator(session.document, run, started)

    @classmethod
    def begin(
        cls, session: Session, run: Run, started: RunStarted, *, ordered: bool = True
    ) -> tuple[Record, list[Command]]:
        """A new run, its first event committed. Raises `StoreError`."""
        record = cls(session, run, started, Machine(session.document, plans=session.plans), ordered=ordered)
        commands = record.machine.feed(started)
        record._progress = record._after(commands)
        time = session.store.begin(replace(run, progress=record._progress), started)
        record._seen(1, time, started)
        record._tell(started, commands)
        return record, commands

    @classmethod
    def reopen(cls, session: Session, id: str, *, ordered: bool = True) -> Record:
        """A run that the store has, as its journal left it. Raises `StoreError`."""
        run = session.store.run(id)
        entries = session.store.events(id)
        if not entries or not isinstance(started := entries[0].event, RunStarted):
            raise StoreError("store-corrupt", f"the journal of run `{id}` does not begin with its start")
        machine = Machine(session.document, (entry.event for entry in entries), plans=session.plans)
        record = cls(session, run, started, machine, ordered=ordered)
        for entry in entries:
            record._seen(entry.seq, entry.time, entry.event)
        return record

    @property
    def status(self) -> Status:
        """The run's status after the last commit."""
        return self._progress.status

    def commit(self, event: Event) -> list[Command]:
        """What follows from an event, once it is committed. Raises `StoreError`."""
        commands = self._commit(event)
        self._tell(event, commands)
        return commands

    def note(self, event: Event) -> None:
        """Commits an event of a reopened run; what follows from it is for `resume` to say. Raises `StoreError`."""
        self._commit(event)
        self._tell(event, ())

    def resume(self) -> list[Command]:
        """What is to be done now, in a run that was reopened."""
        commands = self.machine.resume()
        observe = self.session.observe
        if observe is not None:
            for told in self._narrator.follow(self._seq, self._time, commands):
                observe(told)
        return commands

    def announce(self, call: CallStarted | Retry) -> None:
        """Tells observers of a call, or of a new attempt at it, that needs no entry in the journal."""
        observe = self.session.observe
        if observe is not None:
            observe(self._narrator.call(self._seq, self._time, call))

    def _commit(self, event: Event) -> list[Command]:
        commands = self.machine.feed(event)
        self._progress = self._after(commands)
        seq = self._seq + 1
        time = self.session.store.commit(self.run.id, seq, event, self._progress)
        self._seen(seq, time, event)
        self.session.count(event)
        return commands

    def _after(self, commands: Sequence[Command]) -> Progress:
        return progress_after(self._progress.step, self.machine, commands)

    def _seen(self, seq: int, time: int, event: Event) -> None:
        self._seq = seq
        self._time = time
        self.marks.see(event)

    def _tell(self, event: Event, commands: Sequence[Command]) -> None:
        observe = self.session.observe
        if observe is not None:
            for told in self._narrator.tell(self._seq, self._time, event, commands):
                observe(told)


def progress_after(step: int, machine: Machine, commands: Sequence[Command]) -> Progress:
    """How far a run has come that was in superstep `step`, once its machine has given these commands."""
    for command in commands:
        match command:
            case StartTask(task=task):
                step = task.step
            case Merged(step=merged):
                step = merged + 1
            case _:
                pass
    end = machine.finished
    if end is None:
        return Progress(status="running", step=step, usage=machine.usage)
    return Progress(status=end.outcome, step=step, output=end.output, error=end.error, usage=end.usage)


@mutable
class _Marks:
    """What a driver must know of a journal beside the machine, kept as it grows.

    The same address may be answered more than once (a call that is in doubt again), and a child may fail, be resumed and fail
    again: counts tell what has been handed on and what has not.
    """

    resumed: int = 0
    answers: list[Answered] = field(default_factory=list[Answered])
    children_ended: Counter[str] = field(default_factory=Counter[str])
    """By task, how often its child run has ended."""

    def see(self, event: Event) -> None:
        match event:
            case Answered():
                self.answers.append(event)
            case ChildFinished():
                self.children_ended[event.task] += 1
            case Resumed():
                self.resumed += 1
            case _:
                pass
