"""The cap on output for a second try, where a model came to the end of the first before it said anything."""

from __future__ import annotations

from rag_runtime.seams import CallFailed, TaskContext


def longer_cap(context: TaskContext, model: str, failed: CallFailed) -> int | None:
    """Twice the cap that was reached, within the model's context window; null where there is nothing to be gained.

    What was reached is the model's `max_output_tokens`, or where it declares none, what the server counted.
    """
    if failed.error.code != "truncated":
        return None
    entry = next((each for each in context.document.requires.models if each.name == model), None)
    declared = None if entry is None else entry.max_output_tokens
    reached = declared or (0 if failed.usage is None else failed.usage.output_tokens)
    window = None if entry is None else entry.context_window
    cap = 2 * reached if window is None else min(2 * reached, window)
    return cap if cap > reached else None
