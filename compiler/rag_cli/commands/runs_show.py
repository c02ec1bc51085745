"""`rag runs show`: one run with everything that is known of it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rag_cli.arguments import Parser
from rag_cli.json_text import json_text
from rag_cli.printable import printable
from rag_cli.run_place import RunPlace, configure_place, document_of, opened, place_of
from rag_cli.terminal import Palette, palette
from rag_cli.trouble import FINISHED

if TYPE_CHECKING:
    from rag_ir.graph import Document, Json
    from rag_runtime.reading import RunView, TaskView

EXAMPLES = """\
  rag runs show 01hk3v9q2m0a7c
  rag runs show 01hk3v9q2m0a7c --format json
  rag runs show 01hk3v9q2m0a7c/1:0:digest       a child run, by the address of its task"""

LONGEST = 200


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("run", metavar="RUN", help="the run's name, as `rag runs list` shows it")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it (default: text)")
    configure_place(parser)


def execute(arguments: Namespace) -> int:
    """Prints the run."""
    from rag_runtime.reading import show_run

    place = place_of(arguments.project, arguments.store)
    with opened(place) as store:
        view = show_run(store, arguments.run)
        document = document_of(store, arguments.run)
    if arguments.format == "json":
        print(json_text(_json(view), indent=2))
    else:
        for line in _text(view, document, place, palette(sys.stdout)):
            print(line)
    return FINISHED


def _text(view: RunView, document: Document, place: RunPlace, palette: Palette) -> Iterator[str]:
    from rag_cli.run_report import answer_lines, question_lines, resume_command

    yield from _head(view, document, place, palette)
    yield from _tasks(view, palette, "  ")
    for question in view.questions:
        yield ""
        yield from question_lines(question, document, place, palette)
    if view.run.id != view.run.root or place.options is None:
        return
    if view.questions:
        yield ""
        yield from answer_lines(view.run.id, view.questions, place.options)
    elif view.run.progress.status != "finished" and not view.live:
        yield f"go on with: {resume_command(view.run.id, place.options)}"


def _head(view: RunView, document: Document, place: RunPlace, palette: Palette) -> Iterator[str]:
    from rag_cli.run_report import error_lines, moment, path_text, status_of, usage_text

    run = view.run
    yield f"run {palette.paint('bold', printable(run.id))}: {status_of(view.run, view.live)}"
    yield f"graph {printable(run.graph)}, step {run.progress.step}, {view.events} events"
    yield f"started {moment(run.created)}, changed {moment(run.updated)} (UTC)"
    if used := usage_text(run.progress.usage):
        yield f"used {used}"
    yield f"input {_short(view.input)}"
    if view.path:
        yield f"path {path_text(view.path)}"
    if run.progress.status == "finished":
        yield f"output {_short(run.progress.output)}"
    else:
        yield from (f"state {printable(name)} = {_short(value)}" for name, value in view.state.items())
    if run.progress.error is not None:
        yield from error_lines(run.progress.error, document, place, palette)


def _tasks(view: RunView, palette: Palette, indent: str) -> Iterator[str]:
    children = {child.run.parent_task: child for child in view.children}
    for task in view.tasks:
        yield indent + _task(task, palette)
        if task.id in children:
            yield from _tasks(children[task.id], palette, indent + "  ")


def _task(task: TaskView, palette: Palette) -> str:
    from rag_cli.run_report import usage_text

    label = f" ({printable(task.label)})" if task.label not in (None, "final", "done") else ""
    parts = [f"{palette.paint('bold', printable(task.id))}: {task.status}{label}"]
    parts += [used] if (used := usage_text(task.usage)) else []
    parts += [f"in flight: {printable(', '.join(task.in_flight))}"] if task.in_flight else []
    parts += [printable(f"{task.error.code}: {task.error.message}")] if task.error else []
    return ", ".join(parts)


def _short(value: Json) -> str:
    text = json_text(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def _json(view: RunView) -> dict[str, Any]:
    from dataclasses import asdict

    from rag_cli.run_report import status_of

    run = asdict(view.run)
    progress: dict[str, Any] = run.pop("progress")
    return {
        **run,
        **progress,
        "status": status_of(view.run, view.live),
        "input": view.input,
        "path": view.path,
        "tasks": [asdict(task) for task in view.tasks],
        "questions": [asdict(question) for question in view.questions],
        "state": view.state,
        "events": view.events,
        "children": [_json(child) for child in view.children],
    }
