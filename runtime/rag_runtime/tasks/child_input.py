"""The input of a child: its mapping, or what it was sent with, or what state and run input have of the fields that it declares.

A mapping sees what the node was sent with as `args`.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag_ir.graph import Entry, Field, Json
from rag_ir.types import describe
from rag_runtime.seams import TaskContext
from rag_runtime.tasks.failure import failed
from rag_runtime.tasks.fit import unfit
from rag_runtime.tasks.scope import object_of, scope_of


def child_input(context: TaskContext, mapping: Sequence[Entry] | None, fields: Sequence[Field] | None) -> Json:
    """The child's input, complete with defaults and of the declared types. Raises TaskError `bad-input`, `expression-failed`."""
    task = context.task
    if mapping is not None:
        given: Json = object_of(context, mapping, scope_of(context), "/behaviour/input")
    elif task.sent and task.args is not None:
        given = task.args
    else:
        given = _derived(context, fields)
    return given if fields is None else _complete(context, given, fields)


def _derived(context: TaskContext, fields: Sequence[Field] | None) -> dict[str, Json]:
    """Channels win over fields of the run's input. Without declared fields, all of both except the conversation."""
    task, graph = context.task, context.graph
    run_input = task.input if isinstance(task.input, dict) else {"input": task.input}
    if fields is None:
        channels = [channel.name for channel in graph.channels if channel.reducer != "messages"]
        return {**run_input, **{name: task.state[name] for name in channels}}
    both = {**run_input, **task.state}
    return {field.name: both[field.name] for field in fields if field.name in both}


def _complete(context: TaskContext, given: Json, fields: Sequence[Field]) -> Json:
    """A field that need not be given and is null counts as not given where null does not fit it."""
    if not isinstance(given, dict):
        raise failed(context, "bad-input", "the child's input is not an object")
    complete = dict(given)
    for field in fields:
        value = given.get(field.name)
        if field.name not in given or (value is None and not field.required and unfit(context, None, field.schema)):
            if field.required:
                raise failed(context, "bad-input", f"the child's input lacks `{field.name}: {describe(field.schema)}`")
            complete[field.name] = field.default
        elif problem := unfit(context, value, field.schema):
            raise failed(context, "bad-input", f"`{field.name}` of the child's input does not fit: {problem}")
    return complete
