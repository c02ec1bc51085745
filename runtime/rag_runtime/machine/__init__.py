"""The machine: a pure state machine that runs a graph.

Feed it the events of a run in the order in which they were journaled and it answers with the commands that are due. The same
events give the same state and the same commands; there is no I/O, clock or randomness in it, and nothing asynchronous. What one
event costs goes with what happens in its superstep, not with the size of the state or the length of the journal.
"""

from __future__ import annotations

from rag_runtime.machine.errors import BadAnswer, MachineError, UnknownQuestion
from rag_runtime.machine.listing import TaskRecord
from rag_runtime.machine.machine import Machine
from rag_runtime.machine.plan import Plans
from rag_runtime.machine.writes import check_write

__all__ = ["BadAnswer", "Machine", "MachineError", "Plans", "TaskRecord", "UnknownQuestion", "check_write"]
