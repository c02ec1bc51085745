"""Two versions of a file as a unified diff that `patch -p1` and `git apply` take, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

CONTEXT = 3
NO_BREAK = "\n\\ No newline at end of file\n"


def unified(path: str, before: bytes, after: bytes) -> bytes:
    """The diff; empty where nothing differs. Lines end at LF, as in every diff."""
    old, new = _lines(before), _lines(after)
    diff = unified_diff(old, new, _header("a", path), _header("b", path), n=CONTEXT)
    return "".join(_whole(line) for line in diff).encode("utf-8", "surrogateescape")


def _lines(text: bytes) -> list[str]:
    whole = text.decode("utf-8", "surrogateescape").split("\n")
    return [*(f"{line}\n" for line in whole[:-1]), *([whole[-1]] if whole[-1] else [])]


def _whole(line: str) -> str:
    return line if line.endswith("\n") else line + NO_BREAK


def _header(side: str, path: str) -> str:
    """A path as git names it; one that would not fit on the line is quoted."""
    name = f"{side}/{path}"
    return name if name.isprintable() and '"' not in name else _quoted(name)


def _quoted(name: str) -> str:
    text = name.encode("utf-8", "surrogateescape")
    return (
        '"' + "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}" for byte in text) + '"'
    )


def shown_lines(diff: bytes) -> Iterator[str]:
    """The lines of a diff for people: nothing in them moves a cursor. They are no longer what `patch` takes."""
    from rag_cli.printable import printable

    for line in diff.decode("utf-8", "replace").split("\n"):
        yield "\t".join(printable(part) for part in line.split("\t"))
