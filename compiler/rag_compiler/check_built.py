"""Refuse what the language has and this version cannot run, at the item's keyword, or at the value that asks for it."""

from __future__ import annotations

from collections.abc import Container, Iterable

from rag_compiler import hir, syntax
from rag_compiler.kinds import AGENT_ITEMS, DEFAULTS, GRAPH_ITEMS, JOIN_OPTIONS, KINDS, MODES, NODE_ITEMS, WAITS
from rag_compiler.resolve_expressions import distinct
from rag_compiler.sink import Sink
from rag_compiler.words.names import unknown_key
from rag_compiler.words.values import not_built, not_one_of

UNBUILT = {
    "timeout": "without it nothing is cut off; a person can cancel the run",
    "retry": "a call that fails for a time is made up to four times anyway; catch what still fails with `on_error` or a route",
    "budget": "bound the run with `max_turns`, `max_visits` and `defaults { recursion_limit: .. }`",
    "cache": "without it every call is made",
    "steering": "without it nobody can steer the node while it runs",
    "human": "without it nobody can steer the node while it runs",
    "parent": "without it nobody can steer the node while it runs",
    "stores": "keep what later nodes need in channels",
    "middleware": "without it the node's calls are not wrapped",
    "allow": "a graph may name everything in the registry; leave out of the manifest what it may not",
}
"""Items that are refused wherever they stand, and what works instead."""

BUILT_MODES = {"checkpoint": ("every", "inherit"), "interrupt": ("manual",)}
BUILT_DEFAULTS = ("model", "recursion_limit", "max_concurrency")
BUILT_WAIT = "`all`: the join runs its target once every child has succeeded"


def check_graph_built(graph: hir.Graph, sink: Sink) -> None:
    """The items of a graph, and the options of its joins."""
    for item in graph.syntax.items:
        match item:
            case syntax.RefItem(keyword, syntax.Name() as mode) if keyword.text in MODES:
                _mode(keyword.text, mode, sink)
            case syntax.BlockItem(keyword, pairs) if keyword.text == "defaults":
                _defaults(pairs, sink)
            case syntax.GraphJoin():
                for pair in distinct(item.options, sink):
                    _graph_join_option(pair, sink)
            case syntax.Node() | syntax.Channel() | syntax.Edge():
                pass
            case _:
                _refuse(item, "a graph", GRAPH_ITEMS, sink)


def check_agent_built(agent: syntax.Agent, sink: Sink) -> None:
    """The items of an agent."""
    for item in agent.items:
        _refuse(item, "an agent", AGENT_ITEMS, sink)


def check_test_built(test: syntax.Test, sink: Sink) -> None:
    """Tests are read, and not run."""
    instead = "run the graph with `rag run` on scripted models, whose answers stand in a file"
    sink.add(not_built(sink.at(test.keyword.span), "a `test`", instead))


def check_node_built(node: hir.Node, sink: Sink) -> None:
    """The items of a node, its sends' modifiers and its join's options."""
    legal = NODE_ITEMS if isinstance(node.behaviour, hir.UnknownNode) else KINDS[node.kind].items
    for item in node.syntax.items:
        match item:
            case syntax.ValueItem(keyword, value) if keyword.text in ("optional", "blocking"):
                _flag(keyword, value, sink)
            case syntax.RefItem(keyword, syntax.Name() as mode) if keyword.text == "checkpoint":
                _mode("checkpoint", mode, sink)
            case syntax.SendItem(_, sends):
                for send, bound in zip(sends, node.sends, strict=False):
                    _send(send.modifiers, bound, sink)
            case syntax.JoinItem(_, _, options):
                for pair in distinct(options, sink):
                    _join_option(pair, sink)
            case syntax.Edge():
                pass
            case _:
                _refuse(item, "a node", legal, sink)


def _refuse(item: syntax.Item, owner: str, legal: Container[str], sink: Sink) -> None:
    if isinstance(item, syntax.Edge | syntax.UnknownItem):
        return
    word = item.keyword.text
    if word in UNBUILT and word in legal:
        sink.add(not_built(sink.at(item.keyword.span), f"`{word}` of {owner}", UNBUILT[word]))


