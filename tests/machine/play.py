"""Plays a run on the machine: scripted tasks, any order of completion, and a check of every journal that it makes.

A script says for each node what its activations give: a `Give`, or a function from the `StartTask` to one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from rag_ir import build
from rag_ir.graph import Channel, Document, Json, Node
from rag_runtime.commands import CancelTask, Command, Finish, StartTask, StartTimer, StopTimer
from rag_runtime.events import (
    Answered,
    Error,
    Event,
    Question,
    RunStarted,
    TaskFailed,
    TaskPaused,
    TaskSucceeded,
    TimerFired,
)
from rag_runtime.machine import Machine


@dataclass(frozen=True, slots=True)
class Ok:
    """The activation succeeds."""

    output: Json = None
    label: str | None = "final"
    writes: Sequence[tuple[str, Json]] = ()
    messages: Sequence[Json] = ()


@dataclass(frozen=True, slots=True)
class Fail:
    """The activation fails."""

    code: str = "broken"
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """The activation asks: the parts of addresses behind the task's own, each with its options."""

    questions: Mapping[str, Sequence[str]] = field(default_factory=lambda: {"": ()})


Give = Ok | Fail | Ask
Script = Mapping[str, Give | Callable[[StartTask], Give]]
Choose = Callable[[int], int]
"""Which of N waiting tasks ends next."""


def graph(
    *nodes: Node,
    channels: Sequence[Channel] = (),
    joins: Sequence[tuple[Sequence[str], str]] = (),
    output: Mapping[str, Json] | None = None,
    recursion_limit: int = 50,
) -> Document:
    """A document of one graph `g` that starts with its first node."""
    made = build.graph(
        "g",
        start=nodes[0].name,
        nodes=nodes,
        channels=channels,
        joins=joins,
        output=output,
        recursion_limit=recursion_limit,
    )
    return build.document("g", graphs=[made])


def writing(channel: str) -> Callable[[StartTask], Ok]:
    """Writes the task's id into a channel."""
    return lambda start: Ok(start.task.id, writes=[(channel, start.task.id)])


class Play:
    """A run under way. `waiting` are the tasks that were started and have not ended; `starts` everything that was started.

    `timers` are those that run, with their milliseconds; `cut` the tasks that were cancelled.
    """

    def __init__(self, document: Document, script: Script | None = None, *, choose: Choose = lambda count: 0) -> None:
        self.document = document
        self.script: Script = script or {}
        self.choose = choose
        self.machine = Machine(document)
        self.journal: list[Event] = []
        self.answers: list[list[Command]] = []
        self.waiting: list[StartTask] = []
        self.starts: list[StartTask] = []
        self.timers: dict[str, int] = {}
        self.cut: list[str] = []

    def start(self, given: Json = None, namespace: str = "") -> Play:
        """Start the run."""
        self.feed(RunStarted(graph="g", input=given, seed="run", namespace=namespace))
        return self

    def feed(self, event: Event) -> list[Command]:
        """Journal an event."""
        commands = self.machine.feed(event)
        self.journal.append(event)
        self.answers.append(commands)
        for command in commands:
            match command:
                case StartTask():
                    self.waiting.append(command)
                    self.starts.append(command)
                case CancelTask(task=task):
                    self.cut.append(task)
                    self.waiting = [start for start in self.waiting if start.task.id != task]
                case StartTimer(timer=timer, milliseconds=milliseconds):
                    self.timers[timer] = milliseconds
                case StopTimer(timer=timer):
                    del self.timers[timer]
                case _:
                    pass
        return commands

    def fire(self, timer: str) -> Play:
        """A timer's time is up."""
        self.feed(TimerFired(timer=timer))
        return self

    def end(self, *nodes: str) -> Play:
        """The tasks of these nodes end, as scripted, in this order."""
        for node in nodes:
            found = next(start for start in self.waiting if node in (start.task.node, start.task.id))
            self.waiting.remove(found)
            self.feed(self.outcome(found))
        return self

    def drop(self) -> None:
        """The tasks under way are lost."""
        self.waiting.clear()
        self.timers.clear()

    def answer(self, address: str, value: Json) -> Play:
        """A person answers."""
        self.feed(Answered(address=address, value=value, actor="ann"))
        return self

    def take_up(self) -> None:
        """Go on where the journal ends, as another process does."""
        commands = self.machine.resume()
        self.waiting = starts(commands)
        self.timers = {each.timer: each.milliseconds for each in commands if isinstance(each, StartTimer)}

    def go(self) -> Finish:
        """Every task ends, until the run finishes or stands still."""
        while self.waiting:
            start = self.waiting.pop(self.choose(len(self.waiting)))
            self.feed(self.outcome(start))
        assert self.machine.finished is not None
        return self.machine.finished

    def outcome(self, start: StartTask) -> Event:
        """What a task ends with."""
        given = self.script.get(start.task.node, Ok())
        match given(start) if callable(given) else given:
            case Ok(output, label, writes, messages):
                return TaskSucceeded(
                    task=start.task.id, output=output, label=label, writes=tuple(writes), messages=tuple(messages)
                )
            case Fail(code, label):
                return TaskFailed(task=start.task.id, error=Error(code=code, message=f"it is {code}"), label=label)
            case Ask(questions):
                return TaskPaused(
                    task=start.task.id,
                    questions=tuple(
                        Question(address=start.task.id + part, prompt="?", options=tuple(options))
                        for part, options in questions.items()
                    ),
                )

    def of(self, node: str) -> list[StartTask]:
        """What was started of a node."""
        return [start for start in self.starts if start.task.node == node]


