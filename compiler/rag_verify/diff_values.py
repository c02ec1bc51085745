"""What differs between two values of the IR, part by part.

Records are compared field by field, tuples of named records by their names; everything else is one value that is the same or not.
So whatever a digest sees is found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, cast

from rag_ir import graph as ir
from rag_ir.canonical import canonical
from rag_ir.codec import to_json
from rag_ir.graph import Json
from rag_ir.record import is_record, names, record
from rag_verify.code_text import code_text

Sort = Literal["added", "removed", "changed", "moved"]
Path = tuple[str, ...]
TYPES: Path = ("types",)


@record
class Part:
    """A part that differs: the names of fields and elements that lead to it, and what stood there before and after.

    `moved`: the elements are the same, and stand in another order; then their names.
    """

    sort: Sort
    path: Path
    before: Json
    after: Json


def differing(before: object, after: object, path: Path = (), skipped: Sequence[str] = ()) -> Iterator[Part]:
    """The parts that differ, in the order of the fields; `skipped` names fields of the outermost record."""
    if is_record(before) and before.__class__ is after.__class__:
        for name in names(before.__class__):
            if name not in skipped:
                yield from differing(getattr(before, name), getattr(after, name), (*path, name))
        return
    left, right = _elements(before, path), _elements(after, path)
    if left is not None and right is not None and (left or right):
        yield from _keyed(left, right, path)
    elif not same(before, after):
        yield Part("changed", path, to_json(before), to_json(after))


def same(before: object, after: object) -> bool:
    """Whether two values have the same canonical bytes."""
    return before is after or canonical(to_json(before)) == canonical(to_json(after))


def _elements(value: object, path: Path) -> dict[str, Any] | None:
    """Records by their names: of a tuple, or of an object; so are the types of a document. Null for any other value."""
    if isinstance(value, tuple):
        items = cast("tuple[object, ...]", value)
        return _named(items) if all(is_record(item) for item in items) else None
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        named = path == TYPES or all(is_record(item) for item in members.values())
        return dict(members) if named else None
    return None


def _named(items: Sequence[Any]) -> dict[str, Any]:
    """The items by name; of several with one name the later ones are numbered."""
    seen: Counter[str] = Counter()
    found: dict[str, Any] = {}
    for item in items:
        name = _name(item)
        seen[name] += 1
        found[name if seen[name] == 1 else f"{name} ({seen[name]})"] = item
    return found


def _name(item: Any) -> str:
    match item:
        case ir.Route(label=str(label)):
            return label
        case ir.Route(when=None):
            return "else"
        case ir.Route(when=when):
            return f"when {code_text(when)}"
        case ir.Send(target=target):
            return target
        case ir.GraphJoin(sources=sources, target=target):
            return f"[{', '.join(sources)}] -> {target}"
        case _:
            return str(item.name)


def _keyed(left: Mapping[str, Any], right: Mapping[str, Any], path: Path) -> Iterator[Part]:
    for name, item in left.items():
        if name in right:
            yield from differing(item, right[name], (*path, name))
        else:
            yield Part("removed", (*path, name), to_json(item), None)
    for name, item in right.items():
        if name not in left:
            yield Part("added", (*path, name), None, to_json(item))
    before, after = ([name for name in one if name in other] for one, other in ((left, right), (right, left)))
    if before != after:
        yield Part("moved", path, [*before], [*after])
