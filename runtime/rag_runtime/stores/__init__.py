"""Where runs are kept: documents, runs and journals, behind one protocol. Nothing here knows what an event means."""

from __future__ import annotations

from pathlib import Path

from rag_runtime.stores.store import Store, StoreError

KNOWN = "`sqlite:PATH`, `sqlite:PATH?synchronous=normal`, `memory:`"


def open_store(url: str, *, root: Path) -> Store:
    """The store that a URL names; a relative path starts at `root`. Raises `StoreError`."""
    scheme, colon, rest = url.partition(":")
    match scheme:
        case "sqlite" if colon:
            from rag_runtime.stores.sqlite import SqliteStore

            path, synchronous = _sqlite_options(rest, url)
            return SqliteStore(root / path, synchronous=synchronous)
        case "memory" if colon and not rest:
            from rag_runtime.stores.memory import MemoryStore

            return MemoryStore()
        case _:
            raise StoreError("store-url", f"`{url}` names no store; there are {KNOWN}")


def _sqlite_options(rest: str, url: str) -> tuple[str, str]:
    path, question, query = rest.partition("?")
    if not path:
        raise StoreError("store-url", f"`{url}` has no path; write `sqlite:PATH`")
    if not question:
        return path, "full"
    option, _, value = query.partition("=")
    if option != "synchronous" or value not in ("full", "normal"):
        raise StoreError("store-url", f"`{url}`: the one option is `synchronous=full` or `synchronous=normal`")
    return path, value
