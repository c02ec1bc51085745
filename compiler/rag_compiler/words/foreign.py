"""Idioms of other languages, each with the language's own spelling as a fix."""

from __future__ import annotations

from rag_compiler.diagnostics import Diagnostic, Edit, Fix, Place
from rag_ir.record import replace


def foreign(place: Place, message: str, help_: str, *fixes: Fix, label: str = "another language's idiom") -> Diagnostic:
    """An idiom, and what to write in its place."""
    return Diagnostic(code="foreign-syntax", place=place, message=message, label=label, help=help_, fixes=fixes)


def change(place: Place, text: str, title: str = "", *, safe: bool = True) -> Fix:
    """The fix that writes a text in place of what stands there."""
    return Fix(title or f"change to `{text}`", (Edit(place, text),), "safe" if safe else "suggested")


def hash_comment(place: Place, fix: Fix) -> Diagnostic:
    """`# ..`, on one line or on several that stand together."""
    return foreign(place, "a comment begins with `//`, not with `#`", "write `//`", fix)


def block_comment(place: Place, whole: Place, lines: str, *, closed: bool) -> Diagnostic:
    """`/* .. */`; `lines` is the text of the whole behind `//`."""
    message = "a comment begins with `//` and ends with its line; `/*` is none"
    fix = (change(whole, lines, "write it with `//`"),) if closed else ()
    return foreign(place, message, "write `//` before each line", *fix)


def odd_blank(place: Place) -> Diagnostic:
    """A blank that is not one of the language: no-break and zero-width ones."""
    return foreign(
        place,
        "an invisible character that is no blank of the language",
        "replace it with a blank",
        change(place, " ", "replace"),
    )


def other_format(place: Place, name: str) -> Diagnostic:
    """A file that is JSON, YAML, Python, .."""
    return foreign(place, f"a `.rag` file is not {name}", _SKELETON)


def markdown_fence(place: Place, fix: Fix) -> Diagnostic:
    """The marks of Markdown, and prose, around the text of a file; `place` is the line that opens the fence."""
    help_ = "a file holds declarations alone; delete the fence and what stands outside of it"
    return foreign(place, "a Markdown fence is no part of a `.rag` file", help_, fix)


def foreign_word(place: Place, word: str) -> Diagnostic:
    """A word that other languages write inside of an expression: `if`, `for`, `is`, .."""
    return foreign(place, f"`{word}` cannot stand here", _WORDS[word])


def string_prefix(place: Place, *fixes: Fix) -> Diagnostic:
    """`f".."`: a letter before a string."""
    help_ = 'every string is a template: `"hello {{ input.name }}"`'
    return foreign(place, "a string has no letter before it", help_, *fixes)


def edge_keyword(place: Place, word: str, surplus: Place) -> Diagnostic:
    """`edge a -> b`; `surplus` is the word with the blanks behind it."""
    fix = change(surplus, "", f"delete `{word}`")
    return foreign(place, "an edge has no keyword", "write `a -> b`", fix)


def edge_label(place: Place, source: str, target: str, fix: Fix) -> Diagnostic:
    """`a -->|yes| b` and `a -> b [label="yes"]`; `place` is the label."""
    help_ = f"outcomes are routed in node `{source}`: `routes {{ LABEL -> {target} }}`, or `when CONDITION -> {target}`"
    return foreign(place, "an edge has no label and no attributes", help_, fix)


FOREIGN_WORDS = ("if", "for", "is", "lambda", "await", "async", "new", "typeof", "instanceof", "function")
_OPERATION = (
    "the operators are `==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `and`, `or`, `not`, `??` and those of arithmetic"
)
_FUNCTION = "functions stand in the arguments of `map` and `filter` only: `map(list, x => ..)`"
_WORDS = {
    "if": "a condition is written `if CONDITION then VALUE else VALUE`",
    "for": "a list is made of another with `map(list, x => ..)` and `filter(list, x => ..)`",
    "is": "compare with `==`: `x == null`",
    **dict.fromkeys(("lambda", "function"), _FUNCTION),
    **dict.fromkeys(("await", "async", "new", "typeof", "instanceof"), _OPERATION),
}


_SKELETON = 'a file holds declarations: `graph NAME { start a  node a { kind model  prompt ".."  next END } }`'


def quotes(place: Place, text: str) -> Diagnostic:
    """A string in other quotes; `text` is the same string in the language's."""
    return foreign(place, 'a string stands in `"`', f"write `{text}`", change(place, text))


def quoted_declaration(place: Place, what: str, name: str) -> Diagnostic:
    """A declared name in quotes; `place` is the string with its quotes."""
    return foreign(place, f"the name of {what} stands without quotes", f"write `{name}`", change(place, name))


def hyphens(place: Place, name: str, mended: str) -> Diagnostic:
    """A hyphenated name where only an identifier can stand."""
    help_ = f"names are letters, digits and `_`: write `{mended}` everywhere"
    return foreign(place, f"`{name}` is no name: a hyphen is a minus sign", help_, change(place, mended, safe=False))


