"""`rag compile`: the IR of an entry graph."""

from __future__ import annotations

from argparse import Namespace

from rag_cli.arguments import Parser
from rag_cli.files import STDIN, read_bytes, shown, write_bytes
from rag_cli.target import compiled, configure_target
from rag_cli.terminal import say
from rag_cli.trouble import FINISHED

EXAMPLES = """\
  rag compile workflows/support.rag -o support.rag.json
  rag compile workflows/all.rag --graph support -o -
  rag compile workflows/support.rag -o support.rag.json --locked"""


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    configure_target(parser, ir=False)
    parser.add_argument(
        "-o", "--output", metavar="OUT", required=True, help="the file to write; `-` for standard output"
    )
    parser.add_argument("--locked", action="store_true", help="refuse where rag.lock does not fit the manifest")


def execute(arguments: Namespace) -> int:
    """Writes the IR; nothing is written if the source has errors, or the lock is stale and must not be."""
    from rag_ir.codec import dump

    if arguments.locked:
        _require_locked(arguments.file)
    target = compiled(arguments.file, read_bytes(arguments.file), arguments.graph, warn=True)
    write_bytes(arguments.output, dump(target.document))
    if arguments.output != STDIN:
        say(f"{shown(arguments.output)}: graph `{target.document.entry}`, {target.document.digest}")
    return FINISHED


def _require_locked(file: str) -> None:
    """`Trouble` where the lock of a source's project is stale. One that belongs to no project has none."""
    from pathlib import Path

    from rag_cli.commands.registry_lock import require_fresh
    from rag_cli.registry_place import registry_place
    from rag_project.manifest import find_root

    root = find_root(Path() if file == STDIN else Path(file).parent)
    if root is not None:
        require_fresh(registry_place(str(root)))
