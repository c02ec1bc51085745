"""How deep child runs nest."""

from __future__ import annotations

from rag_runtime.seams import TaskContext
from rag_runtime.tasks.failure import failed


def check_depth(context: TaskContext) -> None:
    """Raises TaskError `max-depth` where the child of this activation would be nested too deep."""
    most = context.document.policy.max_depth
    if context.depth + 1 > most:
        raise failed(context, "max-depth", f"child runs nest at most {most} deep")
