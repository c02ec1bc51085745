"""Comments: which document a declaration, which stand for themselves, and which are of another language."""

from __future__ import annotations

import re

from rag_compiler.concrete import Concrete
from rag_compiler.diagnostics import Edit, Fix
from rag_compiler.lowering import Lowering
from rag_compiler.parse import Parsed
from rag_compiler.source import Span
from rag_compiler.syntax import Comment
from rag_compiler.words.foreign import block_comment, floor_division, hash_comment, odd_blank
from rag_ir.record import record

_GAP = re.compile(rb"(?:[ \t\r\n\f\v]|//(?!/(?!/))[^\r\n]*)*")
_NUMBER = re.compile(rb"//[ \t]*\d+(?:\.\d+)?[ \t]*")
_PATH = re.compile(r"\b(?:input|state|args|output)\.[\w.]+$|\)$")
_BREAK = re.compile(r"\r\n|\n|\r")


@record
class Document:
    """`///` lines that stand together, their text, and the place of what they stand before."""

    anchor: int
    text: str
    lines: tuple[Concrete, ...]


def doc_comments(parsed: Parsed) -> list[Document]:
    """The documentation comments, those that stand together as one. Plain comments may stand between them and what they document."""
    groups: list[list[Concrete]] = []
    anchor = -1
    anchors: list[int] = []
    for extra in parsed.extras:
        if extra.kind != "doc_comment":
            continue
        if anchor == extra.start:
            groups[-1].append(extra)
            anchors.pop()
        else:
            groups.append([extra])
        match = _GAP.match(parsed.data, extra.end)
        anchor = match.end() if match else extra.end
        anchors.append(anchor)
    return [
        Document(anchor, "\n".join(_line(parsed.data, node) for node in group), tuple(group))
        for anchor, group in zip(anchors, groups, strict=True)
    ]


def _line(data: bytes, node: Concrete) -> str:
    return data[node.start + 3 : node.end].decode("utf-8", "replace").removeprefix(" ").rstrip()


def comments(low: Lowering, parsed: Parsed, loose: list[Document]) -> tuple[Comment, ...]:
    """The comments in order; documentation that stands before nothing is a comment like any other."""
    nodes = [extra for extra in parsed.extras if extra.kind == "comment"]
    nodes += [line for document in loose for line in document.lines]
    return tuple(
        Comment(low.text(node).rstrip(), node.span, not low.slice(low.line_start(node.start), node.start).strip())
        for node in sorted(nodes, key=lambda node: node.start)
    )


def report_comments(low: Lowering, parsed: Parsed) -> None:
    """Report comments and blanks of other languages; `#` lines that stand together once."""
    hashes: list[Concrete] = []
    for extra in parsed.extras:
        match extra.kind:
            case "hash_comment":
                if hashes and low.slice(hashes[-1].end, extra.start).strip(" \t").strip("\r\n"):
                    _report_hashes(low, hashes)
                    hashes = []
                hashes.append(extra)
            case "block_comment":
                _report_block(low, extra)
            case "comment" if _NUMBER.fullmatch(parsed.data, extra.start, extra.end) and _divides(low, extra):
                low.report(floor_division(low.place(Span(extra.start, extra.start + 2)), sure=False))
            case "odd_blank":
                low.report(odd_blank(low.place(extra)))
            case _:
                pass
    _report_hashes(low, hashes)


def _divides(low: Lowering, comment: Concrete) -> bool:
    """Whether what stands before a comment on its line is a path or a bracket of an expression, which a number could divide."""
    before = low.slice(low.line_start(comment.start), comment.start).rstrip()
    return _PATH.search(before) is not None


def _report_hashes(low: Lowering, hashes: list[Concrete]) -> None:
    if hashes:
        marks = [low.place(Span(node.start, node.start + 1)) for node in hashes]
        fix = Fix("change to `//`", tuple(Edit(mark, "//") for mark in marks))
        low.report(hash_comment(low.place(hashes[0]), fix))


def _report_block(low: Lowering, node: Concrete) -> None:
    written = low.text(node)
    closed = written.endswith("*/") and len(written) > 3
    text = written[2:-2] if closed else written[2:]
    lines = [line.strip().removeprefix("*").strip() for line in _BREAK.split(text)]
    if not lines[0] and len(lines) > 1:
        lines = lines[1:]
    if not lines[-1] and len(lines) > 1:
        lines = lines[:-1]
    behind = low.slice(node.end, low.line_end(node.end)).strip()
    margin = low.indent(node.start)
    mended = f"\n{margin}".join(f"// {line}".rstrip() for line in lines) + (f"\n{margin}" if behind else "")
    low.report(
        block_comment(
            low.place(Span(node.start, min(node.end, low.line_end(node.start)))), low.place(node), mended, closed=closed
        )
    )
