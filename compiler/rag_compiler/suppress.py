"""Suppression: `// rag: allow(code) reason` above a line takes warnings off it.

Errors and safety rules cannot be suppressed. A comment that suppresses nothing is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag_compiler import syntax
from rag_compiler.diagnostics import Diagnostic, Place
from rag_compiler.source import SourceFile, Span
from rag_compiler.words.values import unused_suppression
from rag_ir.record import record
from rag_ir.rules import RULES

ALLOW = re.compile(r"//\s*rag:\s*allow\(([^)]*)\)")
"""What a comment that suppresses looks like; its group holds the codes."""
_CODE = re.compile(r"[^\s,]+")


@record
class _Allowed:
    """One code of one comment, and the line that it speaks of."""

    path: str
    line: int
    code: str
    span: Span


def suppress(diagnostics: Sequence[Diagnostic], files: Sequence[tuple[SourceFile, syntax.File]]) -> list[Diagnostic]:
    """The diagnostics that remain, and one for each suppression that was not needed."""
    allowed = [each for source, tree in files for each in _allowed(source, tree)]
    if not allowed:
        return list(diagnostics)
    lines = {source.path: source.lines for source, _ in files}
    known = {(each.path, each.line, each.code) for each in allowed if not _why(each.code)}
    codes = {code for _, _, code in known}
    used: set[tuple[str, int, str]] = set()
    kept: list[Diagnostic] = []
    for diagnostic in diagnostics:
        path = diagnostic.place.path
        if diagnostic.code in codes and path in lines:
            key = (path, lines[path].position(diagnostic.place.span.start).line, diagnostic.code)
            if key in known:
                used.add(key)
                continue
        kept.append(diagnostic)
    unused = [each for each in allowed if (each.path, each.line, each.code) not in used]
    return kept + [unused_suppression(Place(each.path, each.span), each.code, _why(each.code)) for each in unused]


def _allowed(source: SourceFile, tree: syntax.File) -> Iterator[_Allowed]:
    """The suppressions of a file; comments on lines of their own below each other speak of the same line."""
    lines = {source.lines.position(comment.span.start).line for comment in tree.comments if comment.own_line}
    for comment in tree.comments:
        match = ALLOW.match(comment.text)
        if match is None:
            continue
        line = source.lines.position(comment.span.start).line
        if comment.own_line:
            line += 1
            while line in lines:
                line += 1
        for code in _CODE.finditer(match.group(1)):
            start = comment.span.start + len(comment.text[: match.start(1) + code.start()].encode())
            yield _Allowed(source.path, line, code.group(), Span(start, start + len(code.group().encode())))


def _why(code: str) -> str:
    """Why a code cannot be suppressed; empty where it can."""
    rule = RULES.get(code)
    if rule is None:
        return "there is no such rule"
    if rule.safety:
        return "a safety rule is changed in the manifest only"
    return "an error is mended, not suppressed" if rule.severity == "error" else ""
