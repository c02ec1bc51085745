"""The HIR: what was meant. Every name is bound, dialects are folded, and what could not be bound is a hole.

Expressions know roots from loop variables; a channel is named, never spelled as a path. Spans are those of the text, all in the
declaration's `path`. A hole has been reported; later passes are silent about it. Items stay in the order of the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from rag_compiler import syntax
from rag_compiler.hir_expressions import (
    Call,
    Choice,
    Constant,
    EachOf,
    Entries,
    Entry,
    Expr,
    Get,
    Hole,
    Index,
    ListOf,
    Local,
    Member,
    ObjectOf,
    Operation,
    Ref,
    Root,
    Target,
    Template,
)
from rag_compiler.hir_policies import (
    Allow,
    Budget,
    Cache,
    Checkpoint,
    Duration,
    Flag,
    Interrupts,
    JoinOptions,
    Listed,
    Policies,
    Retry,
    Steering,
    Wait,
)
from rag_compiler.hir_tests import Test
from rag_compiler.source import Span
from rag_ir.graph import Json
from rag_ir.record import record
from rag_ir.types import TypeValue

__all__ = [
    "Agent",
    "Allow",
    "Behaviour",
    "Budget",
    "Cache",
    "Call",
    "Channel",
    "Checkpoint",
    "Child",
    "ChildNode",
    "Choice",
    "Constant",
    "Duration",
    "Each",
    "EachOf",
    "Entries",
    "Entry",
    "ExecutorNode",
    "Expr",
    "Field",
    "Flag",
    "Get",
    "Graph",
    "GraphJoin",
    "Hole",
    "Index",
    "InterruptNode",
    "Interrupts",
    "JoinNode",
    "JoinOptions",
    "JoinSends",
    "Kind",
    "ListOf",
    "Listed",
    "Local",
    "Member",
    "ModelNode",
    "Next",
    "Node",
    "ObjectOf",
    "Operation",
    "Origin",
    "PassNode",
    "Policies",
    "Project",
    "Ref",
    "Retry",
    "Root",
    "Route",
    "RouterNode",
    "Routes",
    "Routing",
    "Send",
    "Steering",
    "Target",
    "Template",
    "ToolNode",
    "Type",
    "TypeDeclaration",
    "UnknownNode",
    "Wait",
]

Kind = Literal[
    "model", "agent", "tool_executor", "tool", "router", "subagent", "subgraph", "repl_agent", "interrupt", "join", "pass"
]  # fmt: skip

# ---- types ---------------------------------------------------------------------------------------------------------------


@record
class Type:
    """A resolved type. A part that did not resolve accepts everything and makes the type not `whole`."""

    value: TypeValue
    span: Span
    whole: bool


@record
class Field:
    """A field of a declared input or output. `value` is the default of an input, or the source of a graph's output."""

    name: Ref
    type: Type
    value: Expr | None
    doc: str


@record
class TypeDeclaration:
    """A declared type."""

    path: str
    name: Ref
    type: Type
    doc: str


# ---- agents --------------------------------------------------------------------------------------------------------------


@record
class Origin:
    """Where an agent is declared: in a file (`path`, the name's span) or, with `path` null, in the manifest."""

    path: str | None
    span: Span


@record
class Agent:
    """A declared or registered agent. `model` null: neither it nor the registry names one."""

    name: str
    origin: Origin
    model: Target | None
    system: Expr | None
    prompt: Expr | None
    tools: tuple[Target, ...]
    input: tuple[Field, ...] | None
    output: Type | None
    max_turns: int | None
    stores: Listed | None
    budget: Budget | None
    doc: str
    syntax: syntax.Agent | None


# ---- nodes ---------------------------------------------------------------------------------------------------------------


@record
class ModelNode:
    """Kinds `model` and `agent`. With `agent` bound, the settings are that agent's and the rest is empty."""

    kind: Literal["model", "agent"]
    agent: Target | None
    model: Target | None
    system: Expr | None
    prompt: Expr | None
    tools: tuple[Target, ...]
    output: Type | None
    max_turns: int | None


@record
class ExecutorNode:
    """Kind `tool_executor`; `tools` null: those of the graph's other nodes."""

    tools: tuple[Target, ...] | None


@record
class ToolNode:
    """Kind `tool`"""

    tool: Target
    arguments: Entries


@record
class RouterNode:
    """Kind `router`; `router` null: guards alone."""

    router: Target | None


