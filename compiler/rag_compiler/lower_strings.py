"""Decode strings: escapes, the indentation of `\"\"\"` texts, and the places of the templates in them."""

from __future__ import annotations

import re

from rag_compiler.concrete import Concrete
from rag_compiler.lowering import Lowering
from rag_compiler.source import Span
from rag_compiler.words.foreign import quotes
from rag_compiler.words.syntax import (
    bad_form,
    insert,
    invalid_code_point,
    invalid_escape,
    invalid_template,
    unclosed_string,
)

ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\\\": "\\", '\\"': '"', "\\{{": "{{"}
Part = str | Concrete
"""A piece of decoded text, or the node of a template."""

_AFTER = re.compile(rb"[\]}, \t]*\Z")
"""What likely stands behind a string that is not closed."""
_BREAK = re.compile(r"\r\n|\n|\r")


def plain_text(low: Lowering, node: Concrete, what: str) -> str | None:
    """The text of a string that can hold no template; null if it holds one, or is not closed, which has been reported."""
    parts = string_parts(low, node)
    if node.first("missing_quote"):
        return None
    templates = [part for part in parts if not isinstance(part, str)]
    if templates:
        message = f"{what} is a plain text and cannot hold a template"
        low.report(bad_form(low.place(templates[0]), message, "write the text itself, or `\\{{` for two braces"))
        return None
    return "".join(part for part in parts if isinstance(part, str))


def string_parts(low: Lowering, node: Concrete) -> tuple[Part, ...]:
    """Decoded text and templates in turn; neighbouring texts are one, empty ones left out."""
    if node.kind == "foreign_string":
        return _foreign(low, node)
    if node.broken:
        _report_open(low, node)
    parts: list[Part] = []
    block = node.kind == "block_string"
    for piece in _dedented(low, node) if block else _pieces(low, node):
        if isinstance(piece, str) and parts and isinstance(parts[-1], str):
            parts[-1] += piece
        elif piece != "":
            parts.append(piece)
    return tuple(parts)


def _pieces(low: Lowering, node: Concrete) -> list[Part]:
    return [piece for child in node.children if (piece := _piece(low, child)) is not None]


def _piece(low: Lowering, child: Concrete) -> Part | None:
    match child.kind:
        case "string_content":
            return low.text(child)
        case "escape":
            return _escape(low, child)
        case "template":
            return child
        case "open_template":
            _open_template(low, child)
            return low.text(child)
        case _:
            return None


def _escape(low: Lowering, node: Concrete) -> str:
    written = low.text(node)
    if written in ESCAPES:
        return ESCAPES[written]
    if not written.startswith("\\u{"):
        low.report(invalid_escape(low.place(node), written))
        return written
    digits = written[3:].rstrip("}")
    try:
        point = int(digits, 16) if written.endswith("}") and 1 <= len(digits) <= 6 and "_" not in digits else -1
    except ValueError:
        point = -1
    if 0 <= point < 0xD800 or 0xE000 <= point <= 0x10FFFF:
        return chr(point)
    low.report(invalid_code_point(low.place(node), written))
    return written


def _open_template(low: Lowering, node: Concrete) -> None:
    mark = low.place(Span(node.start, node.start + 2))
    fix = insert(mark, "\\", "write `\\{{` for two braces", safe=False)
    low.report(invalid_template(mark, "`{{` is not closed on its line", "close it with `}}`", fix))


def _report_open(low: Lowering, node: Concrete) -> None:
    """A string that nothing closes: the range goes from its quote to the line's end."""
    end = low.line_end(node.start)
    block = node.kind == "block_string"
    at = min(end, node.end)
    if not block:
        at -= len(_AFTER.findall(low.data[node.start : at])[0])
    close = low.place(Span(at, at))
    fix = None if block else insert(close, '"', 'insert `"`', safe=False)
    low.trouble(unclosed_string(low.place(Span(node.start, end)), fix, block=block))


def foreign_text(written: str) -> str:
    """What stands between quotes of another language, closed or not."""
    quote = written[0]
    closing = {"\u201c": "\u201d", "\u201e": "\u201c"}.get(quote, quote)
    closed = len(written) > 1 and written[-1] in (quote, closing, "\u201d", '"')
    return written[1:-1] if closed else written[1:]


def _foreign(low: Lowering, node: Concrete) -> tuple[Part, ...]:
    text = foreign_text(low.text(node))
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    low.report(quotes(low.place(node), f'"{escaped}"'))
    return (text,) if text else ()


# ---- the indentation of triple-quoted texts ----


def _dedented(low: Lowering, node: Concrete) -> list[Part]:
    """The common white space that the non-blank lines begin with is removed, with the first break and the last blank line."""
    lines = _lines(low, node)
    if len(lines) > 1 and _is_blank(lines[0]):
        lines = lines[1:]
        if len(lines) == 1 and _is_blank(lines[0]):
            return []
    margin = _margin(lines)
    if len(lines) > 1 and _is_blank(lines[-1]):
        lines = [*lines[:-2], _without_break(lines[-2])]
    return [_decode(low, piece) for line in lines for piece in _cut(line, margin)]


class _Raw:
    """Text of a line as written, its break included."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


_Piece = _Raw | Concrete


def _without_break(line: list[_Piece]) -> list[_Piece]:
    last = line[-1]
    return [*line[:-1], _Raw(last.text.removesuffix("\n"))] if isinstance(last, _Raw) else line


def _lines(low: Lowering, node: Concrete) -> list[list[_Piece]]:
    lines: list[list[_Piece]] = [[]]
    for child in node.children:
        if child.kind != "string_content":
            if child.kind in ("escape", "template", "open_template"):
                lines[-1].append(child)
            continue
        text = low.text(child)
        at = 0
        for match in _BREAK.finditer(text):
            lines[-1].append(_Raw(text[at : match.start()] + "\n"))
            lines.append([])
            at = match.end()
        if at < len(text):
            lines[-1].append(_Raw(text[at:]))
    return lines


def _is_blank(line: list[_Piece]) -> bool:
    return all(isinstance(piece, _Raw) and not piece.text.strip(" \t\n") for piece in line)


def _margin(lines: list[list[_Piece]]) -> str:
    """The longest white space that every non-blank line begins with."""
    margin: str | None = None
    for line in lines:
        if _is_blank(line):
            continue
        first = line[0]
        blanks = first.text[: len(first.text) - len(first.text.lstrip(" \t"))] if isinstance(first, _Raw) else ""
        margin = blanks if margin is None else _shared(margin, blanks)
    return margin or ""


def _shared(left: str, right: str) -> str:
    length = 0
    while length < min(len(left), len(right)) and left[length] == right[length]:
        length += 1
    return left[:length]


def _cut(line: list[_Piece], margin: str) -> list[_Piece]:
    if not line or not isinstance(line[0], _Raw):
        return line
    first = line[0].text
    if first.startswith(margin):
        return [_Raw(first[len(margin) :]), *line[1:]]
    return [_Raw(first.lstrip(" \t")), *line[1:]]


def _decode(low: Lowering, piece: _Piece) -> Part:
    if isinstance(piece, _Raw):
        return piece.text
    return _piece(low, piece) or ""
