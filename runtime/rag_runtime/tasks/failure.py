"""How a task fails: an error that names the node and points into the IR."""

from __future__ import annotations

from rag_ir.finding import pointer
from rag_runtime.events import Error
from rag_runtime.seams import TaskContext, TaskError


def failed(context: TaskContext, code: str, message: str, at: str = "", label: str | None = None) -> TaskError:
    """The error that ends this activation. `at` is a JSON pointer below the node, or a whole one."""
    node = context.node.name
    error = Error(
        code=code,
        message=f"node `{node}`: {message}",
        node=node,
        task=context.address(),
        at=at if at.startswith(("/graphs/", "/agents/")) else place(context) + at,
    )
    return TaskError(error, label)


def failed_by(context: TaskContext, cause: Error, at: str = "", label: str | None = None) -> TaskError:
    """The error of a call, made this activation's own."""
    return failed(context, cause.code, cause.message, at, label)


def place(context: TaskContext) -> str:
    """The JSON pointer of the activation's node."""
    index = next(index for index, node in enumerate(context.graph.nodes) if node.name == context.node.name)
    return pointer("graphs", context.graph.name, "nodes", index)
