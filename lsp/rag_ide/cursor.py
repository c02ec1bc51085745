"""A place in a text that is being written: the blocks around it, what stands before it in its entry, and the word that it is in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rag_compiler.source import Span
from rag_ide.tokens import Token, declaration_start, is_closed, open_template, tokens
from rag_ir.record import record

Block = Literal[
    "file", "graph", "agent", "node", "fields", "outputs", "channels", "defaults", "routes", "send", "payload", "command", "update",
    "writes", "with", "args", "options", "retry", "budget", "cache", "steering", "names", "free", "test", "expression", "template",
]  # fmt: skip
Sort = Literal["code", "name", "text", "comment"]

_ITEM_BLOCKS = ("graph", "agent", "node", "command", "test")
_ONE_NAME = (
    "kind", "model", "agent", "tool", "graph", "router", "script", "next", "on_error", "goto", "into", "start", "checkpoint",
    "interrupt", "context",
)  # fmt: skip
_NAMED_BLOCKS: dict[str, Block] = {
    "defaults": "defaults", "routes": "routes", "command": "command", "writes": "writes", "with": "with", "args": "args",
    "update": "update", "state": "channels", "retry": "retry", "budget": "budget", "cache": "cache", "steering": "steering",
}  # fmt: skip
_LISTS = ("tools", "sources", "options", "stores", "middleware", "allow", "join", "human", "parent")


@record
class Level:
    """A block that is open: what it is, and the tokens before its bracket."""

    block: Block
    head: tuple[Token, ...]
    bracket: str

    def word(self, at: int) -> str:
        """A word of the head, or empty."""
        return self.head[at].text.strip('"') if at < len(self.head) else ""


@record
class Cursor:
    """`levels` from the outermost; `entry` holds what stands before the word at the place. `sort` says what that word is: of the
    language, in quotes where a name can stand, in a text, or in a comment. `span` is the whole word, without quotes."""

    levels: tuple[Level, ...]
    entry: tuple[Token, ...]
    word: str
    span: Span
    sort: Sort
    closed: bool = True

    @property
    def block(self) -> Block:
        """The innermost block."""
        return self.levels[-1].block

    def level(self, *blocks: Block) -> Level | None:
        """The innermost block of one of some sorts."""
        return next((level for level in reversed(self.levels) if level.block in blocks), None)


def cursor_at(data: bytes, offset: int) -> Cursor:
    """The cursor at a byte offset. Total on any bytes."""
    offset = min(max(offset, 0), len(data))
    start = _word_start(data, offset)
    end = _word_end(data, offset)
    read = list(tokens(data, declaration_start(data, offset), start))
    last = read[-1] if read else None
    if last is not None and last.end == start:
        if last.sort == "comment":
            return _plain(read, Span(offset, offset), "comment")
        if last.sort == "string" and not is_closed(last):
            return _in_string(data, read, offset)
    word = data[start:offset].decode("utf-8", "replace")
    levels, entry = _levels(read)
    return Cursor(levels, entry, word, Span(start, end), "code")


def _plain(read: Sequence[Token], span: Span, sort: Sort) -> Cursor:
    levels, entry = _levels(read[:-1])
    return Cursor(levels, entry, "", span, sort)


def _in_string(data: bytes, read: list[Token], offset: int) -> Cursor:
    string = read[-1]
    levels, entry = _levels(read[:-1])
    inside = open_template(data[string.start : offset])
    if inside is not None:
        return _in_template(data, (*levels, Level("template", entry, "{{")), string.start + inside, offset)
    quotes = 3 if string.text.startswith('"""') else 1
    first = string.start + quotes
    end = _string_end(data, offset)
    span = Span(first, offset if end is None else end)
    sort: Sort = "text" if quotes == 3 else "name"
    word = data[first:offset].decode("utf-8", "replace")
    return Cursor(levels, entry, word, span, sort, closed=end is not None)


def _in_template(data: bytes, levels: tuple[Level, ...], inside: int, offset: int) -> Cursor:
    start = max(_word_start(data, offset), inside)
    read = list(tokens(data, inside, start))
    word = data[start:offset].decode("utf-8", "replace")
    span = Span(start, _word_end(data, offset))
    if read and read[-1].sort == "string" and not is_closed(read[-1]):
        return Cursor(levels, tuple(read[:-1]), "", Span(offset, offset), "text")
    below, entry = _levels(read, "template")
    return Cursor((*levels, *below[1:]), entry, word, span, "code")


def _string_end(data: bytes, offset: int) -> int | None:
    """Where the string that a place is in is closed, on its line; null where it is not."""
    at = offset
    while at < len(data) and data[at] not in b'"\r\n':
        at += 2 if data[at] == 0x5C else 1
    return at if at < len(data) and data[at : at + 1] == b'"' else None


_WORD = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")


def _word_start(data: bytes, offset: int) -> int:
    while offset > 0 and data[offset - 1] in _WORD:
        offset -= 1
    return offset


