"""What of a document's graphs a run has been through: nodes that ran, routes that were taken, joins that fired."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rag_ir import graph as ir
from rag_ir.codec import decode
from rag_ir.evaluate import evaluate
from rag_ir.finding import pointer
from rag_ir.graph import Document, Json
from rag_ir.values import EvaluationError
from rag_runtime.commands import Merged, StartTask, Task
from rag_runtime.events import TaskFailed, TaskSucceeded
from rag_runtime.machine import Machine
from rag_runtime.stores.store import Entry, Store, StoreError


def parts_of(document: Document) -> dict[str, str]:
    """Everything that can be covered: JSON pointers, each with its kind (`node`, `route` or `join`)."""
    parts: dict[str, str] = {}
    for name, graph in document.graphs.items():
        for index, node in enumerate(graph.nodes):
            at = pointer("graphs", name, "nodes", index)
            parts[at] = "node"
            if isinstance(node.routing, ir.Routes):
                parts |= {f"{at}/routing/entries/{entry}": "route" for entry in range(len(node.routing.entries))}
            elif isinstance(node.routing, ir.JoinSends):
                parts[f"{at}/routing"] = "join"
        parts |= {pointer("graphs", name, "joins", index): "join" for index in range(len(graph.joins))}
    return parts


def covered(store: Store, run: str) -> set[str]:
    """The parts that a root run and its child runs have been through, by pointer. Raises `StoreError`."""
    found: set[str] = set()
    for row in store.tree(run):
        document, findings = decode(store.document(row.digest))
        if document is None:
            raise StoreError("store-corrupt", f"the document of run `{row.id}`: {findings[0].message}")
        found |= _Tour(document, document.graphs[row.graph]).walk(store.events(row.id))
    return found


class _Tour:
    """One run's journal, fed to a machine that nobody drives."""

    def __init__(self, document: Document, graph: ir.Graph) -> None:
        self._document = document
        self._graph = graph
        self._at = pointer("graphs", graph.name)
        self._index = {node.name: index for index, node in enumerate(graph.nodes)}
        self._found: set[str] = set()
        self._tasks: dict[str, Task] = {}
        self._ended: list[TaskSucceeded | TaskFailed] = []

    def walk(self, entries: Sequence[Entry]) -> set[str]:
        machine = Machine(self._document)
        for entry in entries:
            commands = machine.feed(entry.event)
            if isinstance(entry.event, TaskSucceeded | TaskFailed):
                self._ended.append(entry.event)
            if any(isinstance(command, Merged) for command in commands):
                self._routed(machine.state)
            self._started(command.task for command in commands if isinstance(command, StartTask))
        return self._found

    def _started(self, tasks: Iterable[Task]) -> None:
        for task in tasks:
            self._tasks[task.id] = task
            self._found.add(self._node(task.node))
            if isinstance(task.args, dict) and "children" in task.args and "error" not in task.args:
                self._joined(task.node, _names(task.args["children"]))

    def _joined(self, target: str, children: set[str]) -> None:
        for index, join in enumerate(self._graph.joins):
            if join.target == target and children <= set(join.sources):
                self._found.add(f"{self._at}/joins/{index}")
        for node in self._graph.nodes:
            sent = {send.target for send in node.sends}
            if isinstance(node.routing, ir.JoinSends) and node.routing.target == target and children <= sent:
                self._found.add(f"{self._node(node.name)}/routing")

    def _routed(self, state: Mapping[str, Json]) -> None:
        """The routes that the activations of a superstep took: the first that matches, in the state behind it."""
        for end in self._ended:
            task = self._tasks[end.task]
            node = self._graph.nodes[self._index[task.node]]
            if isinstance(node.routing, ir.Routes):
                taken = _taken(node.routing, end, task, state)
                self._found |= {f"{self._node(node.name)}/routing/entries/{index}" for index in taken}
        self._ended.clear()

    def _node(self, name: str) -> str:
        return f"{self._at}/nodes/{self._index[name]}"


def _taken(routing: ir.Routes, end: TaskSucceeded | TaskFailed, task: Task, state: Mapping[str, Json]) -> Iterator[int]:
    """The index of the route that was taken. A failure is offered to its label alone; then an `else` takes it."""
    if isinstance(end, TaskFailed):
        named = [
            index for index, route in enumerate(routing.entries) if route.label is not None and route.label == end.label
        ]
        last = [index for index, route in enumerate(routing.entries) if route.label is None and route.when is None]
        yield from (named or (last if end.label is not None else []))[:1]
        return
    scope: dict[str, Json] = {"input": task.input, "state": dict(state), "args": task.args, "output": end.output}
    for index, route in enumerate(routing.entries):
        if route.label == end.label if route.label is not None else _holds(route, scope):
            yield index
            return


def _holds(route: ir.Route, scope: Mapping[str, Json]) -> bool:
    try:
        return route.when is None or evaluate(route.when, scope) is True
    except EvaluationError:
        return False


def _names(children: Json) -> set[str]:
    listed = children if isinstance(children, list) else []
    return {str(child.get("node")) for child in listed if isinstance(child, dict)}
