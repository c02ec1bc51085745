"""The events of a run: what happened, in the order in which it was journaled. The journal of events is the run.

Every event is JSON by its fields, with its class name under `event` (see `journal`). A task id is `step:index:node`; inside a
child run it is shown behind the run's namespace, the parents' task ids joined by `/`. No event carries a time: stores stamp rows.
"""

from __future__ import annotations

from typing import Literal

from rag_ir.graph import Json
from rag_ir.record import record


@record(kw_only=True)
class Error:
    """Why an activation, a call or a run failed. `code` is stable and kebab-case; `at` a JSON pointer into the IR, or empty."""

    code: str
    message: str
    node: str = ""
    task: str = ""
    at: str = ""


@record(kw_only=True)
class Usage:
    """What calls cost: counts of calls and tokens, and money as a decimal string of US dollars.

    `cached_tokens` are those of `input_tokens` that the provider had kept from an earlier call, `reasoning_tokens` those of
    `output_tokens` that nobody sees.
    """

    model_calls: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: str = "0"
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@record(kw_only=True)
class Question:
    """What a paused task asks. `address` is `[namespace/]step:index:node[#call]`; without options any value may be answered."""

    address: str
    prompt: str
    options: tuple[str, ...] = ()
    cause: Literal["interrupt", "before", "after", "effect-in-doubt", "approval"] = "interrupt"


@record(kw_only=True)
class RunStarted:
    """The first event. `namespace` and `path` are empty for a root run; a child run has its parent task's address and path.

    `depth` counts the parents. `seed` makes jitter and idempotency keys: the root run's id. `messages` are what its conversation
    begins with: a copy of that of its sender.
    """

    graph: str
    input: Json
    seed: str
    namespace: str = ""
    path: str = ""
    depth: int = 0
    messages: tuple[Json, ...] = ()


@record(kw_only=True)
class TaskSucceeded:
    """An activation ended. `writes` are (channel, value) pairs in order; `messages` go to its conversation at the boundary."""

    task: str
    output: Json
    label: str | None
    writes: tuple[tuple[str, Json], ...] = ()
    messages: tuple[Json, ...] = ()


@record(kw_only=True)
class TaskFailed:
    """An activation failed; `label` is `error` or `failed` where its kind has that label."""

    task: str
    error: Error
    label: str | None = None


@record(kw_only=True)
class TaskPaused:
    """An activation waits for answers."""

    task: str
    questions: tuple[Question, ...]


@record(kw_only=True)
class CallStarted:
    """A call is about to be made; committed before the call when it has effects. `call` is unique in its task."""

    task: str
    call: str
    kind: Literal["model", "tool", "router"]
    name: str
    effects: bool
    idempotent: bool = True


@record(kw_only=True)
class CallEnded:
    """A call ended, with a value or an error; committed before anything uses the answer, and never made again."""

    task: str
    call: str
    kind: Literal["model", "tool", "router"]
    name: str
    value: Json = None
    error: Error | None = None
    usage: Usage = Usage()


@record(kw_only=True)
class ChildFinished:
    """The child run of a task ended: `finished` with an output, or otherwise with an error."""

    task: str
    outcome: Literal["finished", "failed", "cancelled"]
    output: Json = None
    error: Error | None = None
    usage: Usage = Usage()


@record(kw_only=True)
class TimerFired:
    """The time of an activation (`task:ID`), of a child (`child:ID`) or of a join (`join:ID`) is up."""

    timer: str


@record(kw_only=True)
class Answered:
    """Somebody answered a question. `actor` is a person's name, or `auto`."""

    address: str
    value: Json
    actor: str


@record(kw_only=True)
class Resumed:
    """A failed or cancelled run goes on: what failed is repeated, what finished is kept."""


@record(kw_only=True)
class Cancelled:
    """The run was told to stop."""

    reason: str = ""


Event = (
    RunStarted
    | TaskSucceeded
    | TaskFailed
    | TaskPaused
    | CallStarted
    | CallEnded
    | ChildFinished
    | TimerFired
    | Answered
    | Resumed
    | Cancelled
)
