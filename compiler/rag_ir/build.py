"""Graphs by hand: short constructors that derive everything that the IR wants explicit.

    build.document("g", graphs=[
        build.graph("g", start="a", channels=[build.channel("messages", "messages")], nodes=[
            build.agent("a", tools=["search"], sends=[build.send("researcher", {"q": build.get("input", "q")})], join="b"),
            build.subagent("b", agent="reviewer", next="END"),
        ]),
    ], agents=[build.declare_agent("researcher"), build.declare_agent("reviewer")])

A node's routing is at most one of `next`, `routes` and `join`; without any, its branch ends. Expressions are `Code`; where a
template is taken, a plain text stands for itself. A send to a name that is no node of the graph makes the implicit child node,
of a graph of this document if one is so called, else of an agent. Capabilities that are not described get plain descriptions.
What is built is not checked here: it goes through the same `rag_verify` as any other document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict, Unpack

from rag_ir import graph as ir
from rag_ir.build_parts import (
    DEFAULT_POLICY,
    Payload,
    RouteTable,
    as_entries,
    as_routes,
    as_text,
    budget,
    join_sends,
    retry,
)
from rag_ir.codec import seal
from rag_ir.graph import Code, Json, Schema
from rag_ir.record import replace
from rag_ir.reducers import initial_value
from rag_ir.requirements import require_model, require_router, require_tool, requires

ANY: Schema = {}

__all__ = [
    "DEFAULT_POLICY",
    "agent",
    "budget",
    "channel",
    "declare_agent",
    "document",
    "field",
    "get",
    "graph",
    "interrupt",
    "join",
    "join_sends",
    "lit",
    "model",
    "pass_",
    "require_model",
    "require_router",
    "require_tool",
    "retry",
    "router",
    "send",
    "subagent",
    "subgraph",
    "template",
    "tool",
    "tool_executor",
]


class Common(TypedDict, total=False):
    """What every node may have. `routes`: label -> target, or entries `(label, guard, target)`; `else` has neither.

    `join`: a target for `wait all`, or what `join_sends` makes. `writes`: channel -> expression; `into`: the channel that the whole
    output goes to. `update` is the node's `command`. `timeout` in milliseconds.
    """

    next: str
    routes: RouteTable
    join: str | ir.JoinSends
    sends: Sequence[ir.Send]
    writes: Payload
    into: str
    update: Payload
    on_error: str
    max_visits: int
    timeout: int
    retry: ir.Retry
    budget: ir.Budget
    cache: ir.Cache
    steering: ir.Steering
    stores: Sequence[str]
    middleware: Sequence[str]
    pause_before: bool
    pause_after: bool
    metadata: Json


def get(root: str, *members: str) -> Code:
    """The path `root.member...`."""
    return ["get", root, *members]


def lit(value: Json) -> Code:
    """A constant."""
    return ["lit", value]


def template(*parts: Code) -> Code:
    """Texts and expressions in turn."""
    return ["template", *parts]


# ---- nodes -----------------------------------------------------------------------------------------------------------


def model(
    name: str,
    model: str = "default",
    *,
    system: Code = None,
    prompt: Code = None,
    output: Schema | None = None,
    **common: Unpack[Common],
) -> ir.Node:
    """One model call, no tools."""
    call = _call("model", model, system, prompt, (), output, loop=False)
    return _node(name, call, ("final",), common)


def agent(
    name: str,
    model: str = "default",
    *,
    system: Code = None,
    prompt: Code = None,
    tools: Sequence[str] = (),
    output: Schema | None = None,
    max_turns: int = 25,
    loop: bool = True,
    **common: Unpack[Common],
) -> ir.Node:
    """The agent loop; with `loop=False` one model call that answers or asks for tools."""
    call = _call("agent", model, system, prompt, tools, output, loop=loop, max_turns=max_turns)
    return _node(name, call, ("final",) if loop else ("final", "tool_call"), common)


def tool_executor(name: str, tools: Sequence[str], **common: Unpack[Common]) -> ir.Node:
    """Executes the pending tool calls of the conversation."""
    return _node(name, ir.ToolExecutor(kind="tool_executor", tools=tuple(tools)), ("done", "error"), common)


def tool(name: str, tool: str, arguments: Payload | None = None, **common: Unpack[Common]) -> ir.Node:
    """Calls one tool."""
    behaviour = ir.ToolCall(kind="tool", tool=tool, arguments=as_entries(arguments or {}))
    return _node(name, behaviour, ("done", "error"), common)


def router(name: str, router: str | None = None, labels: Sequence[str] = (), **common: Unpack[Common]) -> ir.Node:
    """A registered route function and its labels, or guards alone."""
    return _node(name, ir.Router(kind="router", router=router), tuple(labels), common)


def subagent(name: str, agent: str, input: Payload | None = None, **common: Unpack[Common]) -> ir.Node:
    """An agent as a child run. Without `input` it is derived."""
    mapping = None if input is None else as_entries(input)
    return _node(name, ir.Subagent(kind="subagent", agent=agent, input=mapping), ("final", "failed"), common)


def subgraph(name: str, graph: str, input: Payload | None = None, **common: Unpack[Common]) -> ir.Node:
    """Another graph as a child run. Without `input` it is derived."""
    mapping = None if input is None else as_entries(input)
    return _node(name, ir.Subgraph(kind="subgraph", graph=graph, input=mapping), ("final", "failed"), common)


def interrupt(name: str, prompt: Code = None, options: Sequence[str] = (), **common: Unpack[Common]) -> ir.Node:
    """Asks a person."""
    behaviour = ir.Interrupt(kind="interrupt", prompt=as_text(prompt), options=tuple(options))
    return _node(name, behaviour, tuple(options) or ("final",), common)


def join(name: str, **common: Unpack[Common]) -> ir.Node:
    """The target of a join over declared nodes (`graph(joins=...)`)."""
    return _node(name, ir.Join(kind="join"), ("final",), common)


def pass_(name: str, **common: Unpack[Common]) -> ir.Node:
    """Nothing but the node's writes."""
    return _node(name, ir.Pass(kind="pass"), ("final",), common)


