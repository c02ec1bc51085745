"""What is kept of a node is taken again without its tools being called: they may have no effects."""

from __future__ import annotations

from rag_ir import graph as ir
from rag_ir.finding import Finding
from rag_verify.accesses import World
from rag_verify.tools_called import called_by

HARMLESS = ("none", "read")


def check_caches(graph: ir.Graph, at: str, world: World) -> list[Finding]:
    """The findings on a graph; `at` is its pointer. Exact for tools whose effects are known; others may have some."""
    found: list[Finding] = []
    for index, node in enumerate(graph.nodes):
        tool = _acting(node, world) if node.cache is not None else None
        if tool is not None:
            found.append(_finding(node, tool, world.tools[tool].effects, f"{at}/nodes/{index}/cache"))
    return found


def _acting(node: ir.Node, world: World) -> str | None:
    """The first tool of a node that may do something."""
    return next(
        (name for name in called_by(node.behaviour, world.agents) if name in world.tools and _acts(name, world)), None
    )


def _acts(name: str, world: World) -> bool:
    return world.tools[name].effects not in HARMLESS


def _finding(node: ir.Node, tool: str, effects: str, at: str) -> Finding:
    if effects == "unknown":
        message = f"`cache` would leave out calls of tool `{tool}`, and nobody says that these have no effects"
        help_ = f'say it in `[tools.{tool}]`: `effects = "none"` or `"read"`; or remove `cache` from `{node.name}`'
    else:
        message = f"`cache` would leave out calls of tool `{tool}`, whose effects are `{effects}`"
        help_ = f"remove `cache` from `{node.name}`, or call the tool in a node of its own"
    return Finding("cache-with-effects", at, message, label="leaves effects out", help=help_)