def played(document: Document, script: Script | None = None, given: Json = None) -> Play:
    """A run to its end, and every prefix of its journal checked."""
    play = Play(document, script).start(given)
    play.go()
    check_replay(play)
    return play


def check_replay(play: Play) -> None:
    """At every prefix of the journal a new machine stands where the first one stood, and goes on as it did."""
    for length in range(len(play.journal) + 1):
        machine = Machine(play.document, play.journal[:length])
        assert machine.resume() == machine.resume()
        running = {start.task.id for start in starts(machine.resume())}
        assert running == _running(play, length)
        for event, commands in zip(play.journal[length:], play.answers[length:], strict=True):
            assert machine.feed(event) == commands
        assert shown(machine) == shown(play.machine)


def check_restarts(play: Play) -> None:
    """From every prefix of the journal, with the tasks under way started again, the run comes to the same end."""
    for length in range(1, len(play.journal) + 1):
        again = Play(play.document, play.script)
        again.machine = Machine(play.document, play.journal[:length])
        again.take_up()
        again.go()
        assert shown(again.machine) == shown(play.machine)


def starts(commands: Iterable[Command]) -> list[StartTask]:
    """The tasks to be started."""
    return [command for command in commands if isinstance(command, StartTask)]


def shown(machine: Machine) -> str:
    """Everything that can be seen of a machine, as text."""
    finished = None if machine.finished is None else asdict(machine.finished)
    tasks = [asdict(task) for task in machine.tasks]
    return json.dumps([dict(machine.state), machine.step, machine.path, finished, tasks, asdict(machine.usage)])


def every_order(document: Document, script: Script, given: Json = None) -> list[Play]:
    """The run in every order in which its tasks can end."""
    plays: list[Play] = []
    choices: list[int] = []
    while True:
        counts: list[int] = []

        def choose(count: int, counts: list[int] = counts, choices: Sequence[int] = tuple(choices)) -> int:
            counts.append(count)
            return choices[len(counts) - 1] if len(counts) <= len(choices) else 0

        play = Play(document, script, choose=choose).start(given)
        play.go()
        plays.append(play)
        choices = [*choices, *[0] * (len(counts) - len(choices))]
        while choices and choices[-1] + 1 == counts[len(choices) - 1]:
            choices.pop()
        if not choices:
            return plays
        choices[-1] += 1


def _running(play: Play, length: int) -> set[str]:
    running: set[str] = set()
    for event, commands in zip(play.journal[:length], play.answers[:length], strict=True):
        if isinstance(event, TaskSucceeded | TaskFailed | TaskPaused):
            running.discard(event.task)
        if any(isinstance(command, Finish) and command.outcome == "cancelled" for command in commands):
            running.clear()
        for command in commands:
            match command:
                case StartTask(task=task):
                    running.add(task.id)
                case CancelTask(task=cut):
                    running.discard(cut)
                case _:
                    pass
    return running