@record
class ChildNode:
    """Kinds `subagent` and `subgraph`. `input` null: derived."""

    kind: Literal["subagent", "subgraph"]
    callee: Target
    input: Entries | None


@record
class InterruptNode:
    """Kind `interrupt`"""

    prompt: Expr | None
    options: tuple[Ref, ...]


@record
class JoinNode:
    """Kind `join`; `sources` null where other joins name the node."""

    sources: tuple[Target, ...] | None
    span: Span


@record
class PassNode:
    """Kind `pass`"""


@record
class UnknownNode:
    """A node of no known kind, or of one that this version has not."""


Behaviour = (
    ModelNode | ExecutorNode | ToolNode | RouterNode | ChildNode | InterruptNode | JoinNode | PassNode | UnknownNode
)  # fmt: skip


@record
class Next:
    """`next`, an edge, or `command { goto }`; `keyword` is what was written: a word, or the whole edge."""

    word: Literal["next", "goto", "edge"]
    keyword: Span
    target: Target


@record
class Route:
    """An entry of `routes`: a label, a guard, or (neither) `else`."""

    label: Ref | None
    guard: Expr | None
    target: Target
    head: Span
    span: Span


@record
class Routes:
    """`routes { .. }`"""

    keyword: Span
    entries: tuple[Route, ...]


@record
class JoinSends:
    """`join TARGET { .. }` on a node."""

    keyword: Span
    target: Target
    options: JoinOptions


Routing = Next | Routes | JoinSends


@record
class Each:
    """`each VARIABLE in SOURCE as`"""

    variable: str
    source: Expr


@record
class Child:
    """What a send to an agent or a graph starts, an implicit node of its own."""

    kind: Literal["subagent", "subgraph"]
    callee: str


@record
class Send:
    """One target of a `send`: a declared node (`Ref`), or an implicit child. `fork` is where that word stands,
    `writes_at` the first of the words `writes` and `into`.

    What is not written is null, and comes from the target.
    """

    target: Target
    child: Child | None
    payload: Entries | None
    each: Each | None
    max: int | None
    blocking: Flag | None
    optional: Flag | None
    timeout: Duration | None
    retry: Retry | None
    fork: Span | None
    writes: Entries | None
    into: Target | None
    writes_at: Span | None
    span: Span


@record
class Node:
    """A declared node. `routings` are all that were written; the first one holds."""

    name: Ref
    kind: Kind
    behaviour: Behaviour
    writes: Entries | None
    into: Target | None
    update: Entries
    sends: tuple[Send, ...]
    routings: tuple[Routing, ...]
    on_error: Target | None
    max_visits: int | None
    policies: Policies
    pause_before: bool
    pause_after: bool
    metadata: Json
    doc: str
    syntax: syntax.Node


@record
class Channel:
    """A channel. `type` null: whatever its reducer makes. `reducer` null is a hole; `initial` null: the reducer's own.

    `function` is the registered reducer of `aggregate`; then `type` is what that one makes, if nothing else is declared.
    """

    name: Ref
    reducer: Ref | None
    function: Ref | None
    deep: bool
    accumulate: bool
    type: Type | None
    initial: Expr | None
    doc: str


@record
class GraphJoin:
    """`join [a, b] -> c` at the level of a graph."""

    keyword: Span
    sources: tuple[Target, ...]
    target: Target


@record
class Graph:
    """A declared graph. Of two nodes or channels of one name the first counts; `repeated` are such names of nodes.

    `timeout` and `retry` are the defaults of its nodes.
    """

    path: str
    name: Ref
    start: Target
    input: tuple[Field, ...] | None
    output: tuple[Field, ...] | None
    channels: Mapping[str, Channel]
    nodes: Mapping[str, Node]
    repeated: frozenset[str]
    joins: tuple[GraphJoin, ...]
    recursion_limit: int | None
    max_concurrency: int | None
    timeout: Duration | None
    retry: Retry | None
    budget: Budget | None
    checkpoint: Checkpoint | None
    interrupts: Interrupts | None
    allow: tuple[Allow, ...]
    metadata: Json
    doc: str
    syntax: syntax.Graph


@record
class Project:
    """Everything that is declared, by name, and the registered agents among the agents.

    `unnamed` are the graphs that no name leads to: without a name, or with one that stood before.
    """

    graphs: Mapping[str, Graph]
    agents: Mapping[str, Agent]
    types: Mapping[str, TypeDeclaration]
    unnamed: tuple[Graph, ...]
    tests: tuple[Test, ...]
