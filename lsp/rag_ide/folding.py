"""What can be folded: blocks over several lines, and comments that stand together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from rag_compiler import syntax
from rag_compiler.pipeline import Analysis
from rag_compiler.source import LineIndex, Span
from rag_ir.record import record

FOLDED = (
    syntax.Graph, syntax.Agent, syntax.TypeDecl, syntax.Test, syntax.Node, syntax.BlockItem, syntax.FieldsItem,
    syntax.RoutesItem, syntax.SendItem, syntax.CommandItem, syntax.RefListItem, syntax.TextItem, syntax.GraphJoin,
    syntax.JoinItem, syntax.ValueItem, syntax.TypeItem, syntax.Send, syntax.Script,
)  # fmt: skip


@record
class Fold:
    """Lines, from 1, of which the first stays."""

    first: int
    last: int
    sort: Literal["region", "comment"]


def folding(analysis: Analysis, path: str) -> tuple[Fold, ...]:
    """The folds of a source, by their first lines; none of a file that is no source."""
    for file, tree in zip(analysis.files, analysis.trees, strict=True):
        if file.path == path:
            folds = {*_blocks(tree, file.lines), *_comments(tree, file.lines)}
            return tuple(sorted(folds, key=lambda fold: (fold.first, -fold.last)))
    return ()


def _blocks(tree: syntax.File, lines: LineIndex) -> Iterator[Fold]:
    pending: list[object] = [*tree.declarations]
    while pending:
        part = pending.pop()
        match part:
            case (
                syntax.Graph(items=items)
                | syntax.Node(items=items)
                | syntax.Agent(items=items)
                | syntax.Test(items=items)
            ):
                pending += items
            case syntax.SendItem(sends=sends):
                pending += sends
            case _:
                pass
        if isinstance(part, FOLDED):
            first, last = _lines(part.span, lines)
            if last > first:
                yield Fold(first, last, "region")


def _lines(span: Span, lines: LineIndex) -> tuple[int, int]:
    return lines.position(span.start).line, lines.position(max(span.end - 1, span.start)).line


def _comments(tree: syntax.File, lines: LineIndex) -> Iterator[Fold]:
    first = last = 0
    for comment in tree.comments:
        line = lines.position(comment.span.start).line
        if comment.own_line and first and line == last + 1:
            last = line
            continue
        if last > first:
            yield Fold(first, last, "comment")
        first = last = line if comment.own_line else 0
    if last > first:
        yield Fold(first, last, "comment")
