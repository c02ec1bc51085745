"""How a run ended, in words, and the command that goes on with it."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Sequence

from rag_cli.json_text import json_text
from rag_cli.printable import counted, printable, printable_lines, quoted
from rag_cli.result_text import result_text
from rag_cli.run_place import RunPlace
from rag_cli.tally import calls
from rag_cli.terminal import Palette, is_terminal, palette, say
from rag_cli.trouble import CANCELLED, FAILED, FINISHED, PAUSED
from rag_ir.finding import pointer
from rag_ir.graph import Document, SourcePlace
from rag_runtime.events import Error, Question, Usage
from rag_runtime.reading import Path, RunResult
from rag_runtime.stores.store import Run

STATUS = {"finished": FINISHED, "failed": FAILED, "paused": PAUSED, "cancelled": CANCELLED}
"""The exit status of each outcome."""


def conclude(result: RunResult, document: Document, place: RunPlace, events: str | None) -> int:
    """Prints the result of a run that finished to standard output, all else to standard error; the exit status.

    A person gets the result in a form to read, and what it took below it; everything else gets JSON.
    """
    if result.outcome == "finished":
        readable = is_terminal(sys.stdout)
        print(result_text(result.output, palette(sys.stdout)) if readable else json_text(result.output), flush=True)
    if events is None:
        say(report(result, document, place, palette(sys.stderr)).rstrip("\n"))
    return STATUS[result.outcome]


def report(result: RunResult, document: Document, place: RunPlace, palette: Palette) -> str:
    """The lines about a run that stands still."""
    return "".join(line + "\n" for line in _report(result, document, place, palette))


def path_text(path: Path) -> str:
    """The nodes of the supersteps in order, those that ran together in brackets."""
    return printable(", ".join(step if isinstance(step, str) else f"[{', '.join(step)}]" for step in path))


def status_of(run: Run, live: bool) -> str:
    """The status as it is shown: a run that says `running` and that nobody drives was interrupted."""
    status = run.progress.status
    return "interrupted" if status == "running" and not live else status


def moment(milliseconds: int) -> str:
    """A time of a store, in milliseconds since 1970, as UTC to the second."""
    from time import gmtime, strftime

    return strftime("%Y-%m-%d %H:%M:%S", gmtime(milliseconds // 1000))


def usage_text(usage: Usage) -> str:
    """Calls, tokens and cost; empty where there were none."""
    parts = [calls(usage.model_calls, usage.tool_calls)]
    if usage.input_tokens or usage.output_tokens:
        cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
        thought = f" ({usage.reasoning_tokens:,} reasoning)" if usage.reasoning_tokens else ""
        parts.append(f"{usage.input_tokens:,} tokens in{cached}, {usage.output_tokens:,} out{thought}")
    if usage.cost_usd.strip("0."):
        parts.append(f"{printable(usage.cost_usd)} USD")
    return ", ".join(part for part in parts if part)


def question_lines(question: Question, document: Document, place: RunPlace, palette: Palette) -> Iterator[str]:
    """A question: its address and place, what it asks, and what may be answered."""
    node = question.address.rpartition("/")[2].split("#")[0].split(":", 2)[-1]
    where = _at(_source_place(document, node), place)
    yield f"{palette.paint('bold', printable(question.address))}{f' ({where})' if where else ''}"
    yield from (f"    {line}" for line in printable_lines(question.prompt))
    options = ", ".join(map(quoted, question.options))
    yield f"  answer with {options}" if options else "  answer with any text or JSON"


def _report(result: RunResult, document: Document, place: RunPlace, palette: Palette) -> Iterator[str]:
    run = palette.paint("bold", printable(result.run))
    used = usage_text(result.usage)
    steps = counted(len(result.path), "step") + (f", {used}" if used else "")
    match result.outcome:
        case "finished":
            yield f"run {run} {palette.paint('good', 'finished')} after {steps}"
        case "failed":
            yield f"run {run} {palette.paint('error', 'failed')} after {steps}"
            yield from error_lines(result.error, document, place, palette)
        case "paused":
            number = counted(len(result.questions), "answer")
            yield f"run {run} {palette.paint('warning', 'is paused')} after {steps}: it waits for {number}"
        case "cancelled":
            yield f"run {run} {palette.paint('warning', 'was cancelled')} after {steps}; what was done is kept"
    if result.path:
        yield f"path: {path_text(result.path)}"
    for question in result.questions:
        yield ""
        yield from question_lines(question, document, place, palette)
    yield from _going_on(result, place.options)


def _going_on(result: RunResult, options: Sequence[str] | None) -> Iterator[str]:
    if options is None and result.outcome != "finished":
        yield "the store ends with this process: nothing can go on with the run"
    elif options is not None and result.questions:
        yield ""
        yield from answer_lines(result.run, result.questions, options)
    elif options is not None and result.outcome != "finished":
        yield f"go on with: {resume_command(result.run, options)}"


def error_lines(error: Error | None, document: Document, place: RunPlace, palette: Palette) -> Iterator[str]:
    """What went wrong and where."""
    if error is None:
        return
    first, *more = printable_lines(error.message)
    yield f"{palette.paint('error', f'error[{printable(error.code)}]')}: {palette.paint('bold', first)}"
    yield from (f"  {line}" for line in more)
    source = _at(_source_place(document, error.node, error.at), place)
    where = [source] if source else [f"node {quoted(error.node)}"] if error.node else []
    where += [f"task {printable(error.task)}"] if error.task else []
    if where:
        yield f"  --> {', '.join(where)}"


def answer_lines(run: str, questions: Sequence[Question], options: Sequence[str]) -> Iterator[str]:
    """The commands that answer: one for each option of a lone question, else one with a place for each answer."""
    if len(questions) == 1:
        (question,) = questions
        values = [option for option in question.options if option.isprintable()]
        for value in values or ["VALUE"]:
            yield f"answer with: {resume_command(run, [*options, '--answer', value])}"
        return
    given = [word for question in questions for word in ("--answer", f"{question.address}=VALUE")]
    yield f"answer with: {resume_command(run, [*options, *given])}"
    yield "several answers may be given at once, or each on its own"


def resume_command(run: str, words: Sequence[str]) -> str:
    """The command line that goes on with a run, quoted for a shell."""
    return printable(shlex.join(["rag", "runs", "resume", run, *words]))


def _at(source: SourcePlace | None, place: RunPlace) -> str:
    return "" if source is None else f"{printable(place.shown(source.file))}:{source.start[0]}:{source.start[1]}"


def _source_place(document: Document, node: str, at: str = "") -> SourcePlace | None:
    """Where a JSON pointer, or the part around it that has a place, stands in the source; else where the node does."""
    while at and at not in document.source_map:
        at = at.rpartition("/")[0]
    if at and re.match(r"/graphs/[^/]+/(nodes|output)/", at):
        return document.source_map[at]
    for name in sorted(document.graphs, key=lambda name: (name != document.entry, name)):
        for index, declared in enumerate(document.graphs[name].nodes):
            if declared.name == node:
                return document.source_map.get(pointer("graphs", name, "nodes", index))
    return None
