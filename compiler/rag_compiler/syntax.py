"""The syntax tree: what was written, holes included, with the span of every name and value.

Strings are decoded, templates parsed, the three dialects folded into one shape; no name is resolved and no kind's rules are
applied. A hole (`None`, or `Hole` among expressions) is what is missing or broken: it has been reported, and later passes are
silent about it. Spans are half-open byte ranges of the file; the span of a quoted name is the text inside the quotes.
"""

from __future__ import annotations

from rag_compiler.expressions import (
    Binary,
    Call,
    Duration,
    Expr,
    Field,
    Hole,
    IfElse,
    Index,
    Lambda,
    ListExpr,
    ListType,
    Literal,
    LiteralType,
    MapType,
    Member,
    Name,
    NamedType,
    ObjectExpr,
    OptionalType,
    Pair,
    RecordType,
    Template,
    TypeExpr,
    TypeHole,
    Unary,
    UnionType,
    Variable,
)
from rag_compiler.source import Span
from rag_ir.record import record

__all__ = [
    "Agent",
    "AllowItem",
    "Binary",
    "BlockItem",
    "Call",
    "Channel",
    "CommandItem",
    "Comment",
    "Declaration",
    "Duration",
    "Each",
    "Edge",
    "Expect",
    "Expr",
    "Field",
    "FieldsItem",
    "File",
    "Graph",
    "GraphJoin",
    "Hole",
    "IfElse",
    "Index",
    "Item",
    "JoinItem",
    "Lambda",
    "ListExpr",
    "ListType",
    "Literal",
    "LiteralType",
    "MapType",
    "Member",
    "Name",
    "NamedType",
    "Node",
    "ObjectExpr",
    "OptionalType",
    "Pair",
    "RecordType",
    "RefItem",
    "RefListItem",
    "Route",
    "RoutesItem",
    "Script",
    "Send",
    "SendItem",
    "Template",
    "Test",
    "TextItem",
    "TypeDecl",
    "TypeExpr",
    "TypeHole",
    "TypeItem",
    "Unary",
    "UnionType",
    "UnknownItem",
    "ValueItem",
    "Variable",
]


@record
class Comment:
    """A `//` comment with its mark; `own_line` says that nothing stands before it on its line."""

    text: str
    span: Span
    own_line: bool


# Every item has the keyword as written and its whole span. What an item is called canonically is `keyword.text` after the
# dialects are folded (`sends` -> `send`); the span is still that of the word in the text.


@record
class RefItem:
    """A keyword and one name.

    Nodes and agents: `kind model agent graph tool router script next on_error goto into checkpoint interrupt context`.
    Graphs: `start checkpoint interrupt`. `interrupt before` on a node is a RefItem too.
    """

    keyword: Name
    name: Name | None
    span: Span


@record
class RefListItem:
    """A keyword and a list of names: `tools stores middleware sources options`."""

    keyword: Name
    names: tuple[Name, ...]
    span: Span


@record
class AllowItem:
    """`allow KIND [..]`"""

    keyword: Name
    kind: Name | None
    names: tuple[Name, ...]
    span: Span


@record
class TextItem:
    """A keyword and a string or template: `system prompt description`."""

    keyword: Name
    text: Expr
    span: Span


@record
class ValueItem:
    """A keyword and an expression: `blocking optional max_turns max_visits timeout max recursion_limit`.

    Also `input "text"` on a node, in the older dialect.
    """

    keyword: Name
    value: Expr
    span: Span


@record
class BlockItem:
    """A keyword and pairs: `writes with args metadata defaults budget retry cache steering`, a node's `input { k: expr }`."""

    keyword: Name
    pairs: tuple[Pair, ...]
    span: Span


@record
class TypeItem:
    """`output TYPE` on a node or an agent, and `input { f: T }` on an agent (then always a RecordType)."""

    keyword: Name
    type: TypeExpr
    span: Span


@record
class FieldsItem:
    """`input { .. }` or `output { .. }` of a graph."""

    keyword: Name
    fields: tuple[Field, ...]
    span: Span


@record
class Route:
    """One entry of `routes`: exactly one of a label, a guard (`when`), or neither for `else`. `head` is what is before `->`."""

    label: Name | None
    guard: Expr | None
    target: Name | None
    head: Span
    span: Span


