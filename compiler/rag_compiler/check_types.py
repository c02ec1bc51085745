"""Types: does every expression fit its place?

In:  the HIR of a graph or an agent.
Out: diagnostics at the innermost part that does not fit. What is a hole, or `json`, fits everywhere; what is written in a template
     may be of any type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rag_compiler import hir, syntax
from rag_compiler.check_values import channel_type
from rag_compiler.default_writes import DefaultWrites, child_writes, default_writes
from rag_compiler.diagnostics import Label
from rag_compiler.hir_tests import Test
from rag_compiler.relate_types import Types
from rag_compiler.sink import Sink
from rag_compiler.source import Span
from rag_compiler.type_of import Typing, Wanted
from rag_compiler.type_of_facts import Known, facts_when
from rag_compiler.type_of_graphs import GraphTypes, agent_known, graph_types, test_known
from rag_compiler.type_of_roots import is_required, output_is_null
from rag_compiler.type_of_writes import written_type
from rag_compiler.words.structure import missing_item
from rag_ir.record import replace
from rag_ir.types import BOOL, JSON, NULL, ListOf, TypeValue
from rag_registry.registry import Registry

Seen = Callable[[Span, TypeValue], None]
"""Is told of every part of an expression, and of its type."""


def check_graph_types(
    graph: hir.Graph, project: hir.Project, registry: Registry, types: Types, sink: Sink, seen: Seen | None = None
) -> None:
    """Every expression of a graph, and what its nodes write."""
    checks = _Graph(graph_types(graph, project, registry, types), sink, seen)
    for node in graph.nodes.values():
        checks.node(node)
    checks.output()


def check_agent_types(agent: hir.Agent, types: Types, sink: Sink, seen: Seen | None = None) -> None:
    """The texts of an agent."""
    typing, known = Typing(types, sink, seen), agent_known(agent)
    for text in (agent.system, agent.prompt):
        if text is not None:
            typing.of(text, known)


def check_test_types(test: Test, project: hir.Project, types: Types, sink: Sink) -> None:
    """The expectations of a test. What may be null in a run may be named as if it were not: the expectation fails then."""
    typing = Typing(types, sink)
    known = test_known(project.graphs.get(test.graph.name) if isinstance(test.graph, hir.Ref) else None)
    for expectation in test.expectations:
        typing.expect(expectation.condition, Wanted("`expect`", BOOL), known)


class _Graph:
    """One graph that is checked."""

    def __init__(self, site: GraphTypes, sink: Sink, seen: Seen | None) -> None:
        self.site = site
        self.graph = site.graph
        self.sink = sink
        self.typing = Typing(site.types, sink, seen)

    def node(self, node: hir.Node) -> None:
        """What a node is given, what it writes, whom it sends to, and where it goes."""
        self._behaviour(node)
        self._writes(node)
        for send in node.sends:
            self._send(node, send)
        for routing in node.routings:
            if isinstance(routing, hir.Routes):
                self._guards(node, routing)

    def output(self) -> None:
        """The fields of the run's output."""
        known = self.site.ending()
        for field in self.graph.output or ():
            if field.value is not None:
                what = f"output `{field.name.name}` of graph `{self.graph.name.name}`"
                self.typing.expect(field.value, Wanted(what, field.type.value), known)

    # ---- what a node is given --------------------------------------------------------------------------------------------

    def _behaviour(self, node: hir.Node) -> None:
        known = self.site.before(node)
        match node.behaviour:
            case hir.ModelNode(agent=agent, system=system, prompt=prompt):
                for text in (system, prompt):
                    if text is not None:
                        self.typing.of(text, known)
                if isinstance(agent, hir.Ref):
                    self._derived(node, hir.Child("subagent", agent.name), agent.span, known)
            case hir.ToolNode(tool=tool, arguments=arguments):
                self._arguments(tool, arguments, known)
            case hir.ChildNode(kind=kind, callee=hir.Ref(name, span), input=given):
                child = hir.Child(kind, name)
                if given is None:
                    self._derived(node, child, span, known)
                else:
                    self._given(child, given, known)
            case hir.ChildNode(input=given):
                self._all(given or (), known)
            case hir.InterruptNode(prompt=prompt) if prompt is not None:
                self.typing.of(prompt, known)
            case _:
                pass

    def _arguments(self, tool: hir.Target, arguments: hir.Entries, known: Known) -> None:
        schema = self.site.declared.tool_input(tool.name) if isinstance(tool, hir.Ref) else JSON
        fields = self.site.types.fields_of(schema)
        for entry in arguments:
            field = fields.get(entry.key.name)
            what = f"argument `{entry.key.name}` of tool `{tool.name if isinstance(tool, hir.Ref) else ''}`"
            self._entry(entry, Wanted(what, field.type) if field else None, known)

    def _given(self, child: hir.Child, given: hir.Entries, known: Known) -> None:
        """The mapping of a child's input. Fields that it does not declare are kept."""
        fields = {field.name.name: field for field in self.site.declared.callee_input(child) or ()}
        for entry in given:
            field = fields.get(entry.key.name)
            self._entry(entry, self._of_input(child, field) if field else None, known)

    def _derived(self, node: hir.Node, child: hir.Child, span: Span, known: Known) -> None:
        """A child's input without a mapping: the channels, else the fields of the run's input, of the declared names."""
        if any(isinstance(way, tuple) for way in self.site.ways.get(node.name.name, ())):
            return
        inputs = {field.name.name for field in self.graph.input or ()}
        for field in self.site.declared.callee_input(child) or ():
            name = field.name.name
            root: hir.Root | None = "state" if name in self.graph.channels else "input" if name in inputs else None
            if root is not None:
                source = hir.Get(root, (name,), span, (span,))
                found = Typing(self.site.types, self.sink).of(source, known)
                self.typing.fit(source, self._defaulted(found, field), self._of_input(child, field))

    def _defaulted(self, found: TypeValue, field: hir.Field) -> TypeValue:
        """Null counts as not given where the field has a default."""
        return found if is_required(field) else self.site.types.without_null(found)

    def _of_input(self, child: hir.Child, field: hir.Field) -> Wanted:
        noun = "agent" if child.kind == "subagent" else "graph"
        type_ = field.type.value
        if not is_required(field):
            type_ = self.site.types.join((type_, NULL))
        return Wanted(f"`{field.name.name}` of {noun} `{child.callee}`", type_)

    def _entry(self, entry: hir.Entry, wanted: Wanted | None, known: Known) -> None:
        if wanted is None:
            self.typing.of(entry.value, known)
        else:
            self.typing.expect(entry.value, wanted, known)

    def _all(self, entries: Iterable[hir.Entry], known: Known) -> None:
        for entry in entries:
            self.typing.of(entry.value, known)

    # ---- what is written -------------------------------------------------------------------------------------------------

    def _writes(self, node: hir.Node) -> None:
        known, output = self.site.writing(node), self.site.declared.output(node)
        self._channels(node.writes, known)
        self._into(node.into, output)
        if node.writes is None and node.into is None:
            made = default_writes(node.behaviour, self.graph, self.site.declared.project, self.site.declared.registry)
            self._by_name(made, output, _output_fields(node), node.name.span)
        if output_is_null(node):
            known = replace(known, roots=self.site.after(node).roots)
        self._channels(node.update, known)

    def _channels(self, entries: hir.Entries | None, known: Known) -> None:
        for entry in entries or ():
            channel = self.graph.channels.get(entry.key.name)
            self._entry(entry, self._written(channel) if channel else None, known)

    def _into(self, into: hir.Target | None, output: TypeValue) -> None:
        channel = self.graph.channels.get(into.name) if isinstance(into, hir.Ref) else None
        if channel is not None and into is not None:
            self._fit(into.span, output, self._written(channel), "output")

    def _by_name(self, made: DefaultWrites, output: TypeValue, spans: dict[str, Span], otherwise: Span) -> None:
        """Fields that go to the channels of their names: null is not written so."""
        fields = self.site.types.fields_of(output)
        for name in made.fields:
            if name in fields and name in self.graph.channels:
                found = self.site.types.without_null(fields[name].type)
                goes = (
                    f"field `{name}` of the output goes to the channel of that name; `writes {{ .. }}` says otherwise"
                )
                wanted = replace(self._written(self.graph.channels[name]), help=goes)
                self._fit(spans.get(name, otherwise), found, wanted, f"output.{name}")

    def _fit(self, span: Span, found: TypeValue, wanted: Wanted, text: str) -> None:
        finding = self.typing.misfit(span, text, found, wanted)
        if finding is not None:
            self.sink.add(finding)

    def _written(self, channel: hir.Channel) -> Wanted:
        name = channel.name.name
        declared = Label(self.sink.at(channel.name.span), f"`{name}` is declared here")
        reducer = channel.reducer.name if channel.reducer else ""
        what = f"channel `{name}`" if channel_type(channel) != JSON else f"channel `{name}`, which is a `{reducer}`,"
        return Wanted(what, written_type(channel, self.site.types), related=(declared,))

    # ---- whom it sends to ------------------------------------------------------------------------------------------------

    def _send(self, node: hir.Node, send: hir.Send) -> None:
        after = self.site.after(node)
        if send.each is not None:
            self.typing.expect(send.each.source, Wanted("`each`", ListOf(JSON)), after)
        known = self.site.sending(node, send)
        child = send.child or self._answering(send.target)
        if child is None or send.payload is None:
            self._all(send.payload or (), known)
        else:
            self._given(child, send.payload, known)
            if send.child is None:
                self._missing(child, send.payload, send.target.span)
        if send.child is not None:
            self._of_child(node, send, send.child)

    def _answering(self, target: hir.Target) -> hir.Child | None:
        """The child that a declared node runs, where the payload becomes that child's input."""
        node = self.graph.nodes.get(target.name) if isinstance(target, hir.Ref) else None
        match node.behaviour if node else None:
            case hir.ChildNode(kind=kind, callee=hir.Ref(name), input=None):
                return hir.Child(kind, name)
            case _:
                return None

    def _missing(self, child: hir.Child, given: hir.Entries, span: Span) -> None:
        """What the input of a child lacks that a node runs with its payload."""
        names = {entry.key.name for entry in given}
        for field in self.site.declared.callee_input(child) or ():
            if is_required(field) and field.name.name not in names:
                noun = "agent" if child.kind == "subagent" else "graph"
                help_ = f"add `{field.name.name}: ..`, or declare it with a default or as `{field.name.name}: T?`"
                owner = f"the input of {noun} `{child.callee}`"
                self.sink.add(missing_item(self.sink.at(span), owner, field.name.name, help_))

    def _of_child(self, node: hir.Node, send: hir.Send, child: hir.Child) -> None:
        output = self.site.declared.child_output(child)
        self._channels(send.writes, self.site.of_child(node, send))
        self._into(send.into, output)
        if send.writes is None and send.into is None:
            made = child_writes(child, self.graph, self.site.declared.project)
            self._by_name(made, output, {}, send.target.span)

    # ---- where it goes ---------------------------------------------------------------------------------------------------

    def _guards(self, node: hir.Node, routes: hir.Routes) -> None:
        """Entries are tried in order: below a guard it was false, and below `tool_call` there is an answer."""
        known = self.site.after(node)
        for entry in routes.entries:
            if entry.label is not None and entry.label.name == "tool_call":
                output = self.site.declared.output(node)
                known = replace(known, roots={**known.roots, "output": output})
            if entry.guard is not None:
                self.typing.expect(entry.guard, Wanted("a guard", BOOL, guard=True), known)
                known = known.with_facts(facts_when(entry.guard, False))


def _output_fields(node: hir.Node) -> dict[str, Span]:
    """Where the fields of a node's own `output { .. }` are named."""
    for item in node.syntax.items:
        match item:
            case syntax.TypeItem(syntax.Name("output"), syntax.RecordType(fields)):
                return {field.name.text: field.name.span for field in fields}
            case _:
                pass
    return {}
