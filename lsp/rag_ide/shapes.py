"""The members that paths can go on with, and the types of what can be called, as the checks know them."""

from __future__ import annotations

from collections.abc import Sequence

from rag_compiler import hir
from rag_compiler.pipeline import Analysis
from rag_compiler.type_of_places import Scene, output_of, scene
from rag_compiler.type_of_roots import Declared
from rag_compiler.words.types import shown
from rag_ir.record import record
from rag_ir.types import JSON, TypeValue


@record
class Member:
    """A member that a path can go on with. `type` null: nothing is said of it."""

    name: str
    type: TypeValue | None
    doc: str = ""

    @property
    def detail(self) -> str:
        """The type as it is written."""
        return shown(self.type) if self.type is not None else ""


def members_of(
    analysis: Analysis, graph: hir.Graph | None, inside: hir.Node | hir.Agent | None, path: Sequence[str]
) -> list[Member]:
    """What a path (a root and its members) can go on with, inside of a node or an agent, or of a graph itself."""
    if not path:
        return []
    here = scene(analysis.project, analysis.registry, graph, inside)
    type_ = here.path(tuple(path))
    return _members(here, type_) if type_ is not None else []


def members_of_element(
    analysis: Analysis,
    graph: hir.Graph | None,
    inside: hir.Node | hir.Agent | None,
    source: Sequence[str],
    path: Sequence[str],
) -> list[Member]:
    """What a path from a variable can go on with that runs over the list `source`; `path` are the members behind it."""
    if not source:
        return []
    here = scene(analysis.project, analysis.registry, graph, inside)
    whole = here.path(tuple(source))
    item = here.element(whole) if whole is not None else None
    type_ = here.with_variable("x", item).path(("x", *path)) if item is not None else None
    return _members(here, type_) if type_ is not None else []


def fields_of(analysis: Analysis, type_: TypeValue) -> list[Member]:
    """The fields of a record, seen through names and `?`."""
    return _members(scene(analysis.project, analysis.registry, None, None), type_)


def _members(here: Scene, type_: TypeValue) -> list[Member]:
    return [Member(each.name, each.type, each.doc) for each in here.fields(type_)]


def output_type(analysis: Analysis, node: hir.Node) -> TypeValue | None:
    """The type of a node's result; null where nothing is known of it."""
    return _known(output_of(analysis.project, analysis.registry, node))


def agent_output(analysis: Analysis, name: str) -> TypeValue:
    """What an agent answers in: a text, unless it declares another type."""
    return _declared(analysis).agent_output(name)


def graph_output(analysis: Analysis, name: str) -> TypeValue | None:
    """What a run of a graph returns: its declared output, else its channels."""
    return _known(_declared(analysis).graph_output(name))


def tool_output(analysis: Analysis, name: str) -> TypeValue | None:
    """What a tool returns, where that can be read."""
    return _known(_declared(analysis).tool_output(name))


def tool_input(analysis: Analysis, name: str) -> TypeValue | None:
    """What a tool takes, where that can be read."""
    return _known(_declared(analysis).tool_input(name))


def callee_input(analysis: Analysis, kind: str, name: str) -> list[Member]:
    """The declared input of an agent (`subagent`) or a graph (`subgraph`)."""
    child = hir.Child("subagent" if kind == "subagent" else "subgraph", name)
    fields = _declared(analysis).callee_input(child)
    return [Member(field.name.name, field.type.value, field.doc) for field in fields or ()]


def _declared(analysis: Analysis) -> Declared:
    return Declared(analysis.project, analysis.registry)


def _known(type_: TypeValue) -> TypeValue | None:
    return None if type_ == JSON else type_
