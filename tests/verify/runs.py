"""Every run of a small graph, on the machine itself: all outcomes of all activations, in all orders where the order can show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rag_ir.build import document
from rag_ir.graph import Document, Graph, JoinSends, Json, Node, Routes
from rag_runtime.commands import CancelTask, Command, Merged, StartTask, StartTimer, StopTimer
from rag_runtime.events import Error, Event, RunStarted, TaskFailed, TaskSucceeded, TimerFired
from rag_runtime.machine import Machine, Plans

LONGEST = 40
"""Of a graph that has a run with more activations than this not all runs are seen."""


@dataclass(slots=True)
class Seen:
    """One run. `steps`: the activations of each superstep. `merged`: whose writes each boundary merged, in order.

    `starts`: for each activation, its node and the number of boundaries before it. `children`: what targets of joins were given.
    """

    outcome: str = ""
    code: str = ""
    failures: int = 0
    steps: list[list[str]] = field(default_factory=list[list[str]])
    merged: list[list[str]] = field(default_factory=list[list[str]])
    starts: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    children: list[tuple[str, Json]] = field(default_factory=list[tuple[str, Json]])


class Choices:
    """The choices of a run, in order: those that are given, then the first of each."""

    def __init__(self, given: list[int]) -> None:
        self.made = given
        self.counts: list[int] = []

    def of(self, count: int) -> int:
        """One of so many."""
        at = len(self.counts)
        self.counts.append(count)
        if at == len(self.made):
            self.made.append(0)
        return self.made[at]

    def following(self) -> list[int] | None:
        """The choices of the next run; null behind the last one."""
        made, counts = self.made[: len(self.counts)], self.counts
        while made and made[-1] + 1 >= counts[len(made) - 1]:
            made.pop()
        return None if not made else [*made[:-1], made[-1] + 1]


class Runs:
    """The runs of a graph; `complete` says whether all were seen. Activations fail only where `failing`."""

    def __init__(self, graph: Graph, most: int, *, failing: bool) -> None:
        self.document = document("g", graphs=[graph])
        self.graph = graph
        self.most = most
        self.failing = failing
        self.complete = False
        self._plans = Plans(self.document)
        self._nodes = {node.name: node for node in graph.nodes}
        self._timers: set[str] = set()
        self._ordered = any(_order_shows(node) for node in graph.nodes)

    def __iter__(self) -> Iterator[Seen]:
        choices: list[int] | None = []
        count = 0
        while choices is not None and count < self.most:
            count += 1
            made = Choices(choices)
            seen = self._run(made)
            if seen is None:
                return
            yield seen
            choices = made.following()
        self.complete = choices is None

    def _run(self, choices: Choices) -> Seen | None:
        """A run; null if it is too long to be followed with all the others."""
        seen = Seen()
        self._timers.clear()
        machine = Machine(self.document, plans=self._plans)
        waiting = self._told(machine, RunStarted(graph="g", input=None, seed="run"), seen, [])
        while waiting:
            if len(seen.starts) > LONGEST:
                return None
            timers = sorted(self._timers)
            ways = (len(waiting) if self._ordered else 1) + len(timers)
            at = choices.of(ways) if ways > 1 else 0
            if at >= ways - len(timers):
                timer = timers[at - ways]
                self._timers.discard(timer)
                waiting = self._told(machine, TimerFired(timer=timer), seen, waiting)
                continue
            start = waiting.pop(at)
            waiting = self._told(machine, self._outcome(start, choices, seen), seen, waiting)
        finish = machine.finished
        assert finish is not None
        seen.outcome, seen.code = finish.outcome, "" if finish.error is None else finish.error.code
        seen.steps = [[step] if isinstance(step, str) else [*step] for step in machine.path]
        return seen

    def _told(self, machine: Machine, event: Event, seen: Seen, waiting: list[StartTask]) -> list[StartTask]:
        before = _log(machine)
        commands: list[Command] = machine.feed(event)
        if any(isinstance(command, Merged) for command in commands):
            seen.merged.append(_log(machine)[len(before) :])
        cut = {command.task for command in commands if isinstance(command, CancelTask)}
        self._timers |= {command.timer for command in commands if isinstance(command, StartTimer)}
        self._timers -= {command.timer for command in commands if isinstance(command, StopTimer)}
        begun = [command for command in commands if isinstance(command, StartTask)]
        for start in begun:
            seen.starts.append((start.task.node, len(seen.merged)))
            if isinstance(start.task.args, dict) and "children" in start.task.args:
                seen.children.append((start.task.node, start.task.args["children"]))
        return [start for start in (*waiting, *begun) if start.task.id not in cut]

    def _outcome(self, start: StartTask, choices: Choices, seen: Seen) -> Event:
        node = self._nodes[start.task.node]
        labels = _labels(node)
        ways = [None, *(["error"] if _catches(node) else [])] if self.failing else []
        at = choices.of(len(labels) + len(ways))
        if at >= len(labels):
            seen.failures += 1
            return TaskFailed(
                task=start.task.id, error=Error(code="broken", message="it is broken"), label=ways[at - len(labels)]
            )
        lists = [index for index, send in enumerate(node.sends) if send.each is not None]
        output: Json = {str(index): [*range(choices.of(3))] for index in lists}
        return TaskSucceeded(
            task=start.task.id, output=output, label=labels[at], writes=(("log", node.name),), messages=()
        )


def _catches(node: Node) -> bool:
    """Whether a route takes a failure that has a label."""
    return isinstance(node.routing, Routes) and any(entry.label == "error" for entry in node.routing.entries)


def _labels(node: Node) -> list[str]:
    if not isinstance(node.routing, Routes):
        return ["final"]
    return [entry.label for entry in node.routing.entries if entry.label is not None and entry.label != "error"]


def _order_shows(node: Node) -> bool:
    """Whether what ends first may decide something."""
    if isinstance(node.routing, JoinSends) and (
        node.routing.timeout is not None or node.routing.wait in ("race", "quorum", "fallback")
    ):
        return True
    return any(not send.blocking for send in node.sends)


def _log(machine: Machine) -> list[str]:
    value = machine.state.get("log")
    return [str(each) for each in value] if isinstance(value, list) else []


def documented(graph: Graph) -> Document:
    """A document of one graph."""
    return document("g", graphs=[graph])
