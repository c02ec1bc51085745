"""Which projects, and which of their files, the paths of a command line mean."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from rag_cli.files import STDIN, read_bytes, shown
from rag_cli.trouble import Trouble
from rag_compiler.source import SourceFile
from rag_ir.record import field, mutable
from rag_project.manifest import NAME, find_root
from rag_project.project import Project, open_project

SUFFIX = ".rag"
SKIPPED = ("node_modules", "__pycache__")


@mutable
class Selection:
    """A project and what is wanted of it: `names` of files and `folders`, below its root; or everything.

    `extra` are sources that the project would not read by itself; `stdin` is the one of them that came from standard input.
    """

    project: Project
    everything: bool = False
    names: set[str] = field(default_factory=set[str])
    folders: set[str] = field(default_factory=set[str])
    extra: dict[str, SourceFile] = field(default_factory=dict[str, SourceFile])
    stdin: str | None = None

    def wants(self, path: str) -> bool:
        """Whether a file of the project, by its path below the root, is meant."""
        return self.everything or path in self.names or any(path.startswith(folder) for folder in self.folders)


def select(paths: Sequence[str], stdin_path: str | None = None) -> list[Selection]:
    """The selections, one for each project, in the order of the paths. `Trouble` for what is not there.

    `stdin_path` is the file that standard input stands for; it need not be on disk.
    """
    if stdin_path is not None and STDIN not in paths:
        raise Trouble("`--stdin-path` says what standard input stands for, and none is read", "add the path `-`")
    chosen: dict[Path, Selection] = {}
    for path in paths:
        if path == STDIN:
            _add_stdin(chosen, stdin_path)
        elif path and Path(path).is_dir():
            _add_folder(chosen, Path(path))
        else:
            _add_file(chosen, Path(path), read_bytes(path))
    return list(chosen.values())


def _of(chosen: dict[Path, Selection], root: Path) -> Selection:
    if root not in chosen:
        chosen[root] = Selection(open_project(root))
    return chosen[root]


def _add_stdin(chosen: dict[Path, Selection], stands_for: str | None) -> None:
    whole = None if stands_for is None else _stands_for(stands_for)
    folder = Path.cwd() if whole is None else whole.parent
    root = find_root(folder) or folder
    selection = _of(chosen, root)
    name = STDIN if whole is None else whole.relative_to(root).as_posix()
    selection.extra[name] = SourceFile(name, read_bytes(STDIN))
    selection.names.add(name)
    selection.stdin = name


def _stands_for(path: str) -> Path:
    """The whole path of the source that standard input stands for."""
    if not path or Path(path).name == NAME or Path(path).is_dir():
        raise Trouble(f"standard input cannot stand for {shown(path)}", "name a `.rag` file")
    return Path(path).parent.resolve() / Path(path).name


def _add_file(chosen: dict[Path, Selection], path: Path, data: bytes) -> None:
    whole = path.parent.resolve() / path.name
    root = find_root(whole.parent)
    if root is None:
        chosen.setdefault(whole, Selection(open_project(whole), everything=True))
        return
    selection = _of(chosen, root)
    name = whole.relative_to(root).as_posix()
    selection.names.add(name)
    if name != NAME:
        selection.extra[name] = SourceFile(name, data)


def _add_folder(chosen: dict[Path, Selection], path: Path) -> None:
    whole = path.resolve()
    root = find_root(whole)
    if root is not None and root == whole:
        _of(chosen, root).everything = True
    elif root is not None:
        _of(chosen, root).folders.add(f"{whole.relative_to(root).as_posix()}/")
    else:
        below = list(projects_below(whole))
        if not below:
            raise Trouble(
                f"{shown(path)} holds no `.rag` file and belongs to no project", "`rag new DIR` makes a project"
            )
        for found in below:
            if found.is_dir():
                _of(chosen, found).everything = True
            else:
                chosen.setdefault(found, Selection(open_project(found), everything=True))


def projects_below(folder: Path) -> Iterator[Path]:
    """Roots of projects below a folder, and single sources that belong to none, in the order of their paths."""
    for current, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith(".") and name not in SKIPPED)
        if NAME in names:
            below.clear()
            yield Path(current)
        else:
            yield from (Path(current, name) for name in sorted(names) if name.endswith(SUFFIX))
