"""Write sends: targets with what goes to them."""

from __future__ import annotations

from rag_compiler.concrete import Concrete
from rag_compiler.format_expressions import enclosed, expression, spaced
from rag_compiler.format_layout import COMMA, NOTHING, SPACE, Layout, row
from rag_compiler.format_names import WORDS, bare, quoted
from rag_compiler.format_tokens import Tokens


def send_item(tokens: Tokens, node: Concrete) -> Layout:
    """`send [ .. ]`: names alone, or one target, on one line; several with payloads each on its own.

    The last of them keeps its comma if it has one, and gets none.
    """
    word, *signs, targets = node.children
    head = row(tokens.take(word, "send"), *(tokens.drop(sign) for sign in signs))
    sends = [child for child in targets.children if child.kind in ("send", "each")]
    spread = len(sends) > 1 and any(not _is_plain(send) for send in sends)
    last = COMMA if targets.children[-2].kind == "," else NOTHING
    return row(head, SPACE, enclosed(tokens, targets, _send, last=last, spread=spread))


def _is_plain(send: Concrete) -> bool:
    return send.kind == "send" and all(child.field in ("word", "target") for child in send.children)


def _send(tokens: Tokens, node: Concrete) -> Layout:
    found: list[Layout] = []
    modified = node.child("payload") is None and node.first("modifier") is not None
    for child in node.children:
        match child.field:
            case "word" if child.kind == "@send":
                found.append(tokens.drop(child))
            case "target" if modified and tokens.text(child) in WORDS:
                found.append(quoted(tokens, child))
            case "target" | "variable":
                found.append(bare(tokens, child))
            case "payload" | "list":
                found.append(expression(tokens, child))
            case _:
                found.append(_modifier(tokens, child) if child.kind == "modifier" else tokens.take(child))
    return spaced(found)


def _modifier(tokens: Tokens, node: Concrete) -> Layout:
    """`optional`, `timeout 30s`, `into findings`; a sign behind the word is left out."""
    found: list[Layout] = []
    for child in node.children:
        match child.field:
            case "separator":
                found.append(tokens.drop(child))
            case "value":
                named = tokens.text(node.children[0]) in ("into", "context")
                found.append(bare(tokens, child) if named else expression(tokens, child))
            case _:
                found.append(tokens.take(child))
    return spaced(found)
