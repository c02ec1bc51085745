"""Bind the names of one graph or agent: nodes, channels, capabilities, targets of sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag_compiler import hir, syntax
from rag_compiler.callees import Callees
from rag_compiler.diagnostics import Place
from rag_compiler.names import NOUNS, RESERVED, Capability, Names, section_of
from rag_compiler.scope import Scope
from rag_compiler.sink import Sink
from rag_compiler.source import Span
from rag_compiler.words import names as say
from rag_compiler.words.structure import duplicate_key
from rag_compiler.words.values import not_built
from rag_ir.finding import pointer
from rag_ir.record import record


@record
class Home:
    """What surrounds an item: the project's names, the graph's own, what its expressions see, and where diagnostics go."""

    names: Names
    callees: Callees
    sink: Sink
    graph: str
    nodes: Mapping[str, Place]
    channels: Mapping[str, Place]
    scope: Scope
    default_model: hir.Target | None

    def node(self, name: syntax.Name | None, role: str, where: Span, *, end: bool = True) -> hir.Target:
        """A node of this graph, or `END` if it can stand here."""
        if name is None:
            return hir.Hole(where)
        if name.text in RESERVED and name.text in self.nodes:
            return hir.Hole(name.span)
        if name.text in self.nodes or (end and name.text == "END"):
            return hir.Ref(name.text, name.span)
        if self.sink.full:
            return hir.Hole(name.span)
        elsewhere = self.names.elsewhere(name.text, "node")
        if not elsewhere and name.text in self.channels:
            elsewhere = f"`{name.text}` is a channel, not a node"
        place = self.sink.at(name.span)
        self.sink.add(say.unknown_node(place, name.text, role, self.graph, self.nodes, end=end, elsewhere=elsewhere))
        return hir.Hole(name.span)

    def channel(self, name: syntax.Name | None, where: Span) -> hir.Target:
        """A channel of this graph."""
        if name is None:
            return hir.Hole(where)
        if name.text in self.channels:
            return hir.Ref(name.text, name.span)
        if self.sink.full:
            return hir.Hole(name.span)
        elsewhere = f"`{name.text}` is a node, not a channel" if name.text in self.nodes else ""
        self.sink.add(say.unknown_channel(self.sink.at(name.span), name.text, self.graph, self.channels, elsewhere))
        return hir.Hole(name.span)

    def send_target(self, name: syntax.Name | None, where: Span) -> tuple[hir.Target, hir.Child | None]:
        """A node of this graph, else an agent, else a graph; the last two make an implicit child."""
        if name is None:
            return hir.Hole(where), None
        if name.text in self.nodes:
            return self.node(name, "send target", where, end=False), None
        if agent := self.names.find("agent", name.text):
            target = _permitted("agent", agent, name, self.names, self.sink)
            return target, hir.Child("subagent", agent) if isinstance(target, hir.Ref) else None
        if graph := self.names.find("graph", name.text):
            target = _permitted("graph", graph, name, self.names, self.sink)
            return target, hir.Child("subgraph", graph) if isinstance(target, hir.Ref) else None
        if name.text in self.names.others("graphs"):
            self.sink.add(
                not_built(self.sink.at(name.span), f"graph `{name.text}` of the manifest", "declare it in source")
            )
        elif self.names.registry.readable and not self.sink.full:
            self._unknown_target(name)
        return hir.Hole(name.span), None

    def _unknown_target(self, name: syntax.Name) -> None:
        agents, graphs = self.names.available("agent"), self.names.available("graph")
        declared = {**self.names.graphs, **self.names.agents, **self.nodes}
        elsewhere = self.names.elsewhere(name.text, "send target")
        if name.text == "END":
            elsewhere = "`END` ends a branch; a send starts a node, an agent or a graph"
        available = [*self.nodes, *agents, *graphs]
        place = self.sink.at(name.span)
        self.sink.add(say.unknown_target(place, name.text, self.graph, available, declared, elsewhere))


def bind_capability(noun: Capability, name: syntax.Name | None, names: Names, sink: Sink, where: Span) -> hir.Target:
    """A capability by its name or alias."""
    if name is None:
        return hir.Hole(where)
    found = names.find(noun, name.text)
    if found is not None:
        return _permitted(noun, found, name, names, sink)
    if not names.registry.readable:
        return hir.Hole(name.span)
    place, available = sink.at(name.span), names.available(noun)
    if name.text in names.others(section_of(noun)):
        sink.add(
            not_built(place, f"{noun} `{name.text}` of the manifest", f"{noun}s that work: {say.quoted(available)}")
        )
        return hir.Hole(name.span)
    elsewhere = names.elsewhere(name.text, noun)
    declared = names.declared(noun)
    code = f"unknown-{noun}" if noun in NOUNS else "unknown-capability"
    sink.add(say.unknown_capability(code, place, noun, name.text, available, declared, elsewhere))
    return hir.Hole(name.span)


def _permitted(noun: Capability, found: str, name: syntax.Name, names: Names, sink: Sink) -> hir.Target:
    """What a name means, or a hole where the manifest's policy forbids it, which is reported."""
    by = names.forbidden(noun, found)
    if by is None:
        return hir.Ref(found, name.span)
    policy = names.manifest(pointer("policy", by, section_of(noun)))
    sink.add(say.not_allowed(sink.at(name.span), noun, found, by, policy))
    return hir.Hole(name.span)


def bind_capabilities(
    noun: Capability, written: Sequence[syntax.Name], names: Names, sink: Sink
) -> tuple[hir.Target, ...]:
    """A list of names, each once."""
    bound = [bind_capability(noun, name, names, sink, name.span) for name in distinct_names(written, sink)]
    first: dict[str, hir.Target] = {}
    for target in bound:
        first.setdefault(target.name if isinstance(target, hir.Ref) else f"?{target.span.start}", target)
    return tuple(first.values())


def distinct_names(written: Sequence[syntax.Name], sink: Sink) -> list[syntax.Name]:
    """The names of a list without those that stood before, which are reported."""
    first: dict[str, syntax.Name] = {}
    for name in written:
        before = first.setdefault(name.text, name)
        if before is not name:
            sink.add(duplicate_key(sink.at(name.span), name.text, sink.at(before.span)))
    return list(first.values())
