"""The standard streams: how they encode, whether they are a terminal that shows colour, and how wide it is."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TextIO

from rag_ir.record import record

PIPED_WIDTH = 140
NARROWEST = 40

_CODES = {"error": "1;31", "warning": "1;33", "info": "1;36", "bold": "1", "dim": "2", "frame": "1;34", "good": "32"}


@record
class Palette:
    """Paints text for a terminal, or leaves it as it is."""

    colour: bool

    def paint(self, style: str, text: str) -> str:
        """The text in a style: `error warning info bold dim frame good`."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.colour and text else text


PLAIN = Palette(False)


def prepare_streams() -> None:
    """Makes no character unprintable for the encoding of a stream, and what is piped the same on every machine.

    A stream that the process was started without takes what is written and drops it.
    """
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stdout = _nowhere()
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stderr = _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="backslashreplace")
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def is_terminal(stream: TextIO) -> bool:
    """Whether a person sits in front of the stream."""
    return not stream.closed and stream.isatty()


def palette(stream: TextIO) -> Palette:
    """Colour on a terminal, unless `NO_COLOR` is set or the terminal is dumb; `FORCE_COLOR` asks for it elsewhere."""
    if os.environ.get("NO_COLOR"):
        return PLAIN
    if os.environ.get("FORCE_COLOR"):
        return Palette(True)
    return Palette(is_terminal(stream) and os.environ.get("TERM") != "dumb")


def columns(stream: TextIO) -> int:
    """How many cells a line may take: the terminal's, or a fixed number where nobody looks."""
    if not is_terminal(stream):
        return PIPED_WIDTH
    try:
        return max(os.get_terminal_size(stream.fileno()).columns, NARROWEST)
    except OSError:
        return PIPED_WIDTH


def say(text: str) -> None:
    """One line to standard error: everything that is not the command's result."""
    print(text, file=sys.stderr, flush=True)
