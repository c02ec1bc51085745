"""The runtime's seams: what a model, a tool and a driver are to a task. All small enough to write by hand in a test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from rag_ir.graph import Document, Graph, Json, Node, Schema
from rag_ir.record import record
from rag_runtime.commands import History, Task
from rag_runtime.events import Error, Question, Usage

Message = dict[str, Json]
"""A message: `role` (system user assistant tool), `content` (text); an assistant's `tool_calls` (`id name arguments`), a tool's
`tool_call_id` and `name`; a speaker's `name`; an `id`, unique in its conversation."""


class TaskError(Exception):
    """Ends the activation with an error. `label` is the outcome label that a route may catch it by."""

    def __init__(self, error: Error, label: str | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.label = label


class CallFailed(Exception):
    """A model's or a tool's call failed; what the journal keeps is `error`. Raised by providers and tools.

    `transient`: the same call may succeed when it is made again, `wait` seconds from now at the earliest. `usage` is what it
    cost all the same; null where nobody knows.
    """

    def __init__(self, error: Error, *, transient: bool = False, wait: float = 0, usage: Usage | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.transient = transient
        self.wait = wait
        self.usage = usage


class Paused(Exception):
    """The activation cannot go on without answers. Raised by `TaskContext.ask` and `.child`; executors let it pass."""

    def __init__(self, questions: tuple[Question, ...]) -> None:
        super().__init__("waiting for an answer")
        self.questions = questions


@record(kw_only=True)
class ToolSpec:
    """A tool as a model sees it."""

    name: str
    description: str
    input: Schema


@record(kw_only=True)
class ModelRequest:
    """One model call. `path`, `visit` and `turn` (from 1) say where it stands; scripted models are keyed by them.

    `exclusive`: no other activation of this superstep can ask the same model. `asked`: how many calls of this model the run
    and its children have made before this one; null where they have no order. The driver fills it in. `max_output_tokens` caps
    this one answer; null: as the model's entry says.
    """

    model: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]
    output: Schema | None
    path: str
    visit: int
    turn: int
    exclusive: bool
    asked: int | None = None
    max_output_tokens: int | None = None


@record(kw_only=True)
class ModelAnswer:
    """A model's answer: an assistant message, the structured value where one was asked for, and the usage."""

    message: Message
    value: Json
    usage: Usage


class Model(Protocol):
    """A model as a provider gives it."""

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """One answer, or `CallFailed`."""
        ...


class Tool(Protocol):
    """A tool, loaded."""

    async def call(self, arguments: dict[str, Json], idempotency_key: str) -> Json:
        """The tool's result as JSON, or `CallFailed`."""
        ...


class RouterFunction(Protocol):
    """A registered route function."""

    async def route(self, input: Json, state: Mapping[str, Json]) -> str:
        """A label, or `CallFailed`."""
        ...


class Resource(Protocol):
    """Something that capabilities share and that is given back at the end of a run."""

    async def aclose(self) -> None:
        """Gives it back."""
        ...


async def sleep(seconds: float) -> None:
    """Waits, by the clock of the event loop."""
    from anyio import sleep as wait

    await wait(seconds)


def clock() -> float:
    """Seconds since some moment, by the clock of the event loop."""
    from anyio import current_time

    return current_time()


@record(kw_only=True)
class Capabilities:
    """What a run has of the world: what it may call, by name; how it waits, and the clock that goes with that; what is to be closed
    when it ends."""

    models: Mapping[str, Model]
    tools: Mapping[str, Tool]
    routers: Mapping[str, RouterFunction]
    sleep: Callable[[float], Awaitable[None]] = sleep
    clock: Callable[[], float] = clock
    resources: tuple[Resource, ...] = ()


@record(kw_only=True)
class ChildResult:
    """How a child run ended."""

    outcome: str
    output: Json
    error: Error | None


class TaskContext(Protocol):
    """What an executor has of its driver."""

    document: Document
    graph: Graph
    node: Node
    task: Task
    history: History
    capabilities: Capabilities
    depth: int
    """How many parents this run has."""

    async def call_model(self, call: str, request: ModelRequest) -> ModelAnswer:
        """The journaled answer of this call, or a new one, journaled before it is returned. Raises `CallFailed`."""
        ...

    async def call_tool(self, call: str, name: str, arguments: dict[str, Json]) -> Json:
        """As `call_model`. A call with effects that was in flight when the process died asks first (`effect-in-doubt`)."""
        ...

    async def call_router(self, call: str, name: str) -> str:
        """As `call_model`, with the run's input and the committed state."""
        ...

    async def ask(self, question: Question) -> tuple[Json, str]:
        """(value, actor) of the question's answer; raises `Paused` while there is none."""
        ...

    async def child(self, graph: str, input: Json) -> ChildResult:
        """Runs (or resumes) the task's child run to its end; raises `Paused` with the child's questions."""
        ...

    def address(self, call: str = "") -> str:
        """The address of this task, or of one of its calls."""
        ...
