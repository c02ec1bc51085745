"""What is known at one place of an expression: the types of roots and variables, and the values that are not null there.

A value is known by its path, or by the call that gives it: expressions are pure, so that two of one form have one value. What is
not null has ancestors that are not null, for a member of null is null.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from rag_compiler import hir
from rag_ir.record import field, record, replace
from rag_ir.types import TypeValue

Key = tuple[object, ...]
"""What a value is known by."""
NO_KEYS: frozenset[Key] = frozenset()
STATE: Key = ("root", "state")
MOST_INDICES = 8


@record
class Known:
    """Types by root and by variable, the keys of what is not null, and the channels that surely hold a value."""

    roots: Mapping[str, TypeValue]
    variables: Mapping[str, TypeValue] = field(default_factory=dict[str, TypeValue])
    facts: frozenset[Key] = NO_KEYS
    channels: frozenset[str] = frozenset()

    def holds(self, key: Key | None) -> bool:
        """Whether a value is known not to be null, or an element known to be there."""
        if key is None:
            return False
        return key in self.facts or (len(key) == 2 and key[0] == STATE and key[1] in self.channels)

    def with_variable(self, name: str, type_: TypeValue) -> Known:
        """The same inside a lambda or a loop; what was known of another variable of this name is forgotten."""
        kept = frozenset(fact for fact in self.facts if not _mentions(fact, name))
        return Known(self.roots, {**self.variables, name: type_}, kept, self.channels)

    def with_facts(self, facts: Iterable[Key]) -> Known:
        """The same where more is not null."""
        added = frozenset(facts)
        return replace(self, facts=self.facts | added) if added else self


def root_key(root: str) -> Key:
    """The key of a root."""
    return ("root", root)


def there(key: Key) -> Key:
    """The fact that an element is there, whatever it is."""
    return ("there", key)


def key_of(expr: hir.Expr) -> Key | None:
    """What the value of an expression is known by; null where it is not a path or a call of one."""
    match expr:
        case hir.Get(root=root, members=members):
            key: Key = root_key(root)
            for member in members:
                key = (key, member)
            return key
        case hir.Local(name):
            return ("variable", name)
        case hir.Member(target, name):
            inner = key_of(target)
            return (inner, name) if inner else None
        case hir.Index(target, hir.Constant(int() | str() as index)) if not isinstance(index, bool):
            inner = key_of(target)
            return (inner, index) if inner else None
        case hir.Call(function, (argument,)):
            inner = key_of(argument)
            return ("call", function, inner) if inner else None
        case _:
            return None


def text_of(expr: hir.Expr) -> str:
    """A path as it is written; empty for any other expression."""
    match expr:
        case hir.Get(root=root, members=members):
            return ".".join((root, *members))
        case hir.Local(name):
            return name
        case hir.Member(target, name):
            inner = text_of(target)
            return f"{inner}.{name}" if inner else ""
        case hir.Index(target, hir.Constant(int() as index)):
            inner = text_of(target)
            return f"{inner}[{index}]" if inner else ""
        case hir.Call(function, (argument,)):
            inner = text_of(argument)
            return f"{function}({inner})" if inner else ""
        case _:
            return ""


def facts_when(condition: hir.Expr, truth: bool) -> frozenset[Key]:
    """What is not null where a condition is true, or where it is false."""
    match condition:
        case hir.Operation("and" | "or" as operator, (left, right)) if (operator == "and") == truth:
            return facts_when(left, truth) | facts_when(right, truth)
        case hir.Operation("not", (operand,)):
            return facts_when(operand, not truth)
        case hir.Operation("==" | "!=" as operator, (left, right)):
            return _when_equal(left, right, (operator == "==") == truth)
        case hir.Operation("<" | "<=" | ">" | ">=" as operator, (left, right)):
            return _when_ordered(operator, left, right, truth)
        case _:
            return NO_KEYS


def _when_equal(left: hir.Expr, right: hir.Expr, equal: bool) -> frozenset[Key]:
    for value, other in ((left, right), (right, left)):
        match other:
            case hir.Constant(None) if not equal:
                return _path_to(value)
            case hir.Constant(None):
                return NO_KEYS
            case hir.Constant(int() as number) if isinstance(value, hir.Call) and not isinstance(number, bool):
                return _long(value, number if equal else 1 if number == 0 else 0)
            case hir.Constant() if equal:
                return _path_to(value)
            case _:
                pass
    return NO_KEYS


def _when_ordered(operator: str, left: hir.Expr, right: hir.Expr, truth: bool) -> frozenset[Key]:
    """What `len(x) > 0` says of the first elements."""
    if isinstance(left, hir.Constant):
        left, right, operator = right, left, _TURNED[operator]
    if not truth:
        operator = _NEGATED[operator]
    match left, right:
        case hir.Call() as call, hir.Constant(int() as number) if operator in (">", ">="):
            return _long(call, number + 1 if operator == ">" else number)
        case _:
            return NO_KEYS


_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def _long(call: hir.Call, least: int) -> frozenset[Key]:
    """That a list of at least so many has its first elements; each may be null as its type says."""
    match call:
        case hir.Call("len", (value,)) if least > 0 and (key := key_of(value)):
            ends: set[Key] = {("call", "first", key), ("call", "last", key)}
            return frozenset(there(each) for each in ends | {(key, at) for at in range(min(least, MOST_INDICES))})
        case _:
            return NO_KEYS


def _path_to(value: hir.Expr) -> frozenset[Key]:
    key = key_of(value)
    return frozenset(_prefixes(key)) if key else NO_KEYS


def _prefixes(key: Key) -> Iterator[Key]:
    yield key
    while isinstance(key[0], tuple):
        key = cast("Key", key[0])
        yield key


def _mentions(key: Key, name: str) -> bool:
    parts = [cast("Key", part) for part in key if isinstance(part, tuple)]
    return key == ("variable", name) or any(_mentions(part, name) for part in parts)
