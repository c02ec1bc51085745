"""What the machine asks of its driver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from rag_ir.graph import Json
from rag_ir.record import field, record
from rag_runtime.events import Answered, CallEnded, CallStarted, ChildFinished, Error, Question, Usage

Outcome = Literal["finished", "failed", "paused", "cancelled"]


@record(kw_only=True)
class Task:
    """One activation, with everything that its executor may know.

    `id` is `step:index:node`. `path` is the node's name behind the parents' paths. `visit` counts the activations of that path
    in this run, from 1, in task order. `concurrent` is the number of activations of its superstep. `child` names the child
    that it belongs to (the id of the task that began it), null outside children; `transcript` is the conversation that it
    sees. `state` is the committed state: read it, never change it. `sent`: the activation came from a send, so that `args` is
    the payload, which is the input of an implicit child. `by` is that send, as the sender's name and its number, where it says how
    its child writes or retries. `forked`: the child begins with the sender's conversation, which is the `transcript`.
    """

    id: str
    step: int
    index: int
    node: str
    path: str
    visit: int
    concurrent: int
    args: Json
    sent: bool
    child: str | None
    input: Json
    state: Mapping[str, Json]
    transcript: tuple[Json, ...]
    by: tuple[str, int] | None = None
    forked: bool = False


@record(kw_only=True)
class History:
    """What an activation did before a crash, a pause or a failure: its ended calls, those in flight, answers, its child run.

    `calls`, `started` are keyed by call; `answers` by full address.
    """

    calls: Mapping[str, CallEnded] = field(default_factory=dict[str, CallEnded])
    started: Mapping[str, CallStarted] = field(default_factory=dict[str, CallStarted])
    answers: Mapping[str, Answered] = field(default_factory=dict[str, Answered])
    child: ChildFinished | None = None


@record(kw_only=True)
class StartTask:
    """Run this activation; answer with TaskSucceeded, TaskFailed or TaskPaused."""

    task: Task
    history: History


@record(kw_only=True)
class CancelTask:
    """Stop this task, whose end is not waited for: no call is started any more, and the one in flight is given up."""

    task: str


@record(kw_only=True)
class StartTimer:
    """Answer with TimerFired once these milliseconds have passed. A timer that stood still goes on with what was left of them."""

    timer: str
    milliseconds: int


@record(kw_only=True)
class StopTimer:
    """The timer stands still: it may be started again."""

    timer: str


@record(kw_only=True)
class ChildFailed:
    """A child failed, and its failure goes no further. `child` is the id of the task that began it, `index` its number among the
    sender's children."""

    child: str
    node: str
    index: int
    outcome: Literal["failed", "timeout"]
    error: Error
    optional: bool


@record(kw_only=True)
class Merged:
    """A boundary was passed: the step's writes are merged. `channels` are those that changed, sorted."""

    step: int
    channels: tuple[str, ...]


@record(kw_only=True)
class Finish:
    """Nothing more can be done now. `output` is the run's (of a run that failed: the last committed state)."""

    outcome: Outcome
    output: Json = None
    error: Error | None = None
    questions: tuple[Question, ...] = ()
    usage: Usage = Usage()


Command = StartTask | CancelTask | StartTimer | StopTimer | ChildFailed | Merged | Finish
