"""Which graph a command means."""

from __future__ import annotations

from collections.abc import Mapping

from rag_compiler.diagnostics import Diagnostic, Label, Place
from rag_compiler.words.names import quoted


def no_graphs(place: Place) -> Diagnostic:
    """There is nothing to compile."""
    return Diagnostic(
        code="unknown-graph",
        place=place,
        message="no graph is declared here",
        help="write `graph NAME { start a  node a { kind pass } }`",
    )


def ambiguous_entry(place: Place, graphs: Mapping[str, Place]) -> Diagnostic:
    """Several graphs could be the entry."""
    return Diagnostic(
        code="unknown-graph",
        place=place,
        message=f"several graphs can be the entry: {quoted(sorted(graphs))}",
        help="name the one that is meant (`--graph NAME`)",
        related=tuple(Label(graphs[name], f"`{name}` is declared here") for name in sorted(graphs)),
        candidates=tuple(sorted(graphs)),
    )
