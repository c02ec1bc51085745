"""A driver for one activation, in memory: keeps a journal of calls, answers from it, and can be started again with a part of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from rag_ir import build
from rag_ir.graph import Agent, Channel, Document, Graph, Json, Node, Schema, ToolRequirement
from rag_runtime.commands import History, Task
from rag_runtime.events import (
    Answered,
    CallEnded,
    ChildFinished,
    Error,
    Question,
    TaskFailed,
    TaskPaused,
    TaskSucceeded,
)
from rag_runtime.providers.script import Script, read_answer
from rag_runtime.providers.scripted import Scripted
from rag_runtime.seams import (
    CallFailed,
    Capabilities,
    ChildResult,
    Model,
    ModelAnswer,
    ModelRequest,
    Paused,
    RouterFunction,
    Tool,
)
from rag_runtime.tasks.execute import execute

Kind = Literal["model", "tool", "router"]
Ended = TaskSucceeded | TaskFailed | TaskPaused

MESSAGES = build.channel("messages", "messages")
TEXT: dict[str, Json] = {"type": "string"}


def fields(**members: Json) -> dict[str, Json]:
    """An object schema of which every field is required."""
    return {"type": "object", "properties": members, "required": [*members]}


def tool(
    name: str,
    input: Schema | None = None,
    output: Schema | None = None,
    on_error: Literal["answer", "fail"] = "answer",
) -> ToolRequirement:
    """A required tool; without `input` it takes a `query`."""
    return build.require_tool(name, input=input or fields(query=TEXT), output=output, on_error=on_error)


class Function:
    """A tool made of a function of its arguments, which counts its calls. A raised `CallFailed` passes."""

    def __init__(self, function: Callable[[dict[str, Json]], Json | Awaitable[Json]]) -> None:
        self._function = function
        self.keys: list[str] = []

    async def call(self, arguments: dict[str, Json], idempotency_key: str) -> Json:
        self.keys.append(idempotency_key)
        value = self._function(arguments)
        return await value if isinstance(value, Awaitable) else value


class Labels:
    """A route function of the run's input and the state."""

    def __init__(self, function: Callable[[Json, Mapping[str, Json]], str]) -> None:
        self._function = function

    async def route(self, input: Json, state: Mapping[str, Json]) -> str:
        return self._function(input, state)


def scripted(*answers: Json, path: str = "a", visit: int = 1) -> Model:
    """A model that answers at one path, turn by turn."""
    return Scripted("default", Script(file="test", at={(path, visit): tuple(map(read_answer, answers))}))


@dataclass(kw_only=True)
class Stage:
    """A `TaskContext` over one node of a document. `made` names the calls that were really made, `asked` the requests of models."""

    document: Document
    graph: Graph
    node: Node
    task: Task
    capabilities: Capabilities
    history: History = field(default_factory=History)
    depth: int = 0
    children: Mapping[str, ChildResult] = field(default_factory=dict[str, ChildResult])
    journal: list[CallEnded] = field(default_factory=list[CallEnded])
    made: list[str] = field(default_factory=list[str])
    asked: list[ModelRequest] = field(default_factory=list[ModelRequest])
    begun: list[tuple[str, Json]] = field(default_factory=list[tuple[str, Json]])

    async def run(self) -> Ended:
        return await execute(self)

    def again(self, calls: Sequence[CallEnded] = (), answers: Sequence[Answered] = ()) -> Stage:
        """The same activation in a new process that has this part of the journal."""
        history = History(
            calls={ended.call: ended for ended in calls},
            answers={answered.address: answered for answered in answers},
            child=self.history.child,
        )
        return replace(self, history=history, journal=[], made=[], asked=[], begun=[])

    async def call_model(self, call: str, request: ModelRequest) -> ModelAnswer:
        self.asked.append(request)
        last: list[ModelAnswer] = []

        async def make() -> Json:
            last.append(await self.capabilities.models[request.model].complete(request))
            return {"message": last[0].message, "value": last[0].value}

        ended = await self._called(call, "model", request.model, make)
        value = cast("dict[str, Json]", ended.value)
        return ModelAnswer(message=cast("dict[str, Json]", value["message"]), value=value["value"], usage=ended.usage)

    async def call_tool(self, call: str, name: str, arguments: dict[str, Json]) -> Json:
        async def make() -> Json:
            return await self.capabilities.tools[name].call(arguments, f"key of {call}")

        return (await self._called(call, "tool", name, make)).value

    async def call_router(self, call: str, name: str) -> str:
        async def make() -> Json:
            return await self.capabilities.routers[name].route(self.task.input, self.task.state)

        return cast("str", (await self._called(call, "router", name, make)).value)

    async def ask(self, question: Question) -> tuple[Json, str]:
        answered = self.history.answers.get(question.address)
        if answered is None:
            raise Paused((question,))
        return answered.value, answered.actor

    async def child(self, graph: str, input: Json) -> ChildResult:
        self.begun.append((graph, input))
        finished: ChildFinished | None = self.history.child
        if finished is not None:
            return ChildResult(outcome=finished.outcome, output=finished.output, error=finished.error)
        return self.children[graph]

    def address(self, call: str = "") -> str:
        return f"{self.task.id}#{call}" if call else self.task.id

    async def _called(self, call: str, kind: Kind, name: str, make: Callable[[], Awaitable[Json]]) -> CallEnded:
        ended = self.history.calls.get(call)
        if ended is None:
            assert call not in self.made, f"{call} is made twice"
            self.made.append(call)
            ended = await self._ended(call, kind, name, make)
            self.journal.append(ended)
        if ended.error is not None:
            raise CallFailed(ended.error)
        return ended

    async def _ended(self, call: str, kind: Kind, name: str, make: Callable[[], Awaitable[Json]]) -> CallEnded:
        value: Json = None
        error: Error | None = None
        try:
            value = json.loads(json.dumps(await make()))
        except CallFailed as failed:
            error = failed.error
        return CallEnded(task=self.task.id, call=call, kind=kind, name=name, value=value, error=error)


