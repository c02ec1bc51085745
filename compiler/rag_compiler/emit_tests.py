"""Emit tests: what a runner needs of them."""

from __future__ import annotations

from collections.abc import Iterator

from rag_compiler.diagnostics import Diagnostic, Place
from rag_compiler.emit_code import name_of
from rag_compiler.hir_tests import Answers, Expectation, Test
from rag_compiler.pipeline import Analysis, compile_graph
from rag_ir.graph import Document, Json
from rag_ir.record import record


@record
class TestCase:
    """A test that can be run. `models` are (model, task path or null, answers), `tools` (tool, arguments, answers), `people`
    (node, answers)."""

    title: str
    place: Place
    document: Document
    input: dict[str, Json]
    models: tuple[tuple[str, str | None, Answers], ...]
    tools: tuple[tuple[str, dict[str, Json], Answers], ...]
    people: tuple[tuple[str, Answers], ...]
    expectations: tuple[Expectation, ...]


@record
class Broken:
    """A test that cannot be run, because of errors in it or in what it runs."""

    title: str
    place: Place
    errors: tuple[Diagnostic, ...]


def emit_tests(analysis: Analysis) -> Iterator[TestCase | Broken]:
    """The tests of a project, in the order of files and texts."""
    documents: dict[str, Document | tuple[Diagnostic, ...]] = {}
    for test in analysis.project.tests:
        graph = name_of(test.graph)
        if graph in analysis.project.graphs and graph not in documents:
            documents[graph] = compile_graph(analysis, graph)
        yield _test(test, documents.get(graph, ()), analysis)


def _test(test: Test, document: Document | tuple[Diagnostic, ...], analysis: Analysis) -> TestCase | Broken:
    place = Place(test.path, test.title.span)
    own = tuple(each for each in analysis.diagnostics if each.severity == "error" and _inside(each, test))
    if own or not isinstance(document, Document):
        return Broken(test.title.name, place, own or (() if isinstance(document, Document) else document))
    return TestCase(
        title=test.title.name,
        place=place,
        document=document,
        input=test.input,
        models=tuple((name_of(it.model), it.at.name if it.at else None, it.answers) for it in test.models),
        tools=tuple((name_of(it.tool), it.arguments, it.answers) for it in test.tools),
        people=tuple((it.node.name, it.answers) for it in test.people),
        expectations=test.expectations,
    )


def _inside(diagnostic: Diagnostic, test: Test) -> bool:
    place = diagnostic.place
    return place.path == test.path and test.syntax.span.start <= place.span.start <= test.syntax.span.end
