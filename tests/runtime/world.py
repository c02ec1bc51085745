"""What runs in tests are made of: models and tools that are plain functions, and a registry that knows them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from rag_ir.graph import Document, Json
from rag_registry import registry as entries
from rag_runtime import api
from rag_runtime.events import Usage
from rag_runtime.observe import RunEvent
from rag_runtime.reading import RunResult
from rag_runtime.seams import Capabilities, ModelAnswer, ModelRequest
from rag_runtime.stores.store import Store

Reply = str | list[tuple[str, dict[str, Json]]]
"""What a model says: a text, or tool calls by name and arguments."""


class Speaker:
    """A model that answers with a function of the request."""

    def __init__(self, reply: Callable[[ModelRequest], Reply | Awaitable[Reply]]) -> None:
        self._reply = reply

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        reply = self._reply(request)
        if isinstance(reply, Awaitable):
            reply = await reply
        usage = Usage(model_calls=1, input_tokens=10, output_tokens=2, cost_usd="0.001")
        if isinstance(reply, str):
            return ModelAnswer(message={"role": "assistant", "content": reply}, value=None, usage=usage)
        calls: list[Json] = [
            {"id": f"{request.path}.{request.visit}.{request.turn}.{number}", "name": name, "arguments": arguments}
            for number, (name, arguments) in enumerate(reply)
        ]
        return ModelAnswer(message={"role": "assistant", "content": "", "tool_calls": calls}, value=None, usage=usage)


class Function:
    """A tool that is a function of its arguments and its idempotency key."""

    def __init__(self, function: Callable[[dict[str, Json], str], Json | Awaitable[Json]]) -> None:
        self._function = function

    async def call(self, arguments: dict[str, Json], idempotency_key: str) -> Json:
        value = self._function(arguments, idempotency_key)
        return await value if isinstance(value, Awaitable) else value


def capabilities(
    reply: Callable[[ModelRequest], Reply | Awaitable[Reply]] = lambda request: f"said by {request.path}",
    tools: Mapping[str, Callable[[dict[str, Json], str], Json | Awaitable[Json]]] | None = None,
) -> Capabilities:
    """One model `default`, and tools by name."""
    made = {name: Function(function) for name, function in (tools or {}).items()}
    return Capabilities(models={"default": Speaker(reply)}, tools=made, routers={})


def registry_of(document: Document) -> entries.Registry:
    """A registry that has just what a document requires."""
    models = [
        entries.Model(
            name=each.name,
            description="",
            provider="echo",
            model="",
            answers=None,
            capabilities=each.capabilities,
            context_window=each.context_window,
            max_output_tokens=each.max_output_tokens,
            price=each.price,
        )
        for each in document.requires.models
    ]
    tools = [
        entries.Tool(
            name=each.name,
            description=each.description,
            python=f"tools:{each.name}",
            input=each.input,
            output=each.output,
            effects=each.effects,
            reads=each.reads,
            returns_trust=each.returns_trust,
            idempotent=each.idempotent,
            on_error=each.on_error,
        )
        for each in document.requires.tools
    ]
    return entries.Registry(
        project=entries.Project(name="test", language=1, sources=(), input_trust=document.policy.input_trust),
        models={each.name: each for each in models},
        tools={each.name: each for each in tools},
        policy=entries.Policy(max_depth=document.policy.max_depth),
    )


class Stage:
    """A document with what it needs; runs and resumes it, and keeps the events that were shown."""

    def __init__(self, document: Document, store: Store, given: Capabilities | None = None) -> None:
        self.document = document
        self.store = store
        self.capabilities = given or capabilities()
        self.events: list[RunEvent] = []

    async def run(self, input: Json = None, *, run_id: str = "r1") -> RunResult:
        return await api.run(
            self.document,
            registry_of(self.document),
            root=Path(),
            input=input,
            store=self.store,
            run_id=run_id,
            thread="support",
            observe=self.events.append,
            capabilities=self.capabilities,
        )

    async def resume(self, answers: Mapping[str, Json] | None = None, *, run_id: str = "r1") -> RunResult:
        return await api.resume(
            run_id,
            registry_of(self.document),
            root=Path(),
            store=self.store,
            answers=answers,
            actor="mia",
            observe=self.events.append,
            capabilities=self.capabilities,
        )

    def names(self) -> list[str]:
        """The names of the events that were shown."""
        return [event.event for event in self.events]
