"""The parser of one command's arguments."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import NoReturn

from rag_cli.printable import printable
from rag_cli.trouble import USAGE


class Parser(ArgumentParser):
    """An argument parser whose errors are safe to show, whatever was typed."""

    def error(self, message: str) -> NoReturn:
        """Prints the usage, the message and where help is, and ends with the status of wrong usage."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"error: {printable(message)}\nhelp: `{self.prog} --help` shows the options with examples\n")


def parser_of(command: str, summary: str, examples: str) -> Parser:
    """The parser of a command, its help ending in examples."""
    return Parser(
        prog=f"rag {command}",
        description=summary[:1].upper() + summary[1:] + ".",
        epilog=f"examples:\n{examples}",
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
