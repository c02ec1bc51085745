"""Emit sends, writes, and the implicit children that sends to agents and graphs make.

The child of `p` for the agent `a` is called `p/a`; sends to it with equal modifiers share it, the others go to `p/a#2` and so on.
"""

from __future__ import annotations

from rag_compiler import hir
from rag_compiler.default_writes import DefaultWrites, child_writes
from rag_compiler.emit_code import emit_code, emit_entries, name_of
from rag_compiler.emit_policies import emit_retry, emit_timeout, milliseconds, retry_of
from rag_compiler.kinds import KINDS
from rag_compiler.places import Places
from rag_compiler.source import Span
from rag_ir import graph as ir
from rag_ir.graph import Code
from rag_ir.record import record


@record
class Child:
    """An implicit node, and the send that made it."""

    name: str
    send: hir.Send
    child: hir.Child
    defaults: DefaultWrites

    @property
    def span(self) -> Span:
        """Where its target is named."""
        return self.send.target.span

    def emit(self, at: str, graph: hir.Graph, places: Places) -> ir.Node:
        """The node."""
        callee, kind = self.child.callee, self.child.kind
        return ir.Node(
            name=self.name,
            implicit=True,
            behaviour=ir.Subagent(kind="subagent", agent=callee, input=None)
            if kind == "subagent"
            else ir.Subgraph(kind="subgraph", graph=callee, input=None),
            labels=KINDS[kind].labels,
            writes=_child_writes(self.send, self.defaults, f"{at}/writes", places),
            update=(),
            sends=(),
            routing=ir.Finish(kind="end"),
            on_error=None,
            max_visits=None,
            timeout=emit_timeout(None, graph, kind, at, places),
            retry=emit_retry(None, graph, kind, at, places),
            budget=None,
            cache=None,
            steering=None,
            stores=(),
            middleware=(),
            pause_before=False,
            pause_after=False,
            metadata={},
        )


@record
class Sends:
    """The sends of a node, and its implicit children in the order of their first send."""

    sends: tuple[ir.Send, ...]
    children: tuple[Child, ...]


def emit_sends(node: hir.Node, at: str, graph: hir.Graph, project: hir.Project, places: Places) -> Sends:
    """The sends of the node at the pointer `at`."""
    children: dict[tuple[str, str], Child] = {}
    counts: dict[str, int] = {}
    sends: list[ir.Send] = []
    for index, send in enumerate(node.sends):
        target = name_of(send.target)
        if send.child:
            name = f"{node.name.name}/{send.child.callee}"
            defaults = child_writes(send.child, graph, project)
            key = (name, repr((_child_writes(send, defaults, "", Places("")), _modifiers(send))))
            if key not in children:
                counts[name] = number = counts.get(name, 0) + 1
                children[key] = Child(name if number == 1 else f"{name}#{number}", send, send.child, defaults)
            target = children[key].name
        sends.append(_send(send, target, graph, f"{at}/sends/{index}", places))
    return Sends(tuple(sends), tuple(children.values()))


def _child_writes(send: hir.Send, defaults: DefaultWrites, at: str, places: Places) -> ir.Writes:
    if send.writes is None and send.into is None:
        return emit_defaults(defaults)
    return emit_writes(send.writes, send.into, at, places)


def emit_defaults(defaults: DefaultWrites) -> ir.Writes:
    """Writes that the source leaves out."""
    entries = tuple(ir.Entry(name=name, value=["get", "output", name]) for name in defaults.fields)
    return ir.Writes(entries=entries, present=bool(entries), by_name=defaults.by_name, speak=defaults.speak)


def emit_writes(writes: hir.Entries | None, into: hir.Target | None, at: str, places: Places) -> ir.Writes:
    """`writes {..}` and `into`."""
    entries = emit_entries(writes or (), f"{at}/entries", places)
    if into is not None:
        places.put(f"{at}/entries/{len(entries)}", into.span)
        whole: Code = ["get", "output"]
        entries = (*entries, ir.Entry(name=name_of(into), value=whole))
    return ir.Writes(entries=entries, present=False, by_name=False, speak=False)


def _modifiers(send: hir.Send) -> tuple[object, ...]:
    """What tells sends to one agent apart: what is written and is no default."""
    return (
        send.blocking is None or send.blocking.value,
        send.optional is not None and send.optional.value,
        send.timeout.ms if send.timeout else None,
        send.retry.value if send.retry else None,
        send.fork is not None,
    )


def _send(send: hir.Send, target: str, graph: hir.Graph, at: str, places: Places) -> ir.Send:
    places.put(at, send.target.span)
    each = None
    if send.each:
        each = ir.Each(variable=send.each.variable, source=emit_code(send.each.source, f"{at}/each/source", places))
    payload = emit_entries(send.payload, f"{at}/payload", places) if send.payload is not None else None
    node = graph.nodes.get(target) if send.child is None else None
    if send.fork is not None:
        places.put(f"{at}/context", send.fork)
    return ir.Send(
        target=target,
        payload=payload,
        each=each,
        max=send.max,
        blocking=_flag(send.blocking or (node.policies.blocking if node else None), True, f"{at}/blocking", places),
        optional=_flag(send.optional or (node.policies.optional if node else None), False, f"{at}/optional", places),
        timeout=milliseconds(send.timeout, f"{at}/timeout", places),
        retry=retry_of(send.retry, at, places),
        context="fresh" if send.fork is None else "fork",
        writes=_own_writes(send, f"{at}/writes", places),
    )


def _flag(flag: hir.Flag | None, default: bool, at: str, places: Places) -> bool:
    if flag is None:
        return default
    places.put(at, flag.span)
    return flag.value


def _own_writes(send: hir.Send, at: str, places: Places) -> ir.Writes | None:
    """The writes of a send to a declared node; those of an implicit child are the child's."""
    if send.child is not None or send.writes_at is None:
        return None
    places.put(at, send.writes_at)
    return emit_writes(send.writes, send.into, at, places)
