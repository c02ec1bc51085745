"""Files that the command line names: read or written, or refused with the reason."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from stat import S_IMODE

from rag_cli.printable import quoted
from rag_cli.trouble import Trouble

STDIN = "-"


def shown(path: str | os.PathLike[str]) -> str:
    """A path as messages show it."""
    return quoted(os.fspath(path))


def folder_of(root: Path) -> str:
    """A project's root as it is shown before the paths of its files: relative to the current folder, or whole if that is shorter.

    Empty for the current folder itself.
    """
    here = Path.cwd()
    relative = Path(os.path.relpath(root, here)).as_posix()
    return "" if root == here else min(relative, root.as_posix(), key=len)


def reason(error: OSError) -> str:
    """Why the system refused, in lower case and without the path."""
    text = error.strerror or type(error).__name__
    return text[:1].lower() + text[1:]


def read_bytes(path: str) -> bytes:
    """The content of a file, or of standard input for `-`. `Trouble` if it cannot be read."""
    if path == STDIN:
        return _stdin()
    if not path:
        raise Trouble("a path is empty", "name a file, or `-` for standard input")
    try:
        return Path(path).read_bytes()
    except IsADirectoryError:
        raise Trouble(f"{shown(path)} is a folder", "name a file in it") from None
    except FileNotFoundError:
        raise Trouble(f"there is no file {shown(path)}", _nearby(path)) from None
    except OSError as error:
        raise Trouble(f"{shown(path)} cannot be read: {reason(error)}") from None
    except ValueError:
        raise Trouble(f"{shown(path)} is no path") from None


def _stdin() -> bytes:
    if sys.stdin is None or sys.stdin.closed:  # pyright: ignore[reportUnnecessaryComparison]
        raise Trouble("standard input is closed", "name a file, or pipe something in")
    return sys.stdin.buffer.read()


def replace_file(path: Path, before: bytes, after: bytes) -> None:
    """Writes a file whole, through links and with its mode kept. `Trouble` if it is no longer what was read."""
    if read_bytes(str(path)) != before:
        raise Trouble(f"{shown(path)} has changed meanwhile", "run the command again")
    write_bytes(str(path), after)


def write_bytes(path: str, data: bytes) -> None:
    """Writes a file whole, or standard output for `-`: what stood there before is gone only once the new content is on disk.

    A link stays a link, and a file that is there keeps its mode.
    """
    if path == STDIN:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    target = Path(path).resolve() if Path(path).is_symlink() else Path(path)
    if target.is_dir():
        raise Trouble(f"{shown(path)} is a folder", "name a file in it")
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        beside.write_bytes(data)
        if target.exists():
            beside.chmod(S_IMODE(target.stat().st_mode))
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Trouble(f"{shown(path)} cannot be written: {reason(error)}") from None


def _nearby(path: str) -> str:
    """What to do about a path that leads nowhere."""
    folder = Path(path).parent
    if not folder.is_dir():
        return f"there is no folder {shown(folder)} either"
    from rag_ir.spell import closest

    try:
        near = closest(Path(path).name, sorted(entry.name for entry in folder.iterdir()))
    except OSError:
        return ""
    return f"did you mean {shown(folder / near)}?" if near else ""
