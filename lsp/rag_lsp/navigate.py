"""Handlers of questions about names: where they are used, what they are called, what leads to what they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from rag_compiler.diagnostics import Place
from rag_ide import calls
from rag_ide.definition import declarations
from rag_ide.outline import Symbol, outline
from rag_ide.references import highlights, references
from rag_ide.rename import Refused, renamable, rename
from rag_ide.subjects import Subject
from rag_lsp import convert
from rag_lsp.question import Asks, Question
from rag_lsp.workspace import Checked

MOST_SYMBOLS = 500
HIGHLIGHTS = {"read": types.DocumentHighlightKind.Read, "write": types.DocumentHighlightKind.Write}


class RenameRefused(JsonRpcException):
    """A name cannot be given another one."""

    CODE = types.LSPErrorCodes.RequestFailed
    MESSAGE = "cannot rename"


async def find_references(ls: Asks, params: types.ReferenceParams) -> list[types.Location] | None:
    """Every place where the name here is named."""
    question = await ls.asked(params.text_document.uri, params.position)
    if question is None:
        return None
    checked = question.checked
    declared = params.context.include_declaration
    places = references(checked.analysis, question.name, question.offset, declared=declared)
    return [convert.location(checked, place, ls.encoding) for place in places]


async def document_highlight(ls: Asks, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight] | None:
    """The places in this file where the name here is named."""
    question = await ls.asked(params.text_document.uri, params.position)
    if question is None:
        return None
    lines = question.checked.lines(question.name)
    return [
        types.DocumentHighlight(
            convert.range_of(lines, each.place.span, ls.encoding),
            HIGHLIGHTS.get(each.role, types.DocumentHighlightKind.Text),
        )
        for each in highlights(question.checked.analysis, question.name, question.offset)
    ]


async def linked_editing_range(ls: Asks, params: types.LinkedEditingRangeParams) -> types.LinkedEditingRanges | None:
    """The places in this file that are spelled like the name here and mean the same."""
    question = await ls.asked(params.text_document.uri, params.position)
    if question is None:
        return None
    checked, name = question.checked, question.name
    found = highlights(checked.analysis, name, question.offset)
    data = checked.texts[name].data if name in checked.texts else b""
    spelled = [
        each for each in found if data[each.place.span.start : each.place.span.end] == each.subject.name.encode()
    ]
    if not spelled or spelled[0].subject.sort not in ("node", "channel", "label"):
        return None
    lines = checked.lines(name)
    return types.LinkedEditingRanges([convert.range_of(lines, each.place.span, ls.encoding) for each in spelled])


async def prepare_rename(ls: Asks, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
    """The name here, if it can be given another one."""
    question = await ls.asked(params.text_document.uri, params.position)
    if question is None:
        return None
    try:
        found = renamable(question.checked.analysis, question.name, question.offset)
    except Refused:
        return None
    span = convert.range_of(question.checked.lines(question.name), found.place.span, ls.encoding)
    return types.PrepareRenamePlaceholder(span, found.subject.name)


async def rename_symbol(ls: Asks, params: types.RenameParams) -> types.WorkspaceEdit | None:
    """The edits that give the name here another one."""
    question = await ls.asked(params.text_document.uri, params.position)
    if question is None:
        return None
    try:
        edits = rename(question.checked.analysis, question.name, question.offset, params.new_name)
    except Refused as refused:
        raise RenameRefused(str(refused)) from None
    return convert.workspace_edit(question.checked, edits, ls.encoding)


# ---- symbols of the workspace ------------------------------------------------------------------------------------------


async def workspace_symbol(ls: Asks, params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol] | None:
    """The declarations of all projects whose names have the letters of the query in their order."""
    state = await ls.newest()
    if state is None:
        return None
    found = [
        types.WorkspaceSymbol(
            location=convert.location(checked, Place(file.path, symbol.selection), ls.encoding),
            name=symbol.name,
            kind=convert.SYMBOLS[symbol.sort],
            container_name=owner or None,
        )
        for checked in state.projects.values()
        for file in checked.analysis.files
        for owner, symbol in _flat("", outline(checked.analysis, file.path))
        if _matches(params.query, symbol.name)
    ]
    return found[:MOST_SYMBOLS]


def _flat(owner: str, symbols: tuple[Symbol, ...]) -> list[tuple[str, Symbol]]:
    return [pair for each in symbols for pair in ((owner, each), *_flat(each.name, each.children))]


def _matches(query: str, name: str) -> bool:
    letters = iter(name.casefold())
    return all(letter in letters for letter in query.casefold())


# ---- what leads where --------------------------------------------------------------------------------------------------


async def prepare_call_hierarchy(
    ls: Asks, params: types.CallHierarchyPrepareParams
) -> list[types.CallHierarchyItem] | None:
    """The node, graph or agent that is named here."""
    question = await ls.asked(params.text_document.uri, params.position)
    subject = question and calls.callable_at(question.checked.analysis, question.name, question.offset)
    item = _item(question.checked, subject, ls) if question and subject else None
    return [item] if item is not None else None


async def outgoing_calls(
    ls: Asks, params: types.CallHierarchyOutgoingCallsParams
) -> list[types.CallHierarchyOutgoingCall] | None:
    """What a node leads to."""
    found = await _of_item(ls, params.item)
    if found is None:
        return None
    question, subject = found
    led = ((call.target, call) for call in calls.outgoing(question.checked.analysis, subject))
    return [types.CallHierarchyOutgoingCall(item, ranges) for item, ranges in _grouped(question.checked, led, ls)]


async def incoming_calls(
    ls: Asks, params: types.CallHierarchyIncomingCallsParams
) -> list[types.CallHierarchyIncomingCall] | None:
    """What leads to a node."""
    found = await _of_item(ls, params.item)
    if found is None:
        return None
    question, subject = found
    led = ((call.source, call) for call in calls.incoming(question.checked.analysis, subject))
    return [types.CallHierarchyIncomingCall(item, ranges) for item, ranges in _grouped(question.checked, led, ls)]


def _grouped(
    checked: Checked, led: Iterable[tuple[Subject, calls.Call]], ls: Asks
) -> Iterator[tuple[types.CallHierarchyItem, list[types.Range]]]:
    """What calls lead from or to, each once, with every place that says so."""
    ranges: dict[Subject, list[types.Range]] = {}
    for subject, call in led:
        ranges.setdefault(subject, []).append(convert.location(checked, call.place, ls.encoding).range)
    for subject, said in ranges.items():
        if (item := _item(checked, subject, ls)) is not None:
            yield item, said


async def _of_item(ls: Asks, item: types.CallHierarchyItem) -> tuple[Question, Subject] | None:
    """What an item that was handed out stands for, found again by its place."""
    question = await ls.asked(item.uri, item.selection_range.start)
    subject = question and calls.callable_at(question.checked.analysis, question.name, question.offset)
    return (question, subject) if question and subject else None


def _item(checked: Checked, subject: Subject, ls: Asks) -> types.CallHierarchyItem | None:
    declared = next(iter(declarations(checked.analysis, subject)), None)
    if declared is None or subject.sort not in ("node", "graph", "agent"):
        return None
    place = convert.location(checked, declared, ls.encoding)
    return types.CallHierarchyItem(
        name=subject.name,
        kind=convert.SYMBOLS[subject.sort],
        uri=place.uri,
        range=place.range,
        selection_range=place.range,
        detail=subject.owner or subject.sort,
    )
