"""`tool_executor`: the tool calls of the conversation that nothing has answered."""

from __future__ import annotations

from rag_ir.graph import ToolExecutor
from rag_runtime.seams import TaskContext
from rag_runtime.tasks.conversation import Conversation, open_calls
from rag_runtime.tasks.outcome import Outcome
from rag_runtime.tasks.tool_calls import answer_calls, check_number


async def run_executor(context: TaskContext, behaviour: ToolExecutor) -> Outcome:
    """One tool message for each open call, and the list of results, under label `done`.

    An answered error is a result `{ error: { code, message } }`. Raises TaskError (label `error`) if a tool failed that must not.
    """
    conversation = Conversation(context.task, context.task.transcript)
    calls = open_calls(context.task.transcript)
    check_number(context, len(calls))
    answers = await answer_calls(context, calls, behaviour.tools, 1, label="error")
    for call, answer in zip(calls, answers, strict=True):
        conversation.answer(call, answer.content)
    return Outcome(output=[answer.value for answer in answers], label="done", messages=tuple(conversation.new))
