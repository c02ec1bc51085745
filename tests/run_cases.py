"""Runs of Markdown cases: a `run` fence scripts a run and holds its trace.

Lines without indentation are directives, performed in order; the indented lines behind each are what came of it:

    input: JSON                    starts a run of the file's graph with this input
    answer: [ADDRESS=]VALUE        resumes it with an answer of the person `ann`
    resume                         resumes it with none
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from rag_compiler.pipeline import analyse, compile_graph
from rag_compiler.source import SourceFile
from rag_ir.graph import Document, Json
from rag_registry.manifest import read_manifest
from rag_registry.registry import Registry
from rag_runtime.api import resume_blocking, run_blocking
from rag_runtime.reading import RunResult, show_run
from rag_runtime.refusals import RunRefused
from rag_runtime.stores import open_store


def trace(files: dict[str, str], script: str, folder: Path) -> str:
    """The script with the trace of each directive behind it, run for real in `folder` with a store of its own."""
    for name, text in files.items():
        (folder / name).write_text(text)
    registry, _ = read_manifest(files["rag.toml"].encode())
    document = _compile(files, registry)
    lines: list[str] = []
    run = ""
    with closing(open_store("sqlite:runs.sqlite", root=folder)) as store:
        for directive in [line for line in script.split("\n") if line and not line.startswith(" ")]:
            lines.append(directive)
            try:
                word, _, value = directive.partition(": ")
                if word == "input":
                    result = run_blocking(document, registry, root=folder, input=json.loads(value), store=store)
                else:
                    answers = _answers(value) if word == "answer" else {}
                    result = resume_blocking(run, registry, root=folder, store=store, answers=answers, actor="ann")
            except RunRefused as refused:
                lines.append(f"  refused: {refused}")
                continue
            run = result.run
            lines += [f"  {line}" for line in _told(result, show_run(store, run).state)]
    return "\n".join(lines) + "\n"


def _compile(files: dict[str, str], registry: Registry) -> Document:
    sources = [SourceFile(name, text.encode()) for name, text in files.items() if name.endswith(".rag")]
    compiled = compile_graph(analyse(sources, registry), None)
    if not isinstance(compiled, Document):
        raise AssertionError("\n".join(found.message for found in compiled))
    return compiled


def _answers(text: str) -> dict[str, Json]:
    address, equals, value = text.rpartition("=")
    return {address if equals else "": _value(value if equals else text)}


def _value(text: str) -> Json:
    try:
        value: Json = json.loads(text)
    except ValueError:
        return text
    return value


def _told(result: RunResult, state: dict[str, Json]) -> Iterator[str]:
    for step, nodes in enumerate(result.path):
        yield f"{step}  {nodes if isinstance(nodes, str) else ' | '.join(nodes)}"
    yield from (f"state.{name}: {line}" for name, value in sorted(state.items()) for line in _lines(value))
    yield from (
        f"asks {question.address} {_text(question.prompt)} {list(question.options)}" for question in result.questions
    )
    if result.error is not None:
        yield f"error: {result.error.code} at {result.error.node or '-'}: {result.error.message}"
    if result.outcome == "finished" and result.output != state:
        yield f"output: {_text(result.output)}"
    usage = result.usage
    calls = (
        f", {usage.model_calls} model calls, {usage.tool_calls} tool calls"
        if usage.model_calls + usage.tool_calls
        else ""
    )
    yield f"{result.outcome}{calls}"


def _lines(value: Json) -> Iterator[str]:
    """A conversation is shown a message a line, without the messages' ids."""
    if isinstance(value, list) and value and all(isinstance(each, dict) and "role" in each for each in value):
        for each in value:
            assert isinstance(each, dict)
            yield _text({key: part for key, part in each.items() if key != "id"})
    else:
        yield _text(value)


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
