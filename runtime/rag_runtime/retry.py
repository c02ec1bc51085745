"""When a call that failed is made again.

Without a policy, one that fails for a time is made at most four times. Between two attempts lie 200 ms, twice that, and so on up to
30 s; the later half of a pause is jitter, which is a hash and not chance, so that the same run waits the same. Where the other side
says how long to wait, it is not asked before, and not at all if that is longer than two minutes. A policy says which classes of
errors are meant, how often, and what pauses.
"""

from __future__ import annotations

from hashlib import sha256
from typing import assert_never

from rag_ir.graph import Retry as Policy
from rag_ir.record import record
from rag_runtime.events import Error
from rag_runtime.seams import CallFailed

ATTEMPTS = 4
DEFAULT = Policy(
    max_attempts=ATTEMPTS,
    backoff="exponential",
    initial=200,
    max=30_000,
    jitter=True,
    on=("timeout", "rate_limit", "server", "connection"),
)
LONGEST_ASKED_SECONDS = 120.0
_CLASSES = {
    "timeout": "timeout",
    "rate-limit": "rate_limit",
    "server": "server",
    "connection": "connection",
    "invalid-output": "invalid_output",
}
"""The classes of errors by their codes."""


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


def seconds_before(
    attempt: int, failed: CallFailed, key: str, policy: Policy | None = None, *, tool: bool = False
) -> float | None:
    """How long to wait before this attempt (from 2) at a call that failed; null if it is not made again.

    `key` is a text that the run, the task and the call have for themselves. `tool`: the call is one of a tool.
    """
    if policy is None:
        again = failed.transient and attempt <= ATTEMPTS
    else:
        again = class_of(failed.error, tool=tool) in policy.on and attempt <= policy.max_attempts
    if not again or failed.wait > LONGEST_ASKED_SECONDS:
        return None
    pause = _pause(attempt, policy or DEFAULT)
    if policy is not None and not policy.jitter:
        return failed.wait + pause
    share = _share(f"{key}:{attempt}")
    return failed.wait + pause * share if failed.wait > 0 else pause * (1 + share) / 2


def class_of(error: Error, *, tool: bool) -> str | None:
    """The class of errors that a policy names: of a tool, every error belongs to one."""
    return _CLASSES.get(error.code, "tool_error" if tool else None)


def _pause(attempt: int, policy: Policy) -> float:
    """The seconds before an attempt, without jitter."""
    match policy.backoff:
        case "constant":
            factor = 1
        case "linear":
            factor = attempt - 1
        case "exponential":
            factor = 1 << min(attempt - 2, 60)
        case _:
            assert_never(policy.backoff)
    return min(policy.initial * factor, policy.max) / 1000


def _share(text: str) -> float:
    """A number from 0, below 1."""
    return int.from_bytes(sha256(text.encode()).digest()[:6], "big") / (1 << 48)
