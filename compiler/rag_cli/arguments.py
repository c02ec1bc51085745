"""The parser of one command's arguments."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import NoReturn

from rag_cli.printable import printable
from rag_cli.terminal import columns, is_terminal
from rag_cli.trouble import USAGE

HELP_WIDTH = 80


class Parser(ArgumentParser):
    """An argument parser whose errors are safe to show, whatever was typed."""

    def error(self, message: str) -> NoReturn:
        """Prints the usage, the message and where help is, and ends with the status of wrong usage."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"error: {printable(message)}\nhelp: `{self.prog} --help` shows the options with examples\n")


class _Formatter(RawDescriptionHelpFormatter):
    """Told its width: argparse would load `shutil`, and all that knows archives, to find it out for every argument."""

    def __init__(self, prog: str) -> None:
        width = columns(sys.stdout) if is_terminal(sys.stdout) else HELP_WIDTH
        super().__init__(prog, width=width - 2)


def parser_of(command: str, summary: str, examples: str) -> Parser:
    """The parser of a command, its help ending in examples."""
    return Parser(
        prog=f"rag {command}",
        description=summary[:1].upper() + summary[1:] + ".",
        epilog=f"examples:\n{examples}",
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
