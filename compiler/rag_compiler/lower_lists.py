"""Lower lists of names."""

from __future__ import annotations

from rag_compiler.concrete import ERROR, Concrete
from rag_compiler.diagnostics import Fix
from rag_compiler.expressions import Name
from rag_compiler.lower_names import ABSENT, STRINGS, inner
from rag_compiler.lower_strings import plain_text
from rag_compiler.lowering import Lowering, always
from rag_compiler.words.foreign import bare_elements, change
from rag_compiler.words.syntax import bad_form, missing_value

BARE = ("sources", "join")
"""Items whose names are nodes of the graph, and stand without quotes."""


def lower_names(low: Lowering, value: Concrete | None, keyword: Name, *, quoted: bool = True) -> tuple[Name, ...]:
    """The names of a list, each of which is a string or a word; `quoted`: words are reported."""
    if value is None or value.kind in ABSENT or value.kind.startswith("missing"):
        help_ = f'write `{keyword.text} ["a", "b"]`'
        low.trouble(missing_value(low.place(keyword.span), f"`{keyword.text}`", help_))
        return ()
    if value.kind != "list":
        return _single(low, value, keyword)
    low.brackets(value, "the list")
    low.commas(value, between=always)
    names: list[Name] = []
    bare = False
    for child in value.children:
        if child.kind in ("[", "]", ",", "missing_close"):
            continue
        name = _element(low, child, keyword)
        if name is not None:
            names.append(name)
            bare = bare or child.kind not in STRINGS
    if bare and quoted and keyword.text not in BARE and not value.broken:
        text = ", ".join(f'"{name.text}"' for name in names)
        low.report(bare_elements(low.place(value), keyword.text, f"[{text}]"))
    return tuple(names)


def _single(low: Lowering, value: Concrete, keyword: Name) -> tuple[Name, ...]:
    text = name_of(low, value)
    name = _element(low, value, keyword) if text or value.kind in STRINGS else None
    help_ = f'write `{keyword.text} ["a", "b"]`'
    fix: tuple[Fix, ...] = ()
    if name is not None:
        written = name.text if keyword.text in BARE else f'"{name.text}"'
        fix = (change(low.place(value), f"[{written}]"),)
    low.report(bad_form(low.place(value), f"`{keyword.text}` takes a list of names", help_, *fix))
    return (name,) if name else ()


def _element(low: Lowering, child: Concrete, keyword: Name) -> Name | None:
    if child.kind in STRINGS:
        text = plain_text(low, child, f"a name in `{keyword.text}`")
        return None if text is None else Name(text, inner(low, child), True)
    text = name_of(low, child)
    if text:
        return Name(text, child.span)
    if child.kind == ERROR or child.broken:
        low.unexpected(child)
    else:
        low.report(
            bad_form(low.place(child), f"`{low.text(child)}` is no name", "a list of names holds names in quotes")
        )
    return None


def name_of(low: Lowering, node: Concrete) -> str:
    """The text of a word, or of words with hyphens between them; else empty."""
    text = low.text(node)
    if node.kind == "identifier":
        return text
    if node.kind == "binary" and text.replace("-", "_").isidentifier() and text.isascii():
        return text
    return ""
