"""Activations as a listing of the run shows them."""

from __future__ import annotations

from rag_ir.record import record
from rag_runtime.events import Error
from rag_runtime.machine.state import Activation, Status


@record(kw_only=True)
class TaskRecord:
    """An activation so far. `child` is the id of the task that began the child that it belongs to."""

    id: str
    step: int
    index: int
    node: str
    visit: int
    child: str | None
    status: Status
    error: Error | None


def task_record(act: Activation) -> TaskRecord:
    """What can be told of an activation, its superstep over or not."""
    return TaskRecord(
        id=act.id,
        step=act.step,
        index=act.index,
        node=act.plan.name,
        visit=act.visit,
        child=act.child.id,
        status=act.status,
        error=act.error,
    )
