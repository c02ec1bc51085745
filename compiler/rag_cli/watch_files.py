"""Runs a check whenever a file of a project changes: one loop, which asks the disk what is there and how it looks."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from rag_cli.selection import SKIPPED
from rag_cli.terminal import is_terminal
from rag_project.manifest import find_root

SUFFIXES = (".rag", ".toml", ".py", ".json", ".ragsh", ".lock")
"""Sources, and what a manifest may name."""
CLEAR = "\x1b[2J\x1b[3J\x1b[H"
SECONDS = 0.3

Stamps = Mapping[str, tuple[int, int]]
"""When each file was written, and how large it is."""


def watch_files(paths: Sequence[str], check: Callable[[], None], wait: Callable[[], None] | None = None) -> None:
    """Checks, and checks again after every change, until an exception (Ctrl-C) ends it.

    What changes while a check goes on is seen behind it, so that the last check is always of what is there. `wait` stands between
    two looks at the disk; without one it is a part of a second.
    """
    roots = [_root(Path(path)) for path in paths]
    before: Stamps | None = None
    while True:
        now = stamps(roots)
        if now != before:
            before = now
            if is_terminal(sys.stdout):
                print(CLEAR, end="", flush=True)
            check()
            sys.stdout.flush()
        (wait or _wait)()


def stamps(roots: Sequence[Path]) -> Stamps:
    """How everything below some folders (or some files themselves) looks."""
    return dict(found for root in roots for found in (_below(str(root)) if root.is_dir() else _stamp(str(root))))


def _root(path: Path) -> Path:
    """What to look at for a path: its whole project, else the path itself."""
    folder = path if path.is_dir() else path.parent
    return find_root(folder) or path.absolute()


def _below(folder: str) -> Iterator[tuple[str, tuple[int, int]]]:
    for current, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in SKIPPED]
        for name in names:
            if name.endswith(SUFFIXES):
                yield from _stamp(os.path.join(current, name))  # noqa: PTH118


def _stamp(path: str) -> Iterator[tuple[str, tuple[int, int]]]:
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return
    yield path, (found.st_mtime_ns, found.st_size)


def _wait() -> None:
    time.sleep(SECONDS)
