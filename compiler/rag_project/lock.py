"""The lock of a project on disk: `rag.lock` beside the manifest."""

from __future__ import annotations

from pathlib import Path

from rag_project.files import Unreadable, read_file
from rag_registry.lock import LARGEST, NAME, Lock, read_lock


def load_lock(root: Path) -> Lock | str | None:
    """The lock of a root, null where there is none, or why it cannot be read."""
    path = root / NAME
    try:
        if not path.exists():
            return None
        return read_lock(read_file(path, LARGEST))
    except Unreadable as unreadable:
        return f"it {unreadable}"
    except OSError as error:
        return f"it cannot be read: {(error.strerror or type(error).__name__).lower()}"
