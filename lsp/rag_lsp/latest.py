"""One thread that works on the newest of what it is given; what was overtaken is dropped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

log = logging.getLogger(__name__)


class Latest(Generic[Given, Made]):
    """Runs `work` on a thread of its own and hands its result to `done` on the event loop, unless something newer was given."""

    def __init__(self, work: Callable[[Given], Made], done: Callable[[Made], None]) -> None:
        self._work = work
        self._done = done
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="analysis")
        self._next: tuple[Given] | None = None
        self._task: asyncio.Task[None] | None = None
        self._made: asyncio.Future[Made] | None = None

    def give(self, given: Given) -> None:
        """Work on this next, in place of anything that has not been begun."""
        self._next = (given,)
        if self._made is None or self._made.done():
            self._made = asyncio.get_running_loop().create_future()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def newest(self) -> Made | None:
        """The result of what was given last, once it is there; null if nothing was. Raises what the work raised."""
        return await asyncio.shield(self._made) if self._made is not None else None

    def close(self) -> None:
        """Begin nothing more."""
        self._next = None
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._next is not None:
            (given,) = self._next
            self._next = None
            assert self._made is not None
            try:
                made = await loop.run_in_executor(self._thread, self._work, given)
                if self._next is None:
                    self._done(made)
                    self._made.set_result(made)
            except Exception as error:
                log.exception("the analysis failed")
                if self._next is None:
                    self._made.set_exception(error)
                    self._made.exception()
