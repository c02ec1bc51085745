"""Finish: the writes of an activation, evaluated against the state before the step and its own output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag_ir.finding import pointer
from rag_ir.graph import Entry, Json
from rag_runtime.events import TaskSucceeded
from rag_runtime.machine.writes import check_write
from rag_runtime.seams import TaskContext
from rag_runtime.tasks.failure import failed
from rag_runtime.tasks.outcome import Outcome
from rag_runtime.tasks.scope import scope_of, value_of


def finish(context: TaskContext, outcome: Outcome) -> TaskSucceeded:
    """The activation's end: `writes`, `into` or the default writes, then `update`. Raises TaskError `bad-write`,
    `expression-failed`."""
    if not _may_write(context, outcome):
        return TaskSucceeded(
            task=context.task.id, output=outcome.output, label=outcome.label, messages=outcome.messages
        )
    made = _Writes(context, {**scope_of(context), "output": outcome.output})
    if outcome.final:
        made.of_output(outcome.output)
    made.update()
    return TaskSucceeded(
        task=context.task.id,
        output=outcome.output,
        label=outcome.label,
        writes=tuple(made.writes.items()),
        messages=(*outcome.messages, *made.messages),
    )


def _may_write(context: TaskContext, outcome: Outcome) -> bool:
    """Whether there is anything to look at: most steps of a graph's control flow write nothing."""
    node = context.node
    return bool(node.update) or (outcome.final and (outcome.output is not None or bool(node.writes.entries)))


def _place_of_writes(context: TaskContext) -> str:
    """Where the writes stand that apply: of the node (empty: what is below it), or those of a send in their place."""
    if context.task.by is None:
        return ""
    sender, number = context.task.by
    nodes = context.graph.nodes
    at = next(at for at, node in enumerate(nodes) if node.name == sender)
    return pointer("graphs", context.graph.name, "nodes", at, "sends", number) if nodes[at].sends[number].writes else ""


class _Writes:
    def __init__(self, context: TaskContext, scope: Mapping[str, Json]) -> None:
        self._context = context
        self._scope = scope
        self._channels = {channel.name: channel for channel in context.graph.channels}
        self.writes: dict[str, Json] = {}
        self.messages: list[Json] = []

    def of_output(self, output: Json) -> None:
        writes = self._context.node.writes
        self._entries(writes.entries, f"{_place_of_writes(self._context)}/writes/entries", present=writes.present)
        if writes.by_name and isinstance(output, dict):
            self._by_name(output)
        if writes.speak and isinstance(output, str) and not self.writes:
            self._speak(output)

    def update(self) -> None:
        self._entries(self._context.node.update, "/update", present=False)

    def _entries(self, entries: Sequence[Entry], at: str, *, present: bool) -> None:
        for index, entry in enumerate(entries):
            here = f"{at}/{index}"
            value = value_of(self._context, entry.value, self._scope, f"{here}/value")
            if value is not None or not present:
                self._write(entry.name, value, here)

    def _by_name(self, output: Mapping[str, Json]) -> None:
        named = {entry.name for entry in self._context.node.writes.entries}
        for name, value in output.items():
            channel = self._channels.get(name)
            if channel is not None and channel.reducer != "messages" and name not in named:
                self._write(name, value, "/writes")

    def _speak(self, output: str) -> None:
        """To the graph's conversation, or inside a child that began at a declared node, to the child's own."""
        context = self._context
        message: dict[str, Json] = {"role": "assistant", "name": context.node.name, "content": output}
        if context.task.child is not None and not context.node.implicit:
            self.messages.append(message)
        elif context.graph.messages is not None:
            self._write(context.graph.messages, message, "/writes")

    def _write(self, name: str, value: Json, at: str) -> None:
        if name in self.writes:
            raise failed(self._context, "bad-write", f"channel `{name}` is written twice", at)
        if problem := check_write(self._channels[name], value, self._context.document.types):
            raise failed(self._context, "bad-write", problem, at)
        self.writes[name] = value
