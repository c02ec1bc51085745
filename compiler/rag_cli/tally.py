"""What a run did so far, counted from its events: the tasks under way, the calls made, the path taken."""

from __future__ import annotations

from rag_cli.printable import counted
from rag_ir.record import field, mutable
from rag_runtime.observe import RunEvent


@mutable
class Lane:
    """A task under way: its path, how deep its run is nested, what it does now, and the calls that it made."""

    path: str
    depth: int
    doing: str = ""
    model_calls: int = 0
    tool_calls: int = 0

    @property
    def calls(self) -> str:
        """The calls in words, empty where there were none."""
        return calls(self.model_calls, self.tool_calls)


@mutable
class Tally:
    """Kept up to date by `take`; `ended` gives the lane of a task that ended with this event."""

    lanes: dict[tuple[str, str], Lane] = field(default_factory=dict[tuple[str, str], Lane])
    step: int = 0
    model_calls: int = 0
    tool_calls: int = 0

    def take(self, event: RunEvent) -> Lane | None:
        """Counts an event; the lane of its task, if it has one."""
        if event.event == "step.started" and event.depth == 0 and event.step is not None:
            self.step = event.step
        if event.task is None:
            return None
        key = (event.run, event.task)
        match event.event:
            case "task.started":
                self.lanes[key] = Lane(event.path, event.depth)
            case "task.succeeded" | "task.failed" | "task.paused" | "task.cancelled":
                return self.lanes.pop(key, Lane(event.path, event.depth))
            case "call.started":
                self._lane(key, event).doing = f"{event.data.get('kind')} {event.data.get('name')}"
            case "call.retrying":
                self._lane(key, event).doing = f"{event.data.get('kind')} {event.data.get('name')}, {again(event)}"
            case "call.ended":
                self._count(self._lane(key, event), event)
            case _:
                pass
        return self.lanes.get(key)

    def _lane(self, key: tuple[str, str], event: RunEvent) -> Lane:
        return self.lanes.setdefault(key, Lane(event.path, event.depth))

    def _count(self, lane: Lane, event: RunEvent) -> None:
        lane.doing = ""
        match event.data.get("kind"):
            case "model":
                lane.model_calls += 1
                self.model_calls += 1
            case "tool":
                lane.tool_calls += 1
                self.tool_calls += 1
            case _:
                pass


def again(event: RunEvent) -> str:
    """The coming attempt at a call in words: `called again in 0.3 s, attempt 2`."""
    wait = event.data.get("wait_ms")
    seconds = f"{(wait if isinstance(wait, int) else 0) / 1000:.1f}"
    return f"called again in {seconds} s, attempt {event.data.get('attempt')}"


def calls(model: int, tool: int) -> str:
    """Numbers of calls in words: `2 model calls, 1 tool call`; empty where there were none."""
    return ", ".join(counted(number, f"{kind} call") for kind, number in (("model", model), ("tool", tool)) if number)
