"""The lease of a run as a locked file, which the kernel lets go when its holder dies, however it dies.

A holder removes the file before it lets go. So who gets a lock must look whether the file is still the one behind the name:
it may stand at one that its last holder has removed.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from rag_runtime.stores.store import StoreError

TRIES = 20
PAUSE_SECONDS = 0.01


def acquire(path: Path) -> int:
    """The lease at `path`, as a descriptor to be given to `release`. Raises `StoreError` (`run-locked`) if another holds it.

    Whoever only looks holds the lock for a moment too, hence more than one try.
    """
    for _ in range(TRIES):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if _lock(descriptor) and _is_at(descriptor, path):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode("ascii"))
            return descriptor
        os.close(descriptor)
        time.sleep(PAUSE_SECONDS)
    raise StoreError("run-locked", f"run `{path.stem}` is being driven by another process{_holder(path)}")


def release(path: Path, descriptor: int) -> None:
    """Gives the lease up."""
    with suppress(OSError):
        path.unlink()
    os.close(descriptor)


def held(path: Path) -> bool:
    """Whether somebody holds the lease at `path`."""
    import fcntl

    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _lock(descriptor: int) -> bool:
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    here = os.fstat(descriptor)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def _holder(path: Path) -> str:
    with suppress(OSError, ValueError):
        return f" ({int(path.read_text(encoding='ascii'))})"
    return ""
