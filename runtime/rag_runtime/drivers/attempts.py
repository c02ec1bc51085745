"""Making a call until it succeeds, fails for good, or has been tried often enough."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from rag_ir.record import replace
from rag_runtime.seams import CallFailed

Result = TypeVar("Result")
Pause = Callable[[int, CallFailed], float | None]
"""The seconds before an attempt (from 2) at a call that failed; null if it is not made again."""
Tell = Callable[[int, float, CallFailed], None]
"""Hears of an attempt before the pause that precedes it."""


async def attempted(
    make: Callable[[], Awaitable[Result]], pause: Pause, sleep: Callable[[float], Awaitable[None]], tell: Tell
) -> Result:
    """What the call comes to. Raises the `CallFailed` of the last attempt."""
    attempt = 1
    while True:
        try:
            return await make()
        except CallFailed as failed:
            seconds = pause(attempt + 1, failed)
            if seconds is None:
                raise _after(attempt, failed) from None
            reason = failed
        attempt += 1
        tell(attempt, seconds, reason)
        await sleep(seconds)


def _after(attempts: int, failed: CallFailed) -> CallFailed:
    if attempts == 1:
        return failed
    error = replace(failed.error, message=f"{failed.error.message} (attempt {attempts})")
    return CallFailed(error, usage=failed.usage)
