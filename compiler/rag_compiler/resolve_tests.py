"""Bind a `test`: its graph, the models and tools that it scripts, the nodes that it answers for, what it expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag_compiler import hir, syntax
from rag_compiler.diagnostics import Place
from rag_compiler.hir_tests import FACTS, Answers, Expectation, ModelAnswers, PersonAnswers, Test, ToolAnswers
from rag_compiler.names import Names
from rag_compiler.resolve_expressions import bind, distinct
from rag_compiler.resolve_names import bind_capability
from rag_compiler.resolve_values import bind_constant, constant
from rag_compiler.scope import Fields, Scope
from rag_compiler.sink import Sink
from rag_compiler.source import Span
from rag_compiler.words.names import quoted, unknown_field, unknown_node
from rag_compiler.words.structure import missing_item
from rag_compiler.words.values import bad_value
from rag_ir.graph import Json


def bind_test(test: syntax.Test, graphs: Mapping[str, hir.Graph], names: Names, sink: Sink) -> Test:
    """A test; what it names and nothing declares is a hole, and has been reported."""
    title = hir.Ref(test.title.text, test.title.span) if test.title else hir.Ref("", test.keyword.span)
    return _Binder(test, graphs, names, sink).test(title)


class _Binder:
    def __init__(self, test: syntax.Test, graphs: Mapping[str, hir.Graph], names: Names, sink: Sink) -> None:
        self.written = test
        self.graphs = graphs
        self.names = names
        self.sink = sink
        self.target = self._target()
        self.graph = graphs.get(self.target.name) if isinstance(self.target, hir.Ref) else None

    def test(self, title: hir.Ref) -> Test:
        scripts = [item for item in self.written.items if isinstance(item, syntax.Script)]
        scope = self._scope()
        return Test(
            path=self.sink.path,
            title=title,
            graph=self.target,
            input=self._input(),
            models=tuple(self._models(each for each in scripts if each.keyword.text == "model")),
            tools=tuple(self._tools(each for each in scripts if each.keyword.text == "tool")),
            people=tuple(self._people(each for each in scripts if each.keyword.text == "answer")),
            expectations=tuple(
                Expectation(bind(item.condition, scope, self.sink), item.condition.span)
                for item in self.written.items
                if isinstance(item, syntax.Expect)
            ),
            syntax=self.written,
        )

    def _target(self) -> hir.Target:
        """The graph that is tested: the one that is named, else the only one of the file."""
        for item in self.written.items:
            if isinstance(item, syntax.RefItem) and item.keyword.text == "graph":
                return bind_capability("graph", item.name, self.names, self.sink, item.span)
        here = [name for name, graph in self.graphs.items() if graph.path == self.sink.path]
        where = self.written.title.span if self.written.title else self.written.keyword.span
        if len(here) == 1:
            return hir.Ref(here[0], where)
        known = ", ".join(f"`{name}`" for name in here or self.graphs) or "there is none"
        self.sink.add(missing_item(self.sink.at(where), "the test", "graph", f"name the graph that it runs: {known}"))
        return hir.Hole(where)

    def _input(self) -> dict[str, Json]:
        given: dict[str, Json] = {}
        for item in self.written.items:
            if isinstance(item, syntax.BlockItem) and item.keyword.text == "input":
                self._check_fields(item.pairs)
                given |= self._constants(item.pairs, "the input of a test")
        return given

    def _check_fields(self, pairs: Sequence[syntax.Pair]) -> None:
        if self.graph is None or self.graph.input is None:
            return
        known = _places(self.graph)
        for pair in pairs:
            if pair.key.text not in known:
                owner = f"the input of graph `{self.graph.name.name}`"
                self.sink.add(unknown_field(self.sink.at(pair.key.span), pair.key.text, owner, known))

    def _constants(self, pairs: Sequence[syntax.Pair], item: str) -> dict[str, Json]:
        bound = {pair.key.text: bind_constant(pair.value, item, self.sink) for pair in distinct(pairs, self.sink)}
        return {key: constant(value) for key, value in bound.items() if not isinstance(value, hir.Hole)}

    def _answers(self, written: syntax.Expr, item: str) -> Answers:
        """A list is answers in turn; anything else is the answer to every call."""
        bound = bind_constant(written, item, self.sink)
        if isinstance(bound, hir.Hole):
            return Answers((), always=False)
        value = constant(bound)
        return Answers(tuple(value), always=False) if isinstance(value, list) else Answers((value,), always=True)

    def _models(self, scripts: Iterator[syntax.Script]) -> Iterator[ModelAnswers]:
        for script in scripts:
            model = bind_capability("model", script.name, self.names, self.sink, script.span)
            at = None
            if script.at is not None:
                self._check_path(script.at)
                at = hir.Ref(script.at.text, script.at.span)
            yield ModelAnswers(model, at, self._answers(script.answers, "an answer of a model"), script.span)

    def _tools(self, scripts: Iterator[syntax.Script]) -> Iterator[ToolAnswers]:
        for script in scripts:
            tool = bind_capability("tool", script.name, self.names, self.sink, script.span)
            arguments = self._constants(script.arguments or (), "an argument of a test")
            yield ToolAnswers(tool, arguments, self._answers(script.answers, "an answer of a tool"), script.span)

    def _people(self, scripts: Iterator[syntax.Script]) -> Iterator[PersonAnswers]:
        for script in scripts:
            if script.name is not None and "@" in script.name.text:
                message = f"`{script.name.text}` names a visit; give the answers in turn, as a list"
                self.sink.add(bad_value(self.sink.at(script.name.span), message))
            elif script.name is not None:
                self._check_path(script.name)
                answers = self._answers(script.answers, "an answer of a person")
                yield PersonAnswers(hir.Ref(script.name.text, script.name.span), answers)

    def _check_path(self, written: syntax.Name) -> None:
        """A task's path: a node, behind it the child that it sends to, or a node of the graph that it runs."""
        graph, path = self.graph, written.text
        if "@" in path and not _is_visit(path.rpartition("@")[2]):
            message = f"`{path}` ends in no visit: it is `@1`, `@2` .. or `@*` for all of them"
            self.sink.add(bad_value(self.sink.at(written.span), message))
            return
        words = path.partition("@")[0].split("/")
        while graph is not None and words:
            name = words.pop(0)
            if name not in graph.nodes:
                nodes = {key: Place(graph.path, node.name.span) for key, node in graph.nodes.items()}
                place = self.sink.at(_part(written, name))
                found = unknown_node(place, name, "answering node", graph.name.name, nodes, end=False, elsewhere="")
                self.sink.add(found)
                return
            node = graph.nodes[name]
            if words and (child := _child(node, words[0])):
                words.pop(0)
                graph = self.graphs.get(child.callee) if child.kind == "subgraph" else None
            elif isinstance(node.behaviour, hir.ChildNode) and isinstance(node.behaviour.callee, hir.Ref):
                graph = self.graphs.get(node.behaviour.callee.name)
            else:
                graph = graph if words else None
                if words:
                    self._unknown_child(written, words[0], node)
                    return

    def _unknown_child(self, written: syntax.Name, name: str, node: hir.Node) -> None:
        children = quoted(dict.fromkeys(send.child.callee for send in node.sends if send.child))
        help_ = f"it sends to {children}" if children else "it has no children: its path ends with its name"
        place = self.sink.at(_part(written, name))
        self.sink.add(bad_value(place, f"node `{node.name.name}` has no child `{name}`", help_, label="no such child"))

    def _scope(self) -> Scope:
        owner = self.graph.name.name if self.graph else ""
        channels = (
            {key: Place(self.graph.path, it.name.span) for key, it in self.graph.channels.items()} if self.graph else {}
        )
        fields: dict[str, Fields] = {}
        if self.graph and self.graph.input is not None:
            fields["input"] = Fields(f"the input of graph `{owner}`", _places(self.graph))
        if self.graph and self.graph.output is not None:
            path = self.graph.path
            known = {each.name.name: Place(path, each.name.span) for each in self.graph.output}
            fields["output"] = Fields(f"the output of graph `{owner}`", known)
        return Scope(owner, ("input", "state", "output"), channels, fields, FACTS)


def _places(graph: hir.Graph) -> dict[str, Place | None]:
    return {field.name.name: Place(graph.path, field.name.span) for field in graph.input or ()}


def _child(node: hir.Node, word: str) -> hir.Child | None:
    """The implicit child of a node that a word of a path names; of several for one agent the number stands behind `#`."""
    callee = word.partition("#")[0]
    return next((send.child for send in node.sends if send.child and send.child.callee == callee), None)


def _is_visit(text: str) -> bool:
    return text == "*" or (text.isdecimal() and text.isascii() and not text.startswith("0"))


def _part(written: syntax.Name, name: str) -> Span:
    """Where a part of a path stands; the whole path if its text was escaped."""
    at = written.text.find(name)
    if len(written.text.encode()) != written.span.end - written.span.start or at < 0:
        return written.span
    start = written.span.start + len(written.text[:at].encode())
    return Span(start, start + len(name.encode()))
