"""Emit agents and declared fields."""

from __future__ import annotations

from collections.abc import Sequence

from rag_compiler import hir
from rag_compiler.emit_code import emit_template, name_of, names_of, put_names
from rag_compiler.emit_policies import emit_block, emit_listed
from rag_compiler.kinds import DEFAULT_MAX_TURNS
from rag_compiler.places import Places
from rag_compiler.resolve_values import NotConstant, constant
from rag_ir import graph as ir
from rag_ir.graph import Json
from rag_ir.types import may_be_absent, to_schema


def emit_agent(agent: hir.Agent, at: str, places: Places) -> ir.Agent:
    """An agent whose texts stand at `at`. A registered one has no places in the text."""
    path = agent.origin.path
    own = Places(path, places.found, places.docs) if path is not None else Places("")
    budget = emit_block(agent.budget, "budget", at, own)
    put_names(agent.model, agent.tools, at, own)
    return ir.Agent(
        name=agent.name,
        model=name_of(agent.model),
        system=emit_template(agent.system, f"{at}/system", own),
        prompt=emit_template(agent.prompt, f"{at}/prompt", own),
        tools=names_of(agent.tools),
        stores=emit_listed(agent.stores, "stores", at, own),
        input=emit_fields(agent.input),
        output=to_schema(agent.output.value) if agent.output else None,
        max_turns=agent.max_turns or DEFAULT_MAX_TURNS,
        budget=budget.value if budget else None,
    )


def emit_fields(fields: Sequence[hir.Field] | None) -> tuple[ir.Field, ...] | None:
    """A declared input."""
    return tuple(_field(field) for field in fields) if fields is not None else None


def _field(field: hir.Field) -> ir.Field:
    return ir.Field(
        name=field.name.name,
        schema=to_schema(field.type.value, field.doc),
        required=field.value is None and not may_be_absent(field.type.value),
        default=constant_or(field.value, None),
    )


def constant_or(expr: hir.Expr | None, otherwise: Json) -> Json:
    """The value of a constant; of what is none, or a hole, something else."""
    if expr is None:
        return otherwise
    try:
        return constant(expr)
    except NotConstant:
        return otherwise
