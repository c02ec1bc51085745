"""What goes into a run and what comes out of it."""

from __future__ import annotations

from rag_ir.evaluate import evaluate
from rag_ir.finding import pointer
from rag_ir.graph import Graph, Json
from rag_ir.values import EvaluationError
from rag_runtime.events import Error
from rag_runtime.machine.state import Run


class OutputFailed(Exception):
    """An expression of the `output` block has no value."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.message)
        self.error = error


def output_of(run: Run) -> Json:
    """The run's output: the `output` block, else the final state. Raises `OutputFailed`."""
    graph = run.plan.graph
    if graph.output is None:
        return {**run.channels.values}
    scope: dict[str, Json] = {"input": run.input, "state": run.channels.values}
    result: dict[str, Json] = {}
    for at, entry in enumerate(graph.output):
        try:
            result[entry.name] = evaluate(entry.value, scope)
        except EvaluationError as error:
            place = pointer("graphs", graph.name, "output", at, "value") + error.path
            raise OutputFailed(Error(code="expression-failed", message=error.message, at=place)) from None
    return result


def with_defaults(graph: Graph, given: Json) -> Json:
    """The run's input with the defaults of fields that are missing."""
    if graph.input is None or not isinstance(given, dict):
        return given
    missing = {field.name: field.default for field in graph.input if not field.required and field.name not in given}
    return {**given, **missing} if missing else given
