"""`rag runs list`: the runs of a project, newest first."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rag_cli.arguments import Parser
from rag_cli.printable import printable, width
from rag_cli.run_place import configure_place, has_runs, opened, place_of
from rag_cli.terminal import Palette, palette, say
from rag_cli.trouble import FINISHED

if TYPE_CHECKING:
    from rag_runtime.reading import RunLine

EXAMPLES = """\
  rag runs list
  rag runs list --status paused
  rag runs list --format json --store sqlite:/var/lib/agents/runs.sqlite"""

STATUSES = ("running", "paused", "finished", "failed", "cancelled", "interrupted")

_STYLES = {"finished": "good", "failed": "error", "paused": "warning", "interrupted": "warning", "cancelled": "warning"}


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("--status", choices=STATUSES, help="only runs that stand so")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print them (default: text)")
    configure_place(parser)


def execute(arguments: Namespace) -> int:
    """Prints the runs."""
    from rag_cli.run_report import status_of
    from rag_runtime.reading import list_runs

    place = place_of(arguments.project, arguments.store)
    lines: list[RunLine] = []
    if has_runs(place):
        with opened(place) as store:
            lines = [line for line in list_runs(store) if arguments.status in (None, status_of(line.run, line.live))]
    if arguments.format == "json":
        from rag_cli.json_text import json_text

        print(json_text([_json(line) for line in lines], indent=2))
    elif not lines:
        say("there are no such runs" if arguments.status else "there are no runs yet")
    else:
        for row in _table(lines, palette(sys.stdout)):
            print(row)
    return FINISHED


def _json(line: RunLine) -> dict[str, Any]:
    from rag_cli.run_report import status_of

    run = line.run
    return {
        "run": run.id,
        "status": status_of(line.run, line.live),
        "graph": run.graph,
        "step": run.progress.step,
        "thread": run.thread,
        "created": run.created,
        "updated": run.updated,
        "model_calls": run.progress.usage.model_calls,
        "tool_calls": run.progress.usage.tool_calls,
        "cost_usd": run.progress.usage.cost_usd,
    }


def _table(lines: Sequence[RunLine], palette: Palette) -> Iterator[str]:
    from rag_cli.run_report import moment, status_of, usage_text

    heads = ("RUN", "STATUS", "GRAPH", "STEP", "STARTED (UTC)", "USED")
    rows = [
        (
            printable(line.run.id),
            status_of(line.run, line.live),
            printable(line.run.graph),
            str(line.run.progress.step),
            moment(line.run.created),
            usage_text(line.run.progress.usage),
        )
        for line in lines
    ]
    sizes = [max(width(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    yield palette.paint("dim", _row(heads, sizes, ["", "", "", "", "", ""], palette))
    for row in rows:
        yield _row(row, sizes, ["bold", _STYLES.get(row[1], "info"), "", "", "", "dim"], palette)


def _row(cells: Sequence[str], sizes: Sequence[int], styles: Sequence[str], palette: Palette) -> str:
    padded = (cell + " " * (size - width(cell)) for cell, size in zip(cells, sizes, strict=True))
    painted = (palette.paint(style, cell) if style else cell for cell, style in zip(padded, styles, strict=True))
    return "  ".join(painted).rstrip()
