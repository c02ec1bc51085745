"""Text that is not of the language: what is broken, missing or unclosed, and where it can be mended.

What is an idiom of another language is worded in `foreign.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

from rag_compiler.diagnostics import Diagnostic, Edit, Fix, Label, Place
from rag_compiler.source import Span


def at(place: Place, start: int, end: int) -> Place:
    """Other bytes of the same file."""
    return Place(place.path, Span(start, end))


def insert(place: Place, text: str, title: str = "", *, safe: bool = True) -> Fix:
    """The fix that writes a text before a place."""
    where = at(place, place.span.start, place.span.start)
    return Fix(title or f"insert `{text.strip()}`", (Edit(where, text),), "safe" if safe else "suggested")


def delete(place: Place, title: str, *, safe: bool = True) -> Fix:
    """The fix that takes a place away."""
    return Fix(title, (Edit(place, ""),), "safe" if safe else "suggested")


def source_too_large(place: Place, size: int) -> Diagnostic:
    """A file over the limit; `size` in bytes."""
    return Diagnostic(
        code="source-too-large",
        place=place,
        message=f"the file has {size:,} bytes, more than the 1,048,576 that a source file may have",
        label="too large",
        help="split it: graphs, agents and types of one project see each other across files",
    )


def nesting_too_deep(place: Place, most: int) -> Diagnostic:
    """A bracket, or an expression, one level too deep."""
    return Diagnostic(
        code="nesting-too-deep",
        place=place,
        message=f"this is nested more than {most} deep",
        label="one level too deep",
        help="close the brackets before it, or split what is written here",
    )


def invalid_utf8(place: Place) -> Diagnostic:
    """The first byte that is not UTF-8."""
    return Diagnostic(
        code="invalid-utf8",
        place=place,
        message="the file is not valid UTF-8",
        label="this byte is not UTF-8",
        help="save the file as UTF-8",
    )


def unexpected(place: Place, found: str, where: str, expected: str) -> Diagnostic:
    """Text that fits nothing; `where` is "in node `a`", `expected` what can stand there."""
    return Diagnostic(
        code="syntax-error",
        place=place,
        message=f"unexpected {found} {where}".rstrip(),
        label="unexpected",
        help=f"expected {expected}" if expected else "",
    )


def misplaced(place: Place, message: str, help_: str, *fixes: Fix) -> Diagnostic:
    """Text of the language where it cannot stand."""
    return Diagnostic(
        code="syntax-error", place=place, message=message, label="does not fit here", help=help_, fixes=fixes
    )


def doubled_token(place: Place, token: str, surplus: Place) -> Diagnostic:
    """A token behind its like; `surplus` is the second one with the blanks before it."""
    shown = f"`{token}`" if token.isprintable() else "this"
    return Diagnostic(
        code="doubled-token",
        place=place,
        message=f"{shown} stands twice side by side",
        label="the second one",
        help="delete one of them",
        fixes=(delete(surplus, f"delete the second {shown}"),),
    )


def graph_value(place: Place, word: str) -> Diagnostic:
    """`recursion_limit 3` in a node."""
    help_ = "write it in the block of the graph; what bounds a node is `max_visits`, and `max_turns` of an agent"
    return misplaced(place, f"`{word}` is an item of a graph, not of a node", help_)


def graph_item(place: Place, word: str, *fixes: Fix) -> Diagnostic:
    """`channel ..` or `node ..` between the items of a node."""
    message = f"`{word}` is an item of a graph, and stands in a node"
    return misplaced(place, message, "write it before or behind the node", *fixes)


def missing_mark(place: Place, mark: str, message: str, fix: Fix) -> Diagnostic:
    """A comma, a colon or an arrow that is not there."""
    return Diagnostic(
        code="syntax-error",
        place=place,
        message=message,
        label=f"`{mark}` is missing",
        help=f"write `{mark}`",
        fixes=(fix,),
    )


def missing_name(place: Place, what: str, help_: str = "a name stands on the line of its keyword") -> Diagnostic:
    """A name that is not there; `what` is "`next`" or "the edge", which needs it."""
    return Diagnostic(code="missing-name", place=place, message=f"{what} has no name", label="needs a name", help=help_)


def missing_reducer(place: Place, what: str, reducers: Iterable[str], end: Place) -> Diagnostic:
    """A channel without its reducer; `end` is where it would stand."""
    words = list(reducers)
    return Diagnostic(
        code="missing-name",
        place=place,
        message=f"{what} has no reducer",
        label="needs a reducer",
        help="say how several values become one: " + ", ".join(f"`{word}`" for word in words),
        candidates=tuple(sorted(words)),
        fixes=(insert(end, " overwrite", safe=False),),
    )


def missing_target(place: Place, what: str) -> Diagnostic:
    """An arrow, or an item that leads somewhere, without the node."""
    help_ = "name a node, or `END`, on the same line"
    return Diagnostic(
        code="missing-name", place=place, message=f"{what} leads nowhere", label="needs a target", help=help_
    )


def missing_value(place: Place, what: str, help_: str = "a value stands on the line of its item") -> Diagnostic:
    """An item, a key or an operator without its value."""
    return Diagnostic(
        code="missing-value", place=place, message=f"{what} has no value", label="needs a value", help=help_
    )


def missing_type(place: Place, what: str) -> Diagnostic:
    """A field, a channel or an item without its type."""
    help_ = "name a type: `string`, `int`, `float`, `bool`, `json`, `T[]`, `map<T>` or a record"
    return Diagnostic(
        code="missing-value", place=place, message=f"{what} has no type", label="needs a type", help=help_
    )


def unclosed_block(place: Place, bracket: str, opener: Place | None, fix: Fix | None) -> Diagnostic:
    """A bracket that nothing closes; `bracket` is the closing one, `place` where it is missing."""
    related = (Label(opener, "opened here"),) if opener else ()
    return Diagnostic(
        code="unclosed-block",
        place=place,
        message=f"`{bracket}` is missing here",
        label=f"expected `{bracket}`",
        help=f"close the bracket with `{bracket}`",
        related=related,
        fixes=(fix,) if fix else (),
    )


def unopened_block(place: Place, owner: str, fix: Fix) -> Diagnostic:
    """A block whose opening brace is missing."""
    message = f"{owner} has no `{{` after it"
    return Diagnostic(
        code="syntax-error",
        place=place,
        message=message,
        label="`{` is missing",
        help="open its block with `{`",
        fixes=(fix,),
    )


def unclosed_string(place: Place, fix: Fix | None, *, block: bool) -> Diagnostic:
    """A string that its line, or for `\"\"\"` the file, ends."""
    help_ = 'close it with `"""`' if block else 'close it with `"`; text over several lines stands in `"""`'
    return Diagnostic(
        code="unclosed-string",
        place=place,
        message="the string is not closed",
        label="opened here",
        help=help_,
        fixes=(fix,) if fix else (),
    )


def invalid_escape(place: Place, escape: str) -> Diagnostic:
    """A backslash and what follows it."""
    fix = insert(place, "\\", "write the backslash twice", safe=False)
    return Diagnostic(
        code="invalid-escape",
        place=place,
        message=f"a string has no escape `{escape}`",
        label="not an escape",
        help='the escapes are `\\n`, `\\t`, `\\r`, `\\\\`, `\\"`, `\\u{1F600}` and `\\{{`; a backslash itself is `\\\\`',
        fixes=(fix,),
    )


