"""What a name in source refers to, where that is declared, and where it is named: one index of an analysis, made when first asked.

A subject is what a name stands for; an occurrence is a place where it is named. Only names that are bound have one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Literal

from rag_compiler import hir, syntax
from rag_compiler.diagnostics import Place
from rag_compiler.hir_tests import Test
from rag_compiler.pipeline import Analysis
from rag_compiler.source import Span
from rag_ide.walk import expressions, types
from rag_ir.record import record

Sort = Literal["graph", "agent", "type", "node", "channel", "field", "model", "tool", "router"]
Role = Literal["declaration", "use", "read", "write"]

_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")
_MANIFEST: dict[Sort, str] = {"model": "models", "tool": "tools", "router": "routers", "agent": "agents"}


@record
class Subject:
    """What a name refers to. `owner` is the graph of a node, a channel or an input's field, the agent of an agent's, else empty."""

    sort: Sort
    owner: str
    name: str


@record
class Occurrence:
    """A place where a subject is named."""

    subject: Subject
    place: Place
    role: Role


@record
class Index:
    """All occurrences, by file in the order of the text, and by subject; and where each subject is declared."""

    files: Mapping[str, tuple[Occurrence, ...]]
    subjects: Mapping[Subject, tuple[Occurrence, ...]]

    def at(self, path: str, offset: int) -> Occurrence | None:
        """The innermost occurrence that holds a place, or ends there."""
        here = self.files.get(path, ())
        last = bisect_right(here, offset, key=lambda each: each.place.span.start)
        near = (each for each in reversed(here[max(last - 8, 0) : last]) if each.place.span.end >= offset)
        return next(near, None)

    def of(self, subject: Subject) -> tuple[Occurrence, ...]:
        """Every place where a subject is named."""
        return self.subjects.get(subject, ())


def index(analysis: Analysis) -> Index:
    """The index of an analysis; the last ones made are kept."""
    return _index(_Identity(analysis))


class _Identity:
    """An analysis as a key: itself, not what it is equal to."""

    __slots__ = ("analysis",)

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.analysis is self.analysis

    def __hash__(self) -> int:
        return id(self.analysis)


_ALLOWED: dict[str, Sort] = {
    "models": "model", "tools": "tool", "agents": "agent", "graphs": "graph", "routers": "router",
}  # fmt: skip


@lru_cache(maxsize=4)
def _index(key: _Identity) -> Index:
    files: dict[str, list[Occurrence]] = {}
    subjects: dict[Subject, list[Occurrence]] = {}
    seen: set[tuple[str, Span, Sort]] = set()
    for each in _occurrences(key.analysis):
        mark = (each.place.path, each.place.span, each.subject.sort)
        if each.place.span.start < each.place.span.end and mark not in seen:
            seen.add(mark)
            files.setdefault(each.place.path, []).append(each)
            subjects.setdefault(each.subject, []).append(each)
    ordered = {path: tuple(sorted(here, key=lambda each: each.place.span)) for path, here in files.items()}
    return Index(ordered, {subject: tuple(here) for subject, here in subjects.items()})


def registered_at(subject: Subject) -> tuple[str, str] | None:
    """The section and name of the manifest's entry that a subject may be."""
    section = _MANIFEST.get(subject.sort)
    return (section, subject.name) if section else None


# ---- what stands where ---------------------------------------------------------------------------------------------------


def _occurrences(analysis: Analysis) -> Iterator[Occurrence]:
    texts = {file.path: file.data for file in analysis.files}
    for graph in (*analysis.project.graphs.values(), *analysis.project.unnamed):
        yield from _Graph(analysis, graph, texts.get(graph.path, b"")).occurrences()
    for agent in analysis.project.agents.values():
        if agent.origin.path is not None and agent.syntax is not None:
            yield from _agent(analysis, agent, agent.origin.path, texts.get(agent.origin.path, b""))
    for test in analysis.project.tests:
        yield from _test(test, texts.get(test.path, b""))
    for name, declared in analysis.project.types.items():
        yield Occurrence(Subject("type", "", name), Place(declared.path, declared.name.span), "declaration")
    for file, tree in zip(analysis.files, analysis.trees, strict=True):
        for used in types(tree):
            if used.text in analysis.project.types:
                yield Occurrence(Subject("type", "", used.text), Place(file.path, used.span), "use")


