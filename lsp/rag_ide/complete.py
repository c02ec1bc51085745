"""What can stand at a place: one function for each block of the language, given what stands before the place in its entry.

Works on text that is broken: blocks and entries come from the tokens before the place, names from the analysis, or from an earlier
one where the newest has lost what surrounds the place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from rag_compiler import hir
from rag_compiler.kinds import DEFAULTS, MODES, PAUSES
from rag_compiler.labels import labels_of
from rag_compiler.names import Noun
from rag_compiler.pipeline import Analysis
from rag_ide import offers
from rag_ide.complete_expressions import complete_expression
from rag_ide.complete_items import agent_items, graph_items, node_items, unbuilt_kinds
from rag_ide.complete_policies import FLAGS, LISTS, modifier_offers, policy_offers
from rag_ide.cursor import Level
from rag_ide.documentation import DECLARATIONS, KEYS, SNIPPETS, WORDS
from rag_ide.here import Here, here_at
from rag_ide.offers import Completion, Offer
from rag_ide.shapes import Member, callee_input, fields_of, tool_input
from rag_verify.unbuilt import UNBUILT

NOUNS: dict[str, Noun] = {
    "model": "model", "tool": "tool", "agent": "agent", "graph": "graph", "router": "router", "tools": "tool",
}  # fmt: skip
_TEXTS = ("system", "prompt", "description")
_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_.-]*")
_COUNTS = ("max_turns", "max_visits", "recursion_limit", "max_concurrency", "max", "timeout")


def complete(analysis: Analysis, path: str, offset: int, before: Analysis | None = None) -> tuple[Completion, ...]:
    """What can stand at a byte offset of a source, best first. `before` is an analysis of an earlier text, if there is one."""
    here = here_at(analysis, path, offset, before)
    if here is None or here.cursor.sort in ("comment", "text"):
        return ()
    found = {offer.label: _fitted(offer, here) for offer in reversed(list(_offers(here)))}
    ordered = sorted(found.values(), key=lambda offer: (offer.rank, offer.label))
    return tuple(Completion(offer, here.cursor.span) for offer in ordered)


QUOTED = ("model", "tool", "agent", "graph", "router")


def _fitted(offer: Offer, here: Here) -> Offer:
    """The offer with the text that stands for it: in quotes, after quotes, or bare."""
    text = offer.text or offer.label
    cursor = here.cursor
    if cursor.sort == "name":
        text = offer.label if cursor.closed else f'{offer.label}"'
        return Offer(offer.label, offer.sort, offer.detail, offer.doc, text, "", offer.rank)
    in_item = cursor.block not in ("send", "expression", "template")
    if in_item and offer.sort in QUOTED and not offer.text:
        text = f'"{offer.label}"'
    return Offer(offer.label, offer.sort, offer.detail, offer.doc, text, offer.snippet, offer.rank)


def _offers(here: Here) -> Iterator[Offer]:
    entry = [token.text for token in here.cursor.entry]
    if here.cursor.sort == "name":
        yield from _in_quotes(here, entry)
        return
    match here.cursor.block:
        case "file":
            yield from _in_file(here, entry)
        case "graph":
            yield from _in_graph(here, entry)
        case "node" | "agent":
            yield from _in_node(here, entry)
        case "test":
            yield from _value(here, entry)
        case "template":
            yield from complete_expression(here, entry)
        case _:
            yield from _in_block(here, entry)


def _in_quotes(here: Here, entry: Sequence[str]) -> Iterator[Offer]:
    """Names that can stand in quotes."""
    match here.cursor.block:
        case "names":
            yield from _in_names(here, here.cursor.levels[-1])
        case "node" | "agent" | "graph" | "test":
            yield from (offer for offer in _value(here, entry) if offer.sort not in ("type", "keyword"))
        case "defaults" if entry == ["model", ":"]:
            yield from offers.named(here.analysis, "model")
        case "send" if not entry:
            yield from _send_targets(here)
        case "routes" if not entry:
            yield from _labels(here)
        case _:
            pass


# ---- blocks --------------------------------------------------------------------------------------------------------------


def _in_file(here: Here, entry: Sequence[str]) -> Iterator[Offer]:
    if not entry:
        for word, doc in DECLARATIONS.items():
            yield Offer(word, "item", doc, snippet=SNIPPETS[f"file:{word}"])
    elif entry[0] == "type" and "=" in entry:
        yield from offers.types(here.analysis)


def _in_graph(here: Here, entry: Sequence[str]) -> Iterator[Offer]:
    if not entry:
        yield from graph_items(here)
        yield from (Offer(each.label, "node", each.detail, each.doc, rank=3) for each in _nodes(here, end=False))
    elif entry[0] == "channel":
        yield from _in_channel(here, entry)
    elif entry[0] == "type":
        if "=" in entry:
            yield from offers.types(here.analysis)
    else:
        yield from _value(here, entry)


def _in_channel(here: Here, entry: Sequence[str]) -> Iterator[Offer]:
    """`channel NAME : TYPE REDUCER = INITIAL`"""
    last = entry[-1]
    if "=" in entry:
        yield from offers.words(("true", "false", "null"))
    elif len(entry) == 2 or (":" in entry and last not in (":", "|", "<", "(")):
        yield from offers.reducers()
    elif last in (":", "|", "<", "("):
        yield from offers.types(here.analysis)


def _in_node(here: Here, entry: Sequence[str]) -> Iterator[Offer]:
    """Items of a node or an agent."""
    if not entry:
        yield from node_items(here) if here.cursor.block == "node" else agent_items(here)
    else:
        yield from _value(here, entry)


def _value(here: Here, entry: Sequence[str]) -> Iterator[Offer]:
    """What an item's word takes."""
    word, last = (entry[0], entry[-1]) if entry else ("", "")
    alone = len(entry) == 1
    if last == "->" or (alone and word in ("next", "goto", "on_error", "start", "join")):
        if word != "join" or here.cursor.block == "node" or last == "->":
            yield from _nodes(here, end=word not in ("start", "join", "on_error"))
    elif alone and word in NOUNS:
        yield from offers.named(here.analysis, NOUNS[word])
    elif alone and word == "kind":
        yield from offers.kinds(unbuilt_kinds())
    elif alone and word == "into":
        yield from offers.channels(here.analysis, here.graph)
    elif alone and word == "interrupt" and here.cursor.block == "node":
        yield from offers.words(PAUSES)
    elif alone and word in MODES:
        yield from offers.words(mode for mode in MODES[word] if f"{word} {mode}" not in UNBUILT)
    elif alone and word in ("blocking", "optional"):
        yield from offers.words(FLAGS)
    elif word == "output" and last in ("output", "|", "<", "("):
        yield from offers.types(here.analysis)
    elif word == "expect":
        yield from complete_expression(here, entry[1:])


