"""Joins over declared nodes: each can have all of its sources, none goes without one, and none fires again by what it waited for.

Exact, with guards taken as free, for graphs that are small enough to be explored (see `explore`); of others nothing is said. That
no run brings all sources to a join is an error; that some run does not, or fires it again, is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag_ir import graph as ir
from rag_ir.finding import Finding, Related
from rag_verify.ways import Map

if TYPE_CHECKING:
    from rag_verify.explore import Explored


def check_declared_joins(known: Map, seen: Explored | None) -> list[Finding]:
    """The findings on a graph."""
    if seen is None:
        return []
    return [finding for index, join in enumerate(known.graph.joins) for finding in _check(known, seen, index, join)]


def _check(known: Map, seen: Explored, index: int, join: ir.GraphJoin) -> Iterator[Finding]:
    if not join.sources or not all(source in known.reached and source in known.places for source in join.sources):
        return
    at = f"{known.at}/joins/{index}"
    missing = [source for source in join.sources if (index, source) in seen.skipped]
    related = tuple(Related(known.places[source], f"`{source}` is a source") for source in join.sources)
    if index not in seen.full:
        yield Finding(
            code="join-never-complete",
            at=f"{at}/target",
            message=f"the join into `{join.target}` never has all of its sources: no run brings {_names(join.sources)} to it",
            label="never complete",
            help=f"let each of them run beside the others, or route to `{join.target}` without a join",
            related=related,
        )
    elif missing:
        yield Finding(
            code="join-source-skipped",
            at=f"{at}/sources/{join.sources.index(missing[0])}",
            message=f"the join into `{join.target}` may go without {_names(missing)}: a run may never come to it",
            label="may be skipped",
            help=f"`{join.target}` sees it in `args.children` with outcome `skipped`; let every route lead through it if that is not meant",
            related=tuple(each for each in related if each.at != known.places[missing[0]]),
        )
    if index in seen.again:
        yield Finding(
            code="join-may-fire-twice",
            at=f"{at}/target",
            message=f"the join into `{join.target}` may fire twice: a source may end again after it has fired",
            label="may run again",
            help="let the sources end in one superstep or in one branch each, or join the children where they are sent",
            related=related,
        )


def _names(names: tuple[str, ...] | list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
