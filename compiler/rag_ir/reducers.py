"""What every reader of a graph knows of the reducers: their names, what they reduce, what they begin with, what they make.

How each of them merges is the runtime's.
"""

from __future__ import annotations

from rag_ir.graph import Json

LISTS = ("append", "union", "messages", "topic")
"""Reducers whose channel holds a list."""
NUMBERS = ("sum", "min", "max")
"""Reducers of numbers."""
REDUCERS = ("overwrite", "first", *LISTS, "merge", *NUMBERS, "ephemeral", "aggregate")


def initial_value(reducer: str) -> Json:
    """The value of a channel before any write, where the source gives none."""
    match reducer:
        case "append" | "union" | "messages" | "topic":
            return []
        case "merge":
            return {}
        case "sum":
            return 0
        case _:
            return None
