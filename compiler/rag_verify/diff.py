"""The difference of two documents by meaning: what was added, removed, changed or renamed, and whether runs could go on.

Places, documentation and where a document comes from are no part of its meaning, as they are none of its digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from rag_ir.codec import UNDIGESTED
from rag_ir.graph import Document, Json
from rag_ir.record import record
from rag_verify.diff_renames import Renamed, with_names_of
from rag_verify.diff_values import Part, Path, differing
from rag_verify.resumable import hindrance

Sort = Literal["added", "removed", "changed", "moved", "renamed"]
IN_GRAPHS = {"nodes": "node", "channels": "channel", "joins": "join"}
ON_TOP = {"agents": "agent", "types": "type"}
REQUIRED = {
    "models": "model",
    "tools": "tool",
    "routers": "router",
    "reducers": "reducer",
    "stores": "store",
    "middleware": "middleware",
}


@record
class Change:
    """One change of one thing.

    `thing` is what it is (document graph node channel join agent type model tool router reducer store middleware policy), `graph` the
    graph that it stands in, `name` its name in the newer document (in the older, if it was removed; empty for document and policy).
    `field` leads to the part that changed, by the names of the IR's fields and of elements; empty for the thing as a whole.
    `before` and `after` are its values as JSON, null where it is not; of a rename the names, of elements that moved their names in
    order. `hinders` says why a run that is paused in the older document could not go on with the newer; empty if it could.
    """

    sort: Sort
    thing: str
    graph: str | None
    name: str
    field: Path
    before: Json
    after: Json
    hinders: str


@record
class Difference:
    """All changes, in the order of the documents: renames first."""

    changes: tuple[Change, ...]

    @property
    def resumable(self) -> bool:
        """Whether runs that are paused in the older document could go on with the newer one."""
        return not any(change.hinders for change in self.changes)


def diff(old: Document, new: Document) -> Difference:
    """What became of a document. Documents with one digest have no difference, others have one."""
    if old.digest == new.digest and old.ir == new.ir:
        return Difference(())
    renamed_old, renames = with_names_of(old, new)
    parts = list(differing(renamed_old, new, skipped=UNDIGESTED))
    by_name = {name for document in (old, new) for name in _by_name(document)}
    found = [*map(_renamed, renames), *(_change(part, by_name) for part in _without_derived(parts))]
    return Difference(tuple(found))


def _by_name(document: Document) -> Iterator[str]:
    """The graphs in which outputs are written to the channels of their names."""
    return (name for name, graph in document.graphs.items() if any(node.writes.by_name for node in graph.nodes))


def _without_derived(parts: Sequence[Part]) -> Iterator[Part]:
    """The parts without digests of requirements of which something else differs too."""
    told = {part.path[:3] for part in parts if not _is_digest(part.path)}
    return (part for part in parts if not (_is_digest(part.path) and part.path[:3] in told))


def _is_digest(path: Path) -> bool:
    return len(path) == 4 and path[0] == "requires" and path[3] == "digest"


def _renamed(renamed: Renamed) -> Change:
    reason = "" if renamed.sort == "type" else "journals know it by its former name"
    return Change("renamed", renamed.sort, renamed.graph, renamed.after, (), renamed.before, renamed.after, reason)


def _change(part: Part, by_name: set[str]) -> Change:
    thing, graph, name, field = _place(part.path)
    hinders = hindrance(thing, part, field, by_name=graph in by_name)
    return Change(part.sort, thing, graph, name, field, part.before, part.after, hinders)


def _place(path: Path) -> tuple[str, str | None, str, Path]:
    """What a path leads into: the thing, the graph around it, its name, and the rest of the way."""
    match path:
        case ("graphs", graph, ("nodes" | "channels" | "joins") as several, name, *field):
            return IN_GRAPHS[several], graph, name, tuple(field)
        case ("graphs", graph, ("nodes" | "channels" | "joins") as several):
            return IN_GRAPHS[several], graph, "", ()
        case ("graphs", graph, *field):
            return "graph", graph, graph, tuple(field)
        case (("agents" | "types") as several, name, *field):
            return ON_TOP[several], None, name, tuple(field)
        case ("requires", several, *rest) if several in REQUIRED:
            return REQUIRED[several], None, rest[0] if rest else "", tuple(rest[1:])
        case ("policy", *field):
            return "policy", None, "", tuple(field)
        case _:
            return "document", None, "", path
