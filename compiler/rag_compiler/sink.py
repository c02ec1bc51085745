"""Where a pass leaves its diagnostics while it walks one file."""

from __future__ import annotations

from rag_compiler.diagnostics import Diagnostic, Place
from rag_compiler.source import Span
from rag_ir.record import field, record

MOST_NAMES = 1_000
"""Once so many findings are there, a name that does not resolve is no further one: each is compared with all names."""


@record
class Sink:
    """The path of the file that is walked, and what has been found so far."""

    path: str
    found: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def at(self, span: Span) -> Place:
        """A span of this file."""
        return Place(self.path, span)

    @property
    def full(self) -> bool:
        """Whether names that do not resolve are no longer reported."""
        return len(self.found) >= MOST_NAMES

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic."""
        self.found.append(diagnostic)
