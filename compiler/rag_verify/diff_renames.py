"""What was renamed between two documents, found by structure, and the older document in the newer one's names.

A thing that is gone and one that is new are the same under another name if nothing but names tells them apart: the names of what
is gone or new, wherever they stand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from rag_ir import graph as ir
from rag_ir.canonical import canonical
from rag_ir.codec import to_json
from rag_ir.graph import Document, Graph, Json
from rag_ir.record import field, is_record, names, record, replace

PLAIN = ("metadata", "initial", "default")
"""Fields of any JSON, in which nothing is a name."""
MASK = "\x00"
"""Stands for every name that is gone or new."""
REFERENCE = "#/types/"
NODE_FIELDS = (
    (ir.Graph, "start"), (ir.Node, "name"), (ir.Node, "on_error"), (ir.Next, "target"), (ir.Route, "target"),
    (ir.JoinSends, "target"), (ir.JoinSends, "on_timeout"), (ir.Send, "target"), (ir.GraphJoin, "target"),
)  # fmt: skip
CHANNEL_FIELDS = ((ir.Channel, "name"), (ir.Graph, "messages"))
AGENT_FIELDS = ((ir.Agent, "name"), (ir.Subagent, "agent"), (ir.ModelCall, "agent"))
GRAPH_FIELDS = ((ir.Graph, "name"), (ir.Subgraph, "graph"), (ir.Document, "entry"))

T = TypeVar("T")
Named = Mapping[str, str]


@record
class Names:
    """Old names to new ones; those of nodes and channels within one graph."""

    nodes: Named = field(default_factory=dict[str, str])
    channels: Named = field(default_factory=dict[str, str])
    agents: Named = field(default_factory=dict[str, str])
    graphs: Named = field(default_factory=dict[str, str])
    types: Named = field(default_factory=dict[str, str])

    def __bool__(self) -> bool:
        return bool(self.nodes or self.channels or self.agents or self.graphs or self.types)


@record
class Renamed:
    """One thing that was renamed; `graph` is the one that it stands in, by its new name."""

    sort: str
    graph: str | None
    before: str
    after: str


def with_names_of(old: Document, new: Document) -> tuple[Document, tuple[Renamed, ...]]:
    """The old document in the names of the new one, and what was renamed."""
    types = _matched(old.types, new.types, lambda name: Names(types={name: MASK}))
    old = _in_document(old, Names(types=types))
    agents = _matched(old.agents, new.agents, lambda name: Names(agents={name: MASK}))
    old = _in_document(old, Names(agents=agents))
    graphs = _matched(old.graphs, new.graphs, lambda name: Names(graphs={name: MASK}))
    old = _in_document(old, Names(graphs=graphs))
    found = [
        *_told("type", None, types),
        *_told("agent", None, agents),
        *_told("graph", None, graphs),
    ]
    inside: dict[str, Graph] = {}
    for name, graph in old.graphs.items():
        inside[name], within = _in_graph(graph, new.graphs[name]) if name in new.graphs else (graph, ())
        found += within
    return replace(old, graphs=inside), tuple(found)


def _told(sort: str, graph: str | None, named: Named) -> Iterator[Renamed]:
    return (Renamed(sort, graph, before, after) for before, after in named.items())


def _in_document(document: Document, given: Names) -> Document:
    """The document with names of the whole document replaced, keys of its mappings too."""
    if not given:
        return document
    made = rewritten(document, given)
    return replace(
        made,
        types={given.types.get(name, name): value for name, value in made.types.items()},
        agents={given.agents.get(name, name): value for name, value in made.agents.items()},
        graphs={given.graphs.get(name, name): value for name, value in made.graphs.items()},
    )


def _in_graph(old: Graph, new: Graph) -> tuple[Graph, list[Renamed]]:
    channels = _matched_channels(old, new)
    old = rewritten(old, Names(channels=channels))
    nodes = _matched_nodes(old, new)
    old = rewritten(old, Names(nodes=nodes))
    return old, [*_told("channel", new.name, channels), *_told("node", new.name, nodes)]


# ---- who is who ------------------------------------------------------------------------------------------------------------


def _matched(old: Mapping[str, T], new: Mapping[str, T], mask: Callable[[str], Names]) -> Named:
    """Old names to new ones, of things that are the same but for their own name."""
    left = {name: _bytes(rewritten(value, mask(name))) for name, value in old.items() if name not in new}
    right = {name: _bytes(rewritten(value, mask(name))) for name, value in new.items() if name not in old}
    return _paired(left, right)


def _matched_channels(old: Graph, new: Graph) -> Named:
    """Channels are the same if they are declared alike and used alike."""
    left, right = ({channel.name: channel for channel in graph.channels} for graph in (old, new))
    uses = [_uses(graph, gone.keys() - kept.keys()) for graph, gone, kept in ((old, left, right), (new, right, left))]
    marks = [
        {
            name: _bytes(rewritten(channel, Names(channels={name: MASK}))) + repr(sorted(used[name].items())).encode()
            for name, channel in own.items()
            if name not in other
        }
        for used, own, other in ((uses[0], left, right), (uses[1], right, left))
    ]
    return _paired(*marks)


def _uses(graph: Graph, wanted: set[str]) -> defaultdict[str, Counter[str]]:
    """How often each part of nodes names some channels."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    if wanted:
        for node in graph.nodes:
            for name in names(ir.Node):
                for channel in _channels_in(getattr(node, name)):
                    if channel in wanted:
                        found[channel][name] += 1
    return found


