"""The expressions and types of the syntax tree: what was written, holes included.

Strings are decoded and templates parsed. Spans are half-open byte ranges of the file; that of a quoted name is the text inside
the quotes.
"""

from __future__ import annotations

from rag_compiler.source import Span
from rag_ir.record import record


@record
class Name:
    """A name as written, bare or quoted."""

    text: str
    span: Span
    quoted: bool = False


@record
class Hole:
    """A missing or broken expression; already reported."""

    span: Span


@record
class Literal:
    """null, a boolean, a number, or a string without interpolation (decoded)."""

    value: bool | int | float | str | None
    span: Span


@record
class Duration:
    """A duration in integer milliseconds."""

    ms: int
    span: Span


@record
class Template:
    """A string with interpolations: decoded text and expressions in turn."""

    parts: tuple[str | Expr, ...]
    span: Span


@record
class Variable:
    """A root: `input`, `state`, `args`, `output`, a loop variable, a lambda's parameter; or a bare word."""

    name: Name

    @property
    def span(self) -> Span:
        """The name's span."""
        return self.name.span


@record
class Member:
    """`target.name`"""

    target: Expr
    name: Name | None
    span: Span


@record
class Index:
    """`target[index]`"""

    target: Expr
    index: Expr
    span: Span


@record
class Unary:
    """`not x` or `-x`; the operator is `not` or `-`."""

    operator: str
    operand: Expr
    span: Span


@record
class Binary:
    """One of `or and == != < <= > >= in ?? + - * / %`."""

    operator: str
    left: Expr
    right: Expr
    span: Span


@record
class IfElse:
    """`if condition then yes else no`"""

    condition: Expr
    yes: Expr
    no: Expr
    span: Span


@record
class ListExpr:
    """`[a, b]`"""

    items: tuple[Expr, ...]
    span: Span


@record
class Pair:
    """`key: value`; a pair without a value has a `Hole`."""

    key: Name
    value: Expr
    span: Span


@record
class ObjectExpr:
    """`{ k: v }`"""

    pairs: tuple[Pair, ...]
    span: Span


@record
class Call:
    """`function(arguments)`"""

    function: Name
    arguments: tuple[Expr, ...]
    span: Span


@record
class Lambda:
    """`parameter => body`; only as an argument."""

    parameter: Name
    body: Expr
    span: Span


Expr = (
    Hole
    | Literal
    | Duration
    | Template
    | Variable
    | Member
    | Index
    | Unary
    | Binary
    | IfElse
    | ListExpr
    | ObjectExpr
    | Call
    | Lambda
)


@record
class TypeHole:
    """A missing or broken type; already reported."""

    span: Span


@record
class NamedType:
    """A primitive, an alias or a declared record: `string`, `json`, `Finding`."""

    name: Name

    @property
    def span(self) -> Span:
        """The name's span."""
        return self.name.span


@record
class ListType:
    """`T[]` or `list<T>`"""

    item: TypeExpr
    span: Span


@record
class MapType:
    """`map<T>`"""

    value: TypeExpr
    span: Span


@record
class OptionalType:
    """`T?`"""

    inner: TypeExpr
    span: Span


@record
class LiteralType:
    """`"a"`: exactly this string."""

    value: str
    span: Span


@record
class UnionType:
    """`A | B`; at least two members, flat."""

    members: tuple[TypeExpr, ...]
    span: Span


@record
class Field:
    """A field of a record, an `input` or an `output`. `value` is a default (`input`) or a source (graph `output`)."""

    name: Name
    type: TypeExpr | None
    value: Expr | None
    doc: str
    span: Span


@record
class RecordType:
    """`{ field: T .. }`"""

    fields: tuple[Field, ...]
    span: Span


TypeExpr = TypeHole | NamedType | ListType | MapType | OptionalType | LiteralType | UnionType | RecordType