def _in_block(here: Here, entry: Sequence[str]) -> Iterator[Offer]:
    level = here.cursor.levels[-1]
    match level.block:
        case "fields" | "channels":
            yield from _in_fields(here, entry)
        case "outputs":
            yield from _in_outputs(here, entry)
        case "names":
            yield from _in_names(here, level)
        case "routes":
            yield from _in_routes(here, entry)
        case "send":
            yield from _in_send(here, entry)
        case "command":
            yield from _in_command(here, entry)
        case "defaults":
            yield from _in_defaults(here, entry)
        case "options" if entry == ["on_timeout", ":"]:
            yield from _nodes(here, end=False)
        case "options" | "retry" | "budget" | "cache" | "steering":
            yield from policy_offers(level.block, entry)
        case "update" | "writes":
            yield from _pairs(here, entry, _channel_keys(here))
        case "payload" | "with" | "args":
            yield from _pairs(here, entry, offers.keys(_inputs(here, level)))
        case "expression" if level.bracket != "{" or ":" in entry:
            yield from complete_expression(here, entry[entry.index(":") + 1 :] if level.bracket == "{" else entry)
        case _:
            pass


def _in_fields(here: Here, entry: Sequence[str]) -> Iterator[Offer]:
    if "=" in entry:
        yield from offers.words(("true", "false", "null"))
    elif ":" in entry and entry[-1] in (":", "|", "<", "("):
        yield from offers.types(here.analysis)
    elif here.cursor.block == "channels" and ":" in entry:
        yield from offers.reducers()


def _in_outputs(here: Here, entry: Sequence[str]) -> Iterator[Offer]:
    if not entry:
        yield from _channel_keys(here)
    elif "=" in entry:
        yield from complete_expression(here, entry[entry.index("=") + 1 :])
    else:
        yield from _in_fields(here, entry)


def _in_names(here: Here, level: Level) -> Iterator[Offer]:
    """Lists of names; those that stand there already are not offered again."""
    word, outside = level.word(0), _outside(here, level)
    if word in ("sources", "join"):
        yield from (offer for offer in _nodes(here, end=False) if not _names(outside, offer.label))
    elif word in LISTS:
        yield from (offer for offer in offers.words(LISTS[word]) if not _names(outside, offer.label))
    elif word in NOUNS:
        found = offers.named(here.analysis, NOUNS[word])
        yield from (offer for offer in found if not _names(outside, offer.label))


def _outside(here: Here, level: Level) -> bytes:
    """The list around the place; where its bracket is missing, up to where it must have ended."""
    data, span = here.data, here.cursor.span
    end = next((at for at in range(span.end, len(data)) if data[at] in b"]{}"), len(data))
    start = level.head[-1].end if level.head else span.start
    return data[start : span.start] + b" " + data[span.end : end]


