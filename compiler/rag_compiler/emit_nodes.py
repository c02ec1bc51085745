"""Emit nodes: behaviours, writes, sends, routing, and the implicit children that sends make."""

from __future__ import annotations

from collections.abc import Iterator

from rag_compiler import hir, syntax
from rag_compiler.blocks import word_of
from rag_compiler.check_graphs import offered_tools
from rag_compiler.default_writes import default_writes
from rag_compiler.emit_agents import emit_agent
from rag_compiler.emit_code import emit_code, emit_entries, emit_template, name_of, names_of, put_names
from rag_compiler.emit_names import emit_names
from rag_compiler.emit_policies import (
    emit_block,
    emit_budget,
    emit_join,
    emit_listed,
    emit_retry,
    emit_timeout,
)
from rag_compiler.emit_sends import Sends, emit_defaults, emit_sends, emit_writes
from rag_compiler.kinds import DEFAULT_MAX_TURNS
from rag_compiler.labels import calls_once, labels_of
from rag_compiler.places import Places
from rag_ir import graph as ir
from rag_ir.record import record
from rag_ir.types import to_schema
from rag_registry.registry import Registry
from rag_verify.flow import HOLE


@record
class Site:
    """The graph whose nodes are emitted, and what surrounds it; `at` is its pointer."""

    graph: hir.Graph
    project: hir.Project
    registry: Registry
    places: Places
    at: str


def emit_nodes(site: Site) -> Iterator[ir.Node]:
    """The declared nodes in order, each with its implicit children behind it."""
    index = 0
    for node in site.graph.nodes.values():
        at = f"{site.at}/nodes/{index}"
        sends = emit_sends(node, at, site.graph, site.project, site.places)
        yield _node(node, sends, at, site)
        for child in sends.children:
            index += 1
            site.places.put(f"{site.at}/nodes/{index}", child.span)
            yield child.emit(f"{site.at}/nodes/{index}", site.graph, site.places)
        index += 1


def _node(node: hir.Node, sends: Sends, at: str, site: Site) -> ir.Node:
    places, policies = site.places, node.policies
    agent = _bundled(node, site)
    cache = emit_block(policies.cache, "cache", at, places)
    steering = emit_block(policies.steering, "steering", at, places)
    places.put(at, node.name.span)
    places.document(at, node.doc)
    if node.on_error:
        places.put(f"{at}/on_error", node.on_error.span)
    emit_names(node.behaviour, f"{at}/behaviour", places)
    return ir.Node(
        name=node.name.name,
        implicit=False,
        behaviour=_behaviour(node, f"{at}/behaviour", site),
        labels=labels_of(node, site.registry) or (),
        writes=_writes(node, f"{at}/writes", site),
        update=emit_entries(node.update, f"{at}/update", places),
        sends=sends.sends,
        routing=_routing(node, f"{at}/routing", site),
        on_error=name_of(node.on_error) if node.on_error else None,
        max_visits=node.max_visits,
        timeout=emit_timeout(node.policies.timeout, site.graph, node.kind, at, places),
        retry=emit_retry(node.policies.retry, site.graph, node.kind, at, places),
        budget=emit_budget(policies.budget, agent, at, places),
        cache=cache.value if cache else None,
        steering=steering.value if steering else None,
        stores=names_of(agent.stores.names if agent.stores else ())
        if agent
        else emit_listed(policies.stores, "stores", at, places),
        middleware=emit_listed(policies.middleware, "middleware", at, places),
        pause_before=node.pause_before,
        pause_after=node.pause_after,
        metadata=node.metadata,
    )


def _bundled(node: hir.Node, site: Site) -> hir.Agent | None:
    """The agent that a model-driven node runs in place."""
    match node.behaviour:
        case hir.ModelNode(agent=hir.Ref(name)):
            return site.project.agents.get(name)
        case _:
            return None


def _behaviour(node: hir.Node, at: str, site: Site) -> ir.Behaviour:
    places = site.places
    _put_kind(node, at, places)
    match node.behaviour:
        case hir.ModelNode() as model:
            return _model(node, model, at, site)
        case hir.ExecutorNode(tools):
            offered = offered_tools(site.graph, site.project.agents) if tools is None else tools
            put_names(None, tools or (), at, places)
            return ir.ToolExecutor(kind="tool_executor", tools=names_of(offered))
        case hir.ToolNode(tool, arguments):
            emitted = emit_entries(arguments, f"{at}/arguments", places)
            places.put(f"{at}/tool", tool.span)
            return ir.ToolCall(kind="tool", tool=name_of(tool), arguments=emitted)
        case hir.RouterNode(router):
            if router is not None:
                places.put(f"{at}/router", router.span)
            return ir.Router(kind="router", router=name_of(router) if router else None)
        case hir.ChildNode(kind, callee, given):
            mapping = emit_entries(given, f"{at}/input", places) if given is not None else None
            places.put(f"{at}/{'agent' if kind == 'subagent' else 'graph'}", callee.span)
            if kind == "subagent":
                return ir.Subagent(kind="subagent", agent=name_of(callee), input=mapping)
            return ir.Subgraph(kind="subgraph", graph=name_of(callee), input=mapping)
        case hir.InterruptNode(prompt, options):
            text = emit_template(prompt, f"{at}/prompt", places)
            return ir.Interrupt(kind="interrupt", prompt=text, options=tuple(option.name for option in options))
        case hir.JoinNode():
            return ir.Join(kind="join")
        case hir.PassNode() | hir.UnknownNode():
            return ir.Pass(kind="pass")


