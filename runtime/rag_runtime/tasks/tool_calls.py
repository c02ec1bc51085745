"""The tool calls of one turn: each gets exactly one answer, in the order in which they were made.

Calls run together. One that cannot be made (an unknown tool, arguments that do not fit) is answered with an error that says what
would be valid; one that fails is answered with the error, or ends the activation where the tool's `on_error` is `fail`.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag_ir.graph import Json, ToolRequirement
from rag_ir.record import record
from rag_runtime.events import Error, Question
from rag_runtime.seams import CallFailed, Paused, TaskContext
from rag_runtime.tasks.approval import DENIED, approve
from rag_runtime.tasks.arguments import fitting, required_tool
from rag_runtime.tasks.conversation import RequestedCall, text
from rag_runtime.tasks.failure import failed, failed_by
from rag_runtime.tasks.fit import unfit

MOST_CALLS = 50
"""Tool calls of one activation."""


@record(kw_only=True)
class Answer:
    """The answer to one call: its result, or the error that stands for it."""

    result: Json = None
    error: Error | None = None

    @property
    def content(self) -> str:
        """What the model reads."""
        if self.error is not None:
            return f"error: {self.error.message}"
        return text(self.result)

    @property
    def value(self) -> Json:
        """What a list of results holds."""
        if self.error is not None:
            return {"error": {"code": self.error.code, "message": self.error.message}}
        return self.result


async def answer_calls(
    context: TaskContext, calls: Sequence[RequestedCall], tools: Sequence[str], turn: int, label: str | None = None
) -> list[Answer]:
    """The answers, in call order. Raises TaskError (with `label`) if a tool that must not fail did, Paused if one asks."""
    turns = [_Turn(context, call, tools, f"tool:{turn}:{number}") for number, call in enumerate(calls, 1)]
    if len(turns) == 1:
        await turns[0].run()
    else:
        await _together(turns)
    for ended in turns:
        if ended.failure is not None:
            raise failed_by(context, ended.failure, label=label)
    if questions := tuple(question for ended in turns for question in ended.questions):
        raise Paused(questions)
    return [ended.answer for ended in turns]


def check_number(context: TaskContext, made: int) -> None:
    """Raises TaskError where an activation makes more tool calls than it may."""
    if made > MOST_CALLS:
        raise failed(context, "max-tool-calls", f"more than {MOST_CALLS} tool calls in one activation")


async def call_tool(context: TaskContext, call: str, tool: ToolRequirement, arguments: dict[str, Json]) -> Json:
    """The tool's result, which fits its declared type, once the call is approved. Raises CallFailed, Paused."""
    await approve(context, call, tool, arguments)
    result = await context.call_tool(call, tool.name, arguments)
    if tool.output is not None and (problems := unfit(context, result, tool.output)):
        raise CallFailed(Error(code="bad-result", message=f"the result of tool `{tool.name}` does not fit: {problems}"))
    return result


async def _together(turns: Sequence[_Turn]) -> None:
    from anyio import create_task_group

    async with create_task_group() as group:
        for turn in turns:
            group.start_soon(turn.run)


class _Turn:
    """One call and what became of it. A question or a failure waits until the other calls of the turn have ended."""

    def __init__(self, context: TaskContext, call: RequestedCall, tools: Sequence[str], name: str) -> None:
        self._context = context
        self._call = call
        self._tools = tools
        self._name = name
        self.answer = Answer()
        self.failure: Error | None = None
        self.questions: tuple[Question, ...] = ()

    async def run(self) -> None:
        tool = required_tool(self._context, self._call.name) if self._call.name in self._tools else None
        if tool is None:
            self.answer = Answer(error=_unknown(self._call.name, self._tools))
            return
        try:
            arguments = fitting(self._context, tool, self._call.arguments)
        except CallFailed as misfit:
            self.answer = Answer(error=misfit.error)
            return
        try:
            self.answer = Answer(result=await call_tool(self._context, self._name, tool, arguments))
        except Paused as paused:
            self.questions = paused.questions
        except CallFailed as error:
            self._fail(tool, error.error)

    def _fail(self, tool: ToolRequirement, error: Error) -> None:
        if tool.on_error == "fail" and error.code != DENIED:
            self.failure = error
        else:
            self.answer = Answer(error=error)


def _unknown(name: str, tools: Sequence[str]) -> Error:
    available = ", ".join(f"`{tool}`" for tool in tools)
    valid = f"available: {available}" if tools else "no tools are available here"
    return Error(code="unknown-tool", message=f"there is no tool `{name}`; {valid}")
