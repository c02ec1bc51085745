"""`rag fmt`: sources in their canonical form."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from rag_cli.arguments import Parser
from rag_cli.files import replace_file
from rag_cli.printable import counted, printable
from rag_cli.terminal import palette, say
from rag_cli.trouble import FAILED, FINISHED, USAGE, Trouble

if TYPE_CHECKING:
    from rag_cli.format_files import Formatted

EXAMPLES = """\
  rag fmt                                       the project that this folder belongs to
  rag fmt workflows/support.rag --diff          show what would change, and change nothing
  rag fmt --check                               in a CI job: list the files that would change
  rag fmt - < draft.rag > formatted.rag

exit status: 0 done, 1 with `--check` a file would change, 2 a file has errors and stays as it is, or a command that cannot be
carried out"""


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files and folders, `-` for standard input (default: .)"
    )
    parser.add_argument("--check", action="store_true", help="list the files that would change, and write nothing")
    parser.add_argument("--diff", action="store_true", help="print what would change, and write nothing")
    parser.add_argument("--stdin-path", metavar="PATH", help="the file that standard input stands for")


def execute(arguments: Namespace) -> int:
    """Writes what changes, each file whole, and says so. A file with errors is named, and the others go on."""
    from rag_cli.format_files import format_files

    writes = not (arguments.check or arguments.diff)
    changed: list[Formatted] = []
    count = broken = 0
    for found in format_files(list(dict.fromkeys(arguments.paths)) or ["."], arguments.stdin_path):
        count += 1
        if isinstance(found, Trouble) or not isinstance(found.after, bytes):
            _refuse(found)
            broken += 1
            continue
        if found.changed:
            changed.append(found)
        if writes:
            _write(found)
    if arguments.diff:
        _print_diffs(changed)
    elif arguments.check:
        for found in changed:
            print(printable(found.before.path))
    say(_summary(len(changed), count - len(changed) - broken, broken, writes=writes))
    if broken:
        return USAGE
    return FAILED if arguments.check and changed else FINISHED


def _write(found: Formatted) -> None:
    """A file that changes; the text that came from standard input goes to standard output, changed or not."""
    assert isinstance(found.after, bytes)
    if found.place is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(found.after)
    elif found.changed:
        replace_file(found.place, found.before.data, found.after)
        say(f"{palette(sys.stderr).paint('good', 'formatted')} {printable(found.before.path)}")


def _print_diffs(changed: list[Formatted]) -> None:
    from rag_cli.print_diffs import print_diffs
    from rag_cli.unified import unified

    print_diffs([unified(it.before.path, it.before.data, it.after) for it in changed if isinstance(it.after, bytes)])


def _refuse(found: Formatted | Trouble) -> None:
    """Where a file is broken, or why it cannot be read."""
    if isinstance(found, Trouble):
        say(f"{palette(sys.stderr).paint('error', 'error')}: {printable(found.message)}")
        return
    from rag_cli.render_concise import render_concise

    assert not isinstance(found.after, bytes)
    say(render_concise([found.after], {found.before.path: found.before}).removesuffix("\n"))


def _summary(changed: int, unchanged: int, broken: int, *, writes: bool) -> str:
    verb = "formatted" if writes else "would format"
    said = [f"{verb} {counted(changed, 'file')}"] if changed else []
    if unchanged:
        said.append(f"{counted(unchanged, 'file')} {'was' if unchanged == 1 else 'were'} well formatted")
    if broken:
        said.append(f"{counted(broken, 'file')} with errors {'stays' if broken == 1 else 'stay'} as written")
    return ", ".join(said) or "no files"
