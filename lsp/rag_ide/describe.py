"""What there is to be said of a subject, as Markdown: its declaration in a fence, its documentation, and facts about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag_compiler import hir
from rag_compiler.check_values import channel_type
from rag_compiler.kinds import KINDS, REDUCERS
from rag_compiler.labels import labels_of
from rag_compiler.pipeline import Analysis
from rag_ide.shapes import agent_output, graph_output, output_type, tool_input, tool_output
from rag_ide.subjects import Subject, index
from rag_ir.graph import Price
from rag_ir.types import Record, TypeValue, spell_out
from rag_registry.registry import Model, Router, Tool


def describe(analysis: Analysis, subject: Subject) -> str:
    """The description of a subject; empty where it is not known."""
    registry, project = analysis.registry, analysis.project
    match subject.sort:
        case "model" if subject.name in registry.models:
            return describe_model(registry.models[subject.name])
        case "tool" if subject.name in registry.tools:
            return describe_tool(analysis, registry.tools[subject.name])
        case "router" if subject.name in registry.routers:
            return describe_router(registry.routers[subject.name])
        case "agent" if subject.name in project.agents:
            return _agent(analysis, project.agents[subject.name])
        case "graph" if subject.name in project.graphs:
            return _graph(analysis, project.graphs[subject.name])
        case "type" if subject.name in project.types:
            declared = project.types[subject.name]
            return page(f"type {subject.name} = {spell_out(declared.type.value)}", declared.doc)
        case "node" | "channel" | "field":
            return _of_owner(analysis, subject)
        case _:
            return ""


def page(code: str, doc: str, facts: Iterable[str] = ()) -> str:
    """A fence, a text, and a list of facts."""
    listed = "\n".join(f"- {fact}" for fact in facts if fact)
    return "\n\n".join(part for part in (f"```rag\n{code}\n```" if code else "", doc, listed) if part)


def describe_model(model: Model) -> str:
    """A model of the manifest: who serves it, what it can do, what it costs."""
    window = f"context window: {_count(model.context_window)} tokens" if model.context_window else ""
    longest = f"longest answer: {_count(model.max_output_tokens)} tokens" if model.max_output_tokens else ""
    facts = [
        f"provider: `{model.provider}`" + (f", model `{model.model}`" if model.model else ""),
        f"can do: {_quoted(model.capabilities)}" if model.capabilities else "",
        window,
        longest,
        _price(model.price) if model.price else "",
    ]
    return page(f'model "{model.name}"', model.description, facts)


def describe_tool(analysis: Analysis, tool: Tool) -> str:
    """A tool of the manifest: what it takes and gives, what it does, and to what."""
    takes, gives = tool_input(analysis, tool.name), tool_output(analysis, tool.name)
    facts = [
        f"effects: {tool.effects}" + (", idempotent" if tool.idempotent else ""),
        f"reads: {tool.reads}, returns: {tool.returns_trust}",
        f"python: `{tool.python}`" if tool.python else "",
    ]
    return page(f"{tool.name}{_parameters(takes)}{_arrow(gives)}", tool.description, facts)


def describe_router(router: Router) -> str:
    """A route function of the manifest."""
    facts = [f"labels: {_quoted(router.labels)}", f"python: `{router.python}`" if router.python else ""]
    return page(f'router "{router.name}"', router.description, facts)


def _agent(analysis: Analysis, agent: hir.Agent) -> str:
    facts = [
        f"model: `{agent.model.name}`" if isinstance(agent.model, hir.Ref) else "",
        f"tools: {_targets(agent.tools)}" if agent.tools else "",
        f"at most {agent.max_turns} turns" if agent.max_turns else "",
        "declared in the manifest" if agent.origin.path is None else "",
    ]
    head = f"agent {agent.name}{_fields(agent.input)}{_arrow(agent_output(analysis, agent.name))}"
    return page(head, agent.doc, facts)


def _graph(analysis: Analysis, graph: hir.Graph) -> str:
    result = graph_output(analysis, graph.name.name) if graph.output is not None else None
    facts = [
        f"starts at `{graph.start.name}`" if isinstance(graph.start, hir.Ref) else "",
        f"nodes: {_quoted(tuple(graph.nodes))}" if graph.nodes else "",
        f"channels: {_quoted(tuple(graph.channels))}" if graph.channels else "",
        _at_most(analysis, graph.name.name, None),
    ]
    return page(f"graph {graph.name.name}{_fields(graph.input)}{_arrow(result)}", graph.doc, facts)


def _at_most(analysis: Analysis, graph: str, node: str | None) -> str:
    """What a run of a graph, or all activations of a node in it, can cost at most; nothing while something is broken."""
    broken = any(each.severity == "error" for each in analysis.diagnostics)
    if broken or graph not in analysis.program.graphs:
        return ""
    from rag_compiler.whole import whole
    from rag_verify.bounds import bounds_of
    from rag_verify.bounds_text import bounds_text

    bounds = bounds_of(whole(analysis.program, analysis.registry, analysis.program.graphs))
    text = bounds_text(bounds.graph(graph) if node is None else bounds.node(graph, node))
    return f"in one run: {text}" if text else ""


def _of_owner(analysis: Analysis, subject: Subject) -> str:
    graph = analysis.project.graphs.get(subject.owner)
    if subject.sort == "field":
        agent = analysis.project.agents.get(subject.owner)
        fields = (graph.input if graph else agent.input if agent else None) or ()
        found = next((field for field in fields if field.name.name == subject.name), None)
        return page(f"input.{subject.name}: {spell_out(found.type.value)}", found.doc) if found else ""
    if graph is None:
        return ""
    if subject.sort == "node" and subject.name in graph.nodes:
        return _node(analysis, graph, graph.nodes[subject.name])
    if subject.sort == "channel" and subject.name in graph.channels:
        return _channel(analysis, subject, graph.channels[subject.name])
    return ""


def _node(analysis: Analysis, graph: hir.Graph, node: hir.Node) -> str:
    result = output_type(analysis, node)
    labels = labels_of(node, analysis.registry)
    facts = [
        KINDS[node.kind].summary,
        f"output: `{spell_out(result)}`" if result is not None else "",
        f"outcomes: {_quoted(labels)}" if labels else "",
        f"goes to {_quoted(followers(node))}" if followers(node) else "",
        f"sends to {_targets([send.target for send in node.sends])}" if node.sends else "",
        f"at most {node.max_visits} visits" if node.max_visits else "",
        _at_most(analysis, graph.name.name, node.name.name),
    ]
    return page(f"node {node.name.name} {{ kind {node.kind} }}  // of graph {graph.name.name}", node.doc, facts)


def followers(node: hir.Node) -> tuple[str, ...]:
    """The nodes that a node's routing names, each once."""
    found: dict[str, None] = {}
    for routing in node.routings[:1] if node.routings and not isinstance(node.routings[0], hir.Next) else node.routings:
        match routing:
            case hir.Next(target=hir.Ref(name)) | hir.JoinSends(target=hir.Ref(name)):
                found[name] = None
            case hir.Routes(entries=entries):
                found |= dict.fromkeys(entry.target.name for entry in entries if isinstance(entry.target, hir.Ref))
            case _:
                pass
    return tuple(found)


