"""`rag registry show`: one entry, with everything that is known of it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from rag_cli.arguments import Parser
from rag_cli.printable import printable, printable_lines
from rag_cli.registry_entries import aliases_of, entry_json, find, kind_of, line_of, state_of
from rag_cli.registry_place import RegistryPlace, configure_registry, registry_place, tell_faults
from rag_cli.terminal import Palette, palette
from rag_cli.trouble import FINISHED, Trouble

if TYPE_CHECKING:
    from rag_cli.registry_facts import Entry

EXAMPLES = """\
  rag registry show search
  rag registry show tool search
  rag registry show models default --format json"""


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument(
        "words", metavar="[KIND] NAME", nargs="+", help="the entry's name or alias; its kind where several have it"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it (default: text)")
    configure_registry(parser)


def execute(arguments: Namespace) -> int:
    """Prints the entry."""
    words: list[str] = arguments.words
    if len(words) > 2:
        raise Trouble("`rag registry show` takes a kind and a name, or a name alone")
    kind = kind_of(words[0]) if len(words) == 2 else None
    place = registry_place(arguments.project)
    kind, name = find(place, words[-1], kind)
    if arguments.format == "json":
        from rag_cli.json_text import json_text

        print(json_text(entry_json(place, kind, name), indent=2))
    else:
        for line in _text(place, kind, name, palette(sys.stdout)):
            print(line)
    tell_faults(place)
    return FINISHED


def _text(place: RegistryPlace, kind: str, name: str, palette: Palette) -> Iterator[str]:
    from rag_cli.registry_facts import facts
    from rag_project.manifest import NAME
    from rag_registry.keys import NOUNS

    entry = cast("Entry", place.registry.entries(kind)[name])
    aliases = ", ".join(map(printable, aliases_of(place, kind, name)))
    yield palette.paint("bold", f"{NOUNS[kind]} {printable(name)}") + (f" (also {aliases})" if aliases else "")
    for line in printable_lines(entry.description.strip()) if entry.description.strip() else []:
        yield f"  {line}".rstrip()
    yield ""
    state = state_of(place, kind, name)
    begins = line_of(place, kind, name)
    rows = [("state", state)] if state else []
    rows += [("defined", f"{place.shown(NAME)}:{begins}" if begins else place.shown(NAME)), *facts(entry)]
    size = max(len(label) for label, _ in rows)
    before = ""
    for label, text in rows:
        lines = printable_lines(text)
        yield f"  {palette.paint('dim', (label if label != before else '').ljust(size))}  {lines[0]}"
        yield from (f"  {' ' * size}  {more}".rstrip() for more in lines[1:])
        before = label