def send(
    target: str,
    payload: Payload | None = None,
    *,
    each: tuple[str, Code] | None = None,
    max: int | None = None,
    blocking: bool = True,
    optional: bool = False,
    timeout: int | None = None,
    retry: ir.Retry | None = None,
    context: Literal["fresh", "fork"] = "fresh",
    writes: ir.Writes | None = None,
) -> ir.Send:
    """A send; `each` is the loop variable and the expression of its list. `timeout` in milliseconds."""
    return ir.Send(
        target=target,
        payload=None if payload is None else as_entries(payload),
        each=None if each is None else ir.Each(variable=each[0], source=each[1]),
        max=max,
        blocking=blocking,
        optional=optional,
        timeout=timeout,
        retry=retry,
        context=context,
        writes=writes,
    )


# ---- graphs and documents --------------------------------------------------------------------------------------------


def channel(
    name: str,
    reducer: str = "overwrite",
    *,
    schema: Schema = ANY,
    initial: Json = None,
    deep: bool = False,
    accumulate: bool = False,
    function: str | None = None,
) -> ir.Channel:
    """A channel. Without `initial`, the reducer's own initial value. `function` is the registered reducer of `aggregate`."""
    return ir.Channel(
        name=name,
        reducer=reducer,
        function=function,
        deep=deep,
        accumulate=accumulate,
        schema=schema,
        initial=initial if initial is not None else initial_value(reducer),
    )


def field(name: str, schema: Schema = ANY, *, required: bool = True, default: Json = None) -> ir.Field:
    """A field of an input."""
    return ir.Field(name=name, schema=schema, required=required, default=default)


def graph(
    name: str,
    *,
    start: str,
    nodes: Sequence[ir.Node],
    channels: Sequence[ir.Channel] = (),
    joins: Sequence[tuple[Sequence[str], str]] = (),
    input: Sequence[ir.Field] | None = None,
    output: Payload | None = None,
    output_schema: Schema | None = None,
    recursion_limit: int = 50,
    max_concurrency: int = 8,
    budget: ir.Budget | None = None,
    checkpoint: Literal["every", "exit", "off", "inherit"] = "every",
    interrupts: bool = True,
    allow: Mapping[str, Sequence[str]] | None = None,
    metadata: Json = None,
) -> ir.Graph:
    """A graph. The conversation is its channel with the reducer `messages`, if there is one. `joins`: `(sources, target)`."""
    return ir.Graph(
        name=name,
        start=start,
        input=None if input is None else tuple(input),
        output=None if output is None else as_entries(output),
        output_schema=output_schema,
        channels=tuple(channels),
        messages=next((each.name for each in channels if each.reducer == "messages"), None),
        nodes=tuple(nodes),
        joins=tuple(ir.GraphJoin(sources=tuple(sources), target=target) for sources, target in joins),
        recursion_limit=recursion_limit,
        max_concurrency=max_concurrency,
        budget=budget,
        checkpoint=checkpoint,
        interrupts=interrupts,
        allow={kind: tuple(names) for kind, names in (allow or {}).items()},
        metadata={} if metadata is None else metadata,
    )


def declare_agent(
    name: str,
    model: str = "default",
    *,
    system: Code = None,
    prompt: Code = None,
    tools: Sequence[str] = (),
    input: Sequence[ir.Field] | None = None,
    output: Schema | None = None,
    max_turns: int = 25,
    stores: Sequence[str] = (),
    budget: ir.Budget | None = None,
) -> ir.Agent:
    """An agent of the document, which `subagent` nodes and sends name."""
    return ir.Agent(
        name=name,
        model=model,
        system=as_text(system),
        prompt=as_text(prompt),
        tools=tuple(tools),
        stores=tuple(stores),
        input=None if input is None else tuple(input),
        output=output,
        max_turns=max_turns,
        budget=budget,
    )


