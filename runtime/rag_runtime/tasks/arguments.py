"""The tools that a document requires, and arguments for them."""

from __future__ import annotations

from collections.abc import Sequence

from rag_ir.graph import Json, ToolRequirement
from rag_ir.types import describe
from rag_runtime.events import Error
from rag_runtime.seams import CallFailed, TaskContext, ToolSpec
from rag_runtime.tasks.fit import standing_alone, unfit


def required_tool(context: TaskContext, name: str) -> ToolRequirement:
    """The tool as the document requires it."""
    return next(tool for tool in context.document.requires.tools if tool.name == name)


def specs(context: TaskContext, names: Sequence[str]) -> tuple[ToolSpec, ...]:
    """The tools as a model sees them."""
    types = context.document.types
    tools = (required_tool(context, name) for name in names)
    return tuple(
        ToolSpec(name=tool.name, description=tool.description, input=standing_alone(tool.input, types))
        for tool in tools
    )


def fitting(context: TaskContext, tool: ToolRequirement, arguments: Json) -> dict[str, Json]:
    """The arguments, which fit the tool's schema and name none of its own making. Raises CallFailed `bad-arguments`."""
    problem = unfit(context, arguments, tool.input)
    if isinstance(arguments, dict):
        unknown = sorted(arguments.keys() - _parameters(tool)) if _closed(tool) else []
        problem = "; ".join(filter(None, [problem, *(f"there is no parameter `{name}`" for name in unknown)]))
        if not problem:
            return arguments
    message = f"the arguments of tool `{tool.name}` do not fit: {problem}; valid: {describe(tool.input)}"
    raise CallFailed(Error(code="bad-arguments", message=message))


def _closed(tool: ToolRequirement) -> bool:
    return "properties" in tool.input and not tool.input.get("additionalProperties")


def _parameters(tool: ToolRequirement) -> set[str]:
    properties = tool.input.get("properties")
    return set(properties) if isinstance(properties, dict) else set()