def _mode(word: str, mode: syntax.Name, sink: Sink) -> None:
    place = sink.at(mode.span)
    if mode.text in BUILT_MODES[word]:
        return
    if mode.text in MODES[word]:
        sink.add(
            not_built(place, f"`{word} {mode.text}`", f"`{word} {BUILT_MODES[word][0]}` is what this version does")
        )
    else:
        sink.add(not_one_of(place, word, mode.text, MODES[word]))


def _defaults(pairs: Iterable[syntax.Pair], sink: Sink) -> None:
    for pair in pairs:
        if pair.key.text in DEFAULTS and pair.key.text not in BUILT_DEFAULTS:
            sink.add(not_built(sink.at(pair.key.span), f"`{pair.key.text}` of `defaults`", UNBUILT[pair.key.text]))


def _flag(keyword: syntax.Name, value: syntax.Expr, sink: Sink) -> None:
    """`optional false` and `blocking true` are what every node is."""
    built = keyword.text == "blocking"
    match value:
        case syntax.Literal(bool() as flag) if flag == built:
            pass
        case syntax.Literal(bool()):
            what = f"`{keyword.text} {'false' if built else 'true'}`"
            sink.add(not_built(sink.at(value.span), what, "every child is waited for, and must succeed"))
        case syntax.Hole():
            pass
        case _:
            sink.add(not_one_of(sink.at(value.span), keyword.text, "a value", ("true", "false")))


def _send(modifiers: Iterable[syntax.Item], send: hir.Send, sink: Sink) -> None:
    to_node = isinstance(send.target, hir.Ref) and send.child is None
    for item in modifiers:
        match item:
            case syntax.ValueItem(keyword, value) if keyword.text in ("optional", "blocking"):
                _flag(keyword, value, sink)
            case syntax.RefItem(keyword, syntax.Name() as mode) if keyword.text == "context":
                _context(mode, sink)
            case syntax.RefItem(keyword) | syntax.BlockItem(keyword) if keyword.text in ("into", "writes") and to_node:
                instead = f"give the node itself `{keyword.text}`; sends to agents and graphs take it"
                sink.add(not_built(sink.at(keyword.span), f"`{keyword.text}` on a send to a declared node", instead))
            case _:
                _refuse(item, "a send", UNBUILT, sink)


def _context(mode: syntax.Name, sink: Sink) -> None:
    if mode.text == "fork":
        sink.add(not_built(sink.at(mode.span), "`context fork`", "pass what the child needs in its payload"))
    elif mode.text != "fresh":
        sink.add(not_one_of(sink.at(mode.span), "context", mode.text, ("fresh", "fork")))


def _graph_join_option(pair: syntax.Pair, sink: Sink) -> None:
    place = sink.at(pair.key.span)
    if pair.key.text in JOIN_OPTIONS:
        instead = "it waits for every source that can still arrive"
        sink.add(not_built(place, f"`{pair.key.text}` of a join in a graph", instead))
    else:
        sink.add(unknown_key(place, pair.key.text, "`join`", JOIN_OPTIONS))


def _join_option(pair: syntax.Pair, sink: Sink) -> None:
    place = sink.at(pair.key.span)
    if pair.key.text == "wait":
        _wait(pair.value, sink)
    elif pair.key.text in JOIN_OPTIONS:
        sink.add(not_built(place, f"`{pair.key.text}` of a join", f"what works is {BUILT_WAIT}"))
    else:
        sink.add(unknown_key(place, pair.key.text, "`join`", JOIN_OPTIONS))


def _wait(value: syntax.Expr, sink: Sink) -> None:
    match value:
        case (
            syntax.Call(syntax.Name("quorum" as text))
            | syntax.Variable(syntax.Name(text))
            | syntax.Literal(str() as text)
        ):
            if text == "all":
                return
            if text in WAITS:
                sink.add(not_built(sink.at(value.span), f"`wait: {text}`", f"what works is {BUILT_WAIT}"))
            else:
                sink.add(not_one_of(sink.at(value.span), "wait", text, WAITS))
        case syntax.Hole():
            pass
        case _:
            sink.add(not_one_of(sink.at(value.span), "wait", "a value", WAITS))
