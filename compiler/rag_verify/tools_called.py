"""The tools that a node itself may call: those of its model's loop, of the agent that it runs, of its executor."""

from __future__ import annotations

from collections.abc import Mapping

from rag_ir import graph as ir
from rag_ir.graph import Document


def tools_called(node: ir.Node, document: Document) -> tuple[str, ...]:
    """Their names, in order. A model that only asks for tools calls none; what a child graph calls is the child's."""
    return called_by(node.behaviour, document.agents)


def called_by(behaviour: ir.Behaviour, agents: Mapping[str, ir.Agent]) -> tuple[str, ...]:
    """As `tools_called`, of a behaviour beside some agents."""
    match behaviour:
        case ir.ModelCall(loop=loop, tools=tools):
            return tools if loop else ()
        case ir.ToolExecutor(tools=tools):
            return tools
        case ir.ToolCall(tool=tool):
            return (tool,)
        case ir.Subagent(agent=agent):
            known = agents.get(agent)
            return known.tools if known is not None else ()
        case ir.Subgraph() | ir.Router() | ir.Interrupt() | ir.Join() | ir.Pass():
            return ()
