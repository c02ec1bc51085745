"""Instructions that stand in the manifest: the same templates as in source, read by the same parser."""

from __future__ import annotations

import re
from functools import lru_cache

from rag_compiler import syntax
from rag_compiler.diagnostics import Diagnostic
from rag_compiler.lower import lower
from rag_compiler.parse import parse
from rag_compiler.source import SourceFile, Span

_PARTS = re.compile(r'\\\{\{|\{\{(?:"(?:\\[^\r\n]|[^"\\\r\n])*"|[^"\r\n}]|\}(?!\}))*\}\}|\{\{|.', re.DOTALL)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
WHOLE = Span(0, 0)


@lru_cache(maxsize=256)
def read_template(text: str) -> tuple[syntax.Expr, tuple[Diagnostic, ...]]:
    """A text as an expression: a literal, or a template with its diagnostics. Its spans point nowhere."""
    if "{{" not in text:
        return syntax.Literal(text, WHOLE), ()
    parsed, refused = parse(SourceFile("", f'agent a {{ system "{_PARTS.sub(_written, text)}" }}'.encode()))
    file, found = lower(parsed)
    for declaration in file.declarations:
        if isinstance(declaration, syntax.Agent):
            for item in declaration.items:
                if isinstance(item, syntax.TextItem):
                    return item.text, (*refused, *found)
    return syntax.Hole(WHOLE), (*refused, *found)


def _written(match: re.Match[str]) -> str:
    """A part as it is written between quotes: the inside of a template as it is, everything else escaped."""
    part = match.group()
    return _ESCAPES.get(part, part)
