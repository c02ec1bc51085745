"""Three steps of plain asyncio."""

from __future__ import annotations

import asyncio


async def step(count: int) -> int:
    return count + 1


async def main() -> None:
    count = 0
    for _ in range(3):
        count = await step(count)
    assert count == 3


asyncio.run(main())
