"""`scripted`: a model that answers from a file. Stateless: the answer depends on the place of the call alone, so that a run that
is resumed gets the answers that it would have got."""

from __future__ import annotations

from collections.abc import Sequence

from rag_ir.canonical import compact
from rag_ir.graph import Json, Price
from rag_runtime.events import Error, Usage
from rag_runtime.providers.script import ANY_VISIT, Answer, Script, ScriptedCall
from rag_runtime.providers.usage import estimated, priced
from rag_runtime.seams import CallFailed, Message, ModelAnswer, ModelRequest

_LISTED = 12


class Scripted:
    """One model of a script. A model that has a list takes its answers from that, in task order, else from `at`."""

    __slots__ = ("_name", "_price", "_script")

    def __init__(self, name: str, script: Script, price: Price | None = None) -> None:
        self._name = name
        self._script = script
        self._price = price

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """The answer, after its latency. Raises `CallFailed`: the scripted error, `no-scripted-answer`, `shared-script`."""
        answer = self._find(request)
        if answer.latency:
            from anyio import sleep

            await sleep(answer.latency / 1000)
        if answer.error is not None:
            raise CallFailed(answer.error)
        message = _message(answer)
        return ModelAnswer(message=message, value=answer.value, usage=self._usage(request, message, answer))

    def _find(self, request: ModelRequest) -> Answer:
        listed = self._script.models.get(self._name)
        if listed is not None:
            return self._in_order(request, listed)
        at = self._script.at
        answers = at.get((request.path, request.visit), at.get((request.path, ANY_VISIT), ()))
        if request.turn > len(answers):
            always = self._script.always.get(request.path) or self._script.always.get("")
            if always is not None:
                return always
            raise self._missing(request, f"answers for {_sentence(_places(self._script)) or 'nothing'}")
        return answers[request.turn - 1]

    def _in_order(self, request: ModelRequest, listed: Sequence[Answer]) -> Answer:
        if not request.exclusive or request.asked is None:
            raise _failed(
                "shared-script",
                f"the list of answers of model `{self._name}` in `{self._script.file}` has no order for `{request.path}`,"
                " which other tasks run beside: give the answers by path, under `at`",
            )
        if request.asked >= len(listed):
            raise self._missing(request, f"{len(listed)} answers for this model, and this is call {request.asked + 1}")
        return listed[request.asked]

    def _missing(self, request: ModelRequest, held: str) -> CallFailed:
        asked = f"`{request.path}`, visit {request.visit}, turn {request.turn}"
        return _failed(
            "no-scripted-answer",
            f"model `{self._name}` has no scripted answer for {asked}: `{self._script.file}` has {held}",
        )

    def _usage(self, request: ModelRequest, message: Message, answer: Answer) -> Usage:
        stated, guessed = answer.usage, estimated(request, message, None)
        usage = priced(
            guessed.input_tokens if stated.input_tokens is None else stated.input_tokens,
            guessed.output_tokens if stated.output_tokens is None else stated.output_tokens,
            self._price,
        )
        if stated.cost_usd is None:
            return usage
        return Usage(
            model_calls=1,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=stated.cost_usd,
        )


def _message(answer: Answer) -> Message:
    message: Message = {"role": "assistant", "content": compact(answer.value) if answer.structured else answer.text}
    if answer.tool_calls:
        message["tool_calls"] = [_call(call) for call in answer.tool_calls]
    return message


def _call(call: ScriptedCall) -> Json:
    made: dict[str, Json] = {"name": call.name, "arguments": call.arguments}
    return made if call.id is None else {"id": call.id, **made}


def _places(script: Script) -> list[str]:
    return [
        f"`{path}{_visit(visit)}` ({len(answers)} {'turn' if len(answers) == 1 else 'turns'})"
        for (path, visit), answers in sorted(script.at.items())
    ]


def _visit(visit: int) -> str:
    if visit == ANY_VISIT:
        return "@*"
    return "" if visit == 1 else f"@{visit}"


def _sentence(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _failed(code: str, message: str) -> CallFailed:
    return CallFailed(Error(code=code, message=message))
