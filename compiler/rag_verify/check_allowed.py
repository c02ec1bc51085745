"""What may be named: by the policy of the machine in the whole document, and by each graph's own `allow` in that graph.

A graph's `allow` speaks of what its own nodes name and of the agents that they run in place; what children name is up to them. The
policy speaks of everything; a graph that it denies is not run at all, and one that it does not allow only as an entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rag_ir import graph as ir
from rag_ir.finding import Finding, Related, pointer
from rag_ir.graph import Document, Policy
from rag_ir.permission import objection, words
from rag_verify.flow import HOLE

_NOUNS: Mapping[str, str] = {
    "models": "model",
    "tools": "tool",
    "agents": "agent",
    "graphs": "graph",
    "routers": "router",
    "reducers": "reducer",
    "middleware": "middleware",
    "stores": "store",
}


def check_allowed(document: Document, policy: Policy) -> list[Finding]:
    """`not-allowed` for each name that the policy forbids, and for those that graphs forbid themselves."""
    found = list(_forbidden(document, policy)) if policy.allow or policy.deny else []
    for name, graph in document.graphs.items():
        found += check_graph_allowed(graph, pointer("graphs", name))
    return found


def check_graph_allowed(graph: ir.Graph, at: str) -> list[Finding]:
    """`not-allowed` for each name in a graph, at its pointer, that its own `allow` leaves out."""
    found: dict[str, Finding] = {}
    told: set[tuple[str, str]] = set()
    for kind, name, place, derived in _named(graph, at) if graph.allow else ():
        by = objection(kind, name, graph.allow, {})
        if by is None or name == HOLE or (derived and (kind, name) in told):
            continue
        told.add((kind, name))
        message = words(by, _NOUNS[kind], name, f"graph `{graph.name}`") + _through(graph, place, kind)
        listed = (Related(f"{at}/allow/{kind}", "what it allows"),)
        found.setdefault(place, Finding("not-allowed", place, message, label="not allowed", related=listed))
    return list(found.values())


def _through(graph: ir.Graph, place: str, kind: str) -> str:
    """Who names it, where that is an agent that a node runs in place."""
    if kind == "agents" or not place.endswith("/behaviour/agent"):
        return ""
    behaviour = graph.nodes[int(place.split("/")[-3])].behaviour
    return f", which agent `{behaviour.agent}` names" if isinstance(behaviour, ir.ModelCall) else ""


def _forbidden(document: Document, policy: Policy) -> Iterator[Finding]:
    for kind, name, at in _required(document):
        by = objection(kind, name, policy.allow, policy.deny)
        if by is not None:
            yield Finding("not-allowed", at, words(by, _NOUNS[kind], name), label="not allowed")
    if document.entry in policy.deny.get("graphs", ()):
        yield Finding("not-allowed", "/entry", words("deny", "graph", document.entry), label="not allowed")


def _required(document: Document) -> Iterator[tuple[str, str, str]]:
    """Kind, name and pointer of everything that the document names, once each."""
    requires = document.requires
    names = {
        "models": [each.name for each in requires.models],
        "tools": [each.name for each in requires.tools],
        "routers": [each.name for each in requires.routers],
        "reducers": [each.name for each in requires.reducers],
        "stores": [each.name for each in requires.stores],
        "middleware": [each.name for each in requires.middleware],
    }
    for kind, listed in names.items():
        yield from ((kind, name, pointer("requires", kind, index)) for index, name in enumerate(listed))
    yield from (("agents", name, pointer("agents", name)) for name in document.agents)
    yield from (("graphs", name, pointer("graphs", name)) for name in document.graphs if name != document.entry)


def _named(graph: ir.Graph, at: str) -> Iterator[tuple[str, str, str, bool]]:
    """Kind, name and pointer of what a graph names; True for what may be derived from the rest: those come last."""
    executors: list[tuple[str, str, str, bool]] = []
    for index, channel in enumerate(graph.channels):
        if channel.function is not None:
            yield "reducers", channel.function, f"{at}/channels/{index}/function", False
    for index, node in enumerate(graph.nodes):
        place = f"{at}/nodes/{index}"
        for kind, names in (("stores", node.stores), ("middleware", node.middleware)):
            yield from ((kind, name, f"{place}/{kind}/{number}", False) for number, name in enumerate(names))
        for kind, name, below in _named_by(node.behaviour):
            derived = isinstance(node.behaviour, ir.ToolExecutor)
            entry = (kind, name, f"{place}/behaviour/{below}", derived)
            if derived:
                executors.append(entry)
            else:
                yield entry
    yield from executors


def _named_by(behaviour: ir.Behaviour) -> Iterator[tuple[str, str, str]]:
    """Kind, name, and where below the behaviour it stands. What an agent run in place names stands at the agent's name."""
    match behaviour:
        case ir.ModelCall(model=model, tools=tools, agent=agent):
            if agent is not None:
                yield "agents", agent, "agent"
            yield "models", model, "agent" if agent is not None else "model"
            for index, tool in enumerate(tools):
                yield "tools", tool, "agent" if agent is not None else f"tools/{index}"
        case ir.ToolExecutor(tools=tools):
            yield from (("tools", tool, f"tools/{index}") for index, tool in enumerate(tools))
        case ir.ToolCall(tool=tool):
            yield "tools", tool, "tool"
        case ir.Router(router=str(router)):
            yield "routers", router, "router"
        case ir.Subagent(agent=agent):
            yield "agents", agent, "agent"
        case ir.Subgraph(graph=name):
            yield "graphs", name, "graph"
        case ir.Router() | ir.Interrupt() | ir.Join() | ir.Pass():
            pass
