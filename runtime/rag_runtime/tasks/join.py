"""`join`: hands on what its sources came to."""

from __future__ import annotations

from rag_runtime.seams import TaskContext
from rag_runtime.tasks.outcome import Outcome


def run_join(context: TaskContext) -> Outcome:
    """`args.children`, under label `final`."""
    args = context.task.args
    return Outcome(output=args.get("children") if isinstance(args, dict) else None, label="final")
