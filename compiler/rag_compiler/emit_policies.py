"""Emit policies: what a node says of itself, else what its graph says of all nodes."""

from __future__ import annotations

from rag_compiler import hir
from rag_compiler.emit_code import name_of
from rag_compiler.kinds import KINDS
from rag_compiler.places import Places
from rag_ir import graph as ir


def emit_timeout(own: hir.Duration | None, graph: hir.Graph, kind: hir.Kind, at: str, places: Places) -> int | None:
    """The milliseconds of an activation of a node of this kind."""
    default = graph.timeout if "timeout" in KINDS[kind].items else None
    return milliseconds(own or default, f"{at}/timeout", places)


def emit_retry(own: hir.Retry | None, graph: hir.Graph, kind: hir.Kind, at: str, places: Places) -> ir.Retry | None:
    """How the calls of a node of this kind are made again."""
    default = graph.retry if "retry" in KINDS[kind].items else None
    return retry_of(own or default, at, places)


def emit_join(join: hir.JoinSends, at: str, places: Places) -> ir.JoinSends:
    """`join TARGET { .. }`"""
    wait, options = join.options.wait, join.options
    places.put(f"{at}/target", join.target.span)
    if wait:
        places.put(f"{at}/wait", wait.span)
        places.put(f"{at}/quorum", wait.span)
        places.put(f"{at}/keep", wait.keep or wait.span)
    if options.on_timeout:
        places.put(f"{at}/on_timeout", options.on_timeout.span)
    return ir.JoinSends(
        kind="join",
        target=name_of(join.target),
        wait=wait.policy if wait else "all",
        quorum=wait.quorum if wait else None,
        keep=wait is not None and wait.keep is not None,
        timeout=milliseconds(options.timeout, f"{at}/timeout", places),
        on_timeout=name_of(options.on_timeout) if options.on_timeout and options.timeout else None,
    )


def milliseconds(duration: hir.Duration | None, at: str, places: Places) -> int | None:
    """A duration, with its place."""
    if duration is None:
        return None
    places.put(at, duration.keyword)
    return duration.ms


def retry_of(retry: hir.Retry | None, at: str, places: Places) -> ir.Retry | None:
    """A `retry`, with its place."""
    if retry is None:
        return None
    places.put(f"{at}/retry", retry.keyword)
    return retry.value
