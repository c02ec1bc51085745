"""What a manifest allows of a tool: how long a call may take, and how much of its answer is kept."""

from __future__ import annotations

from rag_ir.canonical import compact
from rag_ir.graph import Json
from rag_runtime.events import Error
from rag_runtime.seams import CallFailed, Tool


class Limited:
    """A tool within its limits: `timeout` in milliseconds, `max_output` in characters; null is none."""

    __slots__ = ("_max_output", "_name", "_timeout", "_tool")

    def __init__(self, tool: Tool, name: str, timeout: int | None, max_output: int | None) -> None:
        self._tool = tool
        self._name = name
        self._timeout = timeout
        self._max_output = max_output

    async def call(self, arguments: dict[str, Json], idempotency_key: str) -> Json:
        """The result. Raises `CallFailed`, with `timeout` and `output-too-large` where a limit is reached.

        A text that is too long is cut, and says so; what else is too long has no part that means the same.
        """
        value = await self._in_time(arguments, idempotency_key)
        if self._max_output is None:
            return value
        if isinstance(value, str):
            return _cut(value, self._max_output)
        size = len(compact(value))
        if size > self._max_output:
            message = f"tool `{self._name}` gave {size:,} characters, and at most {self._max_output:,} are kept"
            raise CallFailed(Error(code="output-too-large", message=message))
        return value

    async def _in_time(self, arguments: dict[str, Json], idempotency_key: str) -> Json:
        if self._timeout is None:
            return await self._tool.call(arguments, idempotency_key)
        from anyio import move_on_after

        with move_on_after(self._timeout / 1000):
            return await self._tool.call(arguments, idempotency_key)
        message = f"tool `{self._name}` has not answered within {self._timeout:,} ms"
        raise CallFailed(Error(code="timeout", message=message), transient=True)


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[:most]}\n[cut off: {most:,} of {len(text):,} characters]"
