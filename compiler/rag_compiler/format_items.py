"""Write the items of graphs, nodes, agents and tests: a word and what it takes."""

from __future__ import annotations

from collections.abc import Mapping

from rag_compiler.concrete import Concrete
from rag_compiler.format_expressions import Write, enclosed, expression, spaced
from rag_compiler.format_layout import LINE, NOTHING, SPACE, Layout, row
from rag_compiler.format_names import bare, bare_names, quoted, quoted_names
from rag_compiler.format_sends import send_item
from rag_compiler.format_tokens import Tokens
from rag_compiler.format_types import declared, type_expression
from rag_compiler.kinds import KIND_ALIASES, KINDS, REDUCER_ALIASES
from rag_compiler.lower_items import NAMES
from rag_compiler.lower_lists import BARE

REGISTERED = ("model", "tool", "router", "script", "agent", "graph")
"""Items of nodes whose name is that of something that stands elsewhere."""
KIND_NAMES = {**{name: name for name in KINDS}, **KIND_ALIASES}
STAYING = ("sub_agent", "delta")
"""Aliases that are as good as what they stand for: the language's first example has one, the other says what is written."""


def item(tokens: Tokens, node: Concrete) -> Layout:
    """One item. What a suppression speaks of stays as it was written, and so does what is no item."""
    if tokens.held(node):
        return tokens.verbatim(node)
    match node.kind:
        case "name_item" | "mode_item" | "start_item":
            return _parts(tokens, node, _named(tokens.text(node.children[0])))
        case "target_item":
            return _parts(tokens, node, bare)
        case "value_item":
            return _parts(tokens, node, _valued(tokens.text(node.children[0])))
        case "policy_item" | "update_item" | "expect_item":
            return _parts(tokens, node, expression)
        case "type_item" | "type_declaration":
            return _parts(tokens, node, declared)
        case "allow_item":
            return _parts(tokens, node, quoted_names)
        case "routes_item":
            return _routes(tokens, node)
        case "send_item":
            return send_item(tokens, node)
        case "command_item":
            return _command(tokens, node)
        case "edge" | "join_item":
            return _parts(tokens, node, _joined, arrows=True)
        case "answers_item":
            return _parts(tokens, node, _answered, arrows=True)
        case "channel_declaration" | "state_channel":
            return channel(tokens, node)
        case "unknown_item" if not is_unknown(tokens.data, node):
            word, allow, names = node.children
            return spaced([tokens.take(word), tokens.take(allow), quoted_names(tokens, names)])
        case _:
            return tokens.verbatim(node)


def is_unknown(data: bytes, node: Concrete) -> bool:
    """Whether a node is a word that is no item; `human allow [..]` and `parent allow [..]` are some, in the older spelling."""
    words = [data[child.start : child.end] for child in node.children]
    steering = len(words) == 3 and words[0] in (b"human", b"parent") and words[1] == b"allow"
    return node.kind == "unknown_item" and not steering


def test_item(tokens: Tokens, node: Concrete) -> Layout:
    """One item of a test; the graph that it names is one of the project's own."""
    if node.kind == "name_item" and not tokens.held(node):
        return _parts(tokens, node, bare)
    return item(tokens, node)


def channel(tokens: Tokens, node: Concrete) -> Layout:
    """`channel NAME: TYPE REDUCER ARG* = INITIAL`; a line of a `state` block becomes one too."""
    found: list[Layout] = ["channel"] if node.kind == "state_channel" else []
    return spaced([*found, *_channel_parts(tokens, node)])


def state_channel(tokens: Tokens, node: Concrete) -> Layout:
    """A line of a `state` block that stays one."""
    return spaced(_channel_parts(tokens, node))


def _channel_parts(tokens: Tokens, node: Concrete) -> list[Layout]:
    found: list[Layout] = []
    reduced = False
    for child in node.children:
        match child.field:
            case "name":
                found.append(bare(tokens, child))
            case "type":
                found.append(type_expression(tokens, child))
            case "reducer":
                reduced = True
                found.append(_renamed(tokens, child, REDUCER_ALIASES))
            case "argument" | "initial":
                found.append(expression(tokens, child))
            case _ if child.kind == ":":
                found.append(row(found.pop(), tokens.take(child)))
            case _ if child.kind == "=" and not reduced:
                found.append(tokens.drop(child))
            case _:
                found.append(tokens.take(child))
    return found


def _parts(tokens: Tokens, node: Concrete, write: Write, *, arrows: bool = False) -> Layout:
    """Words as they stand, and values as they are written, with a blank between them; signs behind words are left out."""
    found: list[Layout] = []
    for child in node.children:
        if child.field == "separator" or (child.kind == "->" and not arrows):
            found.append(tokens.drop(child))
        elif child.field == "word" or child.kind in ("->", "=", "@type", "@at"):
            found.append(tokens.take(child))
        else:
            found.append(write(tokens, child))
    return spaced(found)


def _named(word: str) -> Write:
    if word == "kind":
        return lambda tokens, node: _renamed(tokens, node, KIND_NAMES)
    return quoted if word in REGISTERED else bare


def _valued(word: str) -> Write:
    if word not in NAMES:
        return expression
    return bare_names if word in BARE else quoted_names


def _renamed(tokens: Tokens, node: Concrete, aliases: Mapping[str, str]) -> Layout:
    name = tokens.text(node).strip('"')
    if name in aliases and name not in STAYING:
        return tokens.take(node, aliases[name])
    return bare(tokens, node)


def _joined(tokens: Tokens, node: Concrete) -> Layout:
    return expression(tokens, node) if node.kind == "policy" else bare_names(tokens, node)


def _answered(tokens: Tokens, node: Concrete) -> Layout:
    return quoted(tokens, node) if node.field in ("name", "place") else expression(tokens, node)


def _routes(tokens: Tokens, node: Concrete) -> Layout:
    word, block = head_and_block(tokens, node)
    return row(word, SPACE, enclosed(tokens, block, _route, comma=NOTHING, last=NOTHING, spread=True))


def _route(tokens: Tokens, node: Concrete) -> Layout:
    found: list[Layout] = []
    for child in node.children:
        match child.field:
            case "guard":
                found.append(expression(tokens, child))
            case "label" | "target":
                found.append(bare(tokens, child))
            case _:
                found.append(tokens.take(child))
    return spaced(found)


def _command(tokens: Tokens, node: Concrete) -> Layout:
    """`command { .. }`, on one line if it holds one item."""
    word, block = head_and_block(tokens, node)
    several = sum(child.kind.endswith("_item") for child in block.children) > 1
    held = enclosed(tokens, block, item, edge=LINE, comma=NOTHING, last=NOTHING, spread=several)
    return row(word, SPACE, held)


def head_and_block(tokens: Tokens, node: Concrete) -> tuple[Layout, Concrete]:
    """What stands before the `{` of a node, signs left out, and the brackets with what is in them."""
    at = next(at for at, child in enumerate(node.children) if child.kind == "{")
    found: list[Layout] = []
    for child in node.children[:at]:
        if child.field != "separator":
            found.append(tokens.take(child))
        elif tokens.holds_line_of(child.start):
            found.append(row(found.pop(), tokens.take(child)))
        else:
            found.append(tokens.drop(child))
    return spaced(found), node._replace(children=node.children[at:])
