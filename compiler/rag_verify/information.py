"""Where untrusted content and private data meet a tool that writes or reaches outside, and nobody has looked in between.

Conservative. A model's context is all that its conversation, templates, payload and tools' results hold, and its output carries all of
it; channels are followed through the order of the steps, and forgotten where they are overwritten. What a question shows as it is, a
person has cleared: for the nodes behind it, until the channel is written again. What decides a route carries nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from rag_ir import graph as ir
from rag_ir.finding import Finding
from rag_ir.graph import Document
from rag_ir.record import record
from rag_verify.code_reads import reads
from rag_verify.information_flow import Information, Spot, Spread
from rag_verify.information_points import ANY, WHOLE, Point, stores_of
from rag_verify.information_words import Meeting, told_meeting, told_system, told_tool
from rag_verify.tools_called import tools_called

Kind = Literal["untrusted", "perhaps untrusted", "private", "perhaps private"]
KINDS: tuple[Kind, ...] = ("untrusted", "perhaps untrusted", "private", "perhaps private")
EFFECTS = ("write", "external")


def check_information(document: Document, roots: Sequence[str] | None = None) -> list[Finding]:
    """The findings on a document whose graphs `roots` (default: the entry) are run on their own. Unknown names are silent."""
    tools = {tool.name: tool for tool in document.requires.tools}
    called = {
        (name, node.name): [tools[tool] for tool in tools_called(node, document) if tool in tools]
        for name, graph in document.graphs.items()
        for node in graph.nodes
    }
    if not _matters(document, called.values()):
        return []
    return _Check(document, roots or (document.entry,), called).findings()


def _matters(document: Document, called: Iterable[Sequence[ir.ToolRequirement]]) -> bool:
    """Whether anything can come in that is not trusted: without it, nothing that follows finds anything."""
    return document.policy.input_trust == "untrusted" or any(
        tool.returns_trust != "trusted" for tools in called for tool in tools
    )


@record
class _Source:
    spot: Spot
    words: str
    tool: str | None


class _Check:
    def __init__(
        self, document: Document, roots: Sequence[str], called: dict[tuple[str, str], list[ir.ToolRequirement]]
    ) -> None:
        self._document = document
        self._called = called
        self._information = Information(document, roots)
        self._sources: dict[Kind, dict[Spot, _Source]] = {kind: {} for kind in KINDS}
        for source_kind, source in self._every_source():
            self._sources[source_kind].setdefault(source.spot, source)
        self._spreads: dict[Kind, Spread] = {}
        self._unlabelled: set[str] = set()

    def findings(self) -> list[Finding]:
        found: dict[tuple[str, str], Finding] = {}
        for number, call in enumerate(self._information.calls):
            for node in self._information.points[call.graph].graph.nodes:
                finding, known = self._meeting(number, call.graph, node), found.get((call.graph, node.name))
                if finding is not None and (known is None or known.code != "unsafe-flow"):
                    found[call.graph, node.name] = finding
        return [*found.values(), *self._systems(), *self._tools()]

    # ---- where information comes from --------------------------------------------------------------------------------

    def _every_source(self) -> Iterator[tuple[Kind, _Source]]:
        for number, call in enumerate(self._information.calls):
            graph = self._information.points[call.graph].graph
            for node in graph.nodes:
                yield from self._of_node(number, call.graph, node)
            if self._document.policy.input_trust == "untrusted" and not call.callers:
                for field in (WHOLE, ANY):
                    yield "untrusted", _Source((number, ("input", "", field)), "the run's input is untrusted", None)

    def _of_node(self, number: int, graph: str, node: ir.Node) -> Iterator[tuple[Kind, _Source]]:
        spot = number, _brought(node)
        for tool in self._called[graph, node.name]:
            into = f"into `{node.name}`"
            if tool.returns_trust != "trusted":
                kind: Kind = "untrusted" if tool.returns_trust == "untrusted" else "perhaps untrusted"
                words = "untrusted content" if kind == "untrusted" else "content that may be untrusted"
                yield kind, _Source(spot, f"tool `{tool.name}` brings {words} {into}", tool.name)
            if tool.reads != "public":
                kind = "perhaps private" if tool.reads == "unknown" else "private"
                words = "data that may be private" if tool.reads == "unknown" else f"{tool.reads} data"
                yield kind, _Source(spot, f"tool `{tool.name}` brings {words} {into}", tool.name)
        stores = {store.name: store for store in self._document.requires.stores}
        for name in stores_of(node, self._document):
            store = stores.get(name)
            if store is not None and store.reads != "public":
                kind = "perhaps private" if store.reads == "unknown" else "private"
                words = "data that may be private" if store.reads == "unknown" else f"{store.reads} data"
                yield kind, _Source(spot, f"store `{name}` holds {words} for `{node.name}`", None)

    # ---- where it must not come together -----------------------------------------------------------------------------

    def _meeting(self, number: int, graph: str, node: ir.Node) -> Finding | None:
        open_tools = [tool for tool in self._called[graph, node.name] if tool.approval != "always"]
        acting = [tool for tool in open_tools if tool.effects in EFFECTS]
        unsure = [tool for tool in open_tools if tool.effects == "unknown"]
        if not (acting or unsure):
            return None
        spot: Spot = number, ("context", node.name, "")
        untrusted = self._first(spot, KINDS[:2])
        private = self._first(spot, KINDS[2:]) if untrusted is not None else None
        if untrusted is None or private is None:
            return None
        certain = untrusted == "untrusted", private == "private", bool(acting)
        ways = [self._information_way(kind, spot) for kind in (untrusted, private)]
        for known, (source, _) in zip(certain, ways, strict=False):
            if not known and source.tool is not None:
                self._unlabelled.add(source.tool)
        if not acting:
            self._unlabelled.update(tool.name for tool in unsure)
        if not any(certain):
            return None
        meeting = Meeting(
            graph=graph,
            node=node,
            tools=tuple(tool.name for tool in acting or unsure),
            certain=all(certain),
            ways=tuple((source.words, way) for source, way in ways),
        )
        return told_meeting(self._information, meeting)

    def _first(self, spot: Spot, kinds: Sequence[Kind]) -> Kind | None:
        return next((kind for kind in kinds if spot in self._spread(kind).found), None)

    def _spread(self, kind: Kind) -> Spread:
        """How far one kind of information comes; worked out when it is first asked for."""
        if kind not in self._spreads:
            self._spreads[kind] = self._information.spread(self._sources[kind])
        return self._spreads[kind]

    def _information_way(self, kind: Kind, spot: Spot) -> tuple[_Source, list[Spot]]:
        way = self._spread(kind).way(spot)
        return self._sources[kind][way[0]], way

    def _systems(self) -> Iterator[Finding]:
        told: set[tuple[str, str]] = set()
        for number, call in enumerate(self._information.calls):
            for node in self._information.points[call.graph].graph.nodes:
                spot: Spot = number, ("system", node.name, "")
                if (call.graph, node.name) in told or not _is_told(node, self._document):
                    continue
                if spot in self._spread("untrusted").found:
                    told.add((call.graph, node.name))
                    source, way = self._information_way("untrusted", spot)
                    yield told_system(self._information, call.graph, node, source.words, way)

    def _tools(self) -> Iterator[Finding]:
        for index, tool in enumerate(self._document.requires.tools):
            if tool.name in self._unlabelled:
                yield told_tool(index, tool)


def _is_told(node: ir.Node, document: Document) -> bool:
    """Whether the system message of a node's model holds anything that its author did not write."""
    match node.behaviour:
        case ir.ModelCall(system=system):
            return any(True for _ in reads(system))
        case ir.Subagent(agent=agent) if agent in document.agents:
            return any(True for _ in reads(document.agents[agent].system))
        case _:
            return False


def _brought(node: ir.Node) -> Point:
    """Where the results of a node's tools are: before its model, or only behind it."""
    if isinstance(node.behaviour, ir.ToolCall | ir.ToolExecutor):
        return "made", node.name, WHOLE
    return "context", node.name, ""
