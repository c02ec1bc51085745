"""`model` and `agent`: a model in the graph's own conversation."""

from __future__ import annotations

from rag_ir.graph import ModelCall
from rag_runtime.seams import TaskContext
from rag_runtime.tasks.child_input import child_input
from rag_runtime.tasks.converse import Talk, converse
from rag_runtime.tasks.failure import place
from rag_runtime.tasks.outcome import Outcome
from rag_runtime.tasks.scope import scope_of


async def run_model(context: TaskContext, behaviour: ModelCall) -> Outcome:
    """The outcome of the talk; an activation that was sent to opens an empty conversation with its payload."""
    task = context.task
    scope = scope_of(context)
    if behaviour.agent is not None:
        agent = context.document.agents.get(behaviour.agent)
        scope["input"] = child_input(context, None, agent.input if agent else None)
    talk = Talk(
        model=behaviour.model,
        system=behaviour.system,
        prompt=behaviour.prompt,
        tools=behaviour.tools,
        output=behaviour.output,
        max_turns=behaviour.max_turns,
        loop=behaviour.loop,
        scope=scope,
        opening=task.args if task.sent and task.args is not None else task.input,
        transcript=task.transcript,
        at=f"{place(context)}/behaviour",
    )
    return await converse(context, talk)
