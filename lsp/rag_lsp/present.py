"""Handlers of questions about a whole file: folds, selections, colours, hints, lenses, and what to do about its findings."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types

from rag_compiler.source import Span
from rag_ide.actions import Action, actions, fix_all
from rag_ide.folding import folding
from rag_ide.hints import hints
from rag_ide.naming import naming
from rag_ide.outline import Symbol, outline
from rag_ide.references import references
from rag_ide.selection import selection
from rag_ide.subjects import Sort
from rag_lsp import convert
from rag_lsp.positions import Encoding, offset_at, points_of
from rag_lsp.question import Asks, Question
from rag_lsp.workspace import Checked

TOKENS: dict[Sort, str] = {
    "graph": "namespace",
    "agent": "class",
    "type": "type",
    "node": "method",
    "channel": "variable",
    "field": "property",
    "model": "interface",
    "tool": "function",
    "router": "function",
}
LEGEND = types.SemanticTokensLegend(token_types=sorted(set(TOKENS.values())), token_modifiers=["declaration"])
FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.rag"
LENSES = ("graph", "agent", "node", "channel")


async def folding_range(ls: Asks, params: types.FoldingRangeParams) -> list[types.FoldingRange] | None:
    """What can be folded."""
    question = await ls.asked(params.text_document.uri)
    if question is None:
        return None
    return [
        types.FoldingRange(fold.first - 1, fold.last - 1, kind=types.FoldingRangeKind(fold.sort))
        for fold in folding(question.checked.analysis, question.name)
    ]


async def selection_range(ls: Asks, params: types.SelectionRangeParams) -> list[types.SelectionRange] | None:
    """What a selection grows to, for each of some places."""
    question = await ls.asked(params.text_document.uri)
    if question is None:
        return None
    lines = question.checked.lines(question.name)
    found: list[types.SelectionRange] = []
    for position in params.positions:
        offset = offset_at(lines, convert.point(position), ls.encoding)
        spans = selection(question.checked.analysis, question.name, offset) or (Span(offset, offset),)
        around: types.SelectionRange | None = None
        for span in reversed(spans):
            around = types.SelectionRange(convert.range_of(lines, span, ls.encoding), around)
        assert around is not None
        found.append(around)
    return found


# ---- colours -----------------------------------------------------------------------------------------------------------


async def semantic_tokens(ls: Asks, params: types.SemanticTokensParams) -> types.SemanticTokens | None:
    """What every name of a file stands for."""
    question = await ls.asked(params.text_document.uri)
    return None if question is None else types.SemanticTokens(_tokens(question, None, ls.encoding))


async def semantic_tokens_of_range(ls: Asks, params: types.SemanticTokensRangeParams) -> types.SemanticTokens | None:
    """What the names of a range stand for."""
    question = await ls.asked(params.text_document.uri)
    if question is None:
        return None
    return types.SemanticTokens(_tokens(question, _span(question, params.range, ls.encoding), ls.encoding))


def _tokens(question: Question, within: Span | None, encoding: Encoding) -> list[int]:
    """Five numbers for each name: lines and units since the one before, length, type, modifiers. A name is on one line."""
    lines = question.checked.lines(question.name)
    data: list[int] = []
    line, column = 0, 0
    for named in naming(question.checked.analysis, question.name, within):
        start, end = points_of(lines, named.span, encoding)
        if start[0] != end[0]:
            continue
        moved = start[1] - column if start[0] == line else start[1]
        data += (
            start[0] - line,
            moved,
            end[1] - start[1],
            LEGEND.token_types.index(TOKENS[named.sort]),
            int(named.declared),
        )
        line, column = start
    return data


def _span(question: Question, range_: types.Range, encoding: Encoding) -> Span:
    lines = question.checked.lines(question.name)
    start, end = (offset_at(lines, convert.point(each), encoding) for each in (range_.start, range_.end))
    return Span(start, max(start, end))


# ---- between the lines -------------------------------------------------------------------------------------------------


async def inlay_hint(ls: Asks, params: types.InlayHintParams) -> list[types.InlayHint] | None:
    """What the source leaves out."""
    question = await ls.asked(params.text_document.uri)
    if question is None:
        return None
    lines = question.checked.lines(question.name)
    within = _span(question, params.range, ls.encoding)
    return [
        types.InlayHint(
            position=convert.range_of(lines, Span(hint.offset, hint.offset), ls.encoding).start,
            label=hint.text,
            tooltip=hint.reason,
            kind=types.InlayHintKind.Type if hint.text.startswith(":") else None,
        )
        for hint in hints(question.checked.analysis, question.name, within)
    ]


async def code_lens(ls: Asks, params: types.CodeLensParams) -> list[types.CodeLens] | None:
    """How often each declaration is named."""
    question = await ls.asked(params.text_document.uri)
    if question is None:
        return None
    checked = question.checked
    found: list[types.CodeLens] = []
    for symbol in _declared(outline(checked.analysis, question.name)):
        count = len(references(checked.analysis, question.name, symbol.selection.start, declared=False))
        title = f"{count} reference{'' if count == 1 else 's'}"
        where = convert.range_of(checked.lines(question.name), symbol.selection, ls.encoding)
        found.append(types.CodeLens(where, types.Command(title, "")))
    return found


def _declared(symbols: tuple[Symbol, ...]) -> list[Symbol]:
    return [each for symbol in symbols for each in (symbol, *_declared(symbol.children)) if each.sort in LENSES]


# ---- what to do about findings -----------------------------------------------------------------------------------------


async def code_action(ls: Asks, params: types.CodeActionParams) -> list[types.CodeAction] | None:
    """The actions for what was found in a range, and all that can be mended at once."""
    question = await ls.asked(params.text_document.uri)
    if question is None:
        return None
    checked, name, only = question.checked, question.name, params.context.only
    found: list[types.CodeAction] = []
    if _wanted(types.CodeActionKind.QuickFix.value, only):
        within = _span(question, params.range, ls.encoding)
        for action in actions(checked.analysis, checked.diagnostics, name, within):
            found.append(_action(checked, action, types.CodeActionKind.QuickFix, ls.encoding))
    if _wanted(FIX_ALL, only) and any(each.fixes for each in checked.diagnostics if each.place.path == name):
        everything = fix_all(checked.analysis, name)
        if everything is not None:
            found.append(_action(checked, everything, FIX_ALL, ls.encoding))
    return found


def _wanted(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Whether a client asks for a kind of action, or for a kind that this is one of."""
    if not only:
        return True
    asked = [str(getattr(each, "value", each)) for each in only]
    return any(kind == each or kind.startswith(f"{each}.") or not each for each in asked)


def _action(checked: Checked, action: Action, kind: types.CodeActionKind | str, encoding: Encoding) -> types.CodeAction:
    about = [
        found
        for each in action.mends
        for found in convert.diagnostics(checked, each.place.path, encoding)
        if found.code == each.code
    ]
    return types.CodeAction(
        title=action.title,
        kind=kind,
        diagnostics=about or None,
        is_preferred=action.preferred or None,
        edit=convert.workspace_edit(checked, action.edits, encoding),
    )
