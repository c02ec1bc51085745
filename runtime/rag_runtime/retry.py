"""When a call that failed is made again.

A call is made at most four times. Between two attempts lie 200 ms, twice that, and so on up to 30 s; the later half of a pause is
jitter, which is a hash and not chance, so that the same run waits the same. Where the other side says how long to wait, it is not
asked before, and not at all if that is longer than two minutes.
"""

from __future__ import annotations

from hashlib import sha256

from rag_ir.record import record
from rag_runtime.events import Error
from rag_runtime.seams import CallFailed

ATTEMPTS = 4
FIRST_SECONDS = 0.2
LONGEST_SECONDS = 30.0
LONGEST_ASKED_SECONDS = 120.0


@record(kw_only=True)
class Retry:
    """A call that failed and will be made again: `attempt` (from 2) comes `wait_ms` milliseconds after the failure."""

    task: str
    call: str
    kind: str
    name: str
    attempt: int
    wait_ms: int
    error: Error


def seconds_before(attempt: int, failed: CallFailed, key: str) -> float | None:
    """How long to wait before this attempt (from 2) at a call that failed; null if it is not made again.

    `key` is a text that the run, the task and the call have for themselves.
    """
    if attempt > ATTEMPTS or not failed.transient or failed.wait > LONGEST_ASKED_SECONDS:
        return None
    pause = min(FIRST_SECONDS * 2.0 ** (attempt - 2), LONGEST_SECONDS)
    share = _share(f"{key}:{attempt}")
    return failed.wait + pause * share if failed.wait > 0 else pause * (1 + share) / 2


def _share(text: str) -> float:
    """A number from 0, below 1."""
    return int.from_bytes(sha256(text.encode()).digest()[:6], "big") / (1 << 48)
