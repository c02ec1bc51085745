"""What can be read of runs, while they go on and afterwards: results, lists, one run with all its parts."""

from __future__ import annotations

from collections.abc import Sequence

from rag_ir.codec import decode
from rag_ir.graph import Document, Json
from rag_ir.record import field, mutable, record
from rag_runtime.commands import CancelTask, Command, Finish, Outcome, StartTask
from rag_runtime.events import (
    CallEnded,
    CallStarted,
    Error,
    Question,
    RunStarted,
    TaskFailed,
    TaskPaused,
    TaskSucceeded,
    Usage,
)
from rag_runtime.machine import Machine, TaskRecord
from rag_runtime.machine.ledger import Ledger
from rag_runtime.observe import Narrator, RunEvent
from rag_runtime.stores.store import Entry, Run, Store, StoreError

Path = list[str | list[str]]
"""The node of each superstep, behind the parents' paths; of several that ran together, a list in task order."""


@record(kw_only=True)
class RunResult:
    """How a run stands. `output` is the run's (of one that failed or was cancelled: its last committed state)."""

    run: str
    outcome: Outcome
    output: Json
    error: Error | None
    questions: tuple[Question, ...]
    usage: Usage
    path: Path


@record(kw_only=True)
class RunLine:
    """A root run in a list. `live`: a process drives it now; one that is `running` and not live was cut off, and can be resumed."""

    run: Run
    live: bool


@record(kw_only=True)
class TaskView:
    """An activation. `calls` counts those that ended, `in_flight` names those that only started. Times are milliseconds since
    1970: of the commit behind which it started, and of its end or pause."""

    id: str
    node: str
    visit: int
    status: str
    label: str | None
    error: Error | None
    calls: int
    in_flight: tuple[str, ...]
    usage: Usage
    started: int
    ended: int | None


@record(kw_only=True)
class RunView:
    """One run, root or child, with its child runs behind it. `questions` are those that it waits for, its children's among them."""

    run: Run
    live: bool
    input: Json
    path: Path
    tasks: tuple[TaskView, ...]
    questions: tuple[Question, ...]
    state: dict[str, Json]
    events: int
    children: tuple[RunView, ...]


def result_of(run: str, machine: Machine, finish: Finish) -> RunResult:
    """The result of a run that stands still."""
    return RunResult(
        run=run,
        outcome=finish.outcome,
        output=finish.output,
        error=finish.error,
        questions=finish.questions,
        usage=finish.usage,
        path=machine.path,
    )


def standing(store: Store, run: str) -> RunResult | None:
    """How a run stands; null if it is not known, or stands in the middle of something. Raises `StoreError`."""
    try:
        row = store.run(run)
    except StoreError as error:
        if error.code == "run-unknown":
            return None
        raise
    machine = Machine(_document(store, row), [entry.event for entry in store.events(run)])
    return None if machine.finished is None else result_of(run, machine, machine.finished)


def list_runs(store: Store) -> list[RunLine]:
    """The root runs, newest first. Raises `StoreError`."""
    return [RunLine(run=run, live=store.leased(run.id)) for run in store.runs()]


def show_run(store: Store, run: str) -> RunView:
    """A run with its children, as the journals have it. Raises `StoreError`."""
    row = store.run(run)
    tree = store.tree(row.root)
    return _view(store, _document(store, row), row, tree, store.leased(row.root))


def replay_events(store: Store, run: str, after: int = 0) -> list[RunEvent]:
    """What was to be seen of a run, again: of its journal behind event number `after`. Raises `StoreError`."""
    row = store.run(run)
    document = _document(store, row)
    machine = Machine(document)
    told: list[RunEvent] = []
    narrator: Narrator | None = None
    for entry in store.events(run):
        if isinstance(entry.event, RunStarted):
            narrator = Narrator(document, row, entry.event)
        commands = machine.feed(entry.event)
        if narrator is not None and entry.seq > after:
            told.extend(narrator.tell(entry.seq, entry.time, entry.event, commands))
    return told


def _document(store: Store, run: Run) -> Document:
    document, findings = decode(store.document(run.digest))
    if document is None:
        raise StoreError("store-corrupt", f"the document of run `{run.id}`: {findings[0].message}")
    return document


def _view(store: Store, document: Document, run: Run, tree: Sequence[Run], live: bool) -> RunView:
    entries = store.events(run.id)
    machine = Machine(document)
    traces: dict[str, _Trace] = {}
    for entry in entries:
        _trace(traces, entry, machine.feed(entry.event))
    started = entries[0].event
    return RunView(
        run=run,
        live=live,
        input=started.input if isinstance(started, RunStarted) else None,
        path=machine.path,
        tasks=tuple(_task(task, traces[task.id]) for task in machine.tasks if task.id in traces),
        questions=machine.questions,
        state=dict(machine.state),
        events=len(entries),
        children=tuple(_view(store, document, each, tree, live) for each in tree if each.parent == run.id),
    )


@mutable
class _Trace:
    """What a journal tells of one task."""

    started: int
    ended: int | None = None
    label: str | None = None
    calls: int = 0
    in_flight: dict[str, None] = field(default_factory=dict[str, None])
    ledger: Ledger = field(default_factory=Ledger)


def _trace(traces: dict[str, _Trace], entry: Entry, commands: Sequence[Command]) -> None:
    match entry.event:
        case CallStarted(task=task, call=call):
            traces[task].in_flight[call] = None
        case CallEnded(task=task, call=call, usage=usage):
            traces[task].calls += 1
            traces[task].in_flight.pop(call, None)
            traces[task].ledger.add(usage)
        case TaskSucceeded(task=task, label=label) | TaskFailed(task=task, label=label):
            traces[task].ended, traces[task].label = entry.time, label
        case TaskPaused(task=task):
            traces[task].ended = entry.time
        case _:
            pass
    for command in commands:
        match command:
            case StartTask(task=begun):
                traces.setdefault(begun.id, _Trace(started=entry.time)).ended = None
            case CancelTask(task=cut):
                traces[cut].ended = entry.time
            case _:
                pass


def _task(task: TaskRecord, trace: _Trace) -> TaskView:
    return TaskView(
        id=task.id,
        node=task.node,
        visit=task.visit,
        status=task.status,
        label=trace.label,
        error=task.error,
        calls=trace.calls,
        in_flight=tuple(trace.in_flight),
        usage=trace.ledger.usage,
        started=trace.started,
        ended=trace.ended,
    )
