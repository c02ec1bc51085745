"""What each candidate of a diagnostic is, in a line: what stands in a registry, a graph or the language under its name."""

from __future__ import annotations

from collections.abc import Iterator

from rag_compiler import hir
from rag_compiler.check_values import channel_type
from rag_compiler.diagnostics import Diagnostic
from rag_compiler.kinds import KINDS, REDUCERS
from rag_compiler.pipeline import Analysis
from rag_ide.documentation import KEYS, ROOTS, TYPES, WORDS, item_doc
from rag_ide.shapes import graph_output, tool_input, tool_output
from rag_ir.operators import FUNCTIONS
from rag_ir.types import Record, TypeValue, spell_out


def glossary(analysis: Analysis, diagnostic: Diagnostic) -> dict[str, str]:
    """The candidates of which something is known, in their order. Paths are those of the analysis."""
    found = ((name, _gloss(analysis, diagnostic, name)) for name in diagnostic.candidates)
    return {name: gloss for name, gloss in found if gloss}


def _gloss(analysis: Analysis, diagnostic: Diagnostic, name: str) -> str:
    match diagnostic.code:
        case "unknown-model":
            return _model(analysis, name)
        case "unknown-tool":
            return _tool(analysis, name)
        case "unknown-router" if name in analysis.registry.routers:
            router = analysis.registry.routers[name]
            return _joined(f"answers {', '.join(f'`{label}`' for label in router.labels)}", router.description)
        case "unknown-agent" | "unknown-graph" | "unknown-target":
            return _node(analysis, diagnostic, name) or _agent(analysis, name) or _graph(analysis, name)
        case "unknown-node":
            return WORDS.get(name, "") or _node(analysis, diagnostic, name)
        case "unknown-channel":
            return _channel(analysis, diagnostic, name)
        case "unknown-type":
            declared = analysis.project.types.get(name)
            return _joined(spell_out(declared.type.value), declared.doc) if declared else TYPES.get(name, "")
        case _:
            return _word(analysis, diagnostic, name)


def _word(analysis: Analysis, diagnostic: Diagnostic, name: str) -> str:
    """What a word of the language is."""
    match diagnostic.code:
        case "unknown-kind":
            return KINDS[name].summary if name in KINDS else ""
        case "unknown-reducer":
            return REDUCERS.get(name, "")
        case "unknown-variable":
            return ROOTS.get(name, "")
        case "unknown-function":
            return FUNCTIONS[name].summary if name in FUNCTIONS else ""
        case "unknown-key":
            return KEYS.get(f"defaults:{name}", "")
        case "unknown-item" | "illegal-item":
            return item_doc(_block(analysis, diagnostic), name)
        case _:
            return ""


# ---- what is registered or declared --------------------------------------------------------------------------------------


def _model(analysis: Analysis, name: str) -> str:
    model = analysis.registry.models.get(name)
    if model is None:
        return ""
    served = f"{model.provider} `{model.model}`" if model.model else model.provider
    able = f"can do {', '.join(model.capabilities)}" if model.capabilities else ""
    return _joined(served, able, model.description)


def _tool(analysis: Analysis, name: str) -> str:
    tool = analysis.registry.tools.get(name)
    if tool is None:
        return ""
    takes, gives = tool_input(analysis, name), tool_output(analysis, name)
    fields = takes.fields if isinstance(takes, Record) else ()
    listed = ", ".join(f"{field.name}: {spell_out(field.type)}" for field in fields) if takes is not None else ".."
    return _joined(f"`{name}({listed}){_arrow(gives)}`", tool.description, f"effects: {tool.effects}")


def _agent(analysis: Analysis, name: str) -> str:
    agent = analysis.project.agents.get(name)
    return _joined(f"agent({_fields(agent.input)})", agent.doc) if agent else ""


def _graph(analysis: Analysis, name: str) -> str:
    graph = analysis.project.graphs.get(name)
    if graph is None:
        return ""
    gives = graph_output(analysis, name) if graph.output is not None else None
    return _joined(f"graph({_fields(graph.input)}){_arrow(gives)}", graph.doc)


def _node(analysis: Analysis, diagnostic: Diagnostic, name: str) -> str:
    for graph in _around(analysis, diagnostic):
        if name in graph.nodes:
            node = graph.nodes[name]
            return _joined(f"a node of kind {node.kind}", node.doc)
    return ""


def _channel(analysis: Analysis, diagnostic: Diagnostic, name: str) -> str:
    for graph in _around(analysis, diagnostic):
        if name in graph.channels:
            channel = graph.channels[name]
            reducer = channel.reducer.name if channel.reducer else ""
            return _joined(f"{spell_out(channel_type(channel))}, {reducer}: {REDUCERS.get(reducer, '')}", channel.doc)
    return ""


def _around(analysis: Analysis, diagnostic: Diagnostic) -> Iterator[hir.Graph]:
    """The graph whose text holds a diagnostic."""
    place = diagnostic.place
    for graph in (*analysis.project.graphs.values(), *analysis.project.unnamed):
        span = graph.syntax.span
        if graph.path == place.path and span.start <= place.span.start <= span.end:
            yield graph


def _block(analysis: Analysis, diagnostic: Diagnostic) -> str:
    """What the word stands in: `node`, `graph`, `agent` or `test`."""
    at = diagnostic.place.span.start
    for graph in _around(analysis, diagnostic):
        inside = any(node.syntax.span.start <= at < node.syntax.span.end for node in graph.nodes.values())
        return "node" if inside else "graph"
    return "agent" if "system" in diagnostic.candidates else "test"


# ---- pieces --------------------------------------------------------------------------------------------------------------


def _fields(fields: tuple[hir.Field, ...] | None) -> str:
    if fields is None:
        return ".."
    return ", ".join(f"{field.name.name}: {spell_out(field.type.value)}" for field in fields)


def _arrow(type_: TypeValue | None) -> str:
    return f" -> {spell_out(type_)}" if type_ is not None else ""


def _joined(*parts: str) -> str:
    """What there is of some phrases, the first line of each."""
    return "; ".join(line for line in (part.strip().partition("\n")[0].rstrip(".") for part in parts) if line)
