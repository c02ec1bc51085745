"""Lower a concrete tree to the syntax tree.

Strings are decoded, templates parsed, the dialects and foreign idioms folded into one shape. Everything that is broken or missing
is reported here, once for each declaration or item, and leaves a hole. Never raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from rag_compiler import syntax
from rag_compiler.concrete import ERROR, Concrete
from rag_compiler.diagnostics import Diagnostic
from rag_compiler.lower_bodies import orphans
from rag_compiler.lower_comments import comments, doc_comments, report_comments
from rag_compiler.lower_formats import Fence, whole_file
from rag_compiler.lower_graphs import MEMBERS, lower_agent, lower_graph, lower_members, lower_type_declaration
from rag_compiler.lower_tests import lower_test
from rag_compiler.lower_unknown import lower_unknown_declaration
from rag_compiler.lowering import Lowering
from rag_compiler.parse import Parsed
from rag_compiler.source import Span

DECLARATIONS = ("graph_declaration", "agent_declaration", "type_declaration", "test_declaration", "unknown_declaration")
HEADS = (*DECLARATIONS, "@graph")
EXPECTED = "a declaration: `graph`, `agent`, `type` or `test`"


def lower(parsed: Parsed) -> tuple[syntax.File, list[Diagnostic]]:
    """The syntax tree of a file, and everything in it that is not of the language."""
    documents = doc_comments(parsed)
    docs = {document.anchor: document.text for document in documents}
    low = Lowering(parsed.source.path, parsed.data, docs, expected=EXPECTED)
    report_comments(low, parsed)
    fence = Fence(parsed.data)
    declarations = tuple(_declarations(low, parsed.root, fence))
    kept = comments(low, parsed, [document for document in documents if document.anchor in low.docs])
    return syntax.File(declarations, kept, Span(0, len(parsed.source.data))), fence.report(low)


def _declarations(low: Lowering, root: Concrete, fence: Fence) -> Iterator[syntax.Declaration]:
    parts = [part for part in _parts(root) if fence.holds(part.start)]
    if parts and whole_file(low):
        return
    at = 0
    while at < len(parts):
        head = parts[at]
        first = at + 1 if head.kind in HEADS else at
        at = next((end for end in range(first, len(parts)) if parts[end].kind in HEADS), len(parts))
        low.troubled, low.breaks = False, 0
        yield from _declaration(low, head, parts[first:at])


def _parts(root: Concrete) -> Iterator[Concrete]:
    """What stands at the top level; the insides of what is broken stand behind it."""
    for child in (root,) if root.kind == ERROR else root.children:
        yield child
        if child.kind == ERROR:
            yield from _parts(Concrete("", None, child.start, child.end, child.children, True))


def _declaration(low: Lowering, node: Concrete, behind: list[Concrete]) -> Iterator[syntax.Declaration]:
    """A declaration, with what stands between its end and the next one."""
    match node.kind:
        case "graph_declaration":
            yield low.guarded(node, partial(lower_graph, behind=behind))
        case "agent_declaration":
            yield low.guarded(node, partial(lower_agent, behind=behind))
        case "unknown_declaration":
            yield from low.guarded(node, partial(lower_unknown_declaration, behind=behind))
        case "type_declaration":
            yield low.guarded(node, lower_type_declaration)
            _drop(low, behind)
        case "test_declaration":
            yield low.guarded(node, lower_test)
            _drop(low, behind)
        case "@graph":
            yield _headed(low, node, behind)
        case _:
            _drop(low, behind)


def _drop(low: Lowering, behind: list[Concrete]) -> None:
    """Items that belong to nothing are looked at for their own sake."""
    lower_members(low, orphans(low, behind, MEMBERS, ""))


def _headed(low: Lowering, keyword: Concrete, behind: list[Concrete]) -> syntax.Graph:
    """A graph of which only the head was understood, and what stands behind it."""
    name = behind[0] if behind and behind[0].kind == "identifier" else keyword
    low.breaks += 1
    return syntax.Graph(
        keyword=syntax.Name("graph", keyword.span),
        name=syntax.Name(low.text(name), name.span) if name is not keyword else None,
        items=lower_members(low, orphans(low, behind, MEMBERS, "the graph")),
        doc=low.docs.pop(keyword.start, ""),
        span=Span(keyword.start, behind[-1].end if behind else keyword.end),
    )
