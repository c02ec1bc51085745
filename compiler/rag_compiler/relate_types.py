"""How types relate: what fits where, what two types have in common, and what is left of a type without null.

A type fits where each of its values is a value of the other. `json` fits everywhere and takes everything, wherever it stands in a
type. A record fits where fewer fields are wanted, an `int` where a `float` is, and a name is what it is declared as: names that
lead back to themselves are compared as far as they differ. Values nested more than 128 deep are refused wherever values are
read, so what would differ only below that fits, and so does what is too large to compare.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rag_ir.record import mutable
from rag_ir.types import (
    FLOAT,
    JSON,
    MESSAGE,
    NULL,
    STRING,
    ListOf,
    Literals,
    MapOf,
    Named,
    Primitive,
    Record,
    RecordField,
    TypeValue,
    Union,
    from_schema,
    union,
)

NEVER: TypeValue = Union(())
"""The type of no value: that of the elements of `[]`."""
DEEPEST = 128
STEPS = 20_000
"""At most so many pairs of types are looked at to answer one question."""
MOST = 32
"""More alternatives than this are `json`; so many texts are `string`."""
LARGEST = 2_000
"""A type that is made up of more parts than this is `json`."""

Key = tuple[int, int]


@mutable
class Types:
    """The declared types of a project, and what has been found out about them."""

    declared: Mapping[str, TypeValue]
    known: dict[Key, tuple[bool, TypeValue, TypeValue]]
    sizes: dict[int, tuple[int, TypeValue]]
    members: dict[int, tuple[Mapping[str, RecordField], TypeValue]]
    left: int

    def resolve(self, type_: TypeValue) -> TypeValue:
        """What a name stands for, through other names; `json` where that leads nowhere. Anything else is itself."""
        for _ in range(DEEPEST):
            if not isinstance(type_, Named):
                return type_
            type_ = _MESSAGE if type_.name == "message" else self.declared.get(type_.name, JSON)
        return JSON

    def alternatives(self, type_: TypeValue) -> list[TypeValue]:
        """The members of a union, through names; none of them is a union or a name."""
        found: list[TypeValue] = []
        seen: set[str] = set()
        pending = [type_]
        while pending:
            match pending.pop():
                case Union(members):
                    pending.extend(reversed(members))
                case Named(name) as named:
                    if name not in seen:
                        seen.add(name)
                        pending.append(self.resolve(named))
                case concrete:
                    found.append(concrete)
        return found

    def named(self, type_: TypeValue, part: TypeValue) -> TypeValue:
        """The name by which a type has one of its alternatives, else the alternative itself."""
        members = type_.members if isinstance(type_, Union) else (type_,)
        return next((each for each in members if self.resolve(each) is part), part)

    def nullable(self, type_: TypeValue) -> bool:
        """Whether null is a value of a type that is not `json`."""
        found = self.alternatives(type_)
        return NULL in found and JSON not in found

    def without_null(self, type_: TypeValue) -> TypeValue:
        """The values of a type that are not null."""
        match type_:
            case Union(members):
                return union([self.without_null(member) for member in members if member != NULL])
            case Named() if self.nullable(type_):
                return union([each for each in self.alternatives(type_) if each != NULL])
            case Primitive("null"):
                return NEVER
            case _:
                return type_

    def fields(self, record: Record) -> Mapping[str, RecordField]:
        """The fields of a record by their names."""
        known = self.members.get(id(record))
        if known is None:
            known = self.members[id(record)] = ({field.name: field for field in record.fields}, record)
        return known[0]

    def fields_of(self, type_: TypeValue) -> Mapping[str, RecordField]:
        """The fields of a type that is a record, or names one; none of any other."""
        found = self.resolve(type_)
        return self.fields(found) if isinstance(found, Record) else {}

    # ---- what fits -------------------------------------------------------------------------------------------------------

    def fits(self, source: TypeValue, target: TypeValue) -> bool:
        """Whether each value of `source` is a value of `target`, as far as types can tell."""
        self.left = STEPS
        return self._fits(source, target, [], 0)

    def _fits(self, source: TypeValue, target: TypeValue, trail: list[Key], depth: int) -> bool:
        """What is being compared is taken to fit meanwhile; what rests on that is forgotten when it turns out otherwise."""
        if source is target or JSON in (source, target):
            return True
        key = (id(source), id(target))
        known = self.known.get(key)
        if known is not None:
            return known[0]
        self.left -= 1
        if depth > DEEPEST or self.left < 0:
            return True
        mark = len(trail)
        trail.append(key)
        self.known[key] = (True, source, target)
        if self._relates(source, target, trail, depth + 1):
            return True
        for each in trail[mark:]:
            del self.known[each]
        del trail[mark:]
        self.known[key] = (False, source, target)
        return False

    def _relates(self, source: TypeValue, target: TypeValue, trail: list[Key], depth: int) -> bool:
        match source, target:
            case (Union(members), _):
                return JSON in members or all(self._fits(member, target, trail, depth) for member in members)
            case (Named(name), Named(other)) if name == other:
                return True
            case (_, Union(members)) if source in members or JSON in members:
                return True
            case (Named(), _):
                return self._fits(self.resolve(source), target, trail, depth)
            case (Literals(values), Union()) if len(values) > 1:
                return all(self._fits(Literals((value,)), target, trail, depth) for value in values)
            case (_, Union(members)):
                return any(self._fits(source, member, trail, depth) for member in members)
            case (_, Named()):
                return self._fits(source, self.resolve(target), trail, depth)
            case (Record(), Record(wanted)):
                given = self.fields(source)
                return all(self._field_fits(given.get(field.name), field, trail, depth) for field in wanted)
            case _:
                pairs = _parts(source, target)
                return pairs is not None and all(self._fits(part, other, trail, depth) for part, other in pairs)

    def _field_fits(self, given: RecordField | None, wanted: RecordField, trail: list[Key], depth: int) -> bool:
        if given is None:
            return not wanted.required
        if wanted.required and not given.required:
            return JSON in self.alternatives(given.type)
        return self._fits(given.type, wanted.type, trail, depth)

    # ---- what may be equal -----------------------------------------------------------------------------------------------

    def overlap(self, one: TypeValue, other: TypeValue, depth: int = 0) -> bool:
        """Whether a value of one type may equal one of the other."""
        if depth > MOST:
            return True
        return any(
            self._meet(a, b, depth + 1) for a in self.alternatives(one)[:MOST] for b in self.alternatives(other)[:MOST]
        )

    def _meet(self, one: TypeValue, other: TypeValue, depth: int) -> bool:
        match one, other:
            case (Primitive("json"), _) | (_, Primitive("json")):
                return True
            case (Primitive(a), Primitive(b)):
                return a == b or {a, b} == {"int", "float"}
            case (Literals(a), Literals(b)):
                return not set(a).isdisjoint(b)
            case (Primitive("string"), Literals()) | (Literals(), Primitive("string")):
                return True
            case (ListOf(), ListOf()) | (MapOf(), MapOf() | Record()) | (Record(), MapOf()):
                return True
            case (Record(fields), Record(others)):
                types = {field.name: field.type for field in others if field.required}
                both = [field for field in fields if field.required and field.name in types]
                return all(self.overlap(field.type, types[field.name], depth) for field in both[:MOST])
            case _:
                return False

    # ---- what several types are together ---------------------------------------------------------------------------------

    def join(self, types: Iterable[TypeValue]) -> TypeValue:
        """The type of a value that is of one of the types. Lists and records of one form become one."""
        kept: list[TypeValue] = []
        for type_ in types:
            if self.size(type_) > LARGEST and not any(type_ is other for other in kept):
                kept.append(type_ if not kept else JSON)
                continue
            for part in type_.members if isinstance(type_, Union) else (type_,):
                self._add(kept, part)
            if len(kept) > MOST:
                return JSON
        return self.bounded(union(kept) if kept else NEVER) if JSON not in kept else JSON

    def _add(self, kept: list[TypeValue], part: TypeValue) -> None:
        for at, other in enumerate(kept):
            merged = self._merged(other, part)
            if merged is not None:
                kept[at] = merged
                return
        kept.append(part)

    def _merged(self, one: TypeValue, other: TypeValue) -> TypeValue | None:
        """One type for two, where they are of one form."""
        if one is other or one == other:
            return one
        match one, other:
            case (Primitive("int" | "float"), Primitive("int" | "float")):
                return FLOAT
            case (Primitive("string"), Literals()) | (Literals(), Primitive("string")):
                return STRING
            case (Literals(a), Literals(b)):
                values = tuple(dict.fromkeys((*a, *b)))
                return Literals(values) if len(values) <= MOST else STRING
            case (ListOf(a), ListOf(b)) if NEVER in (a, b) or JSON in (a, b):
                return ListOf(JSON if JSON in (a, b) else b if a == NEVER else a)
            case (Record(a), Record(b)) if [field.name for field in a] == [field.name for field in b]:
                pairs = zip(a, b, strict=True)
                return Record(
                    tuple(
                        RecordField(x.name, self.join((x.type, y.type)), x.required and y.required, x.doc)
                        for x, y in pairs
                    )
                )
            case _:
                return None

    def bounded(self, type_: TypeValue) -> TypeValue:
        """The type, or `json` where it is made up of too many parts: expressions can double it with each of their levels."""
        return type_ if self.size(type_) <= LARGEST else JSON

    def size(self, type_: TypeValue) -> int:
        """The number of parts of a type, names not followed; parts that are shared count as often as they stand."""
        known = self.sizes.get(id(type_))
        if known is None:
            total = 1 + sum(self.size(part) for part in _inside(type_))
            known = self.sizes[id(type_)] = (total, type_)
        return known[0]


def types_of(declared: Mapping[str, TypeValue]) -> Types:
    """The relations between types, with the declared ones by name."""
    return Types(declared, {}, {}, {}, STEPS)


def _parts(source: TypeValue, target: TypeValue) -> Sequence[tuple[TypeValue, TypeValue]] | None:
    """The pairs of parts that must fit so that the wholes do; null where nothing can make them fit."""
    match source, target:
        case (ListOf(a), ListOf(b)) | (MapOf(a), MapOf(b)):
            return ((a, b),)
        case (Record(fields), MapOf(value)):
            return [(field.type, value) for field in fields]
        case (MapOf(value), Record(fields)) if value == JSON or not any(field.required for field in fields):
            return [(value, field.type) for field in fields]
        case (Literals(a), Literals(b)):
            return () if set(a) <= set(b) else None
        case (Literals(), Primitive("string")) | (Primitive("int"), Primitive("float")):
            return ()
        case (Primitive(a), Primitive(b)):
            return () if a == b else None
        case _:
            return None


def _inside(type_: TypeValue) -> Iterable[TypeValue]:
    match type_:
        case ListOf(inner) | MapOf(inner):
            return (inner,)
        case Record(fields):
            return [field.type for field in fields]
        case Union(members):
            return members
        case Primitive() | Literals() | Named():
            return ()


_MESSAGE = from_schema(MESSAGE)