def _put_kind(node: hir.Node, at: str, places: Places) -> None:
    """The place of what a node does: its kind, where it is written; and of its questions."""
    for item in node.syntax.items:
        if isinstance(item, syntax.RefItem) and item.keyword.text == "kind" and item.name:
            places.put(at, item.name.span)
        elif isinstance(item, syntax.RefItem) and item.keyword.text == "interrupt" and item.name:
            places.put(f"{at.removesuffix('/behaviour')}/pause_{item.name.text}", item.name.span)


def _model(node: hir.Node, model: hir.ModelNode, at: str, site: Site) -> ir.ModelCall:
    loop = model.kind == "agent" and not calls_once(node)
    bundled = _bundled(node, site)
    if bundled is not None:
        agent = emit_agent(bundled, at, site.places)
        if model.agent is not None:
            site.places.put(f"{at}/agent", model.agent.span)
        return ir.ModelCall(
            kind=model.kind,
            model=agent.model,
            system=agent.system,
            prompt=agent.prompt,
            tools=agent.tools,
            output=agent.output,
            max_turns=agent.max_turns,
            loop=loop,
            agent=agent.name,
        )
    put_names(model.model, model.tools, at, site.places)
    return ir.ModelCall(
        kind=model.kind,
        model=name_of(model.model),
        system=emit_template(model.system, f"{at}/system", site.places),
        prompt=emit_template(model.prompt, f"{at}/prompt", site.places),
        tools=names_of(model.tools),
        output=to_schema(model.output.value) if model.output else None,
        max_turns=model.max_turns or (DEFAULT_MAX_TURNS if model.kind == "agent" else 1),
        loop=loop,
        agent=None,
    )


def _writes(node: hir.Node, at: str, site: Site) -> ir.Writes:
    if node.writes is None and node.into is None:
        return emit_defaults(default_writes(node.behaviour, site.graph, site.project, site.registry))
    return emit_writes(node.writes, node.into, at, site.places)


def _routing(node: hir.Node, at: str, site: Site) -> ir.Routing:
    """The source of routing. Where there are several, or what may have been one is broken, it is a hole."""
    places = site.places
    if _is_torn(node, site.graph):
        return ir.Next(kind="next", target=HOLE)
    if not node.routings:
        return ir.Finish(kind="end")
    routing = node.routings[0]
    places.put(at, routing.keyword)
    match routing:
        case hir.Next(target=target):
            places.put(f"{at}/target", target.span)
            return ir.Next(kind="next", target=name_of(target))
        case hir.JoinSends():
            return emit_join(routing, at, places)
        case hir.Routes(entries=entries):
            emitted = (_route(entry, f"{at}/entries/{index}", places) for index, entry in enumerate(entries))
            return ir.Routes(kind="routes", entries=tuple(emitted))


def _is_torn(node: hir.Node, graph: hir.Graph) -> bool:
    """Whether something that has been reported leaves open where the node goes."""
    if len(node.routings) > 1 or node.name.name in graph.repeated:
        return True
    if not node.routings and isinstance(node.behaviour, hir.RouterNode):
        return True
    joined = isinstance(node.routings[0], hir.JoinSends) if node.routings else False
    if not joined and any(send.child for send in node.sends):
        return True
    words = [
        word_of(item) for item in node.syntax.items if word_of(item) in ("next", "routes", "join", "command", "send")
    ]
    unknown = any(isinstance(item, syntax.UnknownItem) for item in node.syntax.items)
    return len(words) > len(set(words)) or (unknown and not node.routings)


def _route(route: hir.Route, at: str, places: Places) -> ir.Route:
    places.put(at, route.span)
    places.put(f"{at}/target", route.target.span)
    when = emit_code(route.guard, f"{at}/when", places) if route.guard is not None else None
    return ir.Route(label=route.label.name if route.label else None, when=when, target=name_of(route.target))
