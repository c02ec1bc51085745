"""Bind agents: those declared in source, and those that the registry has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag_compiler import hir, syntax
from rag_compiler.blocks import Block
from rag_compiler.callees import field_places
from rag_compiler.diagnostics import Diagnostic, Place
from rag_compiler.kinds import AGENT_ITEMS
from rag_compiler.names import Capability, Names
from rag_compiler.resolve_expressions import bind
from rag_compiler.resolve_graphs import bind_inputs, registered_default
from rag_compiler.resolve_limits import bind_budget
from rag_compiler.resolve_names import bind_capabilities, bind_capability
from rag_compiler.resolve_types import bind_type, type_of_schema
from rag_compiler.resolve_values import bind_count, bind_document, bind_text
from rag_compiler.scope import Scope
from rag_compiler.sink import Sink
from rag_compiler.source import Span
from rag_ir.finding import pointer
from rag_ir.graph import Field, Json
from rag_ir.record import replace
from rag_registry import registry as registered

NOWHERE = Span(0, 0)
Template = Callable[[str], tuple[syntax.Expr, Sequence[Diagnostic]]]
"""Reads the text of a template that stands outside of a source file."""


def bind_agent(agent: syntax.Agent, names: Names, sink: Sink) -> hir.Agent:
    """An agent declared in source. Without a name it is called `?`, and nothing refers to it."""
    name = agent.name or syntax.Name("?", agent.keyword.span)
    block = Block(agent.items, AGENT_ITEMS)
    model, tools = block.pick("model", syntax.RefItem), block.pick("tools", syntax.RefListItem)
    stores = block.pick("stores", syntax.RefListItem)
    output, turns = block.pick("output", syntax.TypeItem), block.pick("max_turns", syntax.ValueItem)
    inputs = _inputs(block, names, sink)
    fields = field_places(inputs, f"the input of agent `{name.text}`", sink.path)
    scope = Scope(name.text, ("input",), {}, {"input": fields} if fields else {})
    bound = bind_capability("model", model.name, names, sink, model.span) if model else None
    return hir.Agent(
        name=name.text,
        origin=hir.Origin(sink.path, name.span),
        model=bound or registered_default(names, name.span),
        system=bind_text(block.pick("system", syntax.TextItem), scope, sink),
        prompt=bind_text(block.pick("prompt", syntax.TextItem), scope, sink),
        tools=bind_capabilities("tool", tools.names, names, sink) if tools else (),
        input=inputs,
        output=bind_type(output.type, names, sink) if output else None,
        max_turns=bind_count(turns.value if turns else None, "max_turns", sink),
        stores=hir.Listed(bind_capabilities("store", stores.names, names, sink), stores.keyword.span)
        if stores
        else None,
        budget=bind_budget(block.pick("budget", syntax.BlockItem), sink),
        doc=bind_document(agent.doc, block.pick("description", syntax.TextItem), sink),
        syntax=agent,
    )


def _inputs(block: Block, names: Names, sink: Sink) -> tuple[hir.Field, ...] | None:
    item = block.pick("input", syntax.TypeItem)
    if item and isinstance(item.type, syntax.RecordType):
        return bind_inputs(item.type.fields, names, sink)
    fields = block.pick("input", syntax.FieldsItem)
    return bind_inputs(fields.fields, names, sink) if fields else None


def bind_registered(
    agent: registered.Agent, names: Names, place: Callable[[str], Place], sink: Sink, template: Template
) -> hir.Agent:
    """An agent of the manifest. Its texts are templates of the language; `place` is where a pointer into the manifest stands."""
    inputs = tuple(_registered_field(field) for field in agent.input) if agent.input is not None else None
    fields = field_places(inputs, f"the input of agent `{agent.name}`", None)
    scope = Scope(agent.name, ("input",), {}, {"input": fields} if fields else {})

    def text(written: str | None, key: str) -> hir.Expr | None:
        if written is None:
            return None
        found = Sink(sink.path)
        expr, problems = template(written)
        bound = bind(expr, scope, found)
        at = place(pointer("agents", agent.name, key))
        for diagnostic in (*problems, *found.found):
            sink.add(replace(diagnostic, place=at, fixes=(), related=()))
        return bound

    return hir.Agent(
        name=agent.name,
        origin=hir.Origin(None, NOWHERE),
        model=_registered("model", agent.model, names),
        system=text(agent.system, "system"),
        prompt=text(agent.prompt, "prompt"),
        tools=tuple(_registered("tool", name, names) for name in agent.tools),
        input=inputs,
        output=hir.Type(type_of_schema(agent.output), NOWHERE, True) if agent.output is not None else None,
        max_turns=agent.max_turns,
        stores=hir.Listed(tuple(_registered("store", name, names) for name in agent.stores), NOWHERE),
        budget=hir.Budget(agent.budget, NOWHERE) if agent.budget else None,
        doc=agent.description,
        syntax=None,
    )


def _registered(noun: Capability, name: str, names: Names) -> hir.Target:
    """What a name in the manifest means; the manifest's reader has reported one that means nothing."""
    found = names.find(noun, name)
    return hir.Ref(found, NOWHERE) if found else hir.Hole(NOWHERE)


def _registered_field(field: Field) -> hir.Field:
    default = None if field.required or field.default is None else _literal(field.default)
    return hir.Field(
        hir.Ref(field.name, NOWHERE),
        hir.Type(type_of_schema(field.schema), NOWHERE, True),
        default,
        str(field.schema.get("description", "")),
    )


def _literal(value: Json) -> hir.Expr:
    if isinstance(value, dict):
        return hir.ObjectOf(tuple((key, _literal(item)) for key, item in value.items()), NOWHERE)
    if isinstance(value, list):
        return hir.ListOf(tuple(_literal(item) for item in value), NOWHERE)
    return hir.Constant(value, NOWHERE)
