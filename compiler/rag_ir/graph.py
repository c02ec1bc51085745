"""The graph IR: one document holds an entry graph and everything that it reaches.

The JSON form follows the dataclasses field by field: every field is written, tuples are arrays, `None` is null, a union is told
apart by its `kind`. Durations are integer milliseconds, money is a decimal string, names are the language's own. Order in arrays
means something (declaration order is task order); objects are unordered. Expressions and templates are `Code` (see `operators`),
types are `Schema` (see `types`). A reader needs no knowledge of defaults: whatever the source leaves out is explicit here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from rag_ir.record import record
from rag_ir.required import MiddlewareRequirement as MiddlewareRequirement
from rag_ir.required import ModelRequirement as ModelRequirement
from rag_ir.required import Policy as Policy
from rag_ir.required import Price as Price
from rag_ir.required import ReducerRequirement as ReducerRequirement
from rag_ir.required import Requirement as Requirement
from rag_ir.required import Requires as Requires
from rag_ir.required import RouterRequirement as RouterRequirement
from rag_ir.required import StoreRequirement as StoreRequirement
from rag_ir.required import ToolRequirement as ToolRequirement

IR_VERSION = 1
END = "END"

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""A JSON value. Integers stay integers."""

Code = Json
"""An expression in array form, `["get", "state", "findings"]`; the operators stand in `operators.OPERATORS`."""

Schema = Mapping[str, Json]
"""A type as JSON Schema, of the closed subset that `types` writes and reads."""


@record(kw_only=True)
class Entry:
    """One channel or key and the expression that gives its value."""

    name: str
    value: Code


@record(kw_only=True)
class Field:
    """A field of an input: its type, whether it must be given, and its default (null where it has none)."""

    name: str
    schema: Schema
    required: bool
    default: Json


@record(kw_only=True)
class Channel:
    """A channel. `reducer` is canonical: overwrite first append union messages merge sum min max topic ephemeral aggregate.

    `deep` belongs to `merge`, `accumulate` to `topic`, `function` (a registered reducer) to `aggregate`. `schema` is the type of
    the whole value. `initial` is the value before any write; null lets the first value of `aggregate` be taken without a call.
    """

    name: str
    reducer: str
    function: str | None
    deep: bool
    accumulate: bool
    schema: Schema
    initial: Json


# ---- policies ----------------------------------------------------------------------------------------------------------


@record(kw_only=True)
class Retry:
    """How often a failing call is made again, the first try counted; waits in milliseconds.

    `on` names classes of errors: timeout rate_limit server connection invalid_output tool_error.
    """

    max_attempts: int
    backoff: Literal["constant", "linear", "exponential"]
    initial: int
    max: int
    jitter: bool
    on: tuple[str, ...]


@record(kw_only=True)
class Budget:
    """Limits of what may be spent; null is no limit. `cost_usd` is a decimal string, `wall` milliseconds."""

    tokens: int | None
    cost_usd: str | None
    model_calls: int | None
    tool_calls: int | None
    wall: int | None


@record(kw_only=True)
class Cache:
    """A finished activation's output is taken again for equal inputs within `ttl` milliseconds (null: without an end)."""

    scope: Literal["run", "thread", "shared"]
    ttl: int | None


@record(kw_only=True)
class Steering:
    """What a person and a parent run may do to the node while it runs.

    Of: pause resume cancel inject_message redirect add_instruction request_status.
    """

    human: tuple[str, ...]
    parent: tuple[str, ...]


# ---- behaviours: what the activation of a node does -------------------------------------------------------------------


@record(kw_only=True)
class ModelCall:
    """`model` and `agent` nodes. `system` and `prompt` are templates or null.

    `loop`: tool calls are executed until a final answer; without it one call is made (`final`, or `tool_call` where `tools`
    are given). `agent` names the agent whose settings these are; then `input` in the templates is the agent's input.
    """

    kind: Literal["model", "agent"]
    model: str
    system: Code | None
    prompt: Code | None
    tools: tuple[str, ...]
    output: Schema | None
    max_turns: int
    loop: bool
    agent: str | None


