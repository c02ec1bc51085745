"""Files of a project: read up to a limit, and never outside of the root."""

from __future__ import annotations

from pathlib import Path


class Unreadable(Exception):
    """A file cannot be read; the message goes on from the file's name: "does not exist"."""


def read_file(path: Path, most: int) -> bytes:
    """A file's bytes, at most one more than `most`, by which its reader sees that it is too large. Raises Unreadable."""
    try:
        if path.exists() and not path.is_file():
            raise Unreadable("is no file")
        with path.open("rb") as stream:
            return stream.read(most + 1)
    except FileNotFoundError:
        raise Unreadable("does not exist") from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise Unreadable(f"cannot be read: {reason}") from None
    except ValueError:
        raise Unreadable("has a name that no file can have") from None


def inside(path: Path, root: Path) -> bool:
    """Whether a path, its links followed, is within a root that is resolved itself."""
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError, ValueError):
        return False


def shown(path: Path, root: Path) -> str:
    """The path as people read it: below the root, with `/` between its parts, characters that are no text replaced."""
    text = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
