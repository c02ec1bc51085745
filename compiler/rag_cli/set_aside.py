"""Set aside standard output: while a run goes on, what its tools write there goes to standard error.

Standard output is the result's. That holds for what a tool prints and for what the processes write that it starts.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from typing import TextIO


@contextmanager
def set_aside() -> Generator[None]:
    """Until the context ends, nothing reaches standard output."""
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(_beside_errors(stack)))
        yield


def _beside_errors(stack: ExitStack) -> TextIO:
    """A stream of its own to where errors go, which a tool may close; standard error itself where that is no file."""
    try:
        out, errors = sys.stdout.fileno(), sys.stderr.fileno()
        sys.stdout.flush()
        kept, beside = os.dup(out), os.dup(errors)
        os.dup2(errors, out)
    except (OSError, ValueError, AttributeError):
        return sys.stderr
    stack.callback(_restore, kept, out)
    stream = io.TextIOWrapper(
        io.FileIO(beside, "w"), encoding="utf-8", errors="backslashreplace", newline="\n", write_through=True
    )
    stack.callback(_close, stream)
    return stream


def _restore(kept: int, out: int) -> None:
    os.dup2(kept, out)
    os.close(kept)


def _close(stream: TextIO) -> None:
    with suppress(OSError, ValueError):
        stream.close()
