"""`rag new`: a small project that checks and runs offline."""

from __future__ import annotations

import os
import re
import shlex
from argparse import Namespace
from pathlib import Path

from rag_cli.arguments import Parser
from rag_cli.files import reason, shown
from rag_cli.printable import printable
from rag_cli.starter import starter
from rag_cli.terminal import say
from rag_cli.trouble import FINISHED, Trouble

EXAMPLES = """\
  rag new hello && cd hello && rag check && rag run workflows/hello.rag"""


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("dir", metavar="DIR", type=Path, help="the folder to make; its name becomes the project's")


def execute(arguments: Namespace) -> int:
    """Writes the files, none over one that is there: either all or nothing."""
    folder: Path = arguments.dir
    files = starter(_project_name(folder))
    taken = [path for path in files if os.path.lexists(folder / path)]
    if taken:
        raise Trouble(f"{shown(folder / taken[0])} exists already", "give another folder; nothing was written")
    for path, text in files.items():
        _write(folder / path, text)
        print(printable(str(folder / path)))
    say(
        f"\nnext:\n  cd {shlex.quote(printable(str(folder)))}\n  rag check\n  rag run workflows/hello.rag --input name=Ada"
    )
    return FINISHED


def _project_name(folder: Path) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", folder.absolute().resolve().name).strip("_-")
    return name or "project"


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(text)
    except FileExistsError:
        raise Trouble(f"{shown(file)} exists already", "give another folder") from None
    except OSError as error:
        raise Trouble(
            f"{shown(file)} cannot be written: {reason(error)}", "give a folder that can be written"
        ) from None
