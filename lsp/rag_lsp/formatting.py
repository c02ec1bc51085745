"""Handlers of requests to format: a file, some of its lines, or the block whose bracket was typed."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from rag_compiler.source import Span
from rag_ide.format import Replacement, format_block, format_file, format_range
from rag_lsp import convert
from rag_lsp.positions import offset_at
from rag_lsp.question import Asks, Question

TYPED = "}"


async def document_formatting(ls: Asks, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
    """What makes the file canonical; what the editor has set for blanks and tabs does not count."""
    question = await ls.asked(params.text_document.uri)
    if question is None:
        return None
    return _edits(ls, question, format_file(question.checked.analysis, question.name))


async def range_formatting(ls: Asks, params: types.DocumentRangeFormattingParams) -> list[types.TextEdit] | None:
    """What makes some lines canonical."""
    question = await ls.asked(params.text_document.uri)
    if question is None:
        return None
    lines = question.checked.lines(question.name)
    start, end = (offset_at(lines, convert.point(at), ls.encoding) for at in (params.range.start, params.range.end))
    return _edits(ls, question, format_range(question.checked.analysis, question.name, Span(start, max(start, end))))


async def on_type_formatting(ls: Asks, params: types.DocumentOnTypeFormattingParams) -> list[types.TextEdit] | None:
    """What makes the block canonical that has just been closed."""
    question = await ls.asked(params.text_document.uri, params.position)
    if question is None or params.ch != TYPED:
        return None
    return _edits(ls, question, format_block(question.checked.analysis, question.name, question.offset))


def _edits(ls: Asks, question: Question, found: Iterable[Replacement]) -> list[types.TextEdit]:
    lines = question.checked.lines(question.name)
    return [types.TextEdit(convert.range_of(lines, each.span, ls.encoding), each.text) for each in found]
