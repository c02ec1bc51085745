"""Where each part of the IR comes from: JSON pointers into a document, and the places in the text."""

from __future__ import annotations

from collections.abc import Mapping

from rag_compiler.diagnostics import Place
from rag_compiler.source import Span
from rag_ir.record import field, record


@record
class Places:
    """The places of one declaration as they are collected; pointers are strings."""

    path: str
    found: dict[str, Place] = field(default_factory=dict[str, Place])
    docs: dict[str, str] = field(default_factory=dict[str, str])

    def put(self, at: str, span: Span) -> None:
        """A pointer comes from a span of this declaration's file."""
        self.found[at] = Place(self.path, span)

    def document(self, at: str, doc: str) -> None:
        """The documentation of what a pointer leads to, if there is any."""
        if doc:
            self.docs[at] = doc


def nearest(places: Mapping[str, Place], at: str) -> Place | None:
    """The place of a pointer, else of the nearest part around it."""
    while at not in places:
        if not at:
            return None
        at = at.rpartition("/")[0]
    return places[at]
