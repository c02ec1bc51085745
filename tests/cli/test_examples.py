"""The examples: clean, drawn, and run as their documents say."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag_cli.main import main
from tests.cli.conftest import EXAMPLES, Rag

NAMES = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir())
FOUNDING_TEXT = "887999850b79360578fa6241eca5b31942e028c8d015ce791634c511b5411feb"

Copy = Callable[[str], Path]

OUTPUTS: dict[str, Any] = {
    "fanout": {
        "report": "The sea moves in three ways: with the moon, with the wind, and in place.",
        "findings": [
            "Tides follow the moon.",
            "Currents follow the wind and the turning of the earth.",
            "Waves carry energy, not water.",
        ],
        "rounds": 2,
    },
    "subgraph": {
        "title": "Harbour works",
        "points": ["The quay is closed until May.", "Ferries leave from the north pier."],
    },
    "support": {
        "reply": "Your order 1042 arrived damaged, and the policy covers that: we refund it in full."
        " A colleague will confirm by mail.",
        "ticket": "T-26313",
    },
}

PATHS = {
    "fanout": "plan, dispatch, [digger, digger], [condense, condense], review, plan, dispatch, digger, condense, review, write",
    "research_review": "supervisor, [supervisor/research_agent, supervisor/verifier_agent], review",
    "subgraph": "fetch, summarise",
    "support": "assistant, tools, assistant, triage, open_ticket",
}


def _commands(name: str) -> list[list[str]]:
    """The `rag run` lines of an example's document, as words behind `rag`."""
    text = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    return [shlex.split(line, comments=True)[1:] for line in re.findall(r"^rag run .*$", text, re.MULTILINE)]


def test_every_example_has_a_command() -> None:
    assert NAMES == ["approval", "fanout", "research_review", "subgraph", "support"]
    assert all(_commands(name) for name in NAMES)


@pytest.mark.parametrize("name", sorted(PATHS))
def test_an_example_runs_as_its_document_says(name: str, rag: Rag, example: Copy) -> None:
    example(name)
    (command,) = _commands(name)
    done = rag(*command)
    assert done.status == 0, done.err
    assert f"\npath: {PATHS[name]}\n" in done.err
    if name in OUTPUTS:
        assert json.loads(done.out) == OUTPUTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_drawn(name: str, rag: Rag, example: Copy) -> None:
    folder = example(name)
    for source in sorted(folder.rglob("*.rag")):
        assert rag("graph", source).out.startswith("graph ")
        assert rag("graph", source, "--format", "mermaid").out.startswith("flowchart TD\n")


def test_the_founding_example_is_as_it_was_written() -> None:
    source = EXAMPLES / "research_review" / "workflows" / "research_review.rag"
    assert hashlib.sha256(source.read_bytes()).hexdigest() == FOUNDING_TEXT


def test_the_founding_example_calls_its_tools(rag: Rag, example: Copy) -> None:
    example("research_review")
    (command,) = _commands("research_review")
    output = json.loads(rag(*command).out)
    by_role = [message["role"] for message in output["messages"]]
    assert by_role == ["user", "assistant", "tool", "tool", "assistant", "assistant"]
    found, read = (message["content"] for message in output["messages"] if message["role"] == "tool")
    assert "A durable workflow writes each event to a journal" in found
    assert read == "The engine keeps a journal of events. The journal is the run."
    assert output["messages"][-1]["name"] == "review"
    assert len(output["findings"]) == 2
    assert len(output["critiques"]) == 1


def test_the_approval_is_answered_later(rag: Rag, example: Copy) -> None:
    folder = example("approval")
    (command,) = _commands("approval")
    paused = rag(*command)
    assert paused.status == 3
    assert paused.out == ""
    (run,) = json.loads(rag("runs", "list", "--format", "json").out)
    again = rag("runs", "resume", run["run"], "--answer", "revise", "--actor", "mia")
    assert again.status == 3
    assert "use the side door" in again.err
    done = rag("runs", "resume", run["run"], "--answer", "publish", "--actor", "mia")
    assert done.status == 0
    assert json.loads(done.out) == {"result": "board/closed-on-friday.txt"}
    assert "side door" in (folder / "board" / "closed-on-friday.txt").read_text(encoding="utf-8")
    twice = rag(*command, "--auto-answer")
    assert twice.status == 0
    assert "hangs there already" in json.loads(twice.out)["result"]


def test_the_commands_a_paused_run_prints_resume_it(rag: Rag, example: Copy) -> None:
    example("approval")
    printed = rag(*_commands("approval")[0]).err
    commands = re.findall(r"^answer with: rag (.*)$", printed, re.MULTILINE)
    assert [shlex.split(command)[-1] for command in commands] == ["publish", "revise", "drop"]
    assert rag(*shlex.split(commands[2]), "--actor", "mia").status == 0


def test_examples_write_nothing_into_the_repository() -> None:
    assert main(["check", str(EXAMPLES)]) == 0
    assert not (EXAMPLES / "approval" / "board").exists()
