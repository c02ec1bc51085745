"""What the machine raises.

    MachineError          an event that cannot follow the journal: a mistake of the driver
    UnknownQuestion       an answer to a question that nobody asks (a ValueError)
    BadAnswer             an answer that is not among the question's options (a ValueError)

An event that is refused changes nothing.
"""

from __future__ import annotations


class MachineError(Exception):
    """The event cannot follow the journal: unknown task, second end, an address of another task."""


class UnknownQuestion(ValueError):
    """No pending question has this address."""


class BadAnswer(ValueError):
    """The answer is not among the options of its question."""
