"""`rag run`: executes a graph to its end, or until it waits for a person."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from rag_cli.arguments import Parser
from rag_cli.files import STDIN
from rag_cli.printable import counted, printable
from rag_cli.run_place import RunPlace, configure_place, opened, run_place
from rag_cli.target import configure_target, target
from rag_cli.terminal import say

if TYPE_CHECKING:
    from rag_ir.graph import Document, Json
    from rag_runtime.events import Question
    from rag_runtime.observe import Observer
    from rag_runtime.reading import RunResult
    from rag_runtime.stores.store import Store

EXAMPLES = """\
  rag run workflows/support.rag --input message="Where is my order?"
  rag run support.rag.json --input @request.json --input message="and where is it?"
  rag run workflows/hello.rag --store memory: --events jsonl 2> events.jsonl

exit status: 0 finished, 1 failed, 2 usage, 3 paused for a person, 4 refused, 130 cancelled"""

AUTO = "auto"


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    configure_target(parser, ir=True)
    parser.add_argument(
        "--input",
        metavar="NAME=VALUE|@FILE|-",
        action="append",
        default=[],
        help="the run's input, may be given several times: a field, or an object of fields as JSON from a file or standard input",
    )
    parser.add_argument("--events", choices=("jsonl",), help="write the run's events to standard error as JSON lines")
    parser.add_argument(
        "--auto-answer",
        action="store_true",
        help="answer every question with its first option, or null, as the actor `auto`; never one about a call in doubt",
    )
    configure_place(parser)


def execute(arguments: Namespace) -> int:
    """Runs the graph; the output of one that finishes goes to standard output."""
    from rag_cli.run_input import run_input
    from rag_cli.run_report import conclude
    from rag_cli.watch import watched
    from rag_runtime.api import run_blocking

    aim = target(arguments.file, arguments.graph, arguments.project)
    document = aim.document
    if aim.warnings and not arguments.events:
        say(f"{counted(aim.warnings, 'warning')}; `rag check` shows {'it' if aim.warnings == 1 else 'them'}")
    given = run_input(arguments.input, document.graphs[document.entry])
    place = run_place(aim.root, aim.registry, arguments.store)
    approvals = _approvals(document, place, may_ask=arguments.file != STDIN and not arguments.auto_answer)
    with opened(place, make=True) as store:
        with watched(arguments.events) as observer:
            result = run_blocking(
                document,
                place.registry,
                root=place.root,
                input=given,
                store=store,
                observe=observer,
                approvals=approvals,
            )
            if arguments.auto_answer:
                result = _auto_answered(result, place, store, observer, approvals)
        return conclude(result, document, place, arguments.events)


def _approvals(document: Document, place: RunPlace, *, may_ask: bool) -> tuple[str, ...]:
    """The digests that were approved, this one too if a person has just approved it; nothing is read where nobody asks."""
    if place.registry.policy.require_review == "never":
        return ()
    from rag_cli.approving import approved_or_asked

    return approved_or_asked(document, place.registry, place.root, may_ask=may_ask)


def _auto_answered(
    result: RunResult, place: RunPlace, store: Store, observer: Observer, approvals: tuple[str, ...]
) -> RunResult:
    """Goes on until the run ends, or asks what nobody but a person can know. Every answer is journaled with its actor."""
    from rag_runtime.api import resume_blocking

    while result.outcome == "paused":
        answers: dict[str, Json] = {
            question.address: _first(question) for question in result.questions if question.cause != "effect-in-doubt"
        }
        if not answers:
            break
        for address, value in answers.items():
            say(printable(f"answered {address} with {value!r} as `{AUTO}`"))
        result = resume_blocking(
            result.run,
            place.registry,
            root=place.root,
            store=store,
            answers=answers,
            actor=AUTO,
            observe=observer,
            approvals=approvals,
        )
    return result


def _first(question: Question) -> Json:
    return question.options[0] if question.options else None