def document(
    entry: str,
    *,
    graphs: Sequence[ir.Graph],
    agents: Sequence[ir.Agent] = (),
    types: Mapping[str, Schema] | None = None,
    models: Sequence[str | ir.ModelRequirement] = (),
    tools: Sequence[str | ir.ToolRequirement] = (),
    routers: Sequence[ir.RouterRequirement] = (),
    reducers: Sequence[ir.ReducerRequirement] = (),
    stores: Sequence[ir.StoreRequirement] = (),
    middleware: Sequence[ir.MiddlewareRequirement] = (),
    policy: ir.Policy = DEFAULT_POLICY,
) -> ir.Document:
    """A sealed document with implicit child nodes and requirements made."""
    names = frozenset(each.name for each in graphs)
    whole = [_with_children(each, names) for each in graphs]
    return seal(
        ir.Document(
            ir=ir.IR_VERSION,
            entry=entry,
            graphs={each.name: each for each in whole},
            agents={each.name: each for each in agents},
            types=types or {},
            requires=replace(
                requires(whole, agents, models, tools, routers),
                reducers=tuple(sorted(reducers, key=lambda each: each.name)),
                stores=tuple(sorted(stores, key=lambda each: each.name)),
                middleware=tuple(sorted(middleware, key=lambda each: each.name)),
            ),
            policy=policy,
            provenance=ir.Provenance(origin="file", generator="rag_ir.build", sources={}, registry=""),
            source_map={},
            docs={},
            digest="",
        )
    )


# ---- what is derived -------------------------------------------------------------------------------------------------


def _call(
    kind: Literal["model", "agent"],
    model: str,
    system: Code,
    prompt: Code,
    tools: Sequence[str],
    output: Schema | None,
    *,
    loop: bool,
    max_turns: int = 1,
) -> ir.ModelCall:
    return ir.ModelCall(
        kind=kind,
        model=model,
        system=as_text(system),
        prompt=as_text(prompt),
        tools=tuple(tools),
        output=output,
        max_turns=max_turns,
        loop=loop,
        agent=None,
    )


def _node(name: str, behaviour: ir.Behaviour, labels: tuple[str, ...], common: Common) -> ir.Node:
    return ir.Node(
        name=name,
        implicit=False,
        behaviour=behaviour,
        labels=labels,
        writes=_writes(behaviour, common),
        update=as_entries(common.get("update", {})),
        sends=tuple(common.get("sends", ())),
        routing=_routing(common),
        on_error=common.get("on_error"),
        max_visits=common.get("max_visits"),
        timeout=common.get("timeout"),
        retry=common.get("retry"),
        budget=common.get("budget"),
        cache=common.get("cache"),
        steering=common.get("steering"),
        stores=tuple(common.get("stores", ())),
        middleware=tuple(common.get("middleware", ())),
        pause_before=common.get("pause_before", False),
        pause_after=common.get("pause_after", False),
        metadata=common.get("metadata", {}),
    )


def _writes(behaviour: ir.Behaviour, common: Common) -> ir.Writes:
    """Explicit writes replace the default: record fields by name, and a child's text as a message."""
    entries = as_entries(common.get("writes", {}))
    if "into" in common:
        entries += (ir.Entry(name=common["into"], value=["get", "output"]),)
    default = not entries
    child = isinstance(behaviour, (ir.Subagent, ir.Subgraph))
    return ir.Writes(entries=entries, present=False, by_name=default, speak=default and child)


def _routing(common: Common) -> ir.Routing:
    given = [key for key in ("next", "routes", "join") if key in common]
    if len(given) > 1:
        raise ValueError(f"a node has one source of routing, not {' and '.join(given)}")
    if "next" in common:
        return ir.Next(kind="next", target=common["next"])
    if "join" in common:
        target = common["join"]
        return join_sends(target) if isinstance(target, str) else target
    if "routes" in common:
        return ir.Routes(kind="routes", entries=tuple(as_routes(common["routes"])))
    return ir.Finish(kind="end")


def _with_children(graph: ir.Graph, graphs: frozenset[str]) -> ir.Graph:
    """The graph with an implicit child node for each send to a name that is none of its nodes."""
    declared = {node.name for node in graph.nodes}
    nodes: list[ir.Node] = []
    for node in graph.nodes:
        foreign = {each.target: f"{node.name}/{each.target}" for each in node.sends if each.target not in declared}
        sends = tuple(replace(each, target=foreign.get(each.target, each.target)) for each in node.sends)
        nodes.append(replace(node, sends=sends))
        for target, name in foreign.items():
            child = subgraph(name, target) if target in graphs else subagent(name, target)
            nodes.append(replace(child, implicit=True))
    return replace(graph, nodes=tuple(nodes))