def _channels_in(value: Any) -> Iterator[str]:
    if is_record(value):
        for name in names(value.__class__):
            if value.__class__ is ir.Writes and name == "entries":
                yield from (entry.name for entry in value.entries)
            yield from _channels_in(getattr(value, name))
    elif isinstance(value, list):
        code = cast("list[Json]", value)
        if code[:2] == ["get", "state"] and len(code) > 2:
            yield str(code[2])
        elif code[:1] != ["lit"]:
            for part in code:
                yield from _channels_in(part)
    elif isinstance(value, tuple):
        for item in cast("tuple[object, ...]", value):
            yield from _channels_in(item)


def _matched_nodes(old: Graph, new: Graph) -> Named:
    """Nodes are the same if all but the names of nodes that are gone or new is; an implicit child goes with its sender."""
    left, right = ({node.name: node for node in graph.nodes} for graph in (old, new))
    gone, come = (dict.fromkeys(one.keys() - other.keys(), MASK) for one, other in ((left, right), (right, left)))
    masked = [
        {name: _bytes(rewritten(node, Names(nodes=hidden))) for name, node in own.items() if name in hidden}
        for own, hidden in ((left, gone), (right, come))
    ]
    found = dict(_paired(*({name: mark for name, mark in marks.items() if "/" not in name} for marks in masked)))
    for name, mark in masked[0].items():
        sender, slash, child = name.partition("/")
        under = f"{found.get(sender, sender)}/"
        free = [other for other, its in masked[1].items() if its == mark and other.startswith(under)] if slash else []
        likely = [other for other in (f"{under}{child}", *free) if other in free and other not in found.values()]
        found.update({name: likely[0]} if likely else {})
    return found


def _paired(left: Mapping[str, bytes], right: Mapping[str, bytes]) -> Named:
    """Names with equal marks, in their order."""
    waiting: defaultdict[bytes, list[str]] = defaultdict(list)
    for name, mark in reversed(list(right.items())):
        waiting[mark].append(name)
    return {name: waiting[mark].pop() for name, mark in left.items() if waiting[mark]}


def _bytes(value: object) -> bytes:
    return canonical(to_json(value))


# ---- other names -----------------------------------------------------------------------------------------------------------


def rewritten(value: T, given: Names) -> T:
    """A part of a document in other names."""
    return cast("T", _rewritten(value, given)) if given else value


def _rewritten(value: Any, given: Names) -> Any:
    if is_record(value):
        kind = value.__class__
        changes = {name: _field(kind, name, getattr(value, name), given) for name in names(kind)}
        return replace(value, **changes)
    if isinstance(value, tuple):
        return tuple(_rewritten(item, given) for item in cast("tuple[object, ...]", value))
    if isinstance(value, list):
        return _code(cast("list[Json]", value), given)
    if isinstance(value, Mapping):
        return {key: _member(key, item, given) for key, item in cast("Mapping[str, object]", value).items()}
    return value


def _field(kind: type, name: str, value: Any, given: Names) -> Any:
    if name in PLAIN:
        return value
    for named, fields in (
        (given.nodes, NODE_FIELDS),
        (given.channels, CHANNEL_FIELDS),
        (given.agents, AGENT_FIELDS),
        (given.graphs, GRAPH_FIELDS),
    ):
        if (kind, name) in fields:
            return named.get(value, value)
    if (kind, name) == (ir.GraphJoin, "sources"):
        return tuple(given.nodes.get(source, source) for source in value)
    if (kind, name) in ((ir.Writes, "entries"), (ir.Node, "update")):
        entries = cast("Sequence[ir.Entry]", _rewritten(value, given))
        return tuple(replace(entry, name=given.channels.get(entry.name, entry.name)) for entry in entries)
    return _rewritten(value, given)


def _member(key: str, value: object, given: Names) -> object:
    if key == "$ref" and isinstance(value, str) and value.startswith(REFERENCE):
        name = value.removeprefix(REFERENCE)
        return f"{REFERENCE}{given.types.get(name, name)}"
    return _rewritten(value, given)


def _code(code: list[Json], given: Names) -> list[Json]:
    """Code with other names of channels; constants hold none."""
    if code[:1] == ["lit"]:
        return code
    if code[:2] == ["get", "state"] and len(code) > 2:
        name = str(code[2])
        return ["get", "state", given.channels.get(name, name), *code[3:]]
    return [_rewritten(part, given) for part in code]
