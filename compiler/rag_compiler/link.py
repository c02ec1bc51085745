"""Link: the part of a program that an entry graph reaches, as one sealed document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from rag_compiler.diagnostics import Place
from rag_compiler.emit import Program
from rag_compiler.source import SourceFile
from rag_ir import graph as ir
from rag_ir.codec import seal
from rag_ir.finding import pointer
from rag_ir.graph import IR_VERSION, Document, Json, Provenance, Schema, SourcePlace
from rag_ir.record import record
from rag_registry.registry import Registry
from rag_verify.names_used import NamesUsed, names_of_graph, names_used, schemas_of_graph
from rag_verify.requirements import policy_of, require


@record
class Linked:
    """What an entry reaches, sorted by name, itself included."""

    entry: str
    graphs: Mapping[str, ir.Graph]
    agents: Mapping[str, ir.Agent]
    types: Mapping[str, Schema]
    places: Mapping[str, Place]
    docs: Mapping[str, str]

    def document(self, registry: Registry, sources: Sequence[SourceFile], generator: str) -> Document:
        """The sealed document. `sources` are the files that it comes from."""
        used = NamesUsed()
        for graph in self.graphs.values():
            used |= names_of_graph(graph)
        for agent in self.agents.values():
            used |= names_used(agent)
        files = {file.path: file for file in sources}
        return seal(
            Document(
                ir=IR_VERSION,
                entry=self.entry,
                graphs=self.graphs,
                agents=self.agents,
                types=self.types,
                requires=require(used, registry),
                policy=policy_of(registry),
                provenance=Provenance(
                    origin="file",
                    generator=generator,
                    sources={path: f"sha256:{sha256(file.data).hexdigest()}" for path, file in sorted(files.items())},
                    registry=registry.digest,
                ),
                source_map={
                    at: _source_place(place, files[place.path])
                    for at, place in self.places.items()
                    if place.path in files
                },
                docs=self.docs,
                digest="",
            )
        )


def link(program: Program, entry: str) -> Linked:
    """What the entry reaches: graphs and agents through nodes, types through schemas."""
    graphs: dict[str, ir.Graph] = {}
    agents: set[str] = set()
    pending = [entry]
    while pending:
        name = pending.pop()
        if name in graphs or name not in program.graphs:
            continue
        graphs[name] = program.graphs[name]
        for node in graphs[name].nodes:
            used = names_used(node.behaviour)
            agents |= used.agents
            pending.extend(used.graphs)
    kept = {name: program.agents[name] for name in sorted(agents) if name in program.agents}
    types = _types(program, graphs.values(), kept.values())
    prefixes = (*(pointer("graphs", name) for name in graphs), *(pointer("agents", name) for name in kept))
    return Linked(
        entry,
        {name: graphs[name] for name in sorted(graphs)},
        kept,
        types,
        {at: place for at, place in program.places.items() if _below(at, prefixes)},
        {at: doc for at, doc in program.docs.items() if _below(at, prefixes)},
    )


def _below(at: str, prefixes: Iterable[str]) -> bool:
    return any(at == prefix or at.startswith(f"{prefix}/") for prefix in prefixes)


def _types(program: Program, graphs: Iterable[ir.Graph], agents: Iterable[ir.Agent]) -> dict[str, Schema]:
    """The declared types that schemas refer to, and those that these refer to."""
    pending: list[Json | Schema] = [schema for graph in graphs for _, schema in schemas_of_graph(graph, "")]
    for agent in agents:
        pending.extend(field.schema for field in agent.input or ())
        pending.append(agent.output)
    found: dict[str, Schema] = {}
    while pending:
        part = pending.pop()
        if isinstance(part, Mapping):
            name = str(part.get("$ref", "")).removeprefix("#/types/")
            if name in program.types and name not in found:
                found[name] = program.types[name]
                pending.append(found[name])
            pending.extend(part.values())
        elif isinstance(part, list):
            pending.extend(part)
    return {name: found[name] for name in sorted(found)}


def _source_place(place: Place, file: SourceFile) -> SourcePlace:
    start, end = (file.lines.position(offset) for offset in (place.span.start, place.span.end))
    return SourcePlace(file=place.path, start=(start.line, start.column), end=(end.line, end.column))
