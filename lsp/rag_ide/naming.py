"""What the names of a source stand for, as an editor colours them."""

from __future__ import annotations

from rag_compiler.pipeline import Analysis
from rag_compiler.source import Span
from rag_ide.subjects import Sort, index
from rag_ir.record import record


@record
class Named:
    """A name, what it stands for, and whether it is declared there."""

    span: Span
    sort: Sort
    declared: bool


def naming(analysis: Analysis, path: str, within: Span | None = None) -> tuple[Named, ...]:
    """The bound names of a source in the order of the text, none within another; `within`: those that touch a range."""
    found: list[Named] = []
    for each in index(analysis).files.get(path, ()):
        span = each.place.span
        if within is not None and (span.end <= within.start or span.start >= within.end):
            continue
        if not found or found[-1].span.end <= span.start:
            found.append(Named(span, each.subject.sort, each.role == "declaration"))
    return tuple(found)
