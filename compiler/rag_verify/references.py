"""Every name in a document leads to something: nodes, channels, agents, graphs, types, capabilities, labels; every limit is one.

`ir-invalid` where not. The shape of the document has been checked by the decoder; only after this do analyses make sense.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rag_ir import graph as ir
from rag_ir.finding import Finding, pointer
from rag_ir.graph import END, Code, Document, Json, Schema
from rag_ir.record import record
from rag_ir.reducers import REDUCERS
from rag_verify.check_policies import check_budget, check_graph_policies, check_node_policies, check_retry
from rag_verify.flow import HOLE
from rag_verify.names_used import NamesUsed, codes_of, names_of_node, names_used, schemas_of
from rag_verify.values import misfits

RESERVED = ("", END, "START", HOLE)
MARKS = "/#:="
"""What addresses of tasks and questions are made of: only the names of implicit children hold some of it."""
MOST = 100
"""More findings than this on one document are not told."""


def check_references(document: Document) -> list[Finding]:
    """The findings on a document, at most `MOST`."""
    found: list[Finding] = []
    for finding in _Checker(document).findings():
        found.append(finding)
        if len(found) == MOST:
            break
    return found


def _invalid(at: str, message: str) -> Finding:
    return Finding("ir-invalid", at, message)


@record
class _Checker:
    document: Document

    def findings(self) -> Iterator[Finding]:
        document = self.document
        if document.entry not in document.graphs:
            yield _invalid("/entry", f"the entry `{document.entry}` is not a graph of the document")
        if document.policy.max_depth < 1:
            yield _invalid("/policy/max_depth", "a depth is at least 1")
        for name, graph in document.graphs.items():
            at = pointer("graphs", name)
            if graph.name != name:
                yield _invalid(f"{at}/name", f"graph `{name}` calls itself `{graph.name}`")
            yield from _Graph(document, graph, at).findings()
        for name, agent in document.agents.items():
            at = pointer("agents", name)
            if agent.name != name:
                yield _invalid(f"{at}/name", f"agent `{name}` calls itself `{agent.name}`")
            yield from _capabilities(document, names_used(agent), at)
            yield from _limits(at, max_turns=agent.max_turns)
            if agent.budget is not None:
                yield from check_budget(agent.budget, f"{at}/budget")
        for at, schema in schemas_of(document):
            yield from _types(schema, document.types, at)
        for at, message in misfits(document):
            yield _invalid(at, message)


def _capabilities(document: Document, used: NamesUsed, at: str) -> Iterator[Finding]:
    requires = document.requires
    tables: tuple[tuple[str, Iterable[str], Iterable[str]], ...] = (
        ("model", used.models, (each.name for each in requires.models)),
        ("tool", used.tools, (each.name for each in requires.tools)),
        ("router", used.routers, (each.name for each in requires.routers)),
        ("reducer", used.reducers, (each.name for each in requires.reducers)),
        ("store", used.stores, (each.name for each in requires.stores)),
        ("middleware", used.middleware, (each.name for each in requires.middleware)),
        ("agent", used.agents, document.agents),
        ("graph", used.graphs, document.graphs),
    )
    for noun, names, known in tables:
        for name in sorted(set(names) - set(known)):
            where = "in the document" if noun in ("agent", "graph") else "among what the document requires"
            yield _invalid(at, f"{noun} `{name}` is not {where}")


def _limits(at: str, **limits: int | None) -> Iterator[Finding]:
    for name, value in limits.items():
        if value is not None and value < 1:
            yield _invalid(f"{at}/{name}", f"`{name}` is at least 1, not {value}")


def _types(schema: Json | Schema, types: Mapping[str, Schema], at: str) -> Iterator[Finding]:
    pending: list[Json | Schema] = [schema]
    while pending:
        part = pending.pop()
        if isinstance(part, Mapping):
            name = part.get("$ref")
            if isinstance(name, str) and (known := name.removeprefix("#/types/")) not in types and known != "message":
                yield _invalid(at, f"type `{known}` is not in the document")
            pending.extend(part.values())
        elif isinstance(part, list):
            pending.extend(part)


class _Graph:
    """One graph of the document."""

    def __init__(self, document: Document, graph: ir.Graph, at: str) -> None:
        self.document = document
        self.graph = graph
        self.at = at
        self.declared = frozenset(node.name for node in graph.nodes if not node.implicit)
        self.implicit = frozenset(node.name for node in graph.nodes if node.implicit)
        self.channels = {channel.name: channel for channel in graph.channels}

    def findings(self) -> Iterator[Finding]:
        graph, at = self.graph, self.at
        yield from self._names("nodes", [node.name for node in graph.nodes])
        yield from self._names("channels", [channel.name for channel in graph.channels])
        yield from self._node(graph.start, f"{at}/start", end=False)
        yield from _limits(at, recursion_limit=graph.recursion_limit, max_concurrency=graph.max_concurrency)
        for index, channel in enumerate(graph.channels):
            yield from self._check_channel(channel, f"{at}/channels/{index}")
        yield from check_graph_policies(graph, at)
        spoken = self.channels.get(graph.messages) if graph.messages is not None else None
        if graph.messages is not None and (spoken is None or spoken.reducer != "messages"):
            yield _invalid(f"{at}/messages", f"`{graph.messages}` is not a channel that `messages` reduces")
        yield from self._states(((f"{at}/output/{i}/value", each.value) for i, each in enumerate(graph.output or ())))
        for index, node in enumerate(graph.nodes):
            yield from self._check_node(node, f"{at}/nodes/{index}")
        for index, join in enumerate(graph.joins):
            yield from self._check_join(join, f"{at}/joins/{index}")

    def _check_channel(self, channel: ir.Channel, at: str) -> Iterator[Finding]:
        if channel.reducer not in REDUCERS:
            yield _invalid(f"{at}/reducer", f"there is no reducer `{channel.reducer}`")
        elif (channel.reducer == "aggregate") != (channel.function is not None):
            yield _invalid(f"{at}/function", "`aggregate` has a registered reducer, and no other reducer has one")
        elif channel.function is not None:
            used = NamesUsed(reducers=frozenset((channel.function,)))
            yield from _capabilities(self.document, used, f"{at}/function")

    def _names(self, part: str, names: Sequence[str]) -> Iterator[Finding]:
        counts = Counter(names)
        for index, name in enumerate(names):
            if name in RESERVED or (name not in self.implicit and any(mark in name for mark in MARKS)):
                yield _invalid(f"{self.at}/{part}/{index}/name", f"`{name}` cannot be a name")
            elif counts[name] > 1:
                yield _invalid(f"{self.at}/{part}/{index}/name", f"`{name}` stands twice")

    def _node(self, name: str, at: str, *, end: bool = True, implicit: bool = False) -> Iterator[Finding]:
        if name in self.declared or (end and name == END) or (implicit and name in self.implicit):
            return
        if name in self.implicit:
            yield _invalid(at, f"`{name}` is an implicit child: only sends lead to it")
        else:
            yield _invalid(at, f"`{name}` is not a node of graph `{self.graph.name}`")

    def _check_node(self, node: ir.Node, at: str) -> Iterator[Finding]:
        yield from _capabilities(self.document, names_of_node(node), at)
        yield from self._states(codes_of(node, at))
        yield from self._entries(node.writes.entries, f"{at}/writes/entries")
        yield from self._entries(node.update, f"{at}/update")
        yield from self._labels(node, at)
        yield from _limits(at, max_visits=node.max_visits, timeout=node.timeout)
        yield from check_node_policies(node, at)
        if isinstance(node.behaviour, ir.ModelCall):
            yield from _limits(f"{at}/behaviour", max_turns=node.behaviour.max_turns)
        if node.implicit:
            yield from self._check_implicit(node, at)
        for index, send in enumerate(node.sends):
            yield from self._node(send.target, f"{at}/sends/{index}/target", end=False, implicit=True)
            yield from self._check_send(send, f"{at}/sends/{index}")
        if node.on_error is not None:
            yield from self._node(node.on_error, f"{at}/on_error", end=False)
        yield from self._check_routing(node, f"{at}/routing")

    def _labels(self, node: ir.Node, at: str) -> Iterator[Finding]:
        possible = self._possible(node.behaviour)
        for index, label in enumerate(node.labels):
            if label not in possible:
                yield _invalid(f"{at}/labels/{index}", f"node `{node.name}` never ends with `{label}`")

    def _possible(self, behaviour: ir.Behaviour) -> Sequence[str]:
        match behaviour:
            case ir.ModelCall(loop=loop):
                return ("final",) if loop else ("final", "tool_call")
            case ir.ToolExecutor() | ir.ToolCall():
                return ("done", "error")
            case ir.Router(router=router):
                routers = self.document.requires.routers
                return next((each.labels for each in routers if each.name == router), ())
            case ir.Subagent() | ir.Subgraph():
                return ("final", "failed")
            case ir.Interrupt(options=options):
                return options or ("final",)
            case ir.Join() | ir.Pass():
                return ("final",)

    def _check_implicit(self, node: ir.Node, at: str) -> Iterator[Finding]:
        child = isinstance(node.behaviour, ir.Subagent | ir.Subgraph)
        if not child or node.sends or node.on_error is not None or not isinstance(node.routing, ir.Finish):
            yield _invalid(at, f"`{node.name}` is an implicit child, and does more than run an agent or a graph")

    def _check_routing(self, node: ir.Node, at: str) -> Iterator[Finding]:
        match node.routing:
            case ir.Finish():
                pass
            case ir.Next(target=target):
                yield from self._node(target, f"{at}/target")
            case ir.JoinSends() as join:
                yield from self._node(join.target, f"{at}/target", end=False)
                if not node.sends:
                    yield _invalid(at, f"node `{node.name}` joins, and sends nothing")
                yield from self._check_options(join, at)
            case ir.Routes(entries=entries):
                for index, entry in enumerate(entries):
                    yield from self._node(entry.target, f"{at}/entries/{index}/target")
                    if entry.label is not None and entry.label not in node.labels:
                        message = f"`{entry.label}` is not a label of node `{node.name}`"
                        yield _invalid(f"{at}/entries/{index}/label", message)
        if not isinstance(node.routing, ir.JoinSends) and any(send.target in self.implicit for send in node.sends):
            yield _invalid(at, f"node `{node.name}` sends to an implicit child and does not join it")

    def _check_options(self, join: ir.JoinSends, at: str) -> Iterator[Finding]:
        if (join.wait == "quorum") != (join.quorum is not None):
            yield _invalid(f"{at}/quorum", "`quorum` has a number where `wait` is `quorum`, and nowhere else")
        if join.keep and join.wait != "quorum":
            yield _invalid(f"{at}/keep", "`keep` belongs to `quorum`")
        yield from _limits(at, quorum=join.quorum, timeout=join.timeout)
        if join.on_timeout is not None:
            yield from self._node(join.on_timeout, f"{at}/on_timeout", end=False)
            if join.timeout is None:
                yield _invalid(f"{at}/on_timeout", "`on_timeout` means nothing without `timeout`")

    def _check_send(self, send: ir.Send, at: str) -> Iterator[Finding]:
        yield from _limits(at, max=send.max, timeout=send.timeout)
        if send.retry is not None:
            yield from check_retry(send.retry, f"{at}/retry")
        if send.writes is not None:
            yield from self._entries(send.writes.entries, f"{at}/writes/entries")
            if send.target in self.implicit:
                yield _invalid(f"{at}/writes", "an implicit child has its writes itself")

    def _check_join(self, join: ir.GraphJoin, at: str) -> Iterator[Finding]:
        yield from self._node(join.target, f"{at}/target", end=False)
        if not join.sources:
            yield _invalid(f"{at}/sources", "a join waits for one source at least")
        for index, source in enumerate(join.sources):
            yield from self._node(source, f"{at}/sources/{index}", end=False)

    def _entries(self, entries: Sequence[ir.Entry], at: str) -> Iterator[Finding]:
        for index, entry in enumerate(entries):
            if entry.name not in self.channels:
                yield _invalid(f"{at}/{index}/name", f"`{entry.name}` is not a channel of graph `{self.graph.name}`")

    def _states(self, codes: Iterable[tuple[str, Code]]) -> Iterator[Finding]:
        """The channels that code reads."""
        for at, code in codes:
            pending = [code]
            while pending:
                part = pending.pop()
                if not isinstance(part, list) or part[:1] == ["lit"]:
                    continue
                if part[:2] == ["get", "state"] and len(part) > 2 and part[2] not in self.channels:
                    yield _invalid(at, f"`{part[2]}` is not a channel of graph `{self.graph.name}`")
                pending.extend(part)