def _word_end(data: bytes, offset: int) -> int:
    while offset < len(data) and data[offset] in _WORD:
        offset += 1
    return offset


# ---- blocks --------------------------------------------------------------------------------------------------------------


def _levels(read: Sequence[Token], outermost: Block = "file") -> tuple[tuple[Level, ...], tuple[Token, ...]]:
    """The blocks that tokens leave open, and the entry that they end in."""
    levels = [Level(outermost, (), "")]
    entry: list[Token] = []
    for token in read:
        block = levels[-1].block
        if token.sort == "comment":
            continue
        if token.sort == "line":
            if block not in ("expression", "template") or levels[-1].bracket == "{":
                entry = []
        elif token.text in ("{", "[", "("):
            levels, entry = _opened(levels, entry, token)
        elif token.text in ("}", "]", ")"):
            levels, entry = _closed(levels, entry, token)
        elif token.text == "," and token.sort == "mark":
            entry = []
        else:
            entry = _with(entry, token, block)
    return tuple(levels), tuple(entry)


def _opened(levels: list[Level], entry: list[Token], token: Token) -> tuple[list[Level], list[Token]]:
    if token.text == "{" and len(entry) == 2 and entry[0].text == "node":
        # A node stands in a graph: what is open below it has lost its bracket.
        depth = next((at for at, level in enumerate(levels) if level.block == "graph"), len(levels) - 1)
        levels = levels[: depth + 1]
    block = _block(levels[-1].block, entry, token.text)
    return [*levels, Level(block, tuple(entry), token.text)], []


def _closed(levels: list[Level], entry: list[Token], token: Token) -> tuple[list[Level], list[Token]]:
    opening = {"}": "{", "]": "[", ")": "("}[token.text]
    at = next((at for at in range(len(levels) - 1, 0, -1) if levels[at].bracket == opening), None)
    if at is None:
        return levels, entry
    level = levels[at]
    group = Token("group", opening, level.head[-1].end if level.head else token.start, token.end)
    return levels[:at], _with([*level.head, group], None, levels[at - 1].block)


def _with(entry: list[Token], token: Token | None, block: Block) -> list[Token]:
    """The entry with one more token. An item that is complete is dropped, and so is a pair before the next pair's key."""
    entry = [*entry, token] if token is not None else entry
    if token is not None and token.text == ":" and any(each.text == ":" for each in entry[:-2]):
        return entry[-2:]
    if (
        token is not None
        and block in (*_ITEM_BLOCKS, "routes")
        and _is_complete(entry[:-1], block)
        and token.sort in ("word", "string")
    ):
        return [token]
    return entry


def _is_complete(entry: Sequence[Token], block: Block) -> bool:
    """Whether a further word would begin another item."""
    if len(entry) < 2:
        return False
    if entry[-2].text == "->":
        return True
    if entry[-1].sort == "group":
        return entry[0].text not in ("channel", "type") and not (entry[0].text == "join" and block == "graph")
    return len(entry) == 2 and entry[0].text in _ONE_NAME and entry[1].text != "->"


def _block(outer: Block, entry: Sequence[Token], bracket: str) -> Block:
    """What a bracket opens, given where it stands and what stands before it."""
    word = entry[0].text if entry else ""
    if bracket == "(":
        return "expression"
    match outer:
        case "file":
            return _declared(word)
        case "graph":
            return _of_graph(word, bracket)
        case "node" | "agent" | "command" | "test":
            return _of_item(word, outer, bracket)
        case "send":
            return _of_send(entry, bracket)
        case "retry" | "steering" if bracket == "[":
            return "names"
        case "defaults" if word == "retry":
            return "retry"
        case "fields" | "outputs" | "channels":
            return "fields" if bracket == "{" and not any(each.text == "=" for each in entry) else "expression"
        case _:
            return "expression"


def _declared(word: str) -> Block:
    match word:
        case "graph" | "agent" | "test":
            return word
        case "type":
            return "fields"
        case _:
            return "free"


def _of_graph(word: str, bracket: str) -> Block:
    if word == "node":
        return "node"
    if bracket == "[":
        return "names" if word in ("join", "allow") else "expression"
    match word:
        case "input" | "type":
            return "fields"
        case "output":
            return "outputs"
        case "join":
            return "options"
        case _:
            return "free" if word == "metadata" else _NAMED_BLOCKS.get(word, "expression")


def _of_item(word: str, outer: Block, bracket: str) -> Block:
    if bracket == "[":
        return "names" if word in _LISTS else "send" if word in ("send", "sends") else "expression"
    if word == "join":
        return "options"
    if word == "output" or (word == "input" and outer == "agent"):
        return "fields"
    if word == "input":
        return "with" if outer == "node" else "free"
    return "free" if word == "metadata" else _NAMED_BLOCKS.get(word, "expression")


def _of_send(entry: Sequence[Token], bracket: str) -> Block:
    last = entry[-1].text if entry else ""
    if bracket == "[":
        return "expression"
    match last:
        case "retry" | "writes":
            return last
        case _:
            return "payload"