def _agent(analysis: Analysis, agent: hir.Agent, path: str, text: bytes) -> Iterator[Occurrence]:
    yield Occurrence(Subject("agent", "", agent.name), Place(path, agent.origin.span), "declaration")
    if isinstance(agent.model, hir.Ref) and agent.model.span != agent.origin.span:
        yield from _uses(path, "model", agent.model)
    yield from _uses(path, "tool", *agent.tools)
    for field in agent.input or ():
        yield Occurrence(Subject("field", agent.name, field.name.name), Place(path, field.name.span), "declaration")
    for expression in (agent.system, agent.prompt):
        for get in expressions(expression):
            yield from _input(get, path, text, agent.name)


def _test(test: Test, text: bytes) -> Iterator[Occurrence]:
    path, graph = test.path, test.graph
    if not isinstance(graph, hir.Ref):
        return
    if test.syntax.title is None or graph.span != test.syntax.title.span:
        yield from _uses(path, "graph", graph)
    yield from _uses(path, "model", *(each.model for each in test.models))
    yield from _uses(path, "tool", *(each.tool for each in test.tools))
    for at in (*(each.at for each in test.models if each.at is not None), *(each.node for each in test.people)):
        node, span = re.split("[/@]", at.name)[0], _names_in(text, at.span)
        if span:
            yield Occurrence(Subject("node", graph.name, node), Place(path, span[0]), "use")
    for item in test.syntax.items:
        if isinstance(item, syntax.BlockItem) and item.keyword.text == "input":
            for pair in item.pairs:
                yield Occurrence(Subject("field", graph.name, pair.key.text), Place(path, pair.key.span), "use")
    for expectation in test.expectations:
        for get in expressions(expectation.condition):
            yield from _input(get, path, text, graph.name)
            if get.root == "state":
                yield from _channel(get, path, text, graph.name)


def _channel(get: hir.Get, path: str, text: bytes, owner: str) -> Iterator[Occurrence]:
    if get.members:
        found = _names_in(text, get.span)
        place = Place(path, found[1] if len(found) > 1 else get.span)
        yield Occurrence(Subject("channel", owner, get.members[0]), place, "read")


def _uses(path: str, sort: Sort, *targets: hir.Target | None, owner: str = "") -> Iterator[Occurrence]:
    for target in targets:
        if isinstance(target, hir.Ref) and target.name != "END":
            yield Occurrence(Subject(sort, owner, target.name), Place(path, target.span), "use")


def _names_in(text: bytes, span: Span) -> list[Span]:
    """The places of the words of a path."""
    return [Span(match.start(), match.end()) for match in _NAME.finditer(text, span.start, span.end)]


def _input(get: hir.Get, path: str, text: bytes, owner: str) -> Iterator[Occurrence]:
    if get.root == "input" and get.members:
        found = _names_in(text, get.span)
        if len(found) > 1:
            yield Occurrence(Subject("field", owner, get.members[0]), Place(path, found[1]), "read")


