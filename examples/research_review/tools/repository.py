"""Reads files of the repository that the research is about: the folder `repository/`."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = (Path(__file__).parent.parent / "repository").resolve()


def read_repo(path: str) -> str:
    """The text of one file.

    Args:
        path: The file's path inside of the repository.
    """
    file = (REPOSITORY / path).resolve()
    if not file.is_relative_to(REPOSITORY):
        raise ValueError(f"`{path}` is outside of the repository")
    if not file.is_file():
        there = ", ".join(sorted(entry.name for entry in REPOSITORY.iterdir()))
        raise ValueError(f"there is no file `{path}`; there are {there}")
    return file.read_text(encoding="utf-8").strip()
