"""Lower tests: scripted answers and expectations."""

from __future__ import annotations

from rag_compiler import syntax
from rag_compiler.concrete import Concrete
from rag_compiler.expressions import Name
from rag_compiler.lower_bodies import contents
from rag_compiler.lower_expr import lower_expr, lower_pairs
from rag_compiler.lower_items import lower_mode_item, lower_unknown_item, lower_value_item
from rag_compiler.lower_names import ABSENT, STRINGS, inner, reference
from rag_compiler.lower_strings import plain_text
from rag_compiler.lowering import Lowering
from rag_compiler.source import Span
from rag_compiler.words.syntax import bad_form, insert, missing_mark, missing_name

KINDS = ("name_item", "value_item", "answers_item", "expect_item", "unknown_item")
EXPECTED = "an item of a test: `graph`, `input`, `model`, `tool`, `answer` or `expect`"


def lower_test(low: Lowering, node: Concrete) -> syntax.Test:
    """`test "title" { .. }`"""
    low.punctuation(node)
    title = _title(low, node)
    low.brackets(node, "the test")
    where = f'in test "{title.text}"' if title else "in a test"
    items = tuple(low.guarded(child, _item) for child in contents(low, node.children, KINDS, where, EXPECTED))
    return syntax.Test(low.keyword(node), title, items, low.docs.pop(node.start, ""), node.span)


def _title(low: Lowering, node: Concrete) -> Name | None:
    title = node.child("name")
    if title is None or title.kind in ABSENT:
        low.trouble(missing_name(low.place(node.children[0]), "the test", 'write `test "what it shows" { .. }`'))
        return None
    if title.kind not in STRINGS:
        name = Name(low.text(title), title.span)
        fix = insert(low.place(title), f'"{name.text}"', f'write `"{name.text}"`')
        fix = type(fix)(fix.title, (type(fix.edits[0])(low.place(title), f'"{name.text}"'),))
        low.report(
            bad_form(low.place(title), "the title of a test stands in quotes", f'write `test "{name.text}"`', fix)
        )
        return name
    text = plain_text(low, title, "a title")
    return None if text is None else Name(text, inner(low, title), True)


def _item(low: Lowering, node: Concrete) -> syntax.Item | syntax.Script | syntax.Expect:
    match node.kind:
        case "name_item":
            return lower_mode_item(low, node)
        case "value_item":
            return lower_value_item(low, node)
        case "answers_item":
            return _script(low, node)
        case "expect_item":
            low.punctuation(node)
            keyword = low.keyword(node)
            return syntax.Expect(keyword, lower_expr(low, node.child("value"), 0, "`expect`"), node.span)
        case _:
            return lower_unknown_item(low, node)


def _names(low: Lowering, node: Concrete, keyword: Name) -> tuple[Name | None, Name | None]:
    """Who answers, and where. Without `at` between two names, or without the first, that is what is missing."""
    name, place = node.child("name"), node.child("place")
    path = reference(low, place, Name("at", place.span)) if place else None
    if place is None or node.first("@at"):
        return reference(low, name, keyword), path
    if name is not None and low.text(name) == "at":
        low.trouble(missing_name(low.place(keyword.span), f"`{keyword.text}`"))
        return None, path
    here = low.place(Span(place.start, place.start))
    low.trouble(missing_mark(here, "at", "two names without `at` between them", insert(here, "at ")))
    return reference(low, name, keyword), path


def _script(low: Lowering, node: Concrete) -> syntax.Script:
    low.punctuation(node)
    keyword = low.keyword(node)
    name, at = _names(low, node, keyword)
    arguments = node.child("arguments")
    pairs = lower_pairs(low, arguments) if arguments else None
    missing = node.first("missing_arrow")
    if missing is not None:
        end = Span(missing.start, missing.start)
        low.trouble(missing_mark(low.place(end), "->", "the answers have no `->`", insert(low.place(end), " ->")))
    answers = lower_expr(low, node.child("value"), 0, f"`{keyword.text}`")
    return syntax.Script(keyword, name, at, pairs, answers, node.span)
