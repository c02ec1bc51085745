"""Write names: what stands in the registry in quotes, what the file itself declares without."""

from __future__ import annotations

import re

from rag_compiler.concrete import Concrete
from rag_compiler.format_expressions import enclosed
from rag_compiler.format_layout import Layout
from rag_compiler.format_tokens import Tokens
from rag_compiler.kinds import GRAPH_ITEMS, NODE_ITEMS, TEST_ITEMS

_WORD = re.compile(r'"([A-Za-z_][A-Za-z0-9_]*)"')
_EXPRESSIONS = ("and", "or", "not", "in", "if", "then", "else", "as", "when", "true", "false", "null")
_SENDS = ("each", "max", "keep", "quorum", "at", "sends", "goto", "update", "on_timeout", "context")
WORDS = frozenset((*_EXPRESSIONS, *_SENDS, *NODE_ITEMS, *GRAPH_ITEMS, *TEST_ITEMS))
"""Words that mean something of their own in one place or another: as names they stay in quotes."""


def bare(tokens: Tokens, node: Concrete) -> Layout:
    """A name without quotes, where it can do without."""
    match = _WORD.fullmatch(tokens.text(node)) if node.kind == "string" else None
    return tokens.take(node, match[1] if match and match[1] not in WORDS else None)


def quoted(tokens: Tokens, node: Concrete) -> Layout:
    """A name in quotes. One with hyphens in it reads like a subtraction."""
    text = tokens.text(node)
    named = node.kind == "identifier" or (node.kind == "binary" and text.replace("-", "_").isidentifier())
    return tokens.take(node, f'"{text}"' if named else None)


def bare_names(tokens: Tokens, node: Concrete) -> Layout:
    """A list of names without quotes, or one such name."""
    return enclosed(tokens, node, bare) if node.kind == "list" else bare(tokens, node)


def quoted_names(tokens: Tokens, node: Concrete) -> Layout:
    """A list of names in quotes."""
    return enclosed(tokens, node, quoted) if node.kind == "list" else tokens.take(node)