@record
class RoutesItem:
    """`routes { .. }`"""

    keyword: Name
    routes: tuple[Route, ...]
    span: Span


@record
class Each:
    """`each VARIABLE in SOURCE as`"""

    variable: Name | None
    source: Expr
    span: Span


@record
class Send:
    """One target of a `send`: a payload of pairs, or a text in the older dialect, or none.

    `modifiers` are items: ValueItem `optional blocking timeout max`, RefItem `into context`, BlockItem `retry writes`.
    `optional` alone is a ValueItem with the literal true.
    """

    target: Name | None
    each: Each | None
    payload: tuple[Pair, ...] | Expr | None
    modifiers: tuple[Item, ...]
    span: Span


@record
class SendItem:
    """`send [ .. ]`"""

    keyword: Name
    sends: tuple[Send, ...]
    span: Span


@record
class JoinItem:
    """`join TARGET { wait: .., timeout: .. }` on a node. `wait quorum 2 keep` is a Pair whose value is a WaitExpr-like Call:
    `Call(function=quorum, arguments=(2,))`, with `Variable(keep)` as a further argument."""

    keyword: Name
    target: Name | None
    options: tuple[Pair, ...]
    span: Span


@record
class CommandItem:
    """`command { update { .. } goto N }`"""

    keyword: Name
    update: tuple[Pair, ...] | None
    goto: Name | None
    span: Span


@record
class UnknownItem:
    """A word that is no item here; reported by `resolve` with a suggestion, never by `lower`."""

    keyword: Name
    span: Span


@record
class Channel:
    """`channel NAME: TYPE REDUCER ARG* = INITIAL`; a line of a `state` block is one too."""

    keyword: Name
    name: Name | None
    type: TypeExpr | None
    reducer: Name | None
    arguments: tuple[Expr, ...]
    initial: Expr | None
    doc: str
    span: Span


@record
class Node:
    """`node NAME { .. }`"""

    keyword: Name
    name: Name | None
    items: tuple[Item, ...]
    doc: str
    span: Span


@record
class Edge:
    """`a -> b`"""

    source: Name | None
    target: Name | None
    span: Span


@record
class GraphJoin:
    """`join [a, b] -> c { .. }` at the level of a graph."""

    keyword: Name
    sources: tuple[Name, ...]
    target: Name | None
    options: tuple[Pair, ...]
    span: Span


@record
class TypeDecl:
    """`type NAME { .. }` or `type NAME = TYPE`"""

    keyword: Name
    name: Name | None
    type: TypeExpr
    doc: str
    span: Span


Item = (
    RefItem
    | RefListItem
    | AllowItem
    | TextItem
    | ValueItem
    | BlockItem
    | TypeItem
    | FieldsItem
    | RoutesItem
    | SendItem
    | JoinItem
    | CommandItem
    | UnknownItem
    | Channel
    | Node
    | Edge
    | GraphJoin
    | TypeDecl
)


# ---- declarations --------------------------------------------------------------------------------------------------


@record
class Graph:
    """`graph NAME { .. }`"""

    keyword: Name
    name: Name | None
    items: tuple[Item, ...]
    doc: str
    span: Span


@record
class Agent:
    """`agent NAME { .. }`"""

    keyword: Name
    name: Name | None
    items: tuple[Item, ...]
    doc: str
    span: Span


@record
class Script:
    """`model "m" at "path" -> [..]`, `tool "t" { .. } -> [..]` or `answer "node" -> value` in a test."""

    keyword: Name
    name: Name | None
    at: Name | None
    arguments: tuple[Pair, ...] | None
    answers: Expr
    span: Span


@record
class Expect:
    """`expect EXPR` in a test."""

    keyword: Name
    condition: Expr
    span: Span


@record
class Test:
    """`test "title" { .. }`; `items` hold `graph` as a RefItem and `input` as a BlockItem."""

    keyword: Name
    title: Name | None
    items: tuple[Item | Script | Expect, ...]
    doc: str
    span: Span


Declaration = Graph | Agent | TypeDecl | Test


@record
class File:
    """One file: its declarations in order, and its comments (documentation comments excluded)."""

    declarations: tuple[Declaration, ...]
    comments: tuple[Comment, ...]
    span: Span