@record(kw_only=True)
class ToolExecutor:
    """Executes the pending tool calls of the conversation, those of `tools` only."""

    kind: Literal["tool_executor"]
    tools: tuple[str, ...]


@record(kw_only=True)
class ToolCall:
    """Calls one tool with evaluated arguments."""

    kind: Literal["tool"]
    tool: str
    arguments: tuple[Entry, ...]


@record(kw_only=True)
class Router:
    """A registered route function, or (null) nothing but the guards of the node's routes."""

    kind: Literal["router"]
    router: str | None


@record(kw_only=True)
class Subagent:
    """An agent as a child. `input`: the child's mapping; null derives it from state, run input and the agent's fields.

    Where the node is sent to and has no mapping, the payload is the input.
    """

    kind: Literal["subagent"]
    agent: str
    input: tuple[Entry, ...] | None


@record(kw_only=True)
class Subgraph:
    """Another graph of this document as a child run. `input` as for `Subagent`."""

    kind: Literal["subgraph"]
    graph: str
    input: tuple[Entry, ...] | None


@record(kw_only=True)
class Interrupt:
    """Asks a person. `prompt` is a template or null; without `options` any value may be answered."""

    kind: Literal["interrupt"]
    prompt: Code | None
    options: tuple[str, ...]


@record(kw_only=True)
class Join:
    """The target of a join over declared nodes; which ones stands in `Graph.joins`."""

    kind: Literal["join"]


@record(kw_only=True)
class Pass:
    """Nothing but the node's writes."""

    kind: Literal["pass"]


Behaviour = ModelCall | ToolExecutor | ToolCall | Router | Subagent | Subgraph | Interrupt | Join | Pass


# ---- routing ---------------------------------------------------------------------------------------------------------


@record(kw_only=True)
class Finish:
    """The branch ends here: the node has no routing."""

    kind: Literal["end"]


@record(kw_only=True)
class Next:
    """`next`, an edge, or `command { goto }`; the target may be `END`."""

    kind: Literal["next"]
    target: str


@record(kw_only=True)
class Route:
    """An entry of `routes`: `label` for an outcome label, else `when` for a guard, else (both null) `else`."""

    label: str | None
    when: Code | None
    target: str


@record(kw_only=True)
class Routes:
    """Entries in the order in which they are tried."""

    kind: Literal["routes"]
    entries: tuple[Route, ...]


@record(kw_only=True)
class JoinSends:
    """Run `target` once when the node's sends satisfy `wait`.

    `quorum` is its number, null for every other policy. `keep`: what remains of a quorum goes on as children that nobody waits for.
    After `timeout` milliseconds what remains is cancelled and `on_timeout` runs; without it the join fails.
    """

    kind: Literal["join"]
    target: str
    wait: Literal["all", "race", "quorum", "best_effort", "fallback", "compare"]
    quorum: int | None
    keep: bool
    timeout: int | None
    on_timeout: str | None


Routing = Finish | Next | Routes | JoinSends


@record(kw_only=True)
class Each:
    """One child for each element of a list, which `variable` names in the payload."""

    variable: str
    source: Code


@record(kw_only=True)
class Send:
    """A target (declared node, or implicit child node of this graph), its payload (null: derived), `each`, and the limit.

    A send to an implicit child with a null payload has its input derived as for `Subagent`; one to a declared node has
    `args` null. `blocking` false: nobody waits for the child. `optional`: its failure fails nothing else. `timeout` (milliseconds)
    is that of the whole child; `retry` and `writes` stand in place of the target node's own. `context fork`: the child begins with a
    copy of the sender's conversation.
    """

    target: str
    payload: tuple[Entry, ...] | None
    each: Each | None
    max: int | None
    blocking: bool
    optional: bool
    timeout: int | None
    retry: Retry | None
    context: Literal["fresh", "fork"]
    writes: Writes | None


