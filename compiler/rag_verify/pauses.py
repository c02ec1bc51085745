"""No node asks a person where a graph says that nobody is asked.

Exact: a node that can pause is one, whether a run comes to it or not. What a crash leaves in doubt is no question of a node.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from rag_ir import graph as ir
from rag_ir.finding import Finding, Related, pointer
from rag_verify.flow import reachable


def check_pauses(
    graphs: Mapping[str, ir.Graph], agents: Mapping[str, ir.Agent], asking: Container[str]
) -> list[Finding]:
    """The findings on graphs that lie side by side in a document. `asking` are the tools that a person approves."""
    if all(graph.interrupts for graph in graphs.values()):
        return []
    found: list[Finding] = []
    questions = {
        name: list(_questions(graph, pointer("graphs", name), agents, asking)) for name, graph in graphs.items()
    }
    pausing = reachable(
        (name for name, each in questions.items() if each and graphs[name].interrupts), _callers(graphs)
    )
    for name, graph in graphs.items():
        if not graph.interrupts:
            at = pointer("graphs", name)
            calls = (
                (to, f"graph `{callee}` can ask a person") for callee, to in _calls(graph, at) if callee in pausing
            )
            found += (_finding(graph, at, place, why) for place, why in (*questions[name], *calls))
    return found


def _finding(graph: ir.Graph, at: str, place: str, why: str) -> Finding:
    return Finding(
        code="pause-forbidden",
        at=place,
        message=f"{why}, and graph `{graph.name}` says `interrupt off`",
        label="asks a person",
        help="remove the one or the other",
        related=(Related(f"{at}/interrupts", "nobody is asked"),),
    )


def _questions(
    graph: ir.Graph, at: str, agents: Mapping[str, ir.Agent], asking: Container[str]
) -> Iterator[tuple[str, str]]:
    """Where the nodes of a graph ask, and how."""
    for index, node in enumerate(graph.nodes):
        place = f"{at}/nodes/{index}"
        if isinstance(node.behaviour, ir.Interrupt):
            yield f"{place}/behaviour", f"node `{node.name}` asks a person"
        if node.pause_before:
            yield f"{place}/pause_before", f"node `{node.name}` asks a person before it runs"
        if node.pause_after:
            yield f"{place}/pause_after", f"node `{node.name}` asks a person after it has run"
        for tool, below in _tools(node.behaviour, agents):
            if tool in asking:
                yield f"{place}/behaviour/{below}", f"a person approves each call of tool `{tool}`"


def _tools(behaviour: ir.Behaviour, agents: Mapping[str, ir.Agent]) -> Iterator[tuple[str, str]]:
    """The tools that a behaviour may call, each with what names it."""
    match behaviour:
        case ir.ModelCall(agent=None, tools=tools) | ir.ToolExecutor(tools=tools):
            yield from _listed(tools)
        case ir.ModelCall(tools=tools):
            yield from ((tool, "agent") for tool in tools)
        case ir.ToolCall(tool=tool):
            yield tool, "tool"
        case ir.Subagent(agent=name):
            yield from ((tool, "agent") for tool in (agents[name].tools if name in agents else ()))
        case ir.Subgraph() | ir.Router() | ir.Interrupt() | ir.Join() | ir.Pass():
            pass


def _listed(tools: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((tool, f"tools/{index}") for index, tool in enumerate(tools))


def _calls(graph: ir.Graph, at: str) -> Iterator[tuple[str, str]]:
    """The graphs that a graph runs, and where it names them."""
    for index, node in enumerate(graph.nodes):
        if isinstance(node.behaviour, ir.Subgraph):
            yield node.behaviour.graph, f"{at}/nodes/{index}/behaviour/graph"


def _callers(graphs: Mapping[str, ir.Graph]) -> dict[str, list[str]]:
    """Of each graph those that run it, as long as they may ask a person themselves: others have been told already."""
    callers: dict[str, list[str]] = {}
    for name, graph in graphs.items():
        if graph.interrupts:
            for callee, _ in _calls(graph, ""):
                callers.setdefault(callee, []).append(name)
    return callers
