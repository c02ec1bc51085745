"""What can be called, as its callers see it: the declared fields of its input and its output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag_compiler import hir
from rag_compiler.diagnostics import Place
from rag_compiler.scope import Fields
from rag_ir.record import record
from rag_ir.types import Named, Record, RecordField, TypeValue
from rag_registry.registry import Tool


@record
class Signature:
    """A graph's declared input (null: any), and the names of its run output: its `output` block, else its channels."""

    path: str
    input: tuple[hir.Field, ...] | None
    output: tuple[hir.Ref, ...]


@record
class Callees:
    """Agents, graphs and types by name."""

    agents: Mapping[str, hir.Agent]
    graphs: Mapping[str, Signature]
    types: Mapping[str, hir.TypeDeclaration]

    def input(self, child: hir.Child) -> Fields | None:
        """The declared input of a callee; null where it takes anything."""
        if child.kind == "subagent":
            agent = self.agents.get(child.callee)
            return field_places(agent.input, f"the input of agent `{agent.name}`", agent.origin.path) if agent else None
        graph = self.graphs.get(child.callee)
        return field_places(graph.input, f"the input of graph `{child.callee}`", graph.path) if graph else None

    def output(self, child: hir.Child) -> Fields | None:
        """The known fields of a callee's output; null where it may be anything."""
        if child.kind == "subagent":
            agent = self.agents.get(child.callee)
            path = agent.origin.path if agent else None
            return self.record(agent.output, f"the output of agent `{child.callee}`", path) if agent else None
        graph = self.graphs.get(child.callee)
        if graph is None:
            return None
        return Fields(
            f"the output of graph `{child.callee}`", {ref.name: Place(graph.path, ref.span) for ref in graph.output}
        )

    def record(self, type_: hir.Type | None, owner: str, path: str | None) -> Fields | None:
        """The fields of a type that is a record, or names one."""
        if type_ is None or not type_.whole:
            return None
        fields = record_fields(type_.value, self.types)
        place = Place(path, type_.span) if path is not None else None
        return Fields(owner, {field.name: place for field in fields}) if fields is not None else None


def field_places(fields: Sequence[hir.Field] | None, owner: str, path: str | None) -> Fields | None:
    """Declared fields and where each stands; nowhere with no path."""
    if fields is None:
        return None
    return Fields(owner, {field.name.name: Place(path, field.name.span) if path else None for field in fields})


def input_of_tool(tool: Tool) -> Fields | None:
    """The arguments that a tool takes; null where that is not known."""
    properties = tool.input.get("properties") if tool.input is not None else None
    if not isinstance(properties, dict) or (tool.input and tool.input.get("additionalProperties")):
        return None
    return Fields(f"the input of tool `{tool.name}`", dict.fromkeys(properties))


def record_fields(type_: TypeValue, types: Mapping[str, hir.TypeDeclaration]) -> tuple[RecordField, ...] | None:
    """The fields of a record, seen through names; null for every other type."""
    seen: set[str] = set()
    while isinstance(type_, Named) and type_.name in types and type_.name not in seen:
        seen.add(type_.name)
        declared = types[type_.name].type
        if not declared.whole:
            return None
        type_ = declared.value
    return type_.fields if isinstance(type_, Record) else None
