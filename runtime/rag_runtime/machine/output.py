"""What goes into a run and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping

from rag_ir.conformance import problems
from rag_ir.evaluate import evaluate
from rag_ir.finding import pointer
from rag_ir.graph import Graph, Json, Schema
from rag_ir.values import EvaluationError
from rag_runtime.events import Error
from rag_runtime.machine.state import Run


class OutputFailed(Exception):
    """A field of the `output` block has no value, or one that is not of its type."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.message)
        self.error = error


def output_of(run: Run, types: Mapping[str, Schema]) -> Json:
    """The run's output: the `output` block, else the final state. Raises `OutputFailed`."""
    graph = run.plan.graph
    output = {**run.channels.values} if graph.output is None else _fields(run, graph)
    if graph.output_schema is not None:
        _check(graph, output, graph.output_schema, types)
    return output


def _fields(run: Run, graph: Graph) -> dict[str, Json]:
    scope: dict[str, Json] = {"input": run.input, "state": run.channels.values}
    result: dict[str, Json] = {}
    for at, entry in enumerate(graph.output or ()):
        try:
            result[entry.name] = evaluate(entry.value, scope)
        except EvaluationError as error:
            place = pointer("graphs", graph.name, "output", at, "value") + error.path
            raise OutputFailed(Error(code="expression-failed", message=error.message, at=place)) from None
    return result


def _check(graph: Graph, output: dict[str, Json], schema: Schema, types: Mapping[str, Schema]) -> None:
    """Raises `OutputFailed` for a field that is not of its declared type."""
    for at, message in problems(output, schema, types):
        name, _, inside = at.removeprefix("/").partition("/")
        where = f" at `/{inside}`" if inside else ""
        index = next((index for index, entry in enumerate(graph.output or ()) if entry.name == name), None)
        place = pointer("graphs", graph.name, "output", *(() if index is None else (index,)))
        sentence = f"output `{name}` of graph `{graph.name}` does not fit{where}: {message}"
        raise OutputFailed(Error(code="bad-output", message=sentence, at=place))


def with_defaults(graph: Graph, given: Json) -> Json:
    """The run's input with the defaults of fields that are missing."""
    if graph.input is None or not isinstance(given, dict):
        return given
    missing = {field.name: field.default for field in graph.input if not field.required and field.name not in given}
    return {**given, **missing} if missing else given
