"""Lower the keys of pairs."""

from __future__ import annotations

from collections.abc import Iterator

from rag_compiler.concrete import ERROR, TOO_DEEP, Concrete
from rag_compiler.diagnostics import Diagnostic
from rag_compiler.expressions import Name
from rag_compiler.lower_names import STRINGS, inner
from rag_compiler.lower_strings import plain_text
from rag_compiler.lowering import Lowering
from rag_compiler.source import Span
from rag_compiler.words.foreign import FOREIGN_WORDS, foreign_word, spread, string_prefix
from rag_compiler.words.syntax import insert, missing_mark, missing_name, pair_punctuation


def pair_nodes(low: Lowering, node: Concrete) -> Iterator[Concrete]:
    """The pairs of a block; what is none is reported, and the pairs inside it are kept.

    A word without a colon right behind a value may be a word that other languages have in expressions: then the line is lost.
    """
    before: Concrete | None = None
    lost = 0
    for child in node.children:
        if child.start < lost:
            continue
        if child.kind in ("pair", "arrow_pair"):
            if before is not None and _is_foreign(low, before, child):
                lost = low.line_end(child.start)
                low.trouble(_foreign(low, child))
                continue
            before = child
            yield child
        elif child.kind == "spread":
            low.report(spread(low.place(child)))
        elif child.kind in (ERROR, TOO_DEEP) or child.kind.startswith("missing:"):
            low.unexpected(child)
            yield from (inside for inside in child.children if inside.kind == "pair")


def _is_foreign(low: Lowering, before: Concrete, pair: Concrete) -> bool:
    key = pair.children[0]
    if pair.first(":", "=") is not None or not low.same_line(before.end, key.start):
        return False
    if key.kind in STRINGS:
        return key.start == before.end
    return low.text(key) in FOREIGN_WORDS and b"," not in low.data[before.end : key.start]


def _foreign(low: Lowering, pair: Concrete) -> Diagnostic:
    key = pair.children[0]
    if key.kind not in STRINGS:
        return foreign_word(low.place(key), low.text(key))
    return string_prefix(low.place(Span(low.before(key.start).start, key.end)))


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
        name = Name(text, inner(low, key), True)
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
