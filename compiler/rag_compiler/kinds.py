"""The tables of the language: kinds of nodes, their items and labels; items of graphs and agents; reducers; aliases.

What this version cannot run yet stands in `unbuilt.py`.
"""

from __future__ import annotations

from typing import Literal

from rag_compiler.hir import Kind
from rag_ir.record import record

COMMON = (
    "kind", "next", "routes", "join", "command", "send", "output", "writes", "into", "timeout", "retry", "budget", "cache",
    "on_error", "checkpoint", "interrupt", "blocking", "optional", "max_visits", "metadata", "steering", "human", "parent",
    "stores", "middleware", "description",
)  # fmt: skip
"""Items of every node. `output` is declared on model-driven nodes only."""

GRAPH_ITEMS = (
    "start", "metadata", "defaults", "budget", "allow", "input", "output", "checkpoint", "interrupt", "channel", "node", "join",
    "type", "state", "recursion_limit", "max_concurrency", "description",
)  # fmt: skip
AGENT_ITEMS = (
    "description", "model", "system", "prompt", "tools", "stores", "input", "output", "max_turns", "budget",
)  # fmt: skip
TEST_ITEMS = ("graph", "input", "model", "tool", "answer", "expect")
REPEATABLE = ("channel", "node", "type", "state")
"""Items that may stand more than once in a block; graph-level joins too."""


@record
class NodeKind:
    """A kind: what it does, its own items, those it cannot do without, and the labels that every node of it can produce."""

    name: Kind
    summary: str
    own: tuple[str, ...]
    required: tuple[str, ...]
    labels: tuple[str, ...]

    items: tuple[str, ...]
    """Every item that is legal here."""


_MODEL_DRIVEN = ("model", "agent", "repl_agent")
_CALLING = (*_MODEL_DRIVEN, "tool_executor", "tool", "subagent")
_SPENDING = (*_CALLING, "subgraph")
_ONLY = {
    "output": _MODEL_DRIVEN,
    "stores": _MODEL_DRIVEN,
    "timeout": (*_SPENDING, "router"),
    "retry": _CALLING,
    "budget": _SPENDING,
    "middleware": _CALLING,
    "cache": ("model", "agent", "tool", "subagent"),
}
"""Common items that have an effect on some kinds only."""
USELESS = {
    "output": "only the answer of a model is made to fit a type; what a child or a tool gives has the type that it declares",
    "timeout": "it takes no time of its own, and time spent waiting for a person counts to no timeout",
    "retry": "it makes no calls of its own that could be made again",
    "budget": "it spends nothing",
    "middleware": "it makes no calls of its own",
    "cache": "nothing of it could be taken again",
}
"""Why these have none on the others."""


def _kind(
    name: Kind,
    summary: str,
    own: tuple[str, ...] = (),
    required: tuple[str, ...] = (),
    labels: tuple[str, ...] = ("final",),
) -> NodeKind:
    shared = tuple(word for word in COMMON if word not in _ONLY or name in _ONLY[word])
    return NodeKind(name, summary, own, required, labels, (*own, *shared))


KINDS: dict[str, NodeKind] = {
    kind.name: kind
    for kind in (
        _kind("model", "one model call", ("model", "system", "prompt")),
        _kind(
            "agent",
            "a model that calls tools until it answers",
            ("model", "system", "prompt", "tools", "max_turns", "agent"),
            labels=("final", "tool_call"),
        ),
        _kind("tool_executor", "executes the pending tool calls", ("tools",), labels=("done", "error")),
        _kind("tool", "calls one tool", ("tool", "args"), ("tool",), ("done", "error")),
        _kind("router", "chooses a route", ("router",), ("routes",), ()),
        _kind("subagent", "an agent as a child run", ("agent", "with", "input"), ("agent",), ("final", "failed")),
        _kind("subgraph", "a graph as a child run", ("graph", "with", "input"), ("graph",), ("final", "failed")),
        _kind("repl_agent", "a script", ("model", "script", "tools")),
        _kind("interrupt", "asks a person", ("prompt", "options")),
        _kind("join", "waits for declared nodes", ("sources",)),
        _kind("pass", "nothing but its writes"),
    )
}
NODE_ITEMS = tuple(dict.fromkeys((*COMMON, *(word for kind in KINDS.values() for word in kind.own))))
"""Items of nodes of any kind."""
KIND_ALIASES: dict[str, Kind] = {"sub_agent": "subagent", "graph": "subgraph", "human": "interrupt"}

REDUCERS: dict[str, str] = {
    "overwrite": "the new value",
    "first": "the first value ever written",
    "append": "a list that grows",
    "union": "a list without equal duplicates",
    "messages": "the conversation",
    "merge": "an object, later keys win",
    "sum": "the sum of all numbers",
    "min": "the least value",
    "max": "the greatest value",
    "topic": "the list of this superstep's values",
    "ephemeral": "visible in the next superstep only",
}
REDUCER_ALIASES = {"last_value": "overwrite", "last_write": "overwrite", "replace": "overwrite", "delta": "sum"}
REFUSED_REDUCERS = {
    "barrier": "wait for several nodes with `join [a, b] -> c` instead",
    "named_barrier": "wait for several nodes with `join [a, b] -> c` instead",
    "untracked": "an untracked value is lost when a run is resumed; use `overwrite`, or `ephemeral`",
}

TYPE_NAMES = ("string", "int", "float", "bool", "json", "message")

Wait = Literal["all", "race", "quorum", "best_effort", "fallback", "compare"]
WAITS: tuple[Wait, ...] = ("all", "race", "quorum", "best_effort", "fallback", "compare")
JOIN_OPTIONS = ("wait", "timeout", "on_timeout", "keep")
DEFAULTS = ("model", "recursion_limit", "max_concurrency", "timeout", "retry")
Checkpoint = Literal["every", "exit", "off", "inherit"]
CHECKPOINTS: tuple[Checkpoint, ...] = ("every", "exit", "off", "inherit")
Interrupts = Literal["manual", "off"]
INTERRUPTS: tuple[Interrupts, ...] = ("manual", "off")
MODES = {"checkpoint": CHECKPOINTS, "interrupt": INTERRUPTS}
PAUSES = ("before", "after")
CONTEXTS = ("fresh", "fork")

BUDGET = ("tokens", "cost_usd", "model_calls", "tool_calls", "wall")
CACHE = ("ttl", "scope")
Scope = Literal["run", "thread", "shared"]
SCOPES: tuple[Scope, ...] = ("run", "thread", "shared")
STEERING = ("human", "parent", "delivery")
DELIVERIES = ("safe_boundary",)
RETRY = ("max_attempts", "backoff", "initial", "max", "jitter", "on")
"""Keys of blocks of policies, and words that they take."""
Backoff = Literal["constant", "linear", "exponential"]
BACKOFFS: tuple[Backoff, ...] = ("constant", "linear", "exponential")

MOST_NODES = 10_000
MOST_CHANNELS = 1_000
MOST_SENDS = 1_000
LONGEST_DURATION = 3_650 * 86_400_000
"""Milliseconds."""
LARGEST_AMOUNT = 10**12
"""Tokens and calls in a budget go from 0 to this."""
LARGEST_COUNT = 1_000_000
"""Counts written in source (`max_turns`, `recursion_limit`, ...) go from 1 to this."""
DEFAULT_MAX_TURNS = 25
DEFAULT_RECURSION_LIMIT = 50
DEFAULT_MAX_CONCURRENCY = 8
