"""The `.rag` files of a project: those that the manifest's globs match inside the root.

A glob's parts are matched against a path's: `**` is any number of folders, `*`, `?` and `[..]` are within one part. Folders whose
name begins with a point, and those of package managers, are looked into only where a glob names them. Links to folders are not
followed, and links to files only inside the root; those that a glob names are told.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from rag_ir.record import record
from rag_project.files import inside

SUFFIX = ".rag"
SKIPPED = ("node_modules", "__pycache__")

Parts = tuple[str, ...]


@record
class Found:
    """Sources in the order of their paths, each file once; links that are refused; the indices of globs that match nothing."""

    paths: tuple[Path, ...]
    refused: tuple[Path, ...]
    fruitless: tuple[int, ...]


def find_sources(root: Path, globs: Sequence[str]) -> Found:
    """The sources of a root that is resolved. A folder that cannot be listed has none."""
    patterns = [tuple(part for part in glob.split("/") if part != ".") for glob in globs]
    paths: dict[Path, Path] = {}
    refused: list[Path] = []
    fruitful: set[int] = set()
    for parts, is_link in sorted(_walk(root, patterns)):
        path = root.joinpath(*parts)
        matches = [index for index, pattern in enumerate(patterns) if (_names if is_link else _matches)(pattern, parts)]
        fruitful.update(matches)
        if matches and (is_link or not inside(path, root)):
            refused.append(path)
        elif matches:
            paths.setdefault(path.resolve(), path)
    fruitless = tuple(index for index in range(len(patterns)) if index not in fruitful)
    return Found(tuple(paths.values()), tuple(refused), fruitless)


def _walk(root: Path, patterns: Sequence[Parts]) -> Iterator[tuple[Parts, bool]]:
    """Every `.rag` file, and (with True) every link to a folder, as the parts of its path below the root."""
    pending: list[Parts] = [()]
    while pending:
        folder = pending.pop()
        try:
            entries = list(os.scandir(root.joinpath(*folder)))
        except OSError:
            continue
        for entry in entries:
            parts = (*folder, entry.name)
            if entry.is_dir(follow_symlinks=False):
                if _enters(parts, patterns):
                    pending.append(parts)
            elif entry.is_symlink() and entry.is_dir():
                yield parts, True
            elif entry.name.endswith(SUFFIX) and entry.is_file():
                yield parts, False


def _enters(parts: Parts, patterns: Sequence[Parts]) -> bool:
    """Whether a folder can hold sources. Only a glob that names it leads into a hidden one."""
    name = parts[-1]
    if name.startswith(".") or name in SKIPPED:
        return any(_names(pattern, parts) for pattern in patterns)
    return True


def _names(pattern: Parts, parts: Parts) -> bool:
    """Whether a glob's first parts are those of a folder, letter by letter."""
    return len(pattern) > len(parts) and pattern[: len(parts)] == parts


def _matches(pattern: Parts, parts: Parts) -> bool:
    """Whether a glob matches a path: the places in the glob that the path's parts so far can have led to are followed."""
    places = _past_folders(pattern, {0})
    for part in parts:
        reached: set[int] = set()
        for place in places:
            if place == len(pattern):
                continue
            if pattern[place] == "**":
                reached.add(place)
            elif fnmatchcase(part, pattern[place]):
                reached.add(place + 1)
        places = _past_folders(pattern, reached)
    return len(pattern) in places


def _past_folders(pattern: Parts, places: set[int]) -> set[int]:
    """The places, and those behind a `**` that stands for no folder."""
    found = set(places)
    for place in places:
        while place < len(pattern) and pattern[place] == "**":
            place += 1
            found.add(place)
    return found
