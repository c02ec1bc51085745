"""`interrupt`: asks a person; and the questions that any node may ask before or after it runs."""

from __future__ import annotations

from rag_ir.graph import Interrupt, Json
from rag_runtime.events import Question
from rag_runtime.seams import TaskContext
from rag_runtime.tasks.conversation import text
from rag_runtime.tasks.failure import failed
from rag_runtime.tasks.outcome import Outcome
from rag_runtime.tasks.scope import scope_of, text_of

CHOICES = ("continue", "fail")


async def run_interrupt(context: TaskContext, behaviour: Interrupt) -> Outcome:
    """`{ answer, value, actor }`, under the option chosen, or `final` where any value may be answered."""
    question = Question(address=context.address(), prompt=_prompt(context, behaviour), options=behaviour.options)
    value, actor = await context.ask(question)
    if not behaviour.options:
        return Outcome(output={"answer": None, "value": value, "actor": actor}, label="final")
    if value not in behaviour.options:
        raise failed(context, "bad-answer", f"the answer {text(value)} is none of the options", "/behaviour")
    return Outcome(output={"answer": value, "value": value, "actor": actor}, label=text(value))


async def pause_before(context: TaskContext) -> None:
    """Asks whether the node may run. Raises Paused, TaskError `stopped`."""
    node = context.node
    call = "before" if isinstance(node.behaviour, Interrupt) else ""
    prompt = f"node `{node.name}` is about to run"
    await _permit(context, Question(address=context.address(call), prompt=prompt, options=CHOICES, cause="before"))


async def pause_after(context: TaskContext, output: Json) -> None:
    """Asks whether what the node gave may be used, as `pause_before` does."""
    node = context.node
    call = "after" if node.pause_before or isinstance(node.behaviour, Interrupt) else ""
    prompt = f"node `{node.name}` gave: {text(output)}"
    await _permit(context, Question(address=context.address(call), prompt=prompt, options=CHOICES, cause="after"))


async def _permit(context: TaskContext, question: Question) -> None:
    value, actor = await context.ask(question)
    if value != "continue":
        raise failed(context, "stopped", f"{actor or 'somebody'} answered `{text(value)}`")


def _prompt(context: TaskContext, behaviour: Interrupt) -> str:
    if behaviour.prompt is None:
        return f"node `{context.node.name}` asks for an answer"
    return text_of(context, behaviour.prompt, scope_of(context), "/behaviour/prompt")
