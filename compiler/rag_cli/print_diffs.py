"""Diffs on standard output: as `patch` takes them, or in colour for a person."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rag_cli.terminal import is_terminal, palette
from rag_cli.unified import shown_lines

_STYLES = {"+": "good", "-": "error", "@": "frame"}


def print_diffs(diffs: Sequence[bytes]) -> None:
    """Print unified diffs one behind the other; on a terminal nothing in them moves its cursor."""
    if is_terminal(sys.stdout):
        paint = palette(sys.stdout).paint
        for line in shown_lines(b"".join(diffs).removesuffix(b"\n")) if diffs else ():
            print(paint(_STYLES[line[:1]], line) if line[:1] in _STYLES else line)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(b"".join(diffs))
