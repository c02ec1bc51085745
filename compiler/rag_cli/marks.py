"""What is said of the nodes of a picture, and pictures of graphs that are not whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from rag_ir.finding import Finding
from rag_ir.graph import END, Document
from rag_ir.record import record, replace
from rag_ir.rules import Severity
from rag_verify.picture import Arrow, Picture, pictures

if TYPE_CHECKING:
    from rag_compiler.diagnostics import Diagnostic
    from rag_compiler.pipeline import Analysis

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@record
class Mark:
    """One finding on a node or a graph; with an empty code, something that is to be known of it."""

    severity: Severity
    code: str
    message: str

    @property
    def text(self) -> str:
        """The mark on one line."""
        return self.message if not self.code else f"{self.severity}[{self.code}]: {self.message}"


Marks = Mapping[tuple[str, str], tuple[Mark, ...]]
"""By graph and node, the worst first; the node is empty for what is said of the graph itself."""
UNMARKED: Marks = {}


def worst(marks: Iterable[Mark]) -> Severity | None:
    """The severity that a node with these marks is shown in."""
    said = {mark.severity for mark in marks if mark.code}
    return next((severity for severity in SEVERITIES if severity in said), None)


def marks_of(analysis: Analysis, diagnostics: Iterable[Diagnostic]) -> Marks:
    """Each diagnostic on the node in whose text it stands, else on the graph; those that stand in no graph are left out."""
    return _sorted(
        (where, Mark(diagnostic.severity, diagnostic.code, diagnostic.message))
        for diagnostic in diagnostics
        for where in _where(analysis, diagnostic)
    )


def marks_of_findings(document: Document, findings: Iterable[Finding]) -> Marks:
    """Each finding on an IR on the node or the graph that it points into."""
    found: list[tuple[tuple[str, str], Mark]] = []
    for finding in findings:
        for picture in pictures(document):
            rows = [box for box in picture.boxes if _within(finding.at, box.at)]
            if rows or _within(finding.at, picture.at):
                mark = Mark(finding.severity, finding.code, finding.message)
                found.append(((picture.graph, rows[0].name if rows else ""), mark))
    return _sorted(found)


def with_bounds(document: Document, marks: Marks) -> Marks:
    """The marks, with what each node and graph can cost at most behind them."""
    from rag_verify.bounds import bounds_of
    from rag_verify.bounds_text import bounds_text

    bounds = bounds_of(document)
    found = {where: [*said] for where, said in marks.items()}
    for name, graph in document.graphs.items():
        told = [("", bounds.graph(name)), *((node.name, bounds.node(name, node.name)) for node in graph.nodes)]
        for node, limits in told:
            if text := bounds_text(limits):
                found.setdefault((name, node), []).append(Mark("info", "", text))
    return {where: tuple(said) for where, said in found.items()}


def drawable(document: Document) -> list[Picture]:
    """The pictures of a document, the entry first, without arrows to or from what is not there."""
    return [_whole(picture) for picture in pictures(document) if picture.boxes]


def _where(analysis: Analysis, diagnostic: Diagnostic) -> Iterator[tuple[str, str]]:
    path, at = diagnostic.place.path, diagnostic.place.span.start
    for name, graph in analysis.project.graphs.items():
        span = graph.syntax.span
        if graph.path == path and span.start <= at <= span.end:
            nodes = graph.nodes.items()
            inside = (node for node, it in nodes if it.syntax.span.start <= at <= it.syntax.span.end)
            yield name, next(inside, "")


def _within(at: str, pointer: str) -> bool:
    return at == pointer or at.startswith(f"{pointer}/")


def _sorted(found: Iterable[tuple[tuple[str, str], Mark]]) -> Marks:
    marks: dict[tuple[str, str], list[Mark]] = {}
    for where, mark in found:
        marks.setdefault(where, []).append(mark)
    return {where: tuple(sorted(said, key=lambda it: SEVERITIES.index(it.severity))) for where, said in marks.items()}


def _whole(picture: Picture) -> Picture:
    names = {box.name for box in picture.boxes}
    return replace(picture, arrows=tuple(_arrows(picture, names)))


def _arrows(picture: Picture, names: set[str]) -> Iterator[Arrow]:
    """The arrows between boxes that there are; a join without its fork, or without what it waits for, is a route or nothing."""
    senders = {fork.sender for fork in picture.forks}
    for arrow in picture.arrows:
        if arrow.target not in names | {END} or (arrow.source and arrow.source not in names):
            continue
        after = tuple(name for name in arrow.after if name in names)
        if arrow.kind == "join" and arrow.source and arrow.source not in senders:
            yield replace(arrow, kind="route", after=())
        elif arrow.kind != "join" or arrow.source or after:
            yield replace(arrow, after=after)
