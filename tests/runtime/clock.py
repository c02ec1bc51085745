"""A clock that stands still until a test moves it."""

from __future__ import annotations

import anyio
from anyio.lowlevel import checkpoint


class Clock:
    """Seconds from 0. `waiting` are the moments that somebody sleeps until."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waiting: list[tuple[float, anyio.Event]] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Waits until the clock has been moved far enough."""
        moment = self.now + seconds, anyio.Event()
        self.waiting.append(moment)
        try:
            await moment[1].wait()
        finally:
            self.waiting.remove(moment)

    async def until_waiting(self, count: int = 1) -> None:
        """Waits until so many sleep."""
        while len(self.waiting) < count:
            await checkpoint()

    def move(self, seconds: float) -> None:
        """Time passes at once."""
        self.now += seconds
        for until, event in self.waiting:
            if until <= self.now:
                event.set()