def _channel(analysis: Analysis, subject: Subject, channel: hir.Channel) -> str:
    reducer = channel.reducer.name if channel.reducer else ""
    facts = [
        f"`{reducer}`: {REDUCERS[reducer]}" if reducer in REDUCERS else "",
        _by_nodes(analysis, subject, "write", "written by"),
        _by_nodes(analysis, subject, "read", "read by"),
    ]
    return page(f"channel {channel.name.name}: {spell_out(channel_type(channel))} {reducer}", channel.doc, facts)


def _by_nodes(analysis: Analysis, subject: Subject, role: str, words: str) -> str:
    """Which nodes name a channel in a role; what stands outside of nodes is the run's output."""
    graph = analysis.project.graphs[subject.owner]
    found: dict[str, None] = {}
    for each in index(analysis).of(subject):
        if each.role == role and each.place.path == graph.path:
            start = each.place.span.start
            node = next((name for name, it in graph.nodes.items() if _holds(it, start)), None)
            found[f"`{node}`" if node else "the run's output"] = None
    return f"{words} {', '.join(found)}" if found else ""


def _holds(node: hir.Node, offset: int) -> bool:
    return node.syntax.span.start <= offset < node.syntax.span.end


# ---- pieces --------------------------------------------------------------------------------------------------------------


def _fields(fields: Sequence[hir.Field] | None) -> str:
    if fields is None:
        return ""
    return f"({', '.join(f'{field.name.name}: {spell_out(field.type.value)}' for field in fields)})"


def _parameters(type_: TypeValue | None) -> str:
    if not isinstance(type_, Record):
        return "(..)"
    return f"({', '.join(f'{field.name}: {spell_out(field.type)}' for field in type_.fields)})"


def _arrow(type_: TypeValue | None) -> str:
    return f" -> {spell_out(type_)}" if type_ is not None else ""


def _targets(targets: Iterable[hir.Target]) -> str:
    return _quoted([target.name for target in targets if isinstance(target, hir.Ref)])


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _count(number: int) -> str:
    return f"{number:_}"


def _price(price: Price) -> str:
    return f"price: {price.input_per_mtok} USD in, {price.output_per_mtok} USD out, for a million tokens"
