"""`subgraph`: another graph of the document as a child run."""

from __future__ import annotations

from rag_ir.graph import Subgraph
from rag_runtime.events import Error
from rag_runtime.seams import TaskContext
from rag_runtime.tasks.child_input import child_input
from rag_runtime.tasks.failure import failed_by
from rag_runtime.tasks.nesting import check_depth
from rag_runtime.tasks.outcome import Outcome


async def run_subgraph(context: TaskContext, behaviour: Subgraph) -> Outcome:
    """The child run's output, under label `final`. Raises TaskError with the code of what ended the child otherwise."""
    check_depth(context)
    name = behaviour.graph
    given = child_input(context, behaviour.input, context.document.graphs[name].input)
    result = await context.child(name, given)
    if result.outcome != "finished":
        cause = result.error or Error(code=f"child-{result.outcome}", message="it has no output")
        message = f"graph `{name}` {result.outcome}: {cause.message}"
        raise failed_by(context, Error(code=cause.code, message=message), cause.at)
    return Outcome(output=result.output, label="final")