def invalid_code_point(place: Place, escape: str) -> Diagnostic:
    """A `\\u{..}` that names no character."""
    return Diagnostic(
        code="invalid-escape",
        place=place,
        message=f"`{escape}` names no character",
        label="not a code point",
        help="write the code point in one to six hexadecimal digits: `\\u{e9}`; surrogates are none",
    )


def invalid_number(place: Place, message: str, help_: str, *fixes: Fix) -> Diagnostic:
    """A number or a duration that is not well-formed."""
    return Diagnostic(
        code="invalid-number", place=place, message=message, label="not a number", help=help_, fixes=fixes
    )


def invalid_unit(place: Place, unit: str, nearest: Fix | None) -> Diagnostic:
    """A duration whose unit does not exist; `place` is the unit."""
    return Diagnostic(
        code="invalid-number",
        place=place,
        message=f"`{unit}` is no unit of time",
        label="no such unit",
        help="the units are `ms`, `s`, `m`, `h` and `d`",
        candidates=("ms", "s", "m", "h", "d"),
        fixes=(nearest,) if nearest else (),
    )


def invalid_template(place: Place, message: str, help_: str, *fixes: Fix) -> Diagnostic:
    """The inside of a template."""
    return Diagnostic(
        code="invalid-template", place=place, message=message, label="not an expression", help=help_, fixes=fixes
    )


def item_punctuation(place: Place, word: str, sign: str, fix: Fix | None) -> Diagnostic:
    """An item with `:` or `=` behind its word."""
    return Diagnostic(
        code="item-punctuation",
        place=place,
        message=f"`{word}` is an item and takes no `{sign}`",
        label="not needed",
        help=f"write `{word}` and its value with a blank between them",
        fixes=(fix,) if fix else (),
    )


def pair_punctuation(place: Place, key: str) -> Diagnostic:
    """A pair with `=` in place of the colon."""
    return Diagnostic(
        code="item-punctuation",
        place=place,
        message=f"the key `{key}` is followed by `=`",
        label="a key is followed by `:`",
        help=f"write `{key}: ..`",
        fixes=(Fix("change to `:`", (Edit(place, ":"),)),),
    )


def bad_form(place: Place, message: str, help_: str, *fixes: Fix) -> Diagnostic:
    """A value that its item cannot take, whatever it holds."""
    return Diagnostic(code="bad-value", place=place, message=message, label="not of this form", help=help_, fixes=fixes)
