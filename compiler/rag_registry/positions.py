"""Where the keys and values of a manifest stand: byte ranges by JSON pointer, loaded only for a diagnostic.

A key's range is its name, inside the quotes where it has them; a value's is the whole value. A table that a header makes has the
header's path as its value; one that is only implied by a longer path has the part of that path that names it. An element of an
array has its value for a key.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from rag_ir.finding import pointer

Range = tuple[int, int]
Part = tuple[str, int, int]
Path = tuple[str | int, ...]

_BLANK = b" \t"
_SPACE = b" \t\r\n"
_BARE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def positions(text: bytes) -> dict[str, tuple[Range, Range]]:
    """JSON pointer -> (range of the key, range of the value), for everything that the text defines.

    The text is TOML; of one that is not, what stands before the first fault is found. The whole is at the empty pointer.
    """
    scanner = _Scanner(text)
    with suppress(_NotToml, RecursionError):
        scanner.document()
    return {"": ((0, 0), (0, len(text))), **{pointer(*path): ranges for path, ranges in scanner.found.items()}}


def pointer_at(text: bytes, offset: int) -> str:
    """The pointer of the smallest key or value that an offset is in; empty where it is in none."""
    found, size = "", len(text) + 1
    for at, ranges in positions(text).items():
        for start, end in ranges:
            if start <= offset <= end and end - start < size and at:
                found, size = at, end - start
    return found


class _NotToml(Exception):
    """The text is no TOML at some place."""


class _Scanner:
    def __init__(self, text: bytes) -> None:
        self.text = text
        self.at = 3 if text.startswith(b"\xef\xbb\xbf") else 0
        self.found: dict[Path, tuple[Range, Range]] = {}
        self.arrays: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        while self.skip_space():
            if self.text.startswith(b"[[", self.at):
                table = self.header(2)
            elif self.peek() == b"[":
                table = self.header(1)
            else:
                self.pair(table)
            self.end_line()

    def header(self, brackets: int) -> Path:
        """A table's header, or with two brackets one of an array's; gives the table's path."""
        self.at += brackets
        self.skip(_BLANK)
        start = self.at
        parts = self.path()
        whole = (start, parts[-1][2] + (self.text[parts[-1][2] : parts[-1][2] + 1] in (b'"', b"'")))
        table: Path = ()
        for index, part in enumerate(parts):
            table = (*table, part[0])
            last = index == len(parts) - 1
            if last and brackets == 1:
                self.found[table] = (part[1:], whole)
            else:
                self.found.setdefault(table, (part[1:], whole if last else part[1:]))
            if last and brackets == 2:
                count = self.arrays[table] = self.arrays.get(table, 0) + 1
                self.found[(*table, count - 1)] = (whole, whole)
            if table in self.arrays:
                table = (*table, self.arrays[table] - 1)
        self.skip(_BLANK)
        self.expect(b"]" * brackets)
        return table

    def pair(self, table: Path) -> None:
        """`key.path = value`"""
        parts = self.path()
        path = table
        for name, start, end in parts[:-1]:
            path = (*path, name)
            self.found.setdefault(path, ((start, end), (start, end)))
        name, start, end = parts[-1]
        self.skip(_BLANK)
        self.expect(b"=")
        self.skip(_BLANK)
        self.value((*path, name), (start, end))

    def path(self) -> list[Part]:
        parts = [self.key()]
        self.skip(_BLANK)
        while self.peek() == b".":
            self.at += 1
            self.skip(_BLANK)
            parts.append(self.key())
            self.skip(_BLANK)
        return parts

    def key(self) -> Part:
        start = self.at
        if self.peek() in (b'"', b"'"):
            self.string()
            return _text(self.text[start : self.at]), start + 1, self.at - 1
        while self.at < len(self.text) and self.text[self.at] in _BARE:
            self.at += 1
        if self.at == start:
            raise _NotToml
        return self.text[start : self.at].decode(), start, self.at

    def value(self, path: Path, key: Range | None = None) -> None:
        """One value at a path; what stands in it comes after it."""
        start = self.at
        self.found[path] = (key or (start, start), (start, start))
        mark = self.peek()
        if mark == b"[":
            self.array(path)
        elif mark == b"{":
            self.items(b"}", lambda _: self.pair(path))
        elif mark in (b'"', b"'"):
            self.string()
        else:
            self.scalar()
        self.found[path] = (key or (start, self.at), (start, self.at))

    def array(self, path: Path) -> None:
        self.items(b"]", lambda index: self.value((*path, index)))

    def items(self, close: bytes, item: Callable[[int], None]) -> None:
        """Items with commas between them, up to a closing bracket."""
        self.at += 1
        index = 0
        while self.skip_space() and self.peek() != close:
            item(index)
            index += 1
            self.skip_space()
            if self.peek() == b",":
                self.at += 1
            elif self.peek() != close:
                raise _NotToml
        self.expect(close)

    def scalar(self) -> None:
        """A number, a boolean, a date: everything up to what can follow a value."""
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in b",]}#\r\n":
            self.at += 1
        while self.at > start and self.text[self.at - 1] in _BLANK:
            self.at -= 1
        if self.at == start:
            raise _NotToml

    def string(self) -> None:
        quote = self.peek()
        long = self.text.startswith(quote * 3, self.at)
        mark = quote * 3 if long else quote
        self.at += len(mark)
        while not self.text.startswith(mark, self.at):
            if self.at >= len(self.text) or (not long and self.text[self.at] == 0x0A):
                raise _NotToml
            self.at += 2 if quote == b'"' and self.text[self.at] == 0x5C else 1
        self.at += len(mark)
        extra = 0
        while long and extra < 2 and self.peek() == quote:
            self.at += 1
            extra += 1

    def skip(self, what: bytes) -> None:
        while self.at < len(self.text) and self.text[self.at] in what:
            self.at += 1

    def skip_space(self) -> bool:
        """Go past white space, line ends and comments; whether anything follows."""
        self.skip(_SPACE)
        while self.peek() == b"#":
            self.skip_line()
            self.skip(_SPACE)
        return self.at < len(self.text)

    def skip_line(self) -> None:
        end = self.text.find(b"\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def end_line(self) -> None:
        self.skip(_BLANK)
        if self.peek() == b"#":
            self.skip_line()
        elif self.peek() not in (b"", b"\r", b"\n"):
            raise _NotToml

    def peek(self) -> bytes:
        return self.text[self.at : self.at + 1]

    def expect(self, mark: bytes) -> None:
        if not self.text.startswith(mark, self.at):
            raise _NotToml
        self.at += len(mark)


def _text(quoted: bytes) -> str:
    """The text of a quoted key."""
    import tomllib

    if b"\\" not in quoted:
        return quoted[1:-1].decode("utf-8", "replace")
    try:
        return str(tomllib.loads(f"key = {quoted.decode('utf-8', 'replace')}")["key"])
    except tomllib.TOMLDecodeError:
        raise _NotToml from None
