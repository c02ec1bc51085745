"""Expressions and templates of a node, seen from its activation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag_ir.evaluate import EvaluationError, evaluate, render
from rag_ir.finding import pointer
from rag_ir.graph import Code, Entry, Json
from rag_runtime.seams import TaskContext
from rag_runtime.tasks.failure import failed

Scope = Mapping[str, Json]


def scope_of(context: TaskContext) -> dict[str, Json]:
    """What the node's own expressions see before it has an output."""
    task = context.task
    state = task.state if isinstance(task.state, dict) else dict(task.state)
    return {"input": task.input, "state": state, "args": task.args}


def value_of(context: TaskContext, code: Code, scope: Scope, at: str) -> Json:
    """The value of an expression. Raises TaskError `expression-failed`, which points at the part that failed."""
    try:
        return evaluate(code, scope)
    except EvaluationError as error:
        raise failed(context, "expression-failed", error.message, at + error.path) from error


def text_of(context: TaskContext, code: Code, scope: Scope, at: str) -> str:
    """The text of a template. Raises as `value_of` does."""
    try:
        return render(code, scope)
    except EvaluationError as error:
        raise failed(context, "expression-failed", error.message, at + error.path) from error


def object_of(context: TaskContext, entries: Sequence[Entry], scope: Scope, at: str) -> dict[str, Json]:
    """The object that entries make, in their order. Raises as `value_of` does."""
    return {
        entry.name: value_of(context, entry.value, scope, at + pointer(index, "value"))
        for index, entry in enumerate(entries)
    }
