"""Answers of people: which question each is for, and whether it may be given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag_ir.graph import Json
from rag_runtime.drivers.context import settles
from rag_runtime.events import Answered, Question
from rag_runtime.journal import dump
from rag_runtime.refusals import AnswerRefused
from rag_runtime.tools.foreign import NotJson, as_json


def address(answers: Mapping[str, Json], questions: Sequence[Question], actor: str) -> list[Answered]:
    """The answers as events, in the order of their questions. An empty address means the one question that there is.

    Raises `AnswerRefused` if one of them must not be given; then none of them is.
    """
    for value in answers.values():
        _check_json(value, questions)
    by_address = {question.address: question for question in questions}
    given = {_address(place, by_address): value for place, value in answers.items()}
    for place, value in given.items():
        _check(by_address[place], value, questions)
    return [Answered(address=place, value=given[place], actor=actor) for place in by_address if place in given]


def _address(place: str, questions: Mapping[str, Question]) -> str:
    pending = tuple(questions.values())
    if not questions:
        raise AnswerRefused("no-question", "the run asks nothing", pending)
    if not place and len(questions) == 1:
        return pending[0].address
    if not place:
        raise AnswerRefused("which-question", f"the answer names no question; there are {_listed(pending)}", pending)
    if place not in questions:
        message = f"there is no question `{place}`; there {_are(pending)} {_listed(pending)}"
        raise AnswerRefused("unknown-question", message, pending)
    return place


def _check_json(value: Json, questions: Sequence[Question]) -> None:
    try:
        as_json(value, "the answer")
    except NotJson as error:
        raise AnswerRefused("bad-answer", str(error), questions) from None


def _check(question: Question, value: Json, questions: Sequence[Question]) -> None:
    if question.cause == "effect-in-doubt":
        fits, valid = settles(value), "`retry`, `fail`, `result VALUE`"
    else:
        fits = not question.options or (isinstance(value, str) and value in question.options)
        valid = ", ".join(f"`{option}`" for option in question.options)
    if not fits:
        shown = value if isinstance(value, str) else dump(value)
        message = f"`{shown}` is no answer to `{question.address}`; it takes {valid}"
        raise AnswerRefused("bad-answer", message, questions)


def _listed(questions: Sequence[Question]) -> str:
    return ", ".join(f"`{question.address}`" for question in questions)


def _are(questions: Sequence[Question]) -> str:
    return "is" if len(questions) == 1 else "are"
