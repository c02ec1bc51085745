"""Tests in the HIR: a graph, what it is given, what its models, tools and people answer, and what must hold of the run."""

from __future__ import annotations

from rag_compiler import syntax
from rag_compiler.hir_expressions import Expr, Ref, Target
from rag_compiler.source import Span
from rag_ir.graph import Json
from rag_ir.record import record

FACTS = ("path", "outcome", "error", "questions", "cost_usd", "model_calls", "tool_calls", "tokens")
"""What an expectation may name beside `input`, `state` and `output`, the run's result."""


@record
class Answers:
    """Answers in turn, or (`always`) one to every call."""

    values: tuple[Json, ...]
    always: bool


@record
class ModelAnswers:
    """`model "m" at "path" -> ..`; `at` null: wherever the model is asked. The path may end in `@VISIT` or `@*`."""

    model: Target
    at: Ref | None
    answers: Answers
    span: Span


@record
class ToolAnswers:
    """`tool "t" { .. } -> ..`: for calls whose arguments are these; others beside them do not matter."""

    tool: Target
    arguments: dict[str, Json]
    answers: Answers
    span: Span


@record
class PersonAnswers:
    """`answer "node" -> ..`: what a person answers there."""

    node: Ref
    answers: Answers


@record
class Expectation:
    """`expect CONDITION`"""

    condition: Expr
    span: Span


@record
class Test:
    """A test. What in it is a hole has been reported; it cannot be run then."""

    path: str
    title: Ref
    graph: Target
    input: dict[str, Json]
    models: tuple[ModelAnswers, ...]
    tools: tuple[ToolAnswers, ...]
    people: tuple[PersonAnswers, ...]
    expectations: tuple[Expectation, ...]
    syntax: syntax.Test
