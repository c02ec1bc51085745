"""What the expressions of one graph know: the types of their roots, and the channels that hold a value, node by node."""

from __future__ import annotations

from collections.abc import Mapping

from rag_compiler import hir
from rag_compiler.check_values import channel_type
from rag_compiler.default_writes import child_writes, default_writes
from rag_compiler.relate_types import Types, types_of
from rag_compiler.sink import Sink
from rag_compiler.type_of import Typing
from rag_compiler.type_of_args import Arrival, all_succeed, args_type, arrivals
from rag_compiler.type_of_channels import Sure, Writes, surely_written
from rag_compiler.type_of_facts import Known
from rag_compiler.type_of_members import element
from rag_compiler.type_of_roots import Declared, input_type, output_is_null, state_type
from rag_ir.record import mutable, replace
from rag_ir.types import FLOAT, INT, JSON, NULL, STRING, ListOf, Literals, Record, RecordField, TypeValue
from rag_registry.registry import Registry

KEEPING = ("overwrite", "first")
"""Reducers whose channel keeps what was written."""
DEEPEST = 16


def project_types(project: hir.Project) -> Types:
    """The relations between the declared types of a project."""
    return types_of({name: declared.type.value for name, declared in project.types.items()})


@mutable
class GraphTypes:
    """One graph. `args` are the types that are known so far; a node that is still looked at is `json` to those that it sends to,
    and so is what lies behind more than `DEEPEST` sends that have not been looked at."""

    graph: hir.Graph
    declared: Declared
    types: Types
    input: TypeValue
    state: TypeValue
    ways: Mapping[str, list[Arrival]]
    args: dict[str, TypeValue]
    sure: Sure | None
    depth: int

    def before(self, node: hir.Node) -> Known:
        """What a node knows when it starts, and while it writes."""
        return self._known(node, self._sure().before)

    def writing(self, node: hir.Node) -> Known:
        """What the node's `writes` and `update` know: the state from before it, and its output. `update` sees null for an
        answer that only calls tools."""
        return _with_output(self.before(node), self.declared.output(node))

    def after(self, node: hir.Node) -> Known:
        """What the node's sends and guards know, once its writes are in the state."""
        output = self.declared.output(node)
        if output_is_null(node):
            output = self.types.join([output, NULL])
        return _with_output(self._known(node, self._sure().after), output)

    def of_child(self, node: hir.Node, send: hir.Send) -> Known:
        """What the `writes` of a send's implicit child know."""
        known = replace(
            self.before(node), roots={"input": self.input, "state": self.state, "args": self.payload(node, send)}
        )
        return _with_output(known, self.declared.child_output(send.child) if send.child else JSON)

    def ending(self) -> Known:
        """What the graph's `output` block knows."""
        return Known({"input": self.input, "state": self.state}, channels=self._sure().end)

    def payload(self, node: hir.Node, send: hir.Send) -> TypeValue:
        """The type of what a send starts its target with."""
        if send.payload is None:
            return NULL
        typing, known = self.silent(), self.sending(node, send)
        return self.types.bounded(
            Record(tuple(RecordField(entry.key.name, typing.of(entry.value, known), True) for entry in send.payload))
        )

    def sending(self, node: hir.Node, send: hir.Send) -> Known:
        """What the payload of a send knows: its loop variable too."""
        known = self.after(node)
        if send.each is None:
            return known
        source = self.silent().of(send.each.source, known)
        return known.with_variable(send.each.variable, element(self.types, source) or JSON)

    def silent(self) -> Typing:
        """One that finds types, and whose findings nobody reads."""
        return Typing(self.types, Sink(self.graph.path))

    def args_of(self, node: hir.Node) -> TypeValue:
        """The type of `args` in a node."""
        name = node.name.name
        if name not in self.args:
            if self.depth > DEEPEST:
                return JSON
            self.depth += 1
            self.args[name] = JSON
            self.args[name] = args_type(self.ways.get(name, []), self.payload, self.types)
            self.depth -= 1
        return self.args[name]

    def follow(self) -> None:
        """Find the channels that hold a value; what `args` were taken for meanwhile is forgotten."""
        self._sure()
        self.args.clear()

    def _known(self, node: hir.Node, sure: Mapping[str, frozenset[str]]) -> Known:
        roots = {"input": self.input, "state": self.state, "args": self.args_of(node)}
        return Known(roots, channels=sure.get(node.name.name, frozenset()))

    def _sure(self) -> Sure:
        """What the paths of the graph say of its channels; nothing, while that is found out."""
        if self.sure is None:
            nothing = dict.fromkeys(self.graph.nodes, frozenset[str]())
            self.sure = Sure(nothing, nothing, frozenset())
            self.sure = self._follow()
        return self.sure

    def _follow(self) -> Sure:
        asked = frozenset(
            name
            for name, each in self.graph.channels.items()
            if each.reducer and each.reducer.name in KEEPING and self.types.nullable(channel_type(each))
        )
        if not asked:
            return surely_written(self.graph, asked, asked, lambda node: _NOTHING, self.declared.registry)
        written = {name: self._written(node) for name, node in self.graph.nodes.items()}
        spoiled = {channel for _, spoils in written.values() for channel in spoils}
        kept = asked - spoiled
        filled = frozenset(name for name in kept if not _begins_null(self.graph.channels[name]))
        return surely_written(
            self.graph, kept, filled, lambda node: _within(written[node.name.name][0], kept), self.declared.registry
        )

    def _written(self, node: hir.Node) -> tuple[Writes, set[str]]:
        """What a node surely writes, and the channels into which it may write null."""
        typing, known, spoiled = self.silent(), self.writing(node), set[str]()

        def full(channel: str, type_: TypeValue) -> bool:
            holds = self.types.fits(type_, self._not_null(channel))
            if not holds:
                spoiled.add(channel)
            return holds

        def of(entries: hir.Entries | None, known: Known) -> set[str]:
            return {each.key.name for each in entries or () if full(each.key.name, typing.of(each.value, known))}

        output = self.declared.output(node)
        direct = of(node.writes, known)
        if isinstance(node.into, hir.Ref) and full(node.into.name, output):
            direct.add(node.into.name)
        if node.writes is None and node.into is None:
            made = default_writes(node.behaviour, self.graph, self.declared.project, self.declared.registry)
            direct |= self._by_name(made.fields, output)
        update, children = of(node.update, known), set[str]()
        for send in node.sends:
            if send.child is None:
                continue
            output = self.declared.child_output(send.child)
            children |= of(send.writes, self.of_child(node, send))
            if isinstance(send.into, hir.Ref) and full(send.into.name, output):
                children.add(send.into.name)
            if send.writes is None and send.into is None:
                made = child_writes(send.child, self.graph, self.declared.project)
                children |= self._by_name(made.fields, output)
            if send.each is not None:
                children.clear()
        surely = children if all_succeed(node) else set[str]()
        return Writes(frozenset(direct), frozenset(update), frozenset(surely)), spoiled

    def _by_name(self, names: tuple[str, ...], output: TypeValue) -> set[str]:
        """The fields that are always there: null is not written by name."""
        fields = self.types.fields_of(output)
        return {name for name in names if name in fields and not self._may_be_null(fields[name].type)}

    def _may_be_null(self, type_: TypeValue) -> bool:
        return self.types.nullable(type_) or JSON in self.types.alternatives(type_)

    def _not_null(self, channel: str) -> TypeValue:
        return (
            self.types.without_null(channel_type(self.graph.channels[channel]))
            if channel in self.graph.channels
            else JSON
        )


