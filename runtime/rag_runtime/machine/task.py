"""What an executor is given of an activation."""

from __future__ import annotations

from collections.abc import Mapping

from rag_ir.graph import Json
from rag_runtime.commands import StartTask, Task
from rag_runtime.machine.state import NO_HISTORY, Activation, Run


class Tasks:
    """Makes the commands that start tasks. The conversation of the run is copied when it has changed."""

    __slots__ = ("_copied",)

    def __init__(self) -> None:
        self._copied: tuple[Json, tuple[Json, ...]] = (None, ())

    def start(self, run: Run, act: Activation) -> StartTask:
        """The command that starts, or starts again, an activation."""
        child = act.child
        send = child.send if act.sent else None
        state: Mapping[str, Json] = run.channels.values
        if act.seen is not None:
            state, transcript = act.seen
        elif child is run.root:
            transcript = self._conversation(run)
        else:
            transcript = () if child.conversation is None else child.conversation.seen()
        task = Task(
            id=act.id,
            step=act.step,
            index=act.index,
            node=act.plan.name,
            path=run.path_of(act.plan),
            visit=act.visit,
            concurrent=len(run.acts) + len(run.behind),
            args=act.args,
            sent=act.sent,
            child=child.id,
            input=run.input,
            state=state,
            transcript=transcript,
            by=None if send is None else send.by,
            forked=send is not None and send.fork,
        )
        return StartTask(task=task, history=NO_HISTORY if act.log is None else act.log.history())

    def look_back(self, run: Run, act: Activation) -> None:
        """No boundary waits for the activation: it keeps what it began with."""
        if act.seen is None:
            conversation = act.child.conversation
            act.seen = run.channels.values, () if conversation is None else conversation.seen()

    def _conversation(self, run: Run) -> tuple[Json, ...]:
        name = run.plan.graph.messages
        if name is None:
            return ()
        messages = run.channels.values[name]
        if messages is not self._copied[0]:
            self._copied = (messages, tuple(messages) if isinstance(messages, list) else ())
        return self._copied[1]
