"""What there is to know about the word at a place."""

from __future__ import annotations

from rag_compiler.kinds import KIND_ALIASES, KINDS, REDUCER_ALIASES, REDUCERS, REFUSED_REDUCERS
from rag_compiler.pipeline import Analysis
from rag_compiler.source import Span
from rag_compiler.type_of_places import type_at
from rag_compiler.words.types import shown
from rag_ide.describe import describe, page
from rag_ide.documentation import DECLARATIONS, ROOTS, TYPES, WORDS, item_doc
from rag_ide.here import Here, here_at
from rag_ide.shapes import members_of
from rag_ide.subjects import index
from rag_ir.operators import FUNCTIONS
from rag_ir.record import record
from rag_ir.types import ALIASES, JSON


@record
class Hover:
    """A description as Markdown, and the word that it is about."""

    span: Span
    text: str


def hover(analysis: Analysis, path: str, offset: int) -> Hover | None:
    """The description of what stands at a byte offset; null where there is nothing to say."""
    found = index(analysis).at(path, offset)
    if found is not None:
        text = describe(analysis, found.subject)
        return Hover(found.place.span, text) if text else None
    here = here_at(analysis, path, offset)
    if here is None or here.cursor.sort != "code" or here.cursor.span.start == here.cursor.span.end:
        return None
    text = _word(here) or _typed(here, offset)
    return Hover(here.cursor.span, text) if text else None


def _word(here: Here) -> str:
    """What a word that is no bound name means where it stands."""
    cursor = here.cursor
    word = here.data[cursor.span.start : cursor.span.end].decode("utf-8", "replace")
    entry = [token.text for token in cursor.entry]
    if entry[-1:] == ["."]:
        return _member(here, word)
    if entry[:1] == ["kind"] and len(entry) == 1:
        return _kind(word)
    if entry[:1] == ["channel"] and len(entry) > 1 and word in (*REDUCERS, *REDUCER_ALIASES, *REFUSED_REDUCERS):
        return _reducer(word)
    if not entry and cursor.block in ("graph", "agent", "node", "test", "command"):
        block = cursor.block if cursor.block != "command" else "node"
        return page("", f"`{word}`: {item_doc(block, word)}") if item_doc(block, word) else ""
    if not entry and cursor.block == "file" and word in DECLARATIONS:
        return f"`{word}`: {DECLARATIONS[word]}"
    return _in_expression(word, here.data[cursor.span.end : cursor.span.end + 1])


def _kind(word: str) -> str:
    kind = KINDS.get(KIND_ALIASES.get(word, word))
    if kind is None:
        return ""
    facts = [
        f"its own items: {_quoted(kind.own)}" if kind.own else "",
        f"required: {_quoted(kind.required)}" if kind.required else "",
        f"outcomes: {_quoted(kind.labels)}" if kind.labels else "",
    ]
    return page(f"kind {kind.name}", kind.summary, facts)


def _reducer(word: str) -> str:
    name = REDUCER_ALIASES.get(word, word)
    return f"`{name}`: {REDUCERS.get(name) or REFUSED_REDUCERS.get(name, '')}"


def _in_expression(word: str, behind: bytes) -> str:
    if word in FUNCTIONS and behind == b"(":
        return f"`{word}(..)`: {FUNCTIONS[word].summary}"
    if word in ROOTS:
        return f"`{word}`: {ROOTS[word]}"
    if word in WORDS:
        return f"`{word}`: {WORDS[word]}"
    if word in ALIASES or word in TYPES:
        name = ALIASES.get(word, word)
        return f"`{name}`: {TYPES.get(name, '')}"
    return ""


def _member(here: Here, word: str) -> str:
    path = chain([token.text for token in here.cursor.entry])
    found = next(
        (each for each in members_of(here.analysis, here.graph, here.node or here.agent, path) if each.name == word),
        None,
    )
    if found is None:
        return ""
    return page(".".join((*path, word)) + (f": {found.detail}" if found.detail else ""), found.doc)


def _typed(here: Here, offset: int) -> str:
    """The type of the path that ends in the word: of a variable, or of a member of one."""
    end = here.cursor.span.end
    found = type_at(here.analysis.project, here.analysis.registry, here.path, offset)
    if found is None or found.span.end != end or found.type == JSON:
        return ""
    return page(f"{here.data[found.span.start : end].decode('utf-8', 'replace')}: {shown(found.type)}", "")


def chain(texts: list[str]) -> list[str]:
    """The path that ends in a point: `state.a.` gives `state` and `a`."""
    path: list[str] = []
    at = len(texts) - 1
    while at > 0 and texts[at] == ".":
        path.insert(0, texts[at - 1])
        at -= 2
    return path


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
