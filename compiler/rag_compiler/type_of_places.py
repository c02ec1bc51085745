"""Types by their place, for editors and agents: of an expression at an offset, of the roots in a node, of what a node gives.

Every answer is that of the checks: the same passes are asked.
"""

from __future__ import annotations

from rag_compiler import hir
from rag_compiler.check_types import check_agent_types, check_graph_types
from rag_compiler.default_writes import DefaultWrites, default_writes
from rag_compiler.relate_types import Types
from rag_compiler.sink import Sink
from rag_compiler.source import Span
from rag_compiler.type_of_facts import Known
from rag_compiler.type_of_graphs import GraphTypes, agent_known, graph_types, project_types
from rag_compiler.type_of_members import element, member
from rag_compiler.type_of_roots import Declared
from rag_compiler.type_of_writes import written_type
from rag_ir.record import record
from rag_ir.types import JSON, Record, RecordField, TypeValue
from rag_registry.registry import Registry


@record
class TypedPlace:
    """A part of an expression, and its type there: what has been asked for is known not to be null."""

    span: Span
    type: TypeValue


def type_at(project: hir.Project, registry: Registry, path: str, offset: int) -> TypedPlace | None:
    """The type of the innermost expression around a byte offset of a source; null outside of expressions."""
    types = project_types(project)
    found: list[TypedPlace] = []

    def see(span: Span, type_: TypeValue) -> None:
        if span.start <= offset < span.end:
            found.append(TypedPlace(span, type_))

    for graph in (*project.graphs.values(), *project.unnamed):
        if graph.path == path and graph.syntax.span.start <= offset < graph.syntax.span.end:
            check_graph_types(graph, project, registry, types, Sink(path), see)
    for agent in project.agents.values():
        if agent.syntax and agent.origin.path == path and agent.syntax.span.start <= offset < agent.syntax.span.end:
            check_agent_types(agent, types, Sink(path), see)
    return min(found, key=lambda place: place.span.end - place.span.start, default=None)


def output_of(project: hir.Project, registry: Registry, node: hir.Node) -> TypeValue:
    """What a node gives when it has run; `json` where nothing is known of it."""
    return Declared(project, registry).output(node)


def derived_writes(
    project: hir.Project, registry: Registry, graph: hir.Graph, node: hir.Node
) -> tuple[DefaultWrites, dict[str, TypeValue]]:
    """What a node writes without saying so, and the types of the fields that go to the channels of their names."""
    made = default_writes(node.behaviour, graph, project, registry)
    types = project_types(project)
    fields = types.fields_of(output_of(project, registry, node))
    return made, {name: types.without_null(fields[name].type) for name in made.fields if name in fields}


def channel_takes(project: hir.Project, channel: hir.Channel) -> TypeValue:
    """What may be written into a channel."""
    return written_type(channel, project_types(project))


@record
class Scene:
    """What can be named at one place: the roots and their types."""

    known: Known
    types: Types

    def with_variable(self, name: str, type_: TypeValue) -> Scene:
        """The same inside a lambda or a loop."""
        return Scene(self.known.with_variable(name, type_), self.types)

    def path(self, names: tuple[str, ...]) -> TypeValue | None:
        """The type of a path from a root or a variable; null where nothing is said of it."""
        root, *rest = names
        type_ = self.known.variables.get(root, self.known.roots.get(root))
        for name in rest:
            if type_ is None:
                return None
            found = member(self.types, type_, name)
            type_ = found.type if found.known and not found.lacks else None
        return type_

    def fields(self, type_: TypeValue) -> list[RecordField]:
        """The fields of the records that a value of a type can be, each name once."""
        found: dict[str, RecordField] = {}
        for part in self.types.alternatives(type_):
            if isinstance(part, Record):
                for field in part.fields:
                    found.setdefault(field.name, field)
        return list(found.values())

    def element(self, type_: TypeValue) -> TypeValue | None:
        """The elements' type of a list, null or not; null for what is none."""
        found = element(self.types, self.types.without_null(type_))
        return None if found == JSON else found


def scene(
    project: hir.Project, registry: Registry, graph: hir.Graph | None, inside: hir.Node | hir.Agent | None
) -> Scene:
    """What can be named in a node, once it has run, in an agent, or in the `output` block of a graph."""
    types = project_types(project)
    if isinstance(inside, hir.Agent):
        return Scene(agent_known(inside), types)
    if graph is None:
        return Scene(Known({}), types)
    site: GraphTypes = graph_types(graph, project, registry, types)
    return Scene(site.after(inside) if inside is not None else site.ending(), types)
