"""What an editor can do about findings: the fixes that they carry, all safe ones at once, and declarations that are missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag_compiler import hir
from rag_compiler.apply_fixes import Texts, apply_fixes
from rag_compiler.diagnostics import Diagnostic, Edit, Place
from rag_compiler.pipeline import Analysis, analyse
from rag_compiler.source import SourceFile, Span
from rag_ir.record import record

_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")


@record
class Action:
    """A change to texts. `mends` are the diagnostics that it is about; `preferred`: the one to take without looking."""

    title: str
    edits: tuple[Edit, ...]
    mends: tuple[Diagnostic, ...]
    preferred: bool = False


def actions(analysis: Analysis, found: Sequence[Diagnostic], path: str, within: Span) -> tuple[Action, ...]:
    """The actions for the diagnostics of a file that touch a range, in their order."""
    here = [each for each in found if each.place.path == path and _touches(each.place.span, within)]
    return tuple(action for each in here for action in (*_fixes(each), *_created(analysis, each)))


def fix_all(analysis: Analysis, path: str) -> Action | None:
    """Everything in a file that can be mended safely, as one change; null where there is nothing."""
    texts = {file.path: file.data for file in analysis.files}

    def diagnose(given: Texts) -> Sequence[Diagnostic]:
        files = [SourceFile(name, data) for name, data in given.items()]
        return analyse(files, analysis.registry, analysis.manifest).diagnostics

    mended = apply_fixes(
        texts,
        diagnose,
        lambda diagnostic, fix: (
            fix.applicability == "safe"
            and diagnostic.place.path == path
            and all(edit.place.path == path for edit in fix.edits)
        ),
    )
    before, after = texts.get(path, b""), mended.texts.get(path, b"")
    if before == after:
        return None
    return Action("mend everything that is safe to mend", (_difference(path, before, after),), (), preferred=True)


def _difference(path: str, before: bytes, after: bytes) -> Edit:
    """The one edit that makes a text of another, without what they begin and end with in common."""
    start = next(
        (at for at, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]),
        min(len(before), len(after)),
    )
    while start and start < len(before) and before[start] & 0xC0 == 0x80:
        start -= 1
    rest = min(len(before), len(after)) - start
    same = next((at for at in range(rest) if before[-1 - at] != after[-1 - at]), rest)
    while same and before[len(before) - same] & 0xC0 == 0x80:
        same -= 1
    return Edit(
        Place(path, Span(start, len(before) - same)), after[start : len(after) - same].decode("utf-8", "replace")
    )


def _touches(span: Span, within: Span) -> bool:
    return span.start <= within.end and within.start <= span.end


def _fixes(found: Diagnostic) -> Iterator[Action]:
    for fix in found.fixes:
        yield Action(fix.title, fix.edits, (found,), preferred=fix.applicability == "safe" and len(found.fixes) == 1)


def _created(analysis: Analysis, found: Diagnostic) -> Iterator[Action]:
    """The declaration of a name that means nothing yet."""
    data = next((file.data for file in analysis.files if file.path == found.place.path), b"")
    name = data[found.place.span.start : found.place.span.end]
    graph = _graph_at(analysis, found.place)
    if graph is None or not _NAME.fullmatch(name):
        return
    text = name.decode()
    match found.code:
        case "unknown-node" | "unknown-target":
            yield Action(
                f"create node `{text}`",
                (_before_end(graph, data, f"\n  node {text} {{\n    kind pass\n  }}\n"),),
                (found,),
            )
        case "unknown-channel":
            yield Action(f"create channel `{text}`", (_in_front(graph, data, f"channel {text} overwrite"),), (found,))
        case _:
            pass


def _graph_at(analysis: Analysis, place: Place) -> hir.Graph | None:
    for graph in (*analysis.project.graphs.values(), *analysis.project.unnamed):
        if graph.path == place.path and graph.syntax.span.start <= place.span.start <= graph.syntax.span.end:
            return graph
    return None


def _before_end(graph: hir.Graph, data: bytes, text: str) -> Edit:
    """A text before the bracket that closes the graph."""
    end = data.rfind(b"}", graph.syntax.span.start, graph.syntax.span.end)
    end = end if end > 0 else graph.syntax.span.end
    return Edit(Place(graph.path, Span(end, end)), text)


def _in_front(graph: hir.Graph, data: bytes, text: str) -> Edit:
    """A line of its own before the graph's first channel or node."""
    items = [item for item in graph.syntax.items if item.span.start > graph.name.span.end]
    first = next((item for item in items if item.__class__.__name__ in ("Channel", "Node")), None)
    at = first.span.start if first is not None else graph.syntax.span.end - 1
    line = max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at)) + 1
    indent = data[line:at].decode("utf-8", "replace")
    if indent.strip():
        return Edit(Place(graph.path, Span(at, at)), f"{text}  ")
    return Edit(Place(graph.path, Span(at, at)), f"{text}\n{indent}")
