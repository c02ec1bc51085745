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
from rag_compiler.lower_comments import comments, doc_comments, report_comments
from rag_compiler.lower_graphs import MEMBERS, lower_agent, lower_graph, lower_members, lower_type_declaration
from rag_compiler.lower_tests import lower_test
from rag_compiler.lowering import Lowering
from rag_compiler.parse import Parsed
from rag_compiler.source import Span
from rag_compiler.words.foreign import json_file, yaml_file
from rag_compiler.words.syntax import misplaced

DECLARATIONS = ("graph_declaration", "agent_declaration", "type_declaration", "test_declaration")
JSON = ("foreign_object", "foreign_list")
EXPECTED = "a declaration: `graph`, `agent`, `type` or `test`"


def lower(parsed: Parsed) -> tuple[syntax.File, list[Diagnostic]]:
    """The syntax tree of a file, and everything in it that is not of the language."""
    documents = doc_comments(parsed)
    docs = {document.anchor: document.text for document in documents}
    low = Lowering(parsed.source.path, parsed.data, docs, expected=EXPECTED)
    report_comments(low, parsed)
    declarations = tuple(_declarations(low, parsed.root))
    kept = comments(low, parsed, [document for document in documents if document.anchor in low.docs])
    return syntax.File(declarations, kept, Span(0, len(parsed.source.data))), low.found


def _declarations(low: Lowering, root: Concrete) -> Iterator[syntax.Declaration]:
    parts = list(_parts(root))
    if _is_other_format(low, parts):
        return
    at = 0
    while at < len(parts):
        part = parts[at]
        low.troubled = False
        at += 1
        if part.kind == "graph_declaration":
            orphans, at = _orphans(low, parts, at, part)
            yield low.guarded(part, partial(lower_graph, orphans=orphans))
        elif part.kind in DECLARATIONS:
            yield low.guarded(part, _declaration)
        elif part.kind == "@graph":
            name = parts[at] if at < len(parts) and parts[at].kind == "identifier" else None
            orphans, at = _orphans(low, parts, at, part)
            yield _headed(low, part, name, orphans)
        else:
            orphans, at = _orphans(low, parts, at - 1, None)
            lower_members(low, orphans)


def _parts(root: Concrete) -> Iterator[Concrete]:
    """What stands at the top level; the insides of what is broken stand behind it."""
    for child in (root,) if root.kind == ERROR else root.children:
        yield child
        if child.kind == ERROR:
            yield from _parts(Concrete("", None, child.start, child.end, child.children, True))


def _declaration(low: Lowering, node: Concrete) -> syntax.Declaration:
    match node.kind:
        case "agent_declaration":
            return lower_agent(low, node)
        case "type_declaration":
            return lower_type_declaration(low, node)
        case _:
            return lower_test(low, node)


def _headed(low: Lowering, keyword: Concrete, name: Concrete | None, members: list[Concrete]) -> syntax.Graph:
    """A graph of which only the head was understood, and what stands behind it."""
    end = members[-1].end if members else (name or keyword).end
    return syntax.Graph(
        keyword=syntax.Name("graph", keyword.span),
        name=syntax.Name(low.text(name), name.span) if name else None,
        items=tuple(lower_members(low, members)),
        doc=low.docs.pop(keyword.start, ""),
        span=Span(keyword.start, end),
    )


def _orphans(low: Lowering, parts: list[Concrete], at: int, graph: Concrete | None) -> tuple[list[Concrete], int]:
    """The items from here to the next declaration, reported once, and where that declaration stands."""
    orphans: list[Concrete] = []
    while at < len(parts) and parts[at].kind not in DECLARATIONS and parts[at].kind != "@graph":
        part = parts[at]
        at += 1
        if part.kind in MEMBERS:
            orphans.append(part)
            if graph is None or graph.kind != "@graph":
                _report_orphan(low, part, graph)
        elif part.kind == ERROR or graph is None or graph.kind != "@graph":
            low.unexpected(part)
    low.troubled = False
    return orphans, at


def _report_orphan(low: Lowering, part: Concrete, graph: Concrete | None) -> None:
    word = part.children[0] if part.children else part
    if part.kind == "unknown_item":
        low.unexpected(word)
        return
    what = "an edge" if part.kind == "edge" else f"`{low.text(word)}`"
    help_ = "a `}` before it closes the graph too early" if graph else "write it inside of `graph NAME { .. }`"
    low.trouble(misplaced(low.place(word), f"{what} stands outside of a graph", help_))


def _is_other_format(low: Lowering, parts: list[Concrete]) -> bool:
    """Whether the whole file is JSON or YAML, which is one finding."""
    if not parts or any(part.kind in DECLARATIONS or part.kind == "@graph" for part in parts):
        return False
    first = parts[0]
    if any(part.kind in JSON for part in parts[:2]):
        low.report(json_file(low.place(Span(first.start, first.start + 1))))
        return True
    marks = (part for part in parts if part.kind == "unknown_item" and part.child("separator"))
    dashes = (part for part in parts if part.kind == "stray" and low.text(part) in ("---", "-"))
    if next(marks, None) is None and next(dashes, None) is None:
        return False
    word = first.children[0] if first.children else first
    low.report(yaml_file(low.place(word)))
    return True
