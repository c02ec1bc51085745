"""Lower a text that stands outside of a source file: the instructions of an agent in the manifest."""

from __future__ import annotations

import re

from rag_compiler.concrete import Concrete
from rag_compiler.diagnostics import Diagnostic
from rag_compiler.expressions import Expr
from rag_compiler.lower_expr import lower_text as lower_string
from rag_compiler.lowering import Lowering
from rag_compiler.parse import TEMPLATE

_MARKS = re.compile(rb"(?P<escape>\\\{\{)|(?P<template>" + TEMPLATE.pattern + rb")|(?P<open_template>\{\{)")


def lower_text(text: str, path: str = "") -> tuple[Expr, list[Diagnostic]]:
    """The text with its templates. Nothing but `\\{{` is an escape in it; spans are bytes of the text."""
    data = text.encode("utf-8", "replace")
    low = Lowering(path, data)
    pieces: list[Concrete] = []
    at = 0
    for match in _MARKS.finditer(data):
        pieces.append(_piece("string_content", at, match.start()))
        pieces.append(_piece(match.lastgroup or "", match.start(), match.end()))
        at = match.end()
    pieces.append(_piece("string_content", at, len(data)))
    expr = lower_string(low, Concrete("string", None, 0, len(data), tuple(pieces), False))
    return expr, low.found


def _piece(kind: str, start: int, end: int) -> Concrete:
    return Concrete(kind, None, start, end, (), False)
