"""Leave: end the process, whatever its threads do.

A plain function that a run has called cannot be stopped. It gets a moment to end by itself; then the process ends without it.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

GRACE_SECONDS = 2.0


def leave(status: int) -> None:
    """Returns if no thread is left, else ends the process with the status."""
    if not _wait():
        _flush()
        os._exit(status)


def _wait() -> bool:
    """Whether every thread ends in time."""
    from threading import enumerate as threads
    from threading import main_thread
    from time import monotonic

    until = monotonic() + GRACE_SECONDS
    left = [thread for thread in threads() if thread is not main_thread() and not thread.daemon]
    try:
        for thread in left:
            thread.join(max(0.0, until - monotonic()))
    except KeyboardInterrupt:
        return False
    return not any(thread.is_alive() for thread in left)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
