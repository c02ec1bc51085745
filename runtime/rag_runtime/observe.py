"""What a run shows while it goes: events for people and tools to watch, apart from the journal.

Most are told of a journaled event and of what it set going (`step.started`, `task.started`, `step.merged`, `run.*`); those of the
start of a call are told as it happens. An id is stable: `RUN#SEQ` for a journaled event, `RUN#SEQ:NAME:WHAT` for what followed
it. Told twice (a task that starts again after a crash), a thing keeps its id.

In JSON, an event is an object with its name under `event`:

    {"event": "task.succeeded", "id": "3f9q#7", "time": 1735689600000, "root": "3f9q", "run": "3f9q", "parent": null,
     "thread": null, "namespace": "", "path": "supervisor", "depth": 0, "task": "0:0:supervisor", "node": "supervisor",
     "step": 0, "place": {"file": "a.rag", "start": [3, 8], "end": [3, 18]}, "data": {"label": "final", "output": "..."}}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, assert_never

from rag_ir.finding import pointer
from rag_ir.graph import Document, Json, SourcePlace
from rag_ir.record import names, record
from rag_runtime.commands import CancelTask, ChildFailed, Command, Finish, Merged, StartTask, StartTimer, StopTimer
from rag_runtime.events import (
    Answered,
    CallEnded,
    CallStarted,
    Cancelled,
    ChildFinished,
    Event,
    Resumed,
    RunStarted,
    TaskFailed,
    TaskPaused,
    TaskSucceeded,
    TimerFired,
)
from rag_runtime.journal import plain
from rag_runtime.retry import Retry
from rag_runtime.stores.store import Run

Name = Literal[
    "run.started",
    "run.resumed",
    "run.cancelling",
    "run.paused",
    "run.finished",
    "run.failed",
    "run.cancelled",
    "step.started",
    "step.merged",
    "task.started",
    "task.succeeded",
    "task.failed",
    "task.paused",
    "call.started",
    "call.retrying",
    "call.ended",
    "task.cancelled",
    "timer.fired",
    "child.finished",
    "child.failed",
    "question.answered",
]


@record(kw_only=True)
class RunEvent:
    """One thing that happened. `path` is the node's name behind the parents' paths, or that of the run; `time` is in
    milliseconds since 1970; `place` is where the node stands in its source, where that is known."""

    event: Name
    id: str
    time: int
    root: str
    run: str
    parent: str | None
    thread: str | None
    namespace: str
    path: str
    depth: int
    task: str | None
    node: str | None
    step: int | None
    place: SourcePlace | None
    data: Mapping[str, Json]

    def to_json(self) -> dict[str, Json]:
        """The event as one JSON object."""
        return {name: plain(getattr(self, name)) for name in names(RunEvent)}


Observer = Callable[[RunEvent], None]


class Narrator:
    """Tells of one run. Told the same journal and commands, it gives the same events."""

    def __init__(self, document: Document, run: Run, started: RunStarted) -> None:
        self._document = document
        self._run = run
        self._started = started
        self._places: dict[str, SourcePlace] | None = None

    def tell(self, seq: int, time: int, event: Event, commands: Sequence[Command]) -> Iterator[RunEvent]:
        """What a journaled event says, then what it set going."""
        yield self._event(_name(event), f"{self._run.id}#{seq}", time, _task(event), _data(event))
        yield from self.follow(seq, time, commands)

    def follow(self, seq: int, time: int, commands: Sequence[Command]) -> Iterator[RunEvent]:
        """What commands set going, after event number `seq`."""
        last_step: int | None = None
        for command in commands:
            match command:
                case StartTask(task=task, history=history):
                    if task.step != last_step:
                        last_step = task.step
                        names: list[Json] = [
                            each.task.id
                            for each in commands
                            if isinstance(each, StartTask) and each.task.step == task.step
                        ]
                        yield self._derived(
                            "step.started", seq, time, str(task.step), None, {"tasks": names}, task.step
                        )
                    again = bool(history.calls or history.started or history.answers or history.child)
                    data: dict[str, Json] = {"visit": task.visit, "args": task.args, "again": again}
                    yield self._derived("task.started", seq, time, task.id, task.id, data)
                case Merged(step=step, channels=channels):
                    merged: dict[str, Json] = {"channels": [*channels]}
                    yield self._derived("step.merged", seq, time, str(step), None, merged, step)
                case CancelTask(task=id):
                    yield self._derived("task.cancelled", seq, time, id, id, {})
                case ChildFailed(child=id):
                    yield self._derived("child.failed", seq, time, id, id, _failed(command))
                case StartTimer() | StopTimer():
                    pass
                case Finish():
                    yield self._derived(_END[command.outcome], seq, time, "", None, _end(command))
                case _:
                    assert_never(command)

    def call(self, seq: int, time: int, call: CallStarted | Retry) -> RunEvent:
        """The start of a call, or a new attempt at it, that is not journaled, after event number `seq`."""
        address = f"{call.task}#{call.call}"
        if isinstance(call, Retry):
            return self._derived("call.retrying", seq, time, f"{address}#{call.attempt}", call.task, _data(call))
        return self._derived("call.started", seq, time, address, call.task, _data(call))

    def _derived(
        self,
        name: Name,
        seq: int,
        time: int,
        what: str,
        task: str | None,
        data: Mapping[str, Json],
        step: int | None = None,
    ) -> RunEvent:
        id = f"{self._run.id}#{seq}:{name}" + (f":{what}" if what else "")  # noqa: A001
        return self._event(name, id, time, task, data, step)

    def _event(
        self, name: Name, id: str, time: int, task: str | None, data: Mapping[str, Json], step: int | None = None
    ) -> RunEvent:
        node = None if task is None else task.split(":", 2)[2]
        return RunEvent(
            event=name,
            id=id,
            time=time,
            root=self._run.root,
            run=self._run.id,
            parent=self._run.parent,
            thread=self._run.thread,
            namespace=self._started.namespace,
            path="/".join(part for part in (self._started.path, node) if part),
            depth=self._started.depth,
            task=task,
            node=node,
            step=step if task is None else int(task.split(":", 1)[0]),
            place=None if node is None else self._place(node),
            data=data,
        )

    def _place(self, node: str) -> SourcePlace | None:
        if self._places is None:
            self._places = _places_of_nodes(self._document, self._started.graph)
        return self._places.get(node)


_END: dict[str, Name] = {
    "finished": "run.finished",
    "failed": "run.failed",
    "paused": "run.paused",
    "cancelled": "run.cancelled",
}


def _places_of_nodes(document: Document, graph: str) -> dict[str, SourcePlace]:
    nodes = document.graphs[graph].nodes
    found = {node.name: document.source_map.get(pointer("graphs", graph, "nodes", at)) for at, node in enumerate(nodes)}
    return {name: place for name, place in found.items() if place is not None}


def _name(event: Event) -> Name:
    match event:
        case RunStarted():
            return "run.started"
        case TaskSucceeded():
            return "task.succeeded"
        case TaskFailed():
            return "task.failed"
        case TaskPaused():
            return "task.paused"
        case CallStarted():
            return "call.started"
        case CallEnded():
            return "call.ended"
        case ChildFinished():
            return "child.finished"
        case TimerFired():
            return "timer.fired"
        case Answered():
            return "question.answered"
        case Resumed():
            return "run.resumed"
        case Cancelled():
            return "run.cancelling"
        case _:
            assert_never(event)


def _task(event: Event) -> str | None:
    match event:
        case TaskSucceeded() | TaskFailed() | TaskPaused() | CallStarted() | CallEnded() | ChildFinished():
            return event.task
        case TimerFired(timer=timer):
            return timer.partition(":")[2]
        case RunStarted() | Answered() | Resumed() | Cancelled():
            return None
        case _:
            assert_never(event)


def _data(event: Event | Retry) -> dict[str, Json]:
    """The event's fields, but what the envelope says already."""
    envelope = ("task", "seed", "namespace", "path", "depth", "messages")
    return {name: plain(getattr(event, name)) for name in names(event.__class__) if name not in envelope}


def _failed(command: ChildFailed) -> dict[str, Json]:
    return {name: plain(getattr(command, name)) for name in names(command.__class__) if name not in ("child", "node")}


def _end(command: Finish) -> dict[str, Json]:
    return {name: plain(getattr(command, name)) for name in names(command.__class__) if name != "outcome"}
