"""`subagent`: an agent as a child of its own conversation, which stays in the child."""

from __future__ import annotations

from rag_ir.finding import pointer
from rag_ir.graph import Subagent
from rag_ir.record import replace
from rag_runtime.seams import TaskContext
from rag_runtime.tasks.child_input import child_input
from rag_runtime.tasks.converse import Talk, converse
from rag_runtime.tasks.nesting import check_depth
from rag_runtime.tasks.outcome import Outcome


async def run_subagent(context: TaskContext, behaviour: Subagent) -> Outcome:
    """The agent's output, under label `final`. The whole child runs inside its task: it has no steps of its own."""
    check_depth(context)
    agent = context.document.agents[behaviour.agent]
    given = child_input(context, behaviour.input, agent.input)
    talk = Talk(
        model=agent.model,
        system=agent.system,
        prompt=agent.prompt,
        tools=agent.tools,
        output=agent.output,
        max_turns=agent.max_turns,
        loop=True,
        scope={"input": given},
        opening=given,
        transcript=context.task.transcript if context.task.forked else (),
        at=pointer("agents", agent.name),
    )
    return replace(await converse(context, talk), messages=())
