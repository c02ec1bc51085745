"""`rag registry list`: what source may name, by kind."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from rag_cli.arguments import Parser
from rag_cli.printable import printable, width
from rag_cli.registry_entries import entries_json, kind_of, state_of
from rag_cli.registry_place import RegistryPlace, configure_registry, registry_place, tell_faults
from rag_cli.terminal import Palette, palette, say
from rag_cli.trouble import FINISHED
from rag_registry.registry import KINDS

if TYPE_CHECKING:
    from rag_cli.registry_facts import Entry

EXAMPLES = """\
  rag registry list
  rag registry list tools
  rag registry list --format json --project examples/support"""

LONGEST = 100


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("kind", metavar="KIND", nargs="?", help=f"only entries of one kind: {', '.join(KINDS)}")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print them (default: text)")
    configure_registry(parser)


def execute(arguments: Namespace) -> int:
    """Prints the entries."""
    kinds = KINDS if arguments.kind is None else (kind_of(arguments.kind),)
    place = registry_place(arguments.project)
    if arguments.format == "json":
        from rag_cli.json_text import json_text

        print(json_text(entries_json(place, kinds), indent=2))
    else:
        lines = [line for kind in kinds for line in _section(place, kind, palette(sys.stdout))]
        for line in lines[1:] if lines else []:
            print(line)
        if not lines:
            say("there are no such entries" if arguments.kind else "the manifest has no entries")
    tell_faults(place)
    return FINISHED


def _section(place: RegistryPlace, kind: str, palette: Palette) -> Iterator[str]:
    """A blank line, the kind, and its entries in columns."""
    from rag_cli.registry_facts import in_short

    entries = cast("dict[str, Entry]", place.registry.entries(kind))
    rows: list[tuple[str, str, str, str]] = []
    for name, entry in entries.items():
        rows.append((printable(name), state_of(place, kind, name), _cut(in_short(entry)), _cut(entry.description)))
    if not rows:
        return
    sizes = [max(width(row[column]) for row in rows) for column in range(3)]
    yield ""
    yield palette.paint("bold", kind)
    for name, state, short, description in rows:
        padded = [name + " " * (sizes[0] - width(name)), short + " " * (sizes[2] - width(short))]
        if sizes[1]:
            padded.insert(1, palette.paint("warning", state + " " * (sizes[1] - width(state))))
        yield ("  " + "  ".join((*padded, palette.paint("dim", description)))).rstrip()


def _cut(text: str) -> str:
    """The first line, of a length that leaves room for the others."""
    line = printable(text.split("\n", 1)[0].strip())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
