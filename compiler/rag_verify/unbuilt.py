"""What a graph may say and this version cannot run yet: the one table of it.

A row goes away with the change that brings its executor; nothing else has to be told. What has no place in the IR is refused where
it is read.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag_ir import graph as ir
from rag_ir.finding import Finding

_SPENT = "bound the run with `max_turns`, `max_visits` and `defaults { recursion_limit: .. }`"
_STORE = "keep what later nodes need in channels"
_KEPT = "`checkpoint every` is what this version does"

UNBUILT: dict[str, tuple[str, str]] = {
    "node budget": ("`budget` of a node", _SPENT),
    "node cache": ("`cache` of a node", "without it every call is made"),
    "node steering": ("`steering` of a node", "without it nobody can steer the node while it runs"),
    "node stores": ("`stores` of a node", _STORE),
    "node middleware": ("`middleware` of a node", "without it the node's calls are not wrapped"),
    "graph budget": ("`budget` of a graph", _SPENT),
    "checkpoint exit": ("`checkpoint exit`", _KEPT),
    "checkpoint off": ("`checkpoint off`", _KEPT),
    "agent budget": ("`budget` of an agent", _SPENT),
    "agent stores": ("`stores` of an agent", _STORE),
    "reducer function": ("a registered reducer", "reduce with one of the reducers of the language"),
}
"""By what is used: how it is called, and what works instead."""


def check_unbuilt(graph: ir.Graph, at: str) -> list[Finding]:
    """What a graph at a pointer uses and cannot be run."""
    return list(_findings(_of_graph(graph, at)))


def check_unbuilt_agent(agent: ir.Agent, at: str) -> list[Finding]:
    """What an agent at a pointer uses and cannot be run."""
    return list(
        _findings((("agent budget", f"{at}/budget", agent.budget), ("agent stores", f"{at}/stores", agent.stores)))
    )


def check_unbuilt_policy(policy: ir.Policy) -> list[Finding]:
    """What the machine's policy asks for and no run could keep, so that none begins."""
    if policy.max_budget is None:
        return []
    message = "`max_budget` of the policy cannot be kept by this version, so that nothing runs under it"
    return [Finding("not-built", "/policy/max_budget", message, "not built yet", _SPENT)]


Use = tuple[str, str, object]
"""What may be used, where, and whether it is."""


def _findings(uses: Iterator[Use] | tuple[Use, ...]) -> Iterator[Finding]:
    for key, at, used in uses:
        if used and key in UNBUILT:
            what, instead = UNBUILT[key]
            yield Finding("not-built", at, f"{what} cannot be run by this version", "not built yet", instead)


def _of_graph(graph: ir.Graph, at: str) -> Iterator[Use]:
    yield "graph budget", f"{at}/budget", graph.budget
    yield f"checkpoint {graph.checkpoint}", f"{at}/checkpoint", True
    for index, channel in enumerate(graph.channels):
        yield "reducer function", f"{at}/channels/{index}/reducer", channel.reducer == "aggregate"
    for index, node in enumerate(graph.nodes):
        yield from _of_node(node, f"{at}/nodes/{index}")


def _of_node(node: ir.Node, at: str) -> Iterator[Use]:
    bundled = isinstance(node.behaviour, ir.ModelCall) and node.behaviour.agent is not None
    yield "node timeout", f"{at}/timeout", node.timeout is not None
    yield "node retry", f"{at}/retry", node.retry
    yield "node budget", f"{at}/budget", node.budget
    yield "node cache", f"{at}/cache", node.cache
    yield "node steering", f"{at}/steering", node.steering
    yield "node stores", f"{at}/stores", node.stores and not bundled
    yield "node middleware", f"{at}/middleware", node.middleware
    for index, send in enumerate(node.sends):
        yield from _of_send(send, f"{at}/sends/{index}")
    if isinstance(node.routing, ir.JoinSends):
        yield f"wait {node.routing.wait}", f"{at}/routing/wait", True
        yield "join timeout", f"{at}/routing/timeout", node.routing.timeout is not None


def _of_send(send: ir.Send, at: str) -> Iterator[Use]:
    yield "send blocking", f"{at}/blocking", not send.blocking
    yield "send optional", f"{at}/optional", send.optional
    yield "send timeout", f"{at}/timeout", send.timeout is not None
    yield "send retry", f"{at}/retry", send.retry
    yield "send context", f"{at}/context", send.context == "fork"
    yield "send writes", f"{at}/writes", send.writes