def stage(
    node: Node,
    *,
    document: Document | None = None,
    channels: Sequence[Channel] = (MESSAGES,),
    state: Mapping[str, Json] | None = None,
    transcript: Sequence[Json] | None = None,
    input: Json = None,
    args: Json = None,
    sent: bool = False,
    child: str | None = None,
    concurrent: int = 1,
    model: Model | None = None,
    tools: Mapping[str, tuple[ToolRequirement, Tool]] | None = None,
    routers: Mapping[str, RouterFunction] | None = None,
    agents: Sequence[Agent] = (),
    types: Mapping[str, Schema] | None = None,
    children: Mapping[str, ChildResult] | None = None,
    graphs: Sequence[Graph] = (),
    depth: int = 0,
) -> Stage:
    """The activation `0:0:NODE` of a graph `g` that has this node. The transcript is the conversation's channel unless given."""
    tools = tools or {}
    graph = build.graph("g", start=node.name, nodes=[node], channels=channels)
    document = document or build.document(
        "g",
        graphs=[graph, *graphs],
        agents=agents,
        types=types,
        tools=[requirement for requirement, _ in tools.values()],
    )
    graph = document.graphs["g"]
    committed = {channel.name: channel.initial for channel in channels} | dict(state or {})
    spoken = cast("list[Json]", committed.get(graph.messages or "", [])) if transcript is None else transcript
    return Stage(
        document=document,
        graph=graph,
        node=node,
        task=Task(
            id=f"0:0:{node.name}",
            step=0,
            index=0,
            node=node.name,
            path=node.name,
            visit=1,
            concurrent=concurrent,
            args=args,
            sent=sent,
            child=child,
            input=input,
            state=committed,
            transcript=tuple(spoken),
        ),
        capabilities=Capabilities(
            models={} if model is None else {"default": model},
            tools={name: loaded for name, (_, loaded) in tools.items()},
            routers=routers or {},
        ),
        depth=depth,
        children=children or {},
    )


async def succeed(it: Stage) -> TaskSucceeded:
    """Runs the activation, which must succeed."""
    ended = await it.run()
    assert isinstance(ended, TaskSucceeded), ended
    return ended


async def fail(it: Stage) -> TaskFailed:
    """Runs the activation, which must fail."""
    ended = await it.run()
    assert isinstance(ended, TaskFailed), ended
    return ended


async def pause(it: Stage) -> TaskPaused:
    """Runs the activation, which must pause."""
    ended = await it.run()
    assert isinstance(ended, TaskPaused), ended
    return ended


def said(messages: Sequence[Json]) -> list[tuple[str, Json]]:
    """Role and content of messages."""
    return [(cast("str", message["role"]), message["content"]) for message in messages if isinstance(message, dict)]
