"""Approval: a person is shown a call and its arguments before it is made."""

from __future__ import annotations

from rag_ir.canonical import compact
from rag_ir.graph import Json, ToolRequirement
from rag_runtime.events import Error, Question
from rag_runtime.seams import CallFailed, TaskContext

CHOICES = ("approve", "deny")
DENIED = "denied"


async def approve(context: TaskContext, call: str, tool: ToolRequirement, arguments: dict[str, Json]) -> None:
    """Asks, where the tool wants that, once for each call. Raises Paused, and CallFailed `denied`."""
    if tool.approval != "always":
        return
    prompt = f"call tool `{tool.name}` with {compact(arguments)}?"
    question = Question(address=context.address(f"{call}:approval"), prompt=prompt, options=CHOICES, cause="approval")
    value, actor = await context.ask(question)
    if value != "approve":
        message = f"{actor or 'somebody'} denied the call of tool `{tool.name}`"
        raise CallFailed(Error(code=DENIED, message=message))
