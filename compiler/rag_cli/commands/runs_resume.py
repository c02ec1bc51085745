"""`rag runs resume`: goes on with a run, with answers to what it asked."""

from __future__ import annotations

import os
import re
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag_cli.arguments import Parser
from rag_cli.printable import quoted
from rag_cli.run_input import json_or_text
from rag_cli.run_place import RunPlace, configure_place, document_of, opened, place_of
from rag_cli.trouble import Trouble

if TYPE_CHECKING:
    from rag_ir.graph import Json
    from rag_runtime.events import Question

EXAMPLES = """\
  rag runs resume 01hk3v9q2m0a7c                                     a failed or cancelled run: what finished is kept
  rag runs resume 01hk3v9q2m0a7c --answer approve                    a run that asks one question
  rag runs resume 01hk3v9q2m0a7c --answer 1:0:ask=yes --answer 1:1:ask=no --actor mia"""

_ADDRESS = re.compile(r"((?:[^=]*/)?\d+:\d+:[^=]+)=(.*)", re.DOTALL)


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("run", metavar="RUN", help="the run's name, as `rag runs list` shows it")
    parser.add_argument(
        "--answer",
        metavar="[ADDRESS=]VALUE",
        action="append",
        default=[],
        help="an answer; the address may be left out if the run asks one question; may be given several times",
    )
    parser.add_argument("--actor", metavar="NAME", help="who answers (default: the user who runs the command)")
    parser.add_argument("--events", choices=("jsonl",), help="write the run's events to standard error as JSON lines")
    configure_place(parser)


def execute(arguments: Namespace) -> int:
    """Goes on with the run until it ends or waits again."""
    from rag_cli.run_report import conclude
    from rag_cli.watch import watched
    from rag_runtime.api import resume_blocking
    from rag_runtime.reading import show_run

    place = place_of(arguments.project, arguments.store)
    with opened(place) as store:
        document = document_of(store, arguments.run)
        place.heed(document)
        answers = _answers(arguments.answer, show_run(store, arguments.run).questions if arguments.answer else ())
        actor = _actor(arguments.actor) if answers else ""
        with watched(arguments.events) as observer:
            result = resume_blocking(
                arguments.run,
                place.registry,
                root=place.root,
                store=store,
                answers=answers,
                actor=actor,
                observe=observer,
                approvals=_approved(place),
            )
        return conclude(result, document, place, arguments.events)


def _approved(place: RunPlace) -> tuple[str, ...]:
    if place.registry.policy.require_review == "never":
        return ()
    from rag_cli.approving import approved

    return approved(place.root)


def _answers(given: Sequence[str], questions: Sequence[Question]) -> dict[str, Json]:
    """The values by address. With options a value is text; without, JSON if it is that, else text."""
    free = {question.address for question in questions if not question.options}
    lone = questions[0].address if len(questions) == 1 else ""
    answers: dict[str, Json] = {}
    for word in given:
        address, text = _parted(word, questions)
        address = address or lone
        if address in answers:
            raise Trouble(
                f"{quoted(address)} is answered twice" if address else "several answers name no question",
                "write `--answer ADDRESS=VALUE`, once for each question",
            )
        answers[address] = json_or_text(text) if address in free else text
    return answers


def _parted(word: str, questions: Sequence[Question]) -> tuple[str, str]:
    """The address, empty where there is none, and the value. A pending question's address is recognised whatever it holds."""
    for question in questions:
        if word.startswith(f"{question.address}="):
            return question.address, word[len(question.address) + 1 :]
    addressed = _ADDRESS.fullmatch(word)
    return (addressed[1], addressed[2]) if addressed else ("", word)


def _actor(given: str | None) -> str:
    """Who answers. `auto` is what no person is called: it marks answers that nobody gave."""
    actor = given if given is not None else os.environ.get("USER") or os.environ.get("USERNAME") or _user()
    if not actor.strip():
        raise Trouble("it is not known who answers", "name yourself with `--actor NAME`")
    if actor == "auto":
        raise Trouble("`auto` is no person", "name yourself with `--actor NAME`")
    return actor


def _user() -> str:
    from getpass import getuser

    try:
        return getuser()
    except (KeyError, OSError, ImportError):
        return ""
