"""Diagnostics as data: what is wrong, where, what else belongs to it, and the edits that mend it.

Rendering is elsewhere; wording is made by one constructor per rule in `words/`.
"""

from __future__ import annotations

from typing import Literal

from rag_compiler.source import Span
from rag_ir.record import record
from rag_ir.rules import RULES, Severity

Applicability = Literal["safe", "suggested"]


@record
class Place:
    """A span in a file, named by its path."""

    path: str
    span: Span


@record
class Label:
    """A place and what it is."""

    place: Place
    message: str


@record
class Edit:
    """Replace the bytes of a span with a text."""

    place: Place
    text: str


@record
class Fix:
    """Edits that belong together. `safe`: keeps or restores the meaning; `suggested`: a person should look."""

    title: str
    edits: tuple[Edit, ...]
    applicability: Applicability = "safe"


@record
class Diagnostic:
    """One finding on the text. `message` is one clause without a full stop, names in backticks. Lines of `help` are ways to mend it.

    `flow` is the witness of a fact about a whole graph: the steps of one way that leads to it, in the order in which they are taken.
    """

    code: str
    place: Place
    message: str
    label: str = ""
    help: str = ""
    related: tuple[Label, ...] = ()
    flow: tuple[Label, ...] = ()
    candidates: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    level: Severity | None = None

    @property
    def severity(self) -> Severity:
        """The severity: the rule's, unless the manifest says otherwise."""
        return self.level or RULES[self.code].severity


def in_order(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Sorted by file, position, code and message; equal ones once."""
    key = {(d.place.path, d.place.span.start, d.place.span.end, d.code, d.message): d for d in diagnostics}
    return [key[k] for k in sorted(key)]
