"""Bind the sends of a node: targets, payloads, loops."""

from __future__ import annotations

from rag_compiler import hir, syntax
from rag_compiler.kinds import CONTEXTS
from rag_compiler.resolve_expressions import bind, check_variable
from rag_compiler.resolve_names import Home
from rag_compiler.resolve_policies import bind_duration, bind_flag, bind_retry, bind_word
from rag_compiler.resolve_values import bind_count, bind_payload, bind_writes
from rag_compiler.scope import Scope
from rag_compiler.source import Span


def bind_sends(item: syntax.SendItem, scope: Scope, home: Home) -> tuple[hir.Send, ...]:
    """The sends in order; `scope` is that of the sender after it has run."""
    return tuple(_send(send, scope, home) for send in item.sends)


def _send(send: syntax.Send, scope: Scope, home: Home) -> hir.Send:
    target, child = home.send_target(send.target, send.span)
    each = _each(send.each, scope, home) if send.each else None
    inner = scope.with_variable(each.variable) if each else scope
    payload = None if send.each and send.each.variable is None else send.payload
    modifiers = {item.keyword.text: item for item in reversed(send.modifiers) if not isinstance(item, syntax.Edge)}
    most, writes, into = modifiers.get("max"), modifiers.get("writes"), modifiers.get("into")
    timeout, retry = modifiers.get("timeout"), modifiers.get("retry")
    after = home.scope.with_output(home.callees.output(child) if child else None)
    return hir.Send(
        target=target,
        child=child,
        payload=bind_payload(payload, inner, home.sink, home.callees.input(child) if child else None),
        each=each,
        max=bind_count(most.value, "max", home.sink) if isinstance(most, syntax.ValueItem) else None,
        blocking=_flag(modifiers.get("blocking"), home),
        optional=_flag(modifiers.get("optional"), home),
        timeout=bind_duration(timeout.value, "timeout", timeout.keyword.span, home.sink)
        if isinstance(timeout, syntax.ValueItem)
        else None,
        retry=bind_retry(retry.pairs, retry.keyword.span, home.sink) if isinstance(retry, syntax.BlockItem) else None,
        fork=_fork(modifiers.get("context"), home),
        writes=bind_writes(writes.pairs, after, home) if isinstance(writes, syntax.BlockItem) else None,
        into=home.channel(into.name, into.span) if isinstance(into, syntax.RefItem) else None,
        writes_at=min((item.keyword.span for item in (writes, into) if item), default=None),
        span=send.span,
    )


def _flag(item: syntax.Item | None, home: Home) -> hir.Flag | None:
    return bind_flag(item.value, item.keyword.text, home.sink) if isinstance(item, syntax.ValueItem) else None


def _fork(item: syntax.Item | None, home: Home) -> Span | None:
    """Where `fork` stands."""
    if not isinstance(item, syntax.RefItem) or item.name is None:
        return None
    word = bind_word(syntax.Variable(item.name), "context", CONTEXTS, home.sink)
    return item.name.span if word == "fork" else None


def _each(each: syntax.Each, scope: Scope, home: Home) -> hir.Each:
    variable = check_variable(each.variable, home.sink) if each.variable else "_"
    return hir.Each(variable, bind(each.source, scope, home.sink))
