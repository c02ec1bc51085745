"""What is seen of a run while it goes: a live display on a terminal, lines when piped, or its events as JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager

from rag_cli.json_text import json_text
from rag_cli.printable import printable
from rag_cli.set_aside import set_aside
from rag_cli.tally import Lane, Tally, again
from rag_cli.terminal import Palette, is_terminal, palette, say
from rag_runtime.observe import Observer, RunEvent


@contextmanager
def watched(events: str | None) -> Generator[Observer]:
    """An observer that writes to standard error. `events`: `jsonl` for the events themselves.

    What tools write to standard output goes to standard error too.
    """
    with set_aside():
        if events == "jsonl":
            yield _say_json
        elif is_terminal(sys.stderr) and palette(sys.stderr).colour:
            from rag_cli.watch_live import live

            with live() as observer:
                yield observer
        else:
            yield Lines().take


def _say_json(event: RunEvent) -> None:
    say(json_text(event.to_json()))


class Lines:
    """A line for each thing that a person would want to know."""

    def __init__(self) -> None:
        self._tally = Tally()

    def take(self, event: RunEvent) -> None:
        """Writes the event's line, if it has one."""
        lane = self._tally.take(event)
        line = event_line(event, lane, palette(sys.stderr))
        if line:
            say(line)


def event_line(event: RunEvent, lane: Lane | None, palette: Palette) -> str:
    """What an event says, on one line; empty for those that say nothing by themselves."""
    path = palette.paint("bold", printable(event.path))
    indent = "  " * (event.depth + 1)
    match event.event:
        case "run.started" | "run.resumed" if event.depth == 0:
            return f"run {palette.paint('bold', printable(event.run))}: {_beginning(event)}"
        case "call.started" if event.data.get("kind") != "model":
            return f"{indent}{path}: calls {_called(event)}"
        case "call.retrying":
            return f"{indent}{path}: {palette.paint('warning', _retried(event))}"
        case "task.succeeded":
            return f"{indent}{path}: {palette.paint('good', 'done')}{_label(event)}{_calls(lane)}"
        case "task.failed":
            return f"{indent}{path}: {palette.paint('error', 'failed')}{_label(event)}: {_error(event)}"
        case "task.paused":
            return f"{indent}{path}: {palette.paint('warning', 'waits for an answer')}"
        case "task.cancelled":
            return f"{indent}{path}: {palette.paint('warning', 'cut off')}{_calls(lane)}"
        case "timer.fired":
            return f"{indent}{path}: {palette.paint('warning', 'time is up')}"
        case "child.failed":
            return f"{indent}{path}: {palette.paint('warning', 'goes on without it')}: {_error(event)}"
        case _:
            return ""


def _beginning(event: RunEvent) -> str:
    if event.event == "run.resumed":
        return "goes on"
    return f"graph {printable(str(event.data.get('graph')))}"


def _called(event: RunEvent) -> str:
    return printable(f"{event.data.get('kind')} {event.data.get('name')}")


def _retried(event: RunEvent) -> str:
    return f"{_called(event)} is {again(event)} ({_error(event)})"


def _label(event: RunEvent) -> str:
    label = event.data.get("label")
    return "" if label in (None, "final", "done") else f" ({printable(str(label))})"


def _calls(lane: Lane | None) -> str:
    return f", {lane.calls}" if lane is not None and lane.calls else ""


def _error(event: RunEvent) -> str:
    error = event.data.get("error")
    return printable(str(error.get("message", ""))) if isinstance(error, dict) else ""