def unquoted_name(place: Place, name: str) -> Diagnostic:
    """A reference that is no identifier, without quotes."""
    return foreign(place, f"`{name}` stands in quotes", f'write `"{name}"`', change(place, f'"{name}"'))


def bare_elements(place: Place, word: str, text: str) -> Diagnostic:
    """`tools [search]`; `text` is the list with its names in quotes."""
    message = f"the names in `{word}` stand in quotes"
    warning = foreign(place, message, f"write `{text}`", change(place, text))
    return Diagnostic(
        code=warning.code,
        place=place,
        message=message,
        label=warning.label,
        help=warning.help,
        fixes=warning.fixes,
        level="warning",
    )


def arrow(place: Place, written: str) -> Diagnostic:
    """`-->` and `=>`."""
    return foreign(place, f"an arrow is written `->`, not `{written}`", "write `->`", change(place, "->"))


def operator(place: Place, written: str, own: str, behind: str = "") -> Diagnostic:
    """An operator that the language spells otherwise; `behind` has to follow it."""
    fix = change(place, own + behind, f"change to `{own}`")
    return foreign(place, f"`{written}` is written `{own}`", f"write `{own}`", fix)


def no_operator(place: Place, written: str, help_: str) -> Diagnostic:
    """An operator that the language does not have."""
    return foreign(place, f"the language has no operator `{written}`", help_)


def rewrite(place: Place, message: str, text: str, *, safe: bool = True) -> Diagnostic:
    """An expression that the language writes in another way."""
    return foreign(place, message, f"write `{text}`", change(place, text, safe=safe))


def prompt_expression(place: Place, word: str, text: str) -> Diagnostic:
    """`prompt state.x`: a text made of an expression; `text` is the string to write."""
    return foreign(place, f"`{word}` takes a text in quotes", f"write `{text}`", change(place, text))


def edge_condition(place: Place, help_: str, *fixes: Fix) -> Diagnostic:
    """`a -> b when x`."""
    return foreign(place, "an edge has no condition", help_, *fixes)


def edge_list(place: Place, what: str, help_: str, *fixes: Fix) -> Diagnostic:
    """`a -> [b, c]` and `next [a, b]`."""
    return foreign(place, f"{what} leads to one node; several are started with `send`", help_, *fixes)


def edge_chain(place: Place, text: str) -> Diagnostic:
    """`a -> b -> c`; `text` is one edge on each line."""
    return foreign(
        place, "an edge has two ends", "write one edge for each arrow", change(place, text, "split the chain")
    )


def send_without_list(place: Place, text: str) -> Diagnostic:
    """`send one { .. }`; `place` is all that is sent, `text` the same in brackets."""
    return foreign(place, "`send` takes a list", f"write `send {text}`", change(place, text, "put it in brackets"))


def send_block(place: Place) -> Diagnostic:
    """`send { .. }`"""
    help_ = "write `send [NODE, AGENT { key: VALUE }]`"
    return Diagnostic(
        code="syntax-error",
        place=place,
        message="`send` takes a list in brackets, not a block",
        label="needs a list",
        help=help_,
    )


def pipe(place: Place, name: str, text: str) -> Diagnostic:
    """`{{ x | f }}`"""
    return foreign(place, f"a filter is a function: `{name}`", f"write `{text}`", change(place, text))


def template_block(place: Place, written: str) -> Diagnostic:
    """`{{#each x}}`, `{{/if}}` and the like."""
    help_ = 'a template holds one expression: use `if c then a else b`, or `join(map(list, x => ..), ", ")`'
    return foreign(place, f"the language has no template blocks like `{written}`", help_)


def optional_key(place: Place, name: str, mark: Place, type_end: Place) -> Diagnostic:
    """`url?: string`; `mark` is the question mark, `type_end` the place behind the type."""
    fix = Fix("move the `?` behind the type", (Edit(mark, ""), Edit(type_end, "?")))
    return foreign(
        place, f"the `?` of the optional field `{name}` stands behind its type", f"write `{name}: TYPE?`", fix
    )


def spread(place: Place) -> Diagnostic:
    """`...x` in a list, an object or a call."""
    help_ = (
        "write the elements or the fields one by one; a channel `append` adds the elements of a list that is written into it, "
        "and `merge` the fields of an object"
    )
    return foreign(place, "the language has no spreads", help_)


def floor_division(place: Place, *, sure: bool = True) -> Diagnostic:
    """`a // b`. Where it may be a comment that is meant, not `sure`, it is a warning."""
    help_ = "write `/`, which gives a float; the text behind `//` is not read"
    message = "`//` begins a comment, and divides nothing"
    found = foreign(place, message, help_, change(place, "/", safe=False))
    return found if sure else replace(found, level="warning")
