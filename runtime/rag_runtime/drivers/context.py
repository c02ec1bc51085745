"""What a task has of the local driver: its calls, its questions, its child run.

A call that has ended is answered from the journal. A call with effects is journaled before it is made; if the journal shows its
start and not its end, or its other side was not heard of, nobody knows whether it happened, and unless it is idempotent a person
must say: `retry` makes it again, `fail` ends it with an error, `result VALUE` (or an object with `result`) gives what it came to.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import partial
from hashlib import sha256
from typing import Literal

from rag_ir.graph import Document, Graph, Json, Node
from rag_ir.record import replace
from rag_runtime.commands import Finish, History, StartTask, Task
from rag_runtime.drivers.attempts import attempted
from rag_runtime.drivers.record import Record
from rag_runtime.events import CallEnded, CallStarted, ChildFinished, Error, Question, Usage
from rag_runtime.journal import dump
from rag_runtime.machine.plan import Plan
from rag_runtime.retry import Retry, seconds_before
from rag_runtime.seams import CallFailed, Capabilities, ChildResult, ModelAnswer, ModelRequest, Paused
from rag_runtime.tools.foreign import NotJson, as_json, message_of

Kind = Literal["model", "tool", "router"]
RunChild = Callable[["LocalContext", str, Json], Awaitable[Finish]]

EFFECTS = ("write", "external", "unknown")
DOUBTFUL = ("timeout", "connection")
"""Ends of a call behind which it may have had its effect all the same."""


class LocalContext:
    """The `TaskContext` of one activation. `stopped`: it was cut off, and starts no call any more."""

    def __init__(self, record: Record, command: StartTask, run_child: RunChild) -> None:
        session = record.session
        self.record = record
        self.document: Document = session.document
        plan = session.plans.of(record.started.graph)
        self.graph: Graph = plan.graph
        self.node: Node = _as_sent(plan, command.task)
        self.task: Task = command.task
        self.history: History = command.history
        self.capabilities: Capabilities = session.capabilities
        self.depth: int = record.started.depth
        self.stopped = False
        self._run_child = run_child

    async def call_model(self, call: str, request: ModelRequest) -> ModelAnswer:
        """See `TaskContext.call_model`."""

        async def make() -> tuple[Json, Usage]:
            alone = request.exclusive and self.record.ordered
            asked = self.record.session.asked(request.model) if alone else None
            answer = await self.capabilities.models[request.model].complete(replace(request, asked=asked))
            return {"message": answer.message, "value": answer.value}, answer.usage

        return _model_answer(_succeeded(self._ended(call) or await self._make(call, "model", request.model, make)))

    async def call_tool(self, call: str, name: str, arguments: dict[str, Json]) -> Json:
        """See `TaskContext.call_tool`."""

        async def make() -> tuple[Json, Usage]:
            value = await self.capabilities.tools[name].call(arguments, self._idempotency_key(call))
            return value, Usage(tool_calls=1)

        ended = self._ended(call) or self._settled(call, name) or await self._make(call, "tool", name, make)
        return _succeeded(ended).value

    async def call_router(self, call: str, name: str) -> str:
        """See `TaskContext.call_router`."""

        async def make() -> tuple[Json, Usage]:
            return await self.capabilities.routers[name].route(self.task.input, self.task.state), Usage()

        return str(_succeeded(self._ended(call) or await self._make(call, "router", name, make)).value)

    async def ask(self, question: Question) -> tuple[Json, str]:
        """See `TaskContext.ask`."""
        answered = self.history.answers.get(question.address)
        if answered is None:
            raise Paused((question,))
        return answered.value, answered.actor

    async def child(self, graph: str, input: Json) -> ChildResult:
        """See `TaskContext.child`."""
        ended = self.history.child
        if ended is None:
            finish = await self._run_child(self, graph, input)
            if finish.outcome == "paused":
                raise Paused(finish.questions)
            ended = ChildFinished(
                task=self.task.id,
                outcome=finish.outcome,
                output=finish.output,
                error=finish.error,
                usage=finish.usage,
            )
            self.record.commit(ended)
        return ChildResult(outcome=ended.outcome, output=ended.output, error=ended.error)

    def address(self, call: str = "") -> str:
        """See `TaskContext.address`."""
        namespace = self.record.started.namespace
        return (f"{namespace}/" if namespace else "") + self.task.id + (f"#{call}" if call else "")

    def _ended(self, call: str) -> CallEnded | None:
        """The journaled end of a call, which is never made again."""
        return self.history.calls.get(call)

    def _idempotency_key(self, call: str) -> str:
        started = self.record.started
        return sha256(dump([started.seed, started.namespace, self.task.id, call]).encode("ascii")).hexdigest()

    async def _make(
        self, call: str, kind: Kind, name: str, make: Callable[[], Awaitable[tuple[Json, Usage]]]
    ) -> CallEnded:
        """Makes a call and journals its end. Of a task that was cut off the wait is where it ends."""
        if self.stopped:
            from anyio import sleep_forever

            await sleep_forever()
        self._start(call, kind, name)
        value, usage, error = await _made(kind, name, partial(self._attempted, call, kind, name, make))
        if error is not None and error.code in DOUBTFUL and self._has_one_effect(kind, name):
            raise Paused((_in_doubt(self.address(call), name),))
        ended = CallEnded(task=self.task.id, call=call, kind=kind, name=name, value=value, error=error, usage=usage)
        self.record.commit(ended)
        return ended

    async def _attempted(
        self, call: str, kind: Kind, name: str, make: Callable[[], Awaitable[tuple[Json, Usage]]]
    ) -> tuple[Json, Usage]:
        """Makes a call as often as it takes; one with effects that is not idempotent is made once, unless the node says otherwise."""
        policy = self.node.retry

        def pause(attempt: int, failed: CallFailed) -> float | None:
            if policy is None and self._has_one_effect(kind, name):
                return None
            return seconds_before(attempt, failed, self._idempotency_key(call), policy, tool=kind == "tool")

        def tell(attempt: int, seconds: float, failed: CallFailed) -> None:
            self.record.announce(
                Retry(
                    task=self.task.id,
                    call=call,
                    kind=kind,
                    name=name,
                    attempt=attempt,
                    wait_ms=round(seconds * 1000),
                    error=failed.error,
                )
            )

        return await attempted(make, pause, self.capabilities.sleep, tell)

    def _start(self, call: str, kind: Kind, name: str) -> None:
        effects, idempotent = self._effects_of(name) if kind == "tool" else (False, True)
        started = CallStarted(
            task=self.task.id, call=call, kind=kind, name=name, effects=effects, idempotent=idempotent
        )
        if effects:
            self.record.commit(started)
        else:
            self.record.announce(started)

    def _has_one_effect(self, kind: Kind, name: str) -> bool:
        """Whether the call may have its effect once only."""
        return kind == "tool" and self._effects_of(name) == (True, False)

    def _effects_of(self, tool: str) -> tuple[bool, bool]:
        required = next(each for each in self.document.requires.tools if each.name == tool)
        return required.effects in EFFECTS, required.idempotent

    def _settled(self, call: str, name: str) -> CallEnded | None:
        """The end that a person gave to a call in doubt; null where it is to be made. Raises `Paused`, `CallFailed`.

        A call that was told to fail is not journaled as ended: if the task is repeated it is in doubt again.
        """
        started = self.history.started.get(call)
        if started is None or not started.effects or started.idempotent:
            return None
        answered = self.history.answers.get(self.address(call))
        match answered and answered.value:
            case None:
                raise Paused((_in_doubt(self.address(call), name),))
            case "retry":
                return None
            case {"result": given}:
                value = given
            case str() as text if text.startswith("result "):
                value = _parsed(text.removeprefix("result "))
            case _:
                message = f"the call of tool `{name}` was cut off, and was told to fail"
                raise CallFailed(Error(code="effect-in-doubt", message=message))
        ended = CallEnded(task=self.task.id, call=call, kind="tool", name=name, value=value, usage=Usage(tool_calls=1))
        self.record.commit(ended)
        return ended


def settles(value: Json) -> bool:
    """Whether a value answers the question about a call in doubt."""
    match value:
        case str():
            return value in ("retry", "fail") or value.startswith("result ")
        case dict():
            return list(value) == ["result"]
        case _:
            return False


def _parsed(text: str) -> Json:
    """A value as a person types it: JSON if it parses, else the text."""
    try:
        value: Json = json.loads(text)
        dump(value)
    except (ValueError, RecursionError):
        return text
    return value


def _in_doubt(address: str, name: str) -> Question:
    return Question(
        address=address,
        prompt=(
            f"the call of tool `{name}` was cut off, and may have had its effect; "
            "answer `retry` (make it again), `fail`, or `result VALUE` (what it came to)"
        ),
        cause="effect-in-doubt",
    )


def _as_sent(plan: Plan, task: Task) -> Node:
    """The node, with what the send that began the task says in its place."""
    node = plan.nodes[task.node].node
    if task.by is None:
        return node
    sender, number = task.by
    send = plan.nodes[sender].node.sends[number]
    return replace(node, writes=send.writes or node.writes, retry=send.retry or node.retry)


async def _made(
    kind: Kind, name: str, make: Callable[[], Awaitable[tuple[Json, Usage]]]
) -> tuple[Json, Usage, Error | None]:
    """The value and usage of a call, or its error: whatever a capability raises ends the call and not the run."""
    spent = Usage(model_calls=int(kind == "model"), tool_calls=int(kind == "tool"))
    try:
        value, usage = await make()
        return as_json(value, f"the answer of {kind} `{name}`"), usage, None
    except CallFailed as failed:
        return None, failed.usage or spent, failed.error
    except NotJson as error:
        return None, spent, Error(code="bad-result", message=str(error))
    except Exception as error:
        return None, spent, Error(code=f"{kind}-error", message=f"{kind} `{name}` failed: {message_of(error)}")


def _succeeded(ended: CallEnded) -> CallEnded:
    if ended.error is not None:
        raise CallFailed(ended.error, usage=ended.usage)
    return ended


def _model_answer(ended: CallEnded) -> ModelAnswer:
    match ended.value:
        case {"message": dict() as message, "value": value}:
            return ModelAnswer(message=message, value=value, usage=ended.usage)
        case _:
            raise CallFailed(Error(code="bad-result", message=f"the journal holds no answer of model `{ended.name}`"))
