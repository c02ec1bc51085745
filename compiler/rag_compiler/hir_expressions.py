"""The expressions of the HIR: every name is bound, and what could not be bound is a hole."""

from __future__ import annotations

from typing import Literal

from rag_compiler.source import Span
from rag_ir.record import record

Root = Literal["input", "state", "args", "output"]


@record
class Hole:
    """What is missing, broken or unbound."""

    span: Span


@record
class Ref:
    """A bound name: the canonical one, and where it was written."""

    name: str
    span: Span


Target = Ref | Hole


# ---- expressions -------------------------------------------------------------------------------------------------------


@record
class Constant:
    """null, a boolean, a number or a text."""

    value: bool | int | float | str | None
    span: Span


@record
class Get:
    """A path from a root: `state.findings`, `input`. With the root `state` the first member is a channel.

    `names` are the spans of the members.
    """

    root: Root
    members: tuple[str, ...]
    span: Span
    names: tuple[Span, ...]


@record
class Local:
    """A loop variable or a lambda's parameter."""

    name: str
    span: Span


@record
class Member:
    """A member of a computed value."""

    target: Expr
    name: str
    span: Span


@record
class Index:
    """`target[index]`"""

    target: Expr
    index: Expr
    span: Span


@record
class Operation:
    """An operator of `rag_ir.operators` (`BINARY`, `UNARY`) with its operands."""

    operator: str
    operands: tuple[Expr, ...]
    span: Span


@record
class Choice:
    """`if condition then yes else no`"""

    condition: Expr
    yes: Expr
    no: Expr
    span: Span


@record
class ListOf:
    """`[a, b]`"""

    items: tuple[Expr, ...]
    span: Span


@record
class ObjectOf:
    """`{ k: v }`, keys once each."""

    pairs: tuple[tuple[str, Expr], ...]
    span: Span


@record
class Call:
    """A function of the table, without a lambda."""

    function: str
    arguments: tuple[Expr, ...]
    span: Span


@record
class EachOf:
    """A function of the table, with a lambda over a list."""

    function: str
    source: Expr
    parameter: str
    body: Expr
    span: Span


@record
class Template:
    """Texts and expressions in turn."""

    parts: tuple[str | Expr, ...]
    span: Span


Expr = (
    Hole | Constant | Get | Local | Member | Index | Operation | Choice | ListOf | ObjectOf | Call | EachOf | Template
)


@record
class Entry:
    """A key (a channel, a field, an argument) and its value."""

    key: Ref
    value: Expr


Entries = tuple[Entry, ...]
