"""Every rule of the toolchain, declared once: its code, default severity, whether it is a safety rule, and its summary.

Wording stands where the finding is made; the page `docs/rules/CODE.md` explains the rule and is itself a test.
"""

from __future__ import annotations

from typing import Literal

from rag_ir.record import record

Severity = Literal["error", "warning", "info"]


@record
class Rule:
    """One rule. `safety` rules can be changed in the manifest only, never suppressed in source."""

    code: str
    severity: Severity
    summary: str
    safety: bool = False


def _declare(*rules: Rule) -> dict[str, Rule]:
    return {rule.code: rule for rule in rules}


def _error(code: str, summary: str, *, safety: bool = False) -> Rule:
    return Rule(code, "error", summary, safety)


def _warning(code: str, summary: str) -> Rule:
    return Rule(code, "warning", summary)


RULES: dict[str, Rule] = _declare(
    # Syntax: the text is not of the language.
    _error("source-too-large", "a source file is larger than 1 MiB"),
    _error("nesting-too-deep", "brackets are nested more than 64 deep"),
    _error("invalid-utf8", "the source is not valid UTF-8"),
    _error("syntax-error", "the text does not fit the language here"),
    _error("doubled-token", "a word or a sign stands twice side by side"),
    _error("missing-name", "a name is missing where one must stand"),
    _error("missing-value", "an item or a key has no value"),
    _error("unclosed-block", "a bracket is opened and never closed"),
    _error("unclosed-string", "a string is opened and never closed"),
    _error("invalid-escape", "a string holds an escape that the language does not have"),
    _error("invalid-number", "a number or a duration is not well-formed"),
    _error("invalid-template", "the inside of `{{ }}` is not an expression"),
    _error("foreign-syntax", "the text is an idiom of another language"),
    Rule("item-punctuation", "warning", "an item is followed by `:` or `=`"),
    _error("unknown-item", "the word is not an item of this block"),
    # Names: a reference does not resolve.
    _error("unknown-node", "a target is not a node of this graph"),
    _error("unknown-target", "a send names no node, agent or graph"),
    _error("unknown-channel", "a name is not a channel of this graph"),
    _error("unknown-model", "a model is not in the registry"),
    _error("unknown-tool", "a tool is not in the registry"),
    _error("unknown-agent", "an agent is neither declared nor in the registry"),
    _error("unknown-graph", "a graph is neither declared nor in the registry"),
    _error("unknown-router", "a router is not in the registry"),
    _error("unknown-capability", "a store, script, reducer or middleware is not in the registry"),
    _error("unknown-kind", "a node's kind does not exist"),
    _error("unknown-reducer", "a channel's reducer does not exist"),
    _error("unknown-type", "a type's name does not exist"),
    _error("unknown-function", "an expression calls a function that does not exist"),
    _error("unknown-variable", "an expression names something that is not in scope"),
    _error("unknown-field", "a declared record or input has no field of this name"),
    _error("unknown-key", "a block has no key of this name"),
    # Structure: the parts do not fit together.
    _error("duplicate-declaration", "two declarations share one name"),
    _error("duplicate-item", "an item that may stand once stands twice"),
    _error("duplicate-key", "a key stands twice in one block"),
    _error("reserved-name", "a declaration uses a reserved name"),
    _error("missing-start", "a graph has no `start`"),
    _error("missing-item", "a required item is missing"),
    _error("illegal-item", "an item is not legal on this kind of node"),
    _error("bad-value", "a value is not of the form that its item takes"),
    _error("bad-argument", "a function or lambda is used with the wrong arguments"),
    # Types: a value does not fit its place.
    _error("type-mismatch", "a value is not of the type that its place takes"),
    _error("guard-not-bool", "a guard is neither true nor false"),
    _error("missing-field", "a record lacks a field that its place needs"),
    _error("possibly-null", "a value may be null where null does not do"),
    _warning("never-equal", "two values that are compared can never be equal"),
    # Routing: where a node goes.
    _error("routing-conflict", "a node has more than one source of routing"),
    _error("impossible-label", "a route's label is none that the node can produce"),
    _warning("missing-label", "a label that the node can produce has no route"),
    _error("duplicate-label", "a label is routed twice"),
    _error("unreachable-route", "a route stands after `else`"),
    _error("send-without-join", "an implicit child is sent to and nothing follows it"),
    _error("join-without-send", "a node joins, and sends nothing"),
    _error("join-never-holds", "a join waits for more children than there can be"),
    _error("cache-with-effects", "a node whose tools may have effects keeps its output"),
    _error("pause-forbidden", "a node asks a person in a graph that says that nobody is asked"),
    _error("graph-recursion", "graphs call each other without an end"),
    _error("limit-exceeded", "a declaration is over one of the language's limits"),
    _error("not-built", "the language has the construct, and this version cannot run it yet"),
    # Graph: facts about the whole.
    _warning("unreachable-node", "no path from `start` leads to a node"),
    _error("no-way-to-end", "no path from a node leads to an end"),
    _error("join-from-child", "a branch inside a child routes to what the join runs"),
    _error("concurrent-write", "activations of one superstep write a channel that takes one writer"),
    # Models and budgets: what can be asked for, and spent.
    _error("model-without-tools", "a model that cannot call tools is given some"),
    Rule("schema-without-support", "info", "a model is asked for a type that it does not support by itself"),
    _error("budget-too-small", "no run can finish within a budget"),
    _error("budget-over-limit", "a budget allows more than the policy"),
    _error("unpriced-model", "money is limited, and a model has no price"),
    _warning("nested-too-deep", "children may nest deeper than the policy allows"),
    _error("fanout-over-limit", "a node may start more children than the policy allows", safety=True),
    # Information: who sees what, and who can act on it.
    _error("unsafe-flow", "untrusted content and private data meet a tool that acts, and nobody looks", safety=True),
    Rule("possible-unsafe-flow", "warning", "a flow that would be unsafe if a tool is what it may be", safety=True),
    Rule("untrusted-system", "warning", "untrusted content reaches a system message", safety=True),
    _warning("unlabelled-tool", "a tool does not say what it does, reads or returns, where that matters"),
    _warning("unbounded-loop", "what a loop's exit depends on does not change inside the loop"),
    _error("join-never-complete", "a join can never have what it waits for"),
    _warning("join-source-skipped", "a run may never come to a source of a join"),
    _warning("join-may-fire-twice", "a source of a join may end again after the join has fired"),
    _warning("effect-repeated", "a `retry` may make a call with effects twice"),
    _warning("effect-discarded", "a child that may be cancelled, or passed over, calls a tool with effects"),
    _warning("loser-writes", "a child that loses has already written into a channel"),
    _error("interrupt-cannot-resume", "a person may be asked where no answer can be taken up"),
    _warning("read-before-write", "a channel is read where nothing can have been written into it"),
    _warning("channel-never-written", "nothing writes into a channel"),
    _warning("channel-never-read", "nothing reads a channel"),
    _warning("output-dropped", "the output of a node goes nowhere"),
    # Comments that speak to the checker.
    _warning("unused-suppression", "a suppression comment suppresses nothing"),
    # Manifest: rag.toml.
    _error("manifest-syntax", "the manifest is not valid TOML"),
    _error("manifest-unknown-key", "the manifest has no key of this name"),
    _error("manifest-missing-key", "a required key of the manifest is missing"),
    _error("manifest-bad-value", "a value in the manifest is not of the form that its key takes"),
    _error("manifest-conflict", "two entries of the manifest exclude each other"),
    _error("not-allowed", "a name that the manifest's policy, or a graph, does not allow", safety=True),
    _error("not-locked", "a tool of an MCP server has no entry in `rag.lock` that fits the manifest", safety=True),
    _error("bad-lock", "`rag.lock` cannot be read, or was changed by hand", safety=True),
    _error("unreadable-tool", "a Python tool's schema cannot be read from its source"),
    _error("unreadable-file", "a file that the project names cannot be read"),
    # Loading a compiled graph.
    _error("ir-invalid", "the document is not a graph IR of this version", safety=True),
    _error("ir-version", "the document is of a version that this toolchain does not know", safety=True),
    _error("ir-digest", "the document's digest is not that of its content", safety=True),
    _error("capability-changed", "a capability's schema is not the one that the graph was compiled with", safety=True),
    _error("capability-missing", "a capability that the graph requires is not in this registry", safety=True),
    _error("review-required", "a person must approve the graph before it runs", safety=True),
    _error("environment-missing", "an environment variable that the manifest names cannot be used", safety=True),
)

JUDGEMENTS = frozenset({"unsafe-flow", "concurrent-write", "join-never-complete", "interrupt-cannot-resume"})
"""Errors behind which everything still works: a manifest may lower them, as it may every warning."""