@record(kw_only=True)
class Writes:
    """What an activation writes beside its new messages.

    `entries` are evaluated in order (`output` is in scope); with `present`, an entry whose value is null is not written.
    `by_name`: where the output is an object, each of its keys that names a channel (but no conversation) is written.
    `speak`: a text output that reached no channel is appended to the conversation as one assistant message named after the
    node.
    """

    entries: tuple[Entry, ...]
    present: bool
    by_name: bool
    speak: bool


@record(kw_only=True)
class Node:
    """One node. `implicit`: it exists because of a send (`supervisor/research_agent`), and only sends reach it.

    `update` is evaluated against the state before the step and added to `writes`. `pause_before` and `pause_after` ask a
    person `continue` or `fail`. `labels` are the outcome labels that the node can produce. `timeout` (milliseconds) is that of an
    activation. `retry` null: what ends for a time is tried four times, but no call with effects. `stores` offer their tools to the
    model; `middleware` wraps the node's calls, the first one outermost.
    """

    name: str
    implicit: bool
    behaviour: Behaviour
    labels: tuple[str, ...]
    writes: Writes
    update: tuple[Entry, ...]
    sends: tuple[Send, ...]
    routing: Routing
    on_error: str | None
    max_visits: int | None
    timeout: int | None
    retry: Retry | None
    budget: Budget | None
    cache: Cache | None
    steering: Steering | None
    stores: tuple[str, ...]
    middleware: tuple[str, ...]
    pause_before: bool
    pause_after: bool
    metadata: Json


@record(kw_only=True)
class GraphJoin:
    """Run `target` when every source has ended since the last firing or can no longer arrive."""

    sources: tuple[str, ...]
    target: str


@record(kw_only=True)
class Graph:
    """One graph. `input` null: any JSON. `output` null: the final state. `messages` names the channel that is the conversation.

    `checkpoint`: what is journaled as it happens; `inherit` is `every` in a run that nobody called. `interrupts` false: no node may
    ask a person. `allow`: of each kind of capability named (models tools agents graphs stores routers reducers middleware
    scripts), the only ones that this graph may name.
    """

    name: str
    start: str
    input: tuple[Field, ...] | None
    output: tuple[Entry, ...] | None
    output_schema: Schema | None
    channels: tuple[Channel, ...]
    messages: str | None
    nodes: tuple[Node, ...]
    joins: tuple[GraphJoin, ...]
    recursion_limit: int
    max_concurrency: int
    budget: Budget | None
    checkpoint: Literal["every", "exit", "off", "inherit"]
    interrupts: bool
    allow: Mapping[str, tuple[str, ...]]
    metadata: Json


@record(kw_only=True)
class Agent:
    """A declared or registered agent, as a child runs it."""

    name: str
    model: str
    system: Code | None
    prompt: Code | None
    tools: tuple[str, ...]
    stores: tuple[str, ...]
    input: tuple[Field, ...] | None
    output: Schema | None
    max_turns: int
    budget: Budget | None


# ---- the whole document ------------------------------------------------------------------------------------------------


@record(kw_only=True)
class Provenance:
    """Where the document comes from: `file` or `generated`, the toolchain's version, digests of sources and registry entries."""

    origin: Literal["file", "generated"]
    generator: str
    sources: Mapping[str, str]
    registry: str


@record(kw_only=True)
class SourcePlace:
    """A place in a source file; lines and columns count from 1, columns in code points; the end is exclusive."""

    file: str
    start: tuple[int, int]
    end: tuple[int, int]


@record(kw_only=True)
class Document:
    """The whole IR. `digest` covers all but itself, `provenance`, `source_map` and `docs` (documentation no model sees).

    `types` are the declared records, referred to as `{"$ref": "#/types/NAME"}`. `source_map` and `docs` are keyed by JSON
    pointers into the document.
    """

    ir: int
    entry: str
    graphs: Mapping[str, Graph]
    agents: Mapping[str, Agent]
    types: Mapping[str, Schema]
    requires: Requires
    policy: Policy
    provenance: Provenance
    source_map: Mapping[str, SourcePlace]
    docs: Mapping[str, str]
    digest: str
