"""A reader that remembers: while files change one at a time, the others are not parsed again."""

from __future__ import annotations

from rag_compiler.pipeline import Read, read
from rag_compiler.source import SourceFile


class Reader:
    """Reads files, and remembers the last text of each with what it gave."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[SourceFile, Read]] = {}

    def __call__(self, file: SourceFile) -> Read:
        known = self._known.get(file.path)
        if known is None or known[0] != file:
            known = self._known[file.path] = (file, read(file))
        return known[1]
