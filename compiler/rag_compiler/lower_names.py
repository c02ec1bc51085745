"""Lower names: declared ones, references, targets; bare, quoted, or in the shapes of other languages."""

from __future__ import annotations

from rag_compiler.concrete import Concrete
from rag_compiler.lower_strings import foreign_text, plain_text
from rag_compiler.lowering import Lowering
from rag_compiler.source import Span
from rag_compiler.syntax import Name
from rag_compiler.words.foreign import hyphens, quoted_declaration, unquoted_name
from rag_compiler.words.syntax import bad_form, missing_name, missing_target

STRINGS = ("string", "block_string", "foreign_string")
ABSENT = ("missing_name", "missing:identifier", "missing_value", "missing_type")


def declared_name(low: Lowering, node: Concrete, what: str) -> Name | None:
    """The name that a declaration gives; `what` is "a node"."""
    name = node.child("name")
    keyword = low.place(node.children[0])
    if name is None or name.kind in ABSENT:
        low.trouble(missing_name(keyword, what, f"write `{low.text(node.children[0])} NAME`"))
        return None
    match name.kind:
        case "identifier" | "key":
            return Name(low.text(name), name.span)
        case "kebab_name":
            return hyphenated(low, name)
        case "number" | "duration":
            message = f"`{low.text(name)}` cannot name {what}"
            low.trouble(bad_form(low.place(name), message, "a name begins with a letter or `_`"))
            return None
        case _:
            text = plain_text(low, name, f"the name of {what}")
            if text is None:
                return None
            low.report(quoted_declaration(low.place(name), what, text))
            return Name(text, inner(low, name), True)


def hyphenated(low: Lowering, name: Concrete) -> Name:
    """A hyphenated name as the identifier that it should be."""
    written = low.text(name)
    mended = written.replace("-", "_")
    low.report(hyphens(low.place(name), written, mended))
    return Name(mended, name.span)


def inner(low: Lowering, node: Concrete) -> Span:
    """The bytes inside the quotes of a string."""
    if node.kind == "foreign_string":
        written = low.text(node)
        start = node.start + len(written[:1].encode())
        return Span(start, start + len(foreign_text(written).encode()))
    start = node.children[0].end if node.children else node.start
    end = node.children[-1].start if node.children else node.end
    return Span(start, max(start, end))


def reference(low: Lowering, value: Concrete | None, item: Name) -> Name | None:
    """A name of something that exists elsewhere: a model, a tool, a kind, a channel."""
    if value is None or value.kind in ABSENT:
        low.trouble(missing_name(low.place(item.span), f"`{item.text}`"))
        return None
    if value.kind == "kebab_name":
        written = low.text(value)
        low.report(unquoted_name(low.place(value), written))
        return Name(written, value.span)
    return _name(low, value, f"`{item.text}`")


def target(low: Lowering, value: Concrete | None, what: str, owner: Span) -> Name | None:
    """The name of a node, or `END`; `what` needs it ("`next`", "the edge"), `owner` is where that stands."""
    if value is None or value.kind in ABSENT:
        low.trouble(missing_target(low.place(owner), what))
        return None
    if value.kind == "kebab_name":
        return hyphenated(low, value)
    return _name(low, value, what)


def _name(low: Lowering, value: Concrete, what: str) -> Name | None:
    if value.kind == "identifier":
        return Name(low.text(value), value.span)
    if value.kind in STRINGS:
        text = plain_text(low, value, what)
        return None if text is None else Name(text, inner(low, value), True)
    low.trouble(
        bad_form(low.place(value), f"{what} takes a name, not `{low.text(value)}`", "write one name, bare or in quotes")
    )
    return None
