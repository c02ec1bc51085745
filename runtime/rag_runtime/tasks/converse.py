"""Converse: one activation's talk with a model, as one call or as a loop of calls and tools.

Calls are named `model:TURN` and `tool:TURN:NUMBER`, so that an activation which is run again finds each answer that it had. A
model that spent its whole cap on output before it said anything is asked once more, with twice the cap: `model:TURN:longer`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag_ir.graph import Code, Json, Retry, Schema
from rag_ir.record import record, replace
from rag_runtime.seams import CallFailed, Message, ModelAnswer, ModelRequest, TaskContext
from rag_runtime.tasks.arguments import specs
from rag_runtime.tasks.conversation import Conversation, RequestedCall, calls_of, text
from rag_runtime.tasks.failure import failed, failed_by
from rag_runtime.tasks.fit import standing_alone
from rag_runtime.tasks.longer_cap import longer_cap
from rag_runtime.tasks.outcome import Outcome
from rag_runtime.tasks.scope import text_of
from rag_runtime.tasks.structured import correction, spoken, structured
from rag_runtime.tasks.tool_calls import answer_calls, check_number


@record(kw_only=True)
class Talk:
    """Who is asked what. `scope` is what the templates see, `opening` the first message of an empty conversation, `at` the JSON
    pointer of these settings."""

    model: str
    system: Code
    prompt: Code
    tools: tuple[str, ...]
    output: Schema | None
    max_turns: int
    loop: bool
    scope: Mapping[str, Json]
    opening: Json
    transcript: Sequence[Json]
    at: str


async def converse(context: TaskContext, talk: Talk) -> Outcome:
    """The final answer (label `final`), or an answer that calls tools where they are not called here (`tool_call`).

    Raises TaskError: `max-turns`, `max-tool-calls`, `invalid-output`, `expression-failed`, and the code of a call that failed.
    """
    return await _Talking(context, talk).outcome()


class _Talking:
    def __init__(self, context: TaskContext, talk: Talk) -> None:
        self._context = context
        self._talk = talk
        self._conversation = Conversation(context.task, talk.transcript)
        self._system = _system(context, talk)
        self._tools = specs(context, talk.tools)
        self._output = None if talk.output is None else standing_alone(talk.output, context.document.types)
        self._turn = 0
        self._tool_calls = 0
        self._corrections = _corrections(context.node.retry)

    async def outcome(self) -> Outcome:
        talk = self._talk
        self._open()
        while True:
            answer = await self._ask()
            value, problem = self._judged(answer)
            calls = self._conversation.hear(spoken(answer.message, value), self._turn)
            if calls and talk.loop:
                await self._use_tools(calls)
            elif calls and talk.tools:
                return Outcome(output=None, label="tool_call", messages=self._messages(), final=False)
            elif calls or problem:
                await self._correct(calls, problem)
            else:
                return Outcome(output=value, label="final", messages=self._messages())

    def _open(self) -> None:
        """The prompt, or for want of any message the input, which is said too where it was sent along with a conversation."""
        talk, conversation, task = self._talk, self._conversation, self._context.task
        if talk.prompt is not None:
            if not conversation.waits_for_the_model:
                conversation.say(text_of(self._context, talk.prompt, talk.scope, f"{talk.at}/prompt"))
        elif not conversation.messages or (
            task.forked and task.args is not None and not conversation.waits_for_the_model
        ):
            conversation.say(text(talk.opening))

    async def _ask(self) -> ModelAnswer:
        self._turn += 1
        try:
            answer = await self._answer(f"model:{self._turn}", self._request())
        except CallFailed as error:
            raise failed_by(self._context, error.error, self._talk.at) from error
        return replace(answer, message={**answer.message, "role": "assistant"})

    async def _answer(self, call: str, request: ModelRequest) -> ModelAnswer:
        try:
            return await self._context.call_model(call, request)
        except CallFailed as failure:
            cap = longer_cap(self._context, request.model, failure)
            if cap is None:
                raise
        return await self._context.call_model(f"{call}:longer", replace(request, max_output_tokens=cap))

    def _request(self) -> ModelRequest:
        task = self._context.task
        return ModelRequest(
            model=self._talk.model,
            messages=(*self._system, *self._conversation.messages),
            tools=self._tools,
            output=self._output,
            path=task.path,
            visit=task.visit,
            turn=self._turn,
            exclusive=task.concurrent == 1,
        )

    def _judged(self, answer: ModelAnswer) -> tuple[Json, str]:
        """The output that an answer would be, and what is wrong with it."""
        if calls_of(answer.message):
            return None, ""
        if self._talk.output is None:
            return text(answer.message.get("content") or ""), ""
        return structured(self._context, answer, self._talk.output)

    async def _use_tools(self, calls: Sequence[RequestedCall]) -> None:
        if self._turn >= self._talk.max_turns:
            raise failed(
                self._context, "max-turns", f"no final answer in {self._talk.max_turns} model calls", self._talk.at
            )
        self._tool_calls += len(calls)
        check_number(self._context, self._tool_calls)
        answers = await answer_calls(self._context, calls, self._talk.tools, self._turn)
        for call, answer in zip(calls, answers, strict=True):
            self._conversation.answer(call, answer.content)

    async def _correct(self, calls: Sequence[RequestedCall], problem: str) -> None:
        """Asks again, once or as often as the node's `retry` says. A model without tools that calls some is told so, call by call."""
        problem = problem or "it calls tools, and there are none"
        if not self._corrections or (self._talk.loop and self._turn >= self._talk.max_turns):
            raise failed(self._context, "invalid-output", f"the model's answer does not fit: {problem}", self._talk.at)
        self._corrections -= 1
        for call, answer in zip(calls, await answer_calls(self._context, calls, (), self._turn), strict=True):
            self._conversation.answer(call, answer.content)
        if self._talk.output is not None:
            self._conversation.say(correction(self._context, problem, self._talk.output))

    def _messages(self) -> tuple[Message, ...]:
        return tuple(self._conversation.new)


def _corrections(retry: Retry | None) -> int:
    """How often an answer that does not fit is asked for again."""
    return retry.max_attempts - 1 if retry is not None and "invalid_output" in retry.on else 1


def _system(context: TaskContext, talk: Talk) -> tuple[Message, ...]:
    if talk.system is None:
        return ()
    content = text_of(context, talk.system, talk.scope, f"{talk.at}/system")
    return ({"role": "system", "content": content},) if content else ()
