"""Execute: one activation from its start to its end.

Given the answers of its calls, an execution always does the same: one that is run again, after a crash or a pause, asks for the
same calls by the same names, and those that had ended are answered from the journal.
"""

from __future__ import annotations

from typing import assert_never

from rag_ir.graph import (
    Interrupt,
    Join,
    ModelCall,
    Pass,
    Router,
    Subagent,
    Subgraph,
    ToolCall,
    ToolExecutor,
)
from rag_runtime.events import TaskFailed, TaskPaused, TaskSucceeded
from rag_runtime.machine.failures import failing_label
from rag_runtime.seams import Paused, TaskContext, TaskError
from rag_runtime.tasks.executor import run_executor
from rag_runtime.tasks.finish import finish
from rag_runtime.tasks.interrupt import pause_after, pause_before, run_interrupt
from rag_runtime.tasks.join import run_join
from rag_runtime.tasks.model import run_model
from rag_runtime.tasks.outcome import Outcome
from rag_runtime.tasks.passing import run_pass
from rag_runtime.tasks.router import run_router
from rag_runtime.tasks.subagent import run_subagent
from rag_runtime.tasks.subgraph import run_subgraph
from rag_runtime.tasks.tool import run_tool


async def execute(context: TaskContext) -> TaskSucceeded | TaskFailed | TaskPaused:
    """How the activation ended. Nothing that a model, a tool or a person does raises; cancellation passes through."""
    try:
        if context.node.pause_before:
            await pause_before(context)
        outcome = await _outcome(context)
        succeeded = finish(context, outcome)
        if context.node.pause_after:
            await pause_after(context, outcome.output)
    except Paused as paused:
        return TaskPaused(task=context.task.id, questions=paused.questions)
    except TaskError as error:
        label = error.label or failing_label(context.node.behaviour)
        return TaskFailed(task=context.task.id, error=error.error, label=label)
    return succeeded


async def _outcome(context: TaskContext) -> Outcome:
    behaviour = context.node.behaviour
    match behaviour:
        case ModelCall():
            return await run_model(context, behaviour)
        case ToolExecutor():
            return await run_executor(context, behaviour)
        case ToolCall():
            return await run_tool(context, behaviour)
        case Router():
            return await run_router(context, behaviour)
        case Subagent():
            return await run_subagent(context, behaviour)
        case Subgraph():
            return await run_subgraph(context, behaviour)
        case Interrupt():
            return await run_interrupt(context, behaviour)
        case Join():
            return run_join(context)
        case Pass():
            return run_pass()
        case _:
            assert_never(behaviour)
