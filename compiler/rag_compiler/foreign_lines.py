"""Lines of other languages: edges with labels, edges with a keyword, and strings with a letter before them.

In:  what is wrong with some files, and the files.
Out: the same; what such a line is said to break is one finding about the idiom, with its mend.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rag_compiler.diagnostics import Diagnostic, Edit, Fix, Place
from rag_compiler.source import SourceFile, Span
from rag_compiler.words.foreign import edge_keyword, edge_label, string_prefix

CODES = ("syntax-error", "foreign-syntax", "unknown-item", "missing-name", "missing-value", "unknown-variable")
SILENT = (*CODES, "unknown-node", "impossible-label", "illegal-item")
"""What such a line is said to break."""
LONGEST_LINE = 1_000
_EDGE = re.compile(
    rb"[ \t]*(?P<from>\w+)[ \t]*(?P<arrow>-+>|=+>)[ \t]*(?P<before>\|[^|\r\n]*\|)?[ \t]*(?P<to>\w+)"
    rb"(?P<behind>[ \t]*(?:\[[^\]\r\n]*\]|:[^\r\n]*))?[ \t]*;?[ \t]*(?://[^\r\n]*)?"
)
_KEYWORD = re.compile(rb"[ \t]*(?P<word>edge|link|connect|transition)[ \t]+(?=\w+[ \t]*-+>)")
_PREFIXED = re.compile(rb"(?<![\w\"])(?P<letter>[fFrRbB]{1,2})(?P<text>\"(?:\\[^\r\n]|[^\"\\\r\n])*\")")
_HOLE = re.compile(r"(?<!\{)\{([^{}]+)\}(?!\})")


def with_foreign_lines(diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile]) -> list[Diagnostic]:
    """The diagnostics, those that an idiom explains replaced by one about it, once for each line."""
    told: dict[tuple[str, int], tuple[Diagnostic, Span]] = {}
    for each in diagnostics:
        if each.code in CODES and each.place.path in files:
            path, data = each.place.path, files[each.place.path].data
            line = _line(data, each.place.span.start)
            idiom = None if (path, line.start) in told else _idiom(path, line, each.place.span.start, data)
            if idiom is not None:
                told[path, line.start] = idiom
    if not told:
        return list(diagnostics)
    kept = [each for each in diagnostics if not (each.code in SILENT and _is_told(each, told, files))]
    return [*kept, *(idiom for idiom, _ in told.values())]


def _is_told(
    diagnostic: Diagnostic, told: Mapping[tuple[str, int], tuple[Diagnostic, Span]], files: Mapping[str, SourceFile]
) -> bool:
    place = diagnostic.place
    if place.path not in files:
        return False
    found = told.get((place.path, _line(files[place.path].data, place.span.start).start))
    return found is not None and found[1].start <= place.span.start <= found[1].end


def _line(data: bytes, at: int) -> Span:
    start = max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at)) + 1
    ends = (found for found in (data.find(b"\n", at), data.find(b"\r", at)) if found >= 0)
    return Span(start, min(ends, default=len(data)))


def _idiom(path: str, line: Span, at: int, data: bytes) -> tuple[Diagnostic, Span] | None:
    """What the line of a finding is, if it is one of these, and what it explains: the whole line, or what stands behind a letter."""
    text = data[line.start : line.end]
    if len(text) > LONGEST_LINE:
        return None
    keyword = _KEYWORD.match(text)
    if keyword is not None:
        start = line.start + keyword.start("word")
        rest = Place(path, Span(start, line.start + keyword.end()))
        word = Place(path, Span(start, line.start + keyword.end("word")))
        return edge_keyword(word, keyword["word"].decode(), rest), line
    edge = _EDGE.fullmatch(text)
    if edge is not None and (edge["before"] or edge["behind"]):
        return _edge(path, line.start, edge), line
    prefixed = _prefix(path, line.start, at, text)
    return (prefixed, Span(prefixed.place.span.start, line.end)) if prefixed is not None else None


def _edge(path: str, start: int, edge: re.Match[bytes]) -> Diagnostic:
    """`a -->|yes| b`, `a -> b [label="yes"]` and `a -> b: yes`."""
    group = "before" if edge["before"] else "behind"
    written = edge[group]
    begin = start + edge.start(group) + len(written) - len(written.lstrip())
    source, target = edge["from"].decode("utf-8", "replace"), edge["to"].decode("utf-8", "replace")
    whole = Place(
        path, Span(start + edge.start("from"), start + (edge.end("behind") if edge["behind"] else edge.end("to")))
    )
    fix = Fix("keep the edge without it", (Edit(whole, f"{source} -> {target}"),), "suggested")
    return edge_label(Place(path, Span(begin, start + edge.end(group))), source, target, fix)


def _prefix(path: str, start: int, at: int, text: bytes) -> Diagnostic | None:
    """The prefixed string that a finding is about, or that begins right before it."""
    for found in _PREFIXED.finditer(text):
        begin, end = start + found.start(), start + found.end()
        if begin <= at < end:
            inside = found["text"].decode("utf-8", "replace")
            mended = _HOLE.sub(r"{{ \1 }}", inside) if b"f" in found["letter"].lower() else inside
            fix = Fix(f"change to `{mended}`", (Edit(Place(path, Span(begin, end)), mended),))
            return string_prefix(Place(path, Span(begin, start + found.end("letter"))), fix)
    return None