def _names(text: bytes, name: str) -> bool:
    return name.encode() in _WORD.findall(text)


def _in_routes(here: Here, entry: Sequence[str]) -> Iterator[Offer]:
    if not entry:
        yield from _labels(here)
        yield Offer("when", "keyword", WORDS["when"], snippet=SNIPPETS["routes:when"], text="when ", rank=2)
        yield Offer("else", "keyword", WORDS["else"], snippet=SNIPPETS["routes:else"], text="else -> ", rank=2)
    elif entry[-1] == "->":
        yield from _nodes(here)
    elif entry[0] == "when" and "->" not in entry:
        yield from complete_expression(here, entry[1:])


def _labels(here: Here) -> Iterator[Offer]:
    labels = labels_of(here.node, here.analysis.registry) if here.node is not None else None
    for label in _possible(here, labels or ()):
        text = f"{label} -> " if label.isidentifier() else f'"{label}" -> '
        yield Offer(label, "label", "an outcome of this node", text=text, rank=0)


def _possible(here: Here, labels: Iterable[str]) -> list[str]:
    """The labels, and for an agent the one that makes it route its tool calls itself."""
    found = list(labels)
    if here.node is not None and here.node.kind == "agent" and "tool_call" not in found:
        found.append("tool_call")
    return found


def _in_send(here: Here, entry: Sequence[str]) -> Iterator[Offer]:
    if not entry or entry[-1] in ("as", "send"):
        yield from _send_targets(here)
        if not entry:
            yield Offer("each", "keyword", WORDS["each"], snippet=SNIPPETS["send:each"], text="each ", rank=2)
    elif entry[0] == "each" and "as" not in entry:
        if len(entry) == 2:
            yield from offers.words(("in",), "keyword")
        elif "in" in entry:
            yield from complete_expression(here, entry[entry.index("in") + 1 :])
            if entry[-1] not in ("in", "."):
                yield from offers.words(("as",), "keyword", rank=0)
    elif entry[-1] == "into":
        yield from offers.channels(here.analysis, here.graph)
    elif entry[-1] not in _COUNTS:
        yield from modifier_offers(entry[-1])


def _send_targets(here: Here) -> Iterator[Offer]:
    yield from _nodes(here, end=False)
    yield from offers.named(here.analysis, "agent")
    yield from offers.named(here.analysis, "graph")


def _in_command(here: Here, entry: Sequence[str]) -> Iterator[Offer]:
    if not entry:
        yield Offer("update", "item", "channels that are written", snippet=SNIPPETS["command:update"], text="update ")
        yield Offer("goto", "item", "the node that follows", text="goto ")
    else:
        yield from _value(here, entry)


def _in_defaults(here: Here, entry: Sequence[str]) -> Iterator[Offer]:
    if not entry:
        for key in DEFAULTS:
            if f"node {key}" not in UNBUILT:
                yield Offer(key, "item", KEYS[f"defaults:{key}"], text=f"{key}: ")
    elif entry == ["model", ":"]:
        yield from offers.named(here.analysis, "model")


def _pairs(here: Here, entry: Sequence[str], keys: Iterable[Offer]) -> Iterator[Offer]:
    """Keys, and behind a colon an expression."""
    if ":" in entry:
        yield from complete_expression(here, entry[entry.index(":") + 1 :])
    elif not entry:
        yield from keys


def _channel_keys(here: Here) -> Iterator[Offer]:
    for offer in offers.channels(here.analysis, here.graph):
        yield Offer(offer.label, "channel", offer.detail, offer.doc, text=f"{offer.label}: ")


def _nodes(here: Here, *, end: bool = True) -> Iterator[Offer]:
    return offers.nodes(here.analysis, here.graph, end=end)


def _inputs(here: Here, level: Level) -> list[Member]:
    """What the callee of a payload, of `with` or of `args` takes."""
    analysis, node = here.analysis, here.node
    if level.block == "payload":
        heads = [token.text.strip('"') for token in level.head if token.sort in ("word", "string")]
        target = heads[-1] if heads else ""
        if here.graph is not None and target in here.graph.nodes:
            return []
        return callee_input(analysis, "subagent", target) or callee_input(analysis, "subgraph", target)
    match node.behaviour if node is not None else None:
        case hir.ToolNode(tool=hir.Ref(name)):
            type_ = tool_input(analysis, name)
            return fields_of(analysis, type_) if type_ is not None else []
        case hir.ChildNode(kind=kind, callee=hir.Ref(name)):
            return callee_input(analysis, kind, name)
        case _:
            return []
