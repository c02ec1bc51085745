"""`router`: a registered route function, or nothing but the guards of the node's routes."""

from __future__ import annotations

from rag_ir.graph import Router
from rag_runtime.seams import CallFailed, TaskContext
from rag_runtime.tasks.failure import failed, failed_by
from rag_runtime.tasks.outcome import Outcome


async def run_router(context: TaskContext, behaviour: Router) -> Outcome:
    """The label, which is the output too. Raises TaskError `bad-label` for one that the registry does not list."""
    if behaviour.router is None:
        return Outcome(output=None, label=context.node.labels[0] if context.node.labels else None)
    try:
        label = await context.call_router("router:1", behaviour.router)
    except CallFailed as error:
        raise failed_by(context, error.error, "/behaviour") from error
    if label not in context.node.labels:
        valid = ", ".join(f"`{known}`" for known in context.node.labels)
        message = f"router `{behaviour.router}` answered `{label}`, not one of {valid}"
        raise failed(context, "bad-label", message, "/behaviour")
    return Outcome(output=label, label=label)
