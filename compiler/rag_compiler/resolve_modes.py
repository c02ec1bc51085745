"""Bind what a graph says of itself as a whole: `allow`, `checkpoint`, `interrupt`."""

from __future__ import annotations

from collections.abc import Iterable

from rag_compiler import syntax
from rag_compiler.hir_policies import Allow, Checkpoint, Interrupts
from rag_compiler.kinds import CHECKPOINTS, INTERRUPTS
from rag_compiler.names import Capability, Names
from rag_compiler.resolve_names import bind_capabilities
from rag_compiler.resolve_policies import bind_word
from rag_compiler.sink import Sink
from rag_ir.policies import KINDS

_NOUNS: dict[str, Capability] = {
    "models": "model",
    "tools": "tool",
    "agents": "agent",
    "graphs": "graph",
    "stores": "store",
    "routers": "router",
    "reducers": "reducer",
    "middleware": "middleware",
    "scripts": "script",
}


def bind_checkpoint(item: syntax.RefItem | None, sink: Sink) -> Checkpoint | None:
    """The mode of `checkpoint`; null where it is wrong."""
    if item is None or item.name is None:
        return None
    word = bind_word(syntax.Variable(item.name), "checkpoint", CHECKPOINTS, sink)
    return Checkpoint(word, item.name.span) if word else None


def bind_interrupts(item: syntax.RefItem | None, sink: Sink) -> Interrupts | None:
    """The mode of a graph's `interrupt`; null where it is wrong."""
    if item is None or item.name is None:
        return None
    word = bind_word(syntax.Variable(item.name), "interrupt", INTERRUPTS, sink)
    return Interrupts(word, item.name.span) if word else None


def bind_allow(items: Iterable[syntax.AllowItem], names: Names, sink: Sink) -> tuple[Allow, ...]:
    """The lists of `allow` by kind; of two for one kind the first counts."""
    found: dict[str, Allow] = {}
    for item in items:
        if item.kind is None:
            continue
        kind = bind_word(syntax.Variable(item.kind), item.keyword.text, KINDS, sink)
        if kind is not None:
            bound = bind_capabilities(_NOUNS[kind], item.names, names, sink)
            found.setdefault(kind, Allow(kind, bound, item.kind.span))
    return tuple(found.values())
