"""`tool`: one tool with arguments from expressions."""

from __future__ import annotations

from rag_ir.graph import ToolCall
from rag_runtime.seams import CallFailed, TaskContext
from rag_runtime.tasks.arguments import fitting, required_tool
from rag_runtime.tasks.failure import failed_by
from rag_runtime.tasks.outcome import Outcome
from rag_runtime.tasks.scope import object_of, scope_of
from rag_runtime.tasks.tool_calls import call_tool


async def run_tool(context: TaskContext, behaviour: ToolCall) -> Outcome:
    """The tool's result, under label `done`. Raises TaskError `bad-arguments`, `bad-result`, or with the tool's own code."""
    tool = required_tool(context, behaviour.tool)
    arguments = object_of(context, behaviour.arguments, scope_of(context), "/behaviour/arguments")
    try:
        result = await call_tool(context, "tool:1", tool, fitting(context, tool, arguments))
    except CallFailed as error:
        raise failed_by(context, error.error, "/behaviour") from error
    return Outcome(output=result, label="done")