_NOTHING = Writes(frozenset(), frozenset(), frozenset())


def graph_types(graph: hir.Graph, project: hir.Project, registry: Registry, types: Types) -> GraphTypes:
    """The types of one graph. Those of `args` are found in the order of the nodes, so that every reader sees the same ones."""
    declared = Declared(project, registry)
    made = GraphTypes(
        graph,
        declared,
        types,
        input_type(graph.input),
        state_type(graph),
        arrivals(graph, declared, types),
        {},
        None,
        0,
    )
    made.follow()
    for node in graph.nodes.values():
        made.args_of(node)
    return made


def agent_known(agent: hir.Agent) -> Known:
    """What an agent's texts know."""
    return Known({"input": input_type(agent.input)})


RUN: Mapping[str, TypeValue] = {
    "path": JSON,
    "outcome": Literals(("finished", "failed", "paused", "cancelled", "budget_exceeded")),
    "error": JSON,
    "questions": ListOf(STRING),
    "cost_usd": FLOAT,
    "model_calls": INT,
    "tool_calls": INT,
    "tokens": INT,
}
"""What a test may say of a run."""


def test_known(graph: hir.Graph | None) -> Known:
    """What the expectations of a test know: every channel counts as written."""
    if graph is None:
        return Known({}, RUN)
    output = Record(tuple(RecordField(each.name.name, each.type.value, True) for each in graph.output or ()))
    roots = {
        "input": input_type(graph.input),
        "state": state_type(graph),
        "output": output if graph.output is not None else state_type(graph),
    }
    return Known(roots, RUN, channels=frozenset(graph.channels))


def _with_output(known: Known, output: TypeValue) -> Known:
    return replace(known, roots={**known.roots, "output": output})


def _begins_null(channel: hir.Channel) -> bool:
    return channel.initial is None or (
        isinstance(channel.initial, hir.Hole | hir.Constant)
        and (isinstance(channel.initial, hir.Hole) or channel.initial.value is None)
    )


def _within(writes: Writes, kept: frozenset[str]) -> Writes:
    return Writes(writes.output & kept, writes.update & kept, writes.children & kept)
