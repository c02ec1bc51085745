"""A run on a terminal: what ended scrolls away above, what goes on stands below, one line for each task under way."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from rag_cli.printable import counted, printable
from rag_cli.tally import Lane, Tally, calls
from rag_cli.terminal import Palette
from rag_cli.watch import event_line
from rag_runtime.observe import Observer, RunEvent

MOST_LANES = 12


@contextmanager
def live() -> Generator[Observer]:
    """An observer that keeps the display up to date until the context ends; then only what scrolled away is left."""
    console = Console(stderr=True, highlight=False)
    display = _Display(console)
    with Live(display, console=console, transient=True, refresh_per_second=10):
        yield display.take


class _Display:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._tally = Tally()
        self._spinner = Spinner("dots", style="blue")
        self._began = monotonic()

    def take(self, event: RunEvent) -> None:
        """Counts an event and lets its line scroll away above the display."""
        lane = self._tally.take(event)
        line = event_line(event, lane, Palette(True))
        if line:
            self._console.print(Text.from_ansi(line))

    def __rich__(self) -> RenderableType:
        # A lane of a parent stands still while its child runs: the child's own lanes say more.
        lanes = list(self._tally.lanes.values())
        shown = [self._lane(lane) for lane in lanes[:MOST_LANES]]
        if len(lanes) > MOST_LANES:
            shown.append(Text(f"  and {len(lanes) - MOST_LANES} more", style="dim"))
        return Group(self._head(len(lanes)), *shown)

    def _head(self, lanes: int) -> RenderableType:
        tally = self._tally
        parts = [f"step {tally.step}", counted(lanes, "task"), calls(tally.model_calls, tally.tool_calls)]
        seconds = f"{monotonic() - self._began:.1f} s"
        self._spinner.update(text=Text(", ".join(part for part in [*parts, seconds] if part), style="dim"))
        return self._spinner

    def _lane(self, lane: Lane) -> Text:
        doing = lane.doing or lane.calls
        return Text.assemble(
            "  " * (lane.depth + 1),
            (printable(lane.path), "bold"),
            (f"  {printable(doing)}", "blue"),
            overflow="ellipsis",
        )
