"""Items: which are known, which are legal where they stand, which stand twice, which are missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag_compiler import hir, syntax
from rag_compiler.blocks import word_of
from rag_compiler.check_graphs import joined_nodes
from rag_compiler.kinds import (
    AGENT_ITEMS,
    COMMON,
    DEFAULTS,
    GRAPH_ITEMS,
    KINDS,
    NODE_ITEMS,
    REPEATABLE,
    TEST_ITEMS,
    USELESS,
)
from rag_compiler.labels import calls_once
from rag_compiler.resolve_expressions import distinct
from rag_compiler.sink import Sink
from rag_compiler.source import Span
from rag_compiler.words.names import quoted, unknown_item, unknown_key
from rag_compiler.words.structure import (
    duplicate_item,
    excluded_item,
    illegal_item,
    kind_of_node,
    missing_item,
    missing_start,
)

HOMES = (
    ("a graph", GRAPH_ITEMS),
    ("a node", NODE_ITEMS),
    ("an agent", AGENT_ITEMS),
    ("a send, behind its target", ("context", "max")),
)
STEERED = {
    "human": "write `human allow [pause, resume]`, what a person may do to the running node; `kind interrupt` asks a person",
    "parent": "write `parent allow [pause, resume]`, what the parent may do to the running node",
}
BUNDLED = ("model", "system", "prompt", "tools", "output", "max_turns", "stores")
"""What an agent has of its own: these cannot stand beside `agent` in a node."""


def check_graph_items(graph: hir.Graph, sink: Sink) -> None:
    """The items of a graph, and its `start`."""
    written = graph.syntax
    _check(written.items, GRAPH_ITEMS, GRAPH_ITEMS, "a graph", sink)
    for item in written.items:
        if isinstance(item, syntax.BlockItem) and item.keyword.text == "defaults":
            for pair in distinct(item.pairs, sink):
                if pair.key.text not in DEFAULTS:
                    sink.add(unknown_key(sink.at(pair.key.span), pair.key.text, "`defaults`", DEFAULTS))
            _check_limits(written.items, item.pairs, sink)
    if not any(isinstance(item, syntax.RefItem) and item.keyword.text == "start" for item in written.items):
        sink.add(missing_start(sink.at(graph.name.span), graph.name.name, list(graph.nodes)))


def _check_limits(items: Sequence[syntax.Item], pairs: Sequence[syntax.Pair], sink: Sink) -> None:
    """A limit stands in `defaults` or by itself."""
    defaults = {pair.key.text: pair.key for pair in pairs}
    for item in items:
        if isinstance(item, syntax.ValueItem) and item.keyword.text in defaults:
            first, second = sorted((item.keyword, defaults[item.keyword.text]), key=lambda name: name.span.start)
            sink.add(duplicate_item(sink.at(second.span), second.text, "a graph", sink.at(first.span)))


def check_agent_items(agent: hir.Agent, written: syntax.Agent, sink: Sink) -> None:
    """The items of an agent."""
    _check(written.items, AGENT_ITEMS, AGENT_ITEMS, "an agent", sink)
    if agent.model is None:
        _missing_model(f"agent `{agent.name}`", agent.origin.span, sink)


def check_test_items(test: syntax.Test, sink: Sink) -> None:
    """The items of a test that are none, or stand twice; and a test that expects nothing."""
    items = [item for item in test.items if not isinstance(item, syntax.Script | syntax.Expect)]
    _check(items, TEST_ITEMS, TEST_ITEMS, "a test", sink)
    if not any(isinstance(item, syntax.Expect) for item in test.items) and test.title is not None:
        help_ = 'say what must hold of the run, as `expect outcome == "finished"`'
        sink.add(missing_item(sink.at(test.title.span), f"test `{test.title.text}`", "expect", help_))


def check_node_items(graph: hir.Graph, node: hir.Node, sink: Sink) -> None:
    """The items of a node, as its kind wants them."""
    if isinstance(node.behaviour, hir.UnknownNode):
        every = [word for _, words in HOMES for word in words]
        _check(node.syntax.items, every, COMMON, "a node", sink)
        return
    kind = KINDS[node.kind]
    owner = f"a node of kind `{node.kind}`"
    _check(node.syntax.items, kind.items, kind.items, owner, sink)
    words = {word_of(item): item for item in reversed(node.syntax.items)}
    for word in kind.required:
        if word not in words:
            message = f"node `{node.name.name}` of kind `{node.kind}`"
            sink.add(missing_item(sink.at(node.name.span), message, word, _how(word)))
    if isinstance(node.behaviour, hir.ModelNode):
        _check_model(node, node.behaviour, words, sink)
    if isinstance(node.behaviour, hir.JoinNode):
        _check_join(graph, node, node.behaviour, sink)
    if {"with", "input"} <= words.keys():
        _exclude(words, "with", "input", "both map the child's input; keep one", sink)


def _check_model(node: hir.Node, behaviour: hir.ModelNode, words: dict[str, syntax.Item], sink: Sink) -> None:
    if "max_turns" in words and behaviour.agent is None and calls_once(node):
        owner = "a node whose `routes` name `tool_call`"
        help_ = "it makes one model call; bound the loop through it with `max_visits`"
        sink.add(illegal_item(sink.at(_keyword(words["max_turns"]).span), "max_turns", owner, help_))
    if behaviour.agent is None:
        if behaviour.model is None:
            _missing_model(f"node `{node.name.name}` of kind `{node.kind}`", node.name.span, sink)
        return
    for word in BUNDLED:
        if word in words:
            _exclude(words, "agent", word, f"the agent brings its own {quoted(BUNDLED)}", sink)


def _check_join(graph: hir.Graph, node: hir.Node, behaviour: hir.JoinNode, sink: Sink) -> None:
    if not behaviour.sources and node.name.name not in joined_nodes(graph):
        owner = f"node `{node.name.name}` of kind `join`"
        sink.add(
            missing_item(sink.at(node.name.span), owner, "sources", 'add `sources ["a", "b"]`, the nodes to wait for')
        )


def _exclude(words: dict[str, syntax.Item], one: str, other: str, help_: str, sink: Sink) -> None:
    first, second = sorted((_keyword(words[one]), _keyword(words[other])), key=lambda name: name.span.start)
    sink.add(excluded_item(sink.at(second.span), second.text, first.text, sink.at(first.span), help_))


def _missing_model(owner: str, span: Span, sink: Sink) -> None:
    help_ = (
        'add `model "NAME"`, or `defaults { model: "NAME" }` to the graph, or a model named `default` to the manifest'
    )
    sink.add(missing_item(sink.at(span), owner, "model", help_))


def _how(word: str) -> str:
    if word == "routes":
        return "add `routes { when CONDITION -> NODE  else -> NODE }`"
    return f'add `{word} "NAME"`'


def _check(items: Iterable[syntax.Item], legal: Sequence[str], shown: Sequence[str], owner: str, sink: Sink) -> None:
    """Report unknown, illegal and repeated items of one block; `shown` are the candidates for an unknown one."""
    first: dict[tuple[str, str], syntax.Name] = {}
    for item in items:
        if isinstance(item, syntax.Edge):
            continue
        keyword = item.keyword
        if isinstance(item, syntax.UnknownItem) or keyword.text not in legal:
            _refuse(item, keyword, shown, owner, sink)
            continue
        key = _identity(item)
        if key is None:
            continue
        before = first.setdefault(key, keyword)
        if before is not keyword:
            help_ = "to start several branches, write `send [a, b]`" if keyword.text == "next" else "keep one of them"
            sink.add(duplicate_item(sink.at(keyword.span), keyword.text, owner, sink.at(before.span), help_))


def _refuse(item: syntax.Item, keyword: syntax.Name, shown: Sequence[str], owner: str, sink: Sink) -> None:
    place = sink.at(keyword.span)
    elsewhere = [home for home, words in HOMES if keyword.text in words]
    kinds = [kind.name for kind in KINDS.values() if keyword.text in kind.items]
    if kinds and keyword.text in STEERED and isinstance(item, syntax.UnknownItem):
        help_ = STEERED[keyword.text]
    elif keyword.text == "type" and owner.startswith("a node"):
        sink.add(kind_of_node(place))
        return
    elif kinds and owner.startswith("a node"):
        why = f"{USELESS[keyword.text]}; " if keyword.text in USELESS else ""
        help_ = f"{why}it is an item of kind {quoted(kinds)}"
    else:
        help_ = f"it is an item of {' and of '.join(elsewhere)}" if elsewhere else ""
    if isinstance(item, syntax.UnknownItem) and not elsewhere:
        sink.add(unknown_item(place, keyword.text, owner, shown))
    else:
        sink.add(illegal_item(place, keyword.text, owner, help_ or f"legal here: {quoted(sorted(shown))}", shown))


def _identity(item: syntax.Item) -> tuple[str, str] | None:
    """What may stand only once; null for what may be repeated."""
    match item:
        case syntax.Edge() | syntax.GraphJoin():
            return None
        case syntax.RefItem(keyword, syntax.Name(text)) if keyword.text == "interrupt" and text in ("before", "after"):
            return (keyword.text, text)
        case syntax.AllowItem(keyword, syntax.Name(text)):
            return (keyword.text, text)
        case _:
            word = item.keyword.text
            return None if word in REPEATABLE else (word, "")


def _keyword(item: syntax.Item) -> syntax.Name:
    return syntax.Name("->", item.span) if isinstance(item, syntax.Edge) else item.keyword
