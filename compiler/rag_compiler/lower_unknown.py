"""Lower a block behind a word that is no declaration: what it most likely is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain

from rag_compiler import syntax
from rag_compiler.concrete import Concrete
from rag_compiler.expressions import Name
from rag_compiler.lower_bodies import NODE_ITEMS, contents, lower_body, orphans
from rag_compiler.lower_graphs import GRAPH_EXPECTED, MEMBERS, lower_members
from rag_compiler.lower_names import STRINGS, inner
from rag_compiler.lower_strings import plain_text
from rag_compiler.lowering import Lowering
from rag_compiler.words.foreign import change
from rag_compiler.words.syntax import insert, misplaced
from rag_ir.spell import closest

_STARTS = re.compile(rb"^[ \t]*start[ \t]+\w+[ \t]*\r?$", re.MULTILINE)
WORDS = ("graph", "agent", "type", "test")


def lower_unknown_declaration(
    low: Lowering, node: Concrete, behind: Iterable[Concrete] = ()
) -> tuple[syntax.Declaration, ...]:
    """`grph a { .. }` and `a { .. }`: a graph, or an agent if its word is nearer to that; the others leave nothing."""
    word = node.children[0]
    written, names = low.text(word), list(node.every("value"))
    likely = (closest(written, WORDS) or "graph") if names else "graph"
    _report(low, word, written, likely, named=bool(names))
    low.brackets(node, f"`{written}`")
    name = _name(low, names[-1] if names else word)
    own = contents(low, node.children, MEMBERS, f"in `{written}`", GRAPH_EXPECTED)
    members = chain(own, orphans(low, behind, MEMBERS, f"`{written}`"))
    keyword = Name(likely, word.span)
    doc = low.docs.pop(node.start, "")
    match likely:
        case "graph":
            return (syntax.Graph(keyword, name, lower_members(low, members), doc, node.span),)
        case "agent":
            body = [member for member in members if member.kind in NODE_ITEMS]
            return (syntax.Agent(keyword, name, lower_body(low, body), doc, node.span),)
        case _:
            lower_members(low, members)
            return ()


def _report(low: Lowering, word: Concrete, written: str, likely: str, *, named: bool) -> None:
    place = low.place(word)
    if named:
        help_ = f"did you mean `{likely}`? the declarations are `graph`, `agent`, `type` and `test`"
        low.trouble(misplaced(place, f"`{written}` is no declaration", help_, change(place, likely, safe=False)))
    else:
        fix = insert(place, "graph ", "insert `graph`", safe=_STARTS.search(low.data, word.end) is not None)
        low.trouble(misplaced(place, f"no keyword stands before `{written}`", "write `graph NAME { .. }`", fix))


def _name(low: Lowering, node: Concrete) -> Name | None:
    if node.kind in STRINGS:
        text = plain_text(low, node, "the name of a declaration")
        return None if text is None else Name(text, inner(low, node), True)
    return Name(low.text(node), node.span)
