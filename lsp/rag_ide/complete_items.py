"""The items that can stand in a graph, an agent or a node of some kind, where they do not stand yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rag_compiler import hir, syntax
from rag_compiler.kinds import AGENT_ITEMS, GRAPH_ITEMS, KINDS, REPEATABLE
from rag_ide.documentation import SNIPPETS, item_doc
from rag_ide.here import Here
from rag_ide.offers import Offer
from rag_verify.unbuilt import UNBUILT

_NOT_OFFERED = ("script", "human", "parent")
_ROUTING = ("next", "routes", "join")
_QUOTED = ("model", "system", "prompt", "agent", "tool", "graph", "router", "description")
_LISTED = ("tools", "options", "sources")


def unbuilt_kinds() -> tuple[str, ...]:
    """Kinds that this version cannot run."""
    return ("repl_agent",)


def graph_items(here: Here) -> Iterator[Offer]:
    """Items of a graph."""
    present = _present(here.graph.syntax.items if here.graph else (), here)
    return _offered("graph", GRAPH_ITEMS, present - set(REPEATABLE) - {"join"}, ())


def agent_items(here: Here) -> Iterator[Offer]:
    """Items of an agent."""
    agent = here.agent.syntax if here.agent else None
    return _offered("agent", AGENT_ITEMS, _present(agent.items if agent else (), here), ("model", "system"))


def node_items(here: Here) -> Iterator[Offer]:
    """Items of a node; of one whose kind is not known, those of all kinds."""
    node = here.node
    present = _present(node.syntax.items if node else (), here)
    kind = KINDS[node.kind] if node is not None and not isinstance(node.behaviour, hir.UnknownNode) else None
    legal = kind.items if kind is not None else dict.fromkeys(word for each in KINDS.values() for word in each.items)
    if any(word in present for word in _ROUTING):
        present |= set(_ROUTING)
    return _offered("node", legal, present, (*kind.own, *kind.required) if kind is not None else ("kind",))


def _present(items: Iterable[syntax.Item], here: Here) -> set[str]:
    """The items that stand there already, but for the one that is being written."""
    return {
        item.keyword.text
        for item in items
        if not isinstance(item, syntax.Edge) and item.keyword.span.start != here.cursor.span.start
    }


def _offered(block: str, legal: Iterable[str], present: set[str], first: Iterable[str]) -> Iterator[Offer]:
    leading = set(first)
    for word in dict.fromkeys(legal):
        if word not in present and word not in _NOT_OFFERED and f"{block} {word}" not in UNBUILT:
            doc = item_doc(block, word)
            snippet = SNIPPETS.get(f"{block}:{word}") or _snippet(word)
            yield Offer(word, "item", doc, text=f"{word} ", snippet=snippet, rank=0 if word in leading else 1)


def _snippet(word: str) -> str:
    if word in _QUOTED:
        return f'{word} "$0"'
    if word in _LISTED:
        return f'{word} ["$0"]'
    return ""
