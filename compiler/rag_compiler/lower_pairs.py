"""Lower the keys of pairs."""

from __future__ import annotations

from collections.abc import Iterator

from rag_compiler.concrete import ERROR, TOO_DEEP, Concrete
from rag_compiler.expressions import Name
from rag_compiler.lower_names import STRINGS, inner
from rag_compiler.lower_strings import plain_text
from rag_compiler.lowering import Lowering
from rag_compiler.source import Span
from rag_compiler.words.syntax import insert, missing_mark, missing_name, pair_punctuation


def pair_nodes(low: Lowering, node: Concrete) -> Iterator[Concrete]:
    """The pairs of a block; what is none is reported, and the pairs inside it are kept."""
    for child in node.children:
        if child.kind in ("pair", "arrow_pair"):
            yield child
        elif child.kind in (ERROR, TOO_DEEP) or child.kind.startswith("missing:"):
            low.unexpected(child)
            yield from (inside for inside in child.children if inside.kind == "pair")


def lower_pair_key(low: Lowering, node: Concrete, *, strict: bool) -> Name | None:
    """The key of a pair; null if it is none, which has been reported. A strict pair has a colon."""
    key = node.child("key")
    if key is None:
        low.trouble(missing_name(low.place(node.children[0]), "the value", "write `key: value`"))
        return None
    if key.kind in STRINGS:
        text = plain_text(low, key, "a key")
        if text is None:
            return None
        name = Name(text, inner(key), True)
    else:
        name = Name(low.text(key), key.span)
    _check_sign(low, node, key, name, strict=strict)
    return name


def _check_sign(low: Lowering, node: Concrete, key: Concrete, name: Name, *, strict: bool) -> None:
    sign = node.first("=", ":")
    if sign is not None and sign.kind == "=":
        low.report(pair_punctuation(low.place(sign), name.text))
    elif sign is None and strict and node.kind == "pair":
        value = node.child("value")
        if value is not None and not value.kind.startswith("missing"):
            here = low.place(Span(key.end, key.end))
            low.trouble(missing_mark(here, ":", f"the key `{name.text}` has no `:`", insert(here, ":")))
