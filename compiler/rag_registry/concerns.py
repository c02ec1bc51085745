"""Which entries of a manifest a graph uses, and so which faults of the manifest concern it.

A fault in an entry concerns those who use the entry; one anywhere else, in the policy above all, concerns everybody.
"""

from __future__ import annotations

from collections.abc import Collection

from rag_ir.graph import Document, ModelCall
from rag_registry.registry import KINDS, Registry

Entry = tuple[str, str]
"""A kind and a name."""


def used_entries(document: Document, registry: Registry) -> frozenset[Entry]:
    """The entries of a registry that a document names, and those that these name."""
    requires = document.requires
    used: set[Entry] = set()
    used.update(("models", each.name) for each in requires.models)
    used.update(("tools", each.name) for each in requires.tools)
    used.update(("routers", each.name) for each in requires.routers)
    used.update(("reducers", each.name) for each in requires.reducers)
    used.update(("stores", each.name) for each in requires.stores)
    used.update(("middleware", each.name) for each in requires.middleware)
    used.update(("agents", name) for name in (*document.agents, *_in_place(document)))
    used.update(("graphs", name) for name in document.graphs)
    for kind, name in [*used]:
        tool = registry.tools.get(name) if kind == "tools" else None
        if tool is not None and tool.mcp is not None:
            used.add(("mcp", tool.mcp.server))
    return frozenset(used)


def _in_place(document: Document) -> list[str]:
    """The agents that nodes run themselves."""
    behaviours = [node.behaviour for graph in document.graphs.values() for node in graph.nodes]
    return [each.agent for each in behaviours if isinstance(each, ModelCall) and each.agent is not None]


def concerns(at: str, used: Collection[Entry]) -> bool:
    """Whether a fault at a JSON pointer into the manifest concerns those who use some entries."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in at.split("/")[1:]]
    return len(parts) < 2 or parts[0] not in KINDS or (parts[0], parts[1]) in used
