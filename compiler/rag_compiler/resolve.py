"""Resolve: bind every name to what it means, in the project and in the registry.

In:  the syntax trees of all files, possibly with holes, and the registry.
Out: the HIR of the whole project, and a diagnostic for each name that means nothing.
A name that does not resolve becomes a hole; later passes are silent about it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag_compiler import hir, syntax
from rag_compiler.callees import Callees, Signature
from rag_compiler.diagnostics import Diagnostic, Place
from rag_compiler.hir_tests import Test
from rag_compiler.names import Names, collect, declarations
from rag_compiler.resolve_agents import Template, bind_agent, bind_registered
from rag_compiler.resolve_graphs import bind_graph, bind_signature
from rag_compiler.resolve_tests import bind_test
from rag_compiler.resolve_types import bind_type, check_definitions
from rag_compiler.sink import Sink
from rag_registry.registry import Registry

MANIFEST = "rag.toml"


def resolve(
    files: Sequence[tuple[str, syntax.File]],
    registry: Registry,
    template: Template,
    place: Callable[[str], Place],
) -> tuple[hir.Project, list[Diagnostic]]:
    """The project that the files (path and tree) and the registry make.

    `template` reads the instructions of registered agents; `place` is where a JSON pointer into the manifest stands.
    """
    names, diagnostics = collect(files, registry, place)
    pass_ = _Pass(files, names)
    types = pass_.types()
    agents = pass_.agents(template, place)
    graphs, unnamed = pass_.graphs(agents, types)
    tests = pass_.tests(graphs)
    found = [diagnostic for sink in pass_.sinks.values() for diagnostic in sink.found]
    return hir.Project(graphs, agents, types, unnamed, tests), [*diagnostics, *found]


class _Pass:
    """All files on their way through the pass, with one sink for each."""

    def __init__(self, files: Sequence[tuple[str, syntax.File]], names: Names) -> None:
        self.declarations = list(declarations(files))
        self.names = names
        self.sinks = {path: Sink(path) for path, _ in files}

    def types(self) -> dict[str, hir.TypeDeclaration]:
        """The declared types by name; the ones that share a name are bound for their diagnostics."""
        types: dict[str, hir.TypeDeclaration] = {}
        for path, declaration in self.declarations:
            if isinstance(declaration, syntax.TypeDecl):
                bound = bind_type(declaration.type, self.names, self.sinks[path])
                if declaration.name and declaration.name.text in self.names.types:
                    name = hir.Ref(declaration.name.text, declaration.name.span)
                    types.setdefault(name.name, hir.TypeDeclaration(path, name, bound, declaration.doc))
        check_definitions(types, self.sinks)
        return types

    def agents(self, template: Template, place: Callable[[str], Place]) -> dict[str, hir.Agent]:
        """The agents by name: declared ones, then registered ones."""
        agents: dict[str, hir.Agent] = {}
        for path, declaration in self.declarations:
            if isinstance(declaration, syntax.Agent):
                agent = bind_agent(declaration, self.names, self.sinks[path])
                if agent.name in self.names.agents:
                    agents.setdefault(agent.name, agent)
        sink = self.sinks.setdefault(MANIFEST, Sink(MANIFEST))
        for name, registered in self.names.registry.agents.items():
            if name not in agents:
                agents[name] = bind_registered(registered, self.names, place, sink, template)
        return agents

    def graphs(
        self, agents: dict[str, hir.Agent], types: dict[str, hir.TypeDeclaration]
    ) -> tuple[dict[str, hir.Graph], tuple[hir.Graph, ...]]:
        """The graphs by name, and those that no name leads to."""
        written = [(path, graph) for path, graph in self.declarations if isinstance(graph, syntax.Graph)]
        signatures = [bind_signature(graph, self.names, self.sinks[path]) for path, graph in written]
        first: dict[str, Signature] = {}
        for (_, graph), signature in zip(written, signatures, strict=True):
            if graph.name:
                first.setdefault(graph.name.text, signature)
        callees = Callees(agents, first, types)
        graphs: dict[str, hir.Graph] = {}
        unnamed: list[hir.Graph] = []
        for (path, graph), signature in zip(written, signatures, strict=True):
            bound = bind_graph(graph, signature, self.names, callees, self.sinks[path])
            if bound.name.name in self.names.graphs and bound.name.name not in graphs:
                graphs[bound.name.name] = bound
            else:
                unnamed.append(bound)
        return graphs, tuple(unnamed)

    def tests(self, graphs: dict[str, hir.Graph]) -> tuple[Test, ...]:
        """The tests, in the order of files and texts."""
        return tuple(
            bind_test(declaration, graphs, self.names, self.sinks[path])
            for path, declaration in self.declarations
            if isinstance(declaration, syntax.Test)
        )
