"""The expressions of the HIR: every name is bound, and what could not be bound is a hole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag_compiler.source import Span

Root = Literal["input", "state", "args", "output"]


@dataclass(frozen=True, slots=True)
class Hole:
    """What is missing, broken or unbound."""

    span: Span


@dataclass(frozen=True, slots=True)
class Ref:
    """A bound name: the canonical one, and where it was written."""

    name: str
    span: Span


Target = Ref | Hole


# ---- expressions -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constant:
    """null, a boolean, a number or a text."""

    value: bool | int | float | str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Get:
    """A path from a root: `state.findings`, `input`. With the root `state` the first member is a channel."""

    root: Root
    members: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Local:
    """A loop variable or a lambda's parameter."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a computed value."""

    target: Expr
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Index:
    """`target[index]`"""

    target: Expr
    index: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator of `rag_ir.operators` (`BINARY`, `UNARY`) with its operands."""

    operator: str
    operands: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Choice:
    """`if condition then yes else no`"""

    condition: Expr
    yes: Expr
    no: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b]`"""

    items: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """`{ k: v }`, keys once each."""

    pairs: tuple[tuple[str, Expr], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the table, without a lambda."""

    function: str
    arguments: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class EachOf:
    """A function of the table, with a lambda over a list."""

    function: str
    source: Expr
    parameter: str
    body: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Template:
    """Texts and expressions in turn."""

    parts: tuple[str | Expr, ...]
    span: Span


Expr = (
    Hole | Constant | Get | Local | Member | Index | Operation | Choice | ListOf | ObjectOf | Call | EachOf | Template
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A key (a channel, a field, an argument) and its value."""

    key: Ref
    value: Expr


Entries = tuple[Entry, ...]