@record
class _Graph:
    analysis: Analysis
    graph: hir.Graph
    text: bytes

    def occurrences(self) -> Iterator[Occurrence]:
        graph, path, owner = self.graph, self.graph.path, self.graph.name.name
        yield Occurrence(Subject("graph", "", owner), Place(path, graph.name.span), "declaration")
        yield from self.nodes(graph.start)
        for field in graph.input or ():
            yield Occurrence(Subject("field", owner, field.name.name), Place(path, field.name.span), "declaration")
        for channel in graph.channels.values():
            yield Occurrence(
                Subject("channel", owner, channel.name.name), Place(path, channel.name.span), "declaration"
            )
        for field in graph.output or ():
            yield from self.reads(field.value)
        for join in graph.joins:
            yield from self.nodes(*join.sources, join.target)
        for allowed in graph.allow:
            sort = _ALLOWED.get(allowed.kind)
            if sort is not None:
                yield from _uses(path, sort, *allowed.names)
        for item in graph.syntax.items:
            yield from self.item(item)
        for node in graph.nodes.values():
            yield from self.node(node)

    def item(self, item: syntax.Item) -> Iterator[Occurrence]:
        """What only the text says: sources of edges, and the model of `defaults`."""
        match item:
            case syntax.Edge(source=syntax.Name(text, span)) if text in self.graph.nodes:
                yield from self.nodes(hir.Ref(text, span))
            case syntax.BlockItem(keyword, pairs) if keyword.text == "defaults":
                for pair in pairs:
                    if pair.key.text == "model" and isinstance(pair.value, syntax.Literal):
                        yield from self.default_model(pair.value)
            case _:
                pass

    def default_model(self, value: syntax.Literal) -> Iterator[Occurrence]:
        if value.value in self.analysis.registry.models:
            span = Span(value.span.start + 1, value.span.end - 1)
            yield from _uses(self.graph.path, "model", hir.Ref(str(value.value), span))

    def node(self, node: hir.Node) -> Iterator[Occurrence]:
        path, owner = self.graph.path, self.graph.name.name
        yield Occurrence(Subject("node", owner, node.name.name), Place(path, node.name.span), "declaration")
        yield from self.behaviour(node.behaviour, node)
        yield from self.writes(node.writes)
        yield from self.writes(node.update)
        yield from self.written(node.into)
        yield from self.nodes(node.on_error)
        for routing in node.routings:
            yield from self.routing(routing)
        for send in node.sends:
            yield from self.send(send)

    def behaviour(self, behaviour: hir.Behaviour, node: hir.Node) -> Iterator[Occurrence]:
        path = self.graph.path
        match behaviour:
            case hir.ModelNode(agent=agent, model=model, system=system, prompt=prompt, tools=tools):
                yield from _uses(path, "agent", agent)
                if isinstance(model, hir.Ref) and model.span not in (node.name.span, self.graph.name.span):
                    yield from _uses(path, "model", model)
                yield from _uses(path, "tool", *tools)
                yield from self.reads(system, prompt)
            case hir.ExecutorNode(tools):
                yield from _uses(path, "tool", *(tools or ()))
            case hir.ToolNode(tool, arguments):
                yield from _uses(path, "tool", tool)
                yield from self.reads(*(entry.value for entry in arguments))
            case hir.RouterNode(router):
                yield from _uses(path, "router", router)
            case hir.ChildNode(kind=kind, callee=callee, input=given):
                yield from self.callee("agent" if kind == "subagent" else "graph", callee, given)
            case hir.InterruptNode(prompt=prompt):
                yield from self.reads(prompt)
            case hir.JoinNode(sources=sources):
                yield from self.nodes(*(sources or ()))
            case hir.PassNode() | hir.UnknownNode():
                pass

    def callee(self, sort: Sort, callee: hir.Target, given: hir.Entries | None) -> Iterator[Occurrence]:
        """What is called, and what it is given."""
        path = self.graph.path
        yield from _uses(path, sort, callee)
        for entry in given or ():
            yield from self.reads(entry.value)
            if isinstance(callee, hir.Ref):
                yield Occurrence(Subject("field", callee.name, entry.key.name), Place(path, entry.key.span), "use")

    def routing(self, routing: hir.Routing) -> Iterator[Occurrence]:
        match routing:
            case hir.Next(target=target):
                yield from self.nodes(target)
            case hir.JoinSends(target=target, options=options):
                yield from self.nodes(target, options.on_timeout)
            case hir.Routes(entries=entries):
                for entry in entries:
                    yield from self.nodes(entry.target)
                    yield from self.reads(entry.guard)

    def send(self, send: hir.Send) -> Iterator[Occurrence]:
        if send.child is None:
            yield from self.nodes(send.target)
            yield from self.reads(*(entry.value for entry in send.payload or ()))
        else:
            yield from self.callee("agent" if send.child.kind == "subagent" else "graph", send.target, send.payload)
        if send.each is not None:
            yield from self.reads(send.each.source)
        yield from self.writes(send.writes)
        yield from self.written(send.into)

    def nodes(self, *targets: hir.Target | None) -> Iterator[Occurrence]:
        yield from _uses(self.graph.path, "node", *targets, owner=self.graph.name.name)

    def writes(self, entries: hir.Entries | None) -> Iterator[Occurrence]:
        for entry in entries or ():
            yield from self.written(entry.key)
            yield from self.reads(entry.value)

    def written(self, channel: hir.Target | None) -> Iterator[Occurrence]:
        if isinstance(channel, hir.Ref):
            subject = Subject("channel", self.graph.name.name, channel.name)
            yield Occurrence(subject, Place(self.graph.path, channel.span), "write")

    def reads(self, *given: hir.Expr | None) -> Iterator[Occurrence]:
        """The channels and the fields of the input that expressions name."""
        path, owner = self.graph.path, self.graph.name.name
        for expression in given:
            for get in expressions(expression):
                yield from _input(get, path, self.text, owner)
                if get.root == "state":
                    yield from _channel(get, path, self.text, owner)
