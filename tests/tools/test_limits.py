"""Limits of tools: what takes too long ends, what is too much is cut or refused."""

from __future__ import annotations

import anyio
import pytest

from rag_ir.graph import Json
from rag_runtime.seams import CallFailed
from rag_runtime.tools.limits import Limited


class Gives:
    """A tool that gives a value."""

    def __init__(self, value: Json) -> None:
        self.value = value

    async def call(self, arguments: dict[str, Json], idempotency_key: str) -> Json:
        return self.value


class Hangs:
    """A tool that never answers; it knows whether it was told to stop."""

    stopped = False

    async def call(self, arguments: dict[str, Json], idempotency_key: str) -> Json:
        try:
            await anyio.Event().wait()
        finally:
            self.stopped = True
        return None


@pytest.mark.anyio
async def test_what_takes_too_long_ends() -> None:
    tool = Hangs()
    with pytest.raises(CallFailed) as raised:
        await Limited(tool, "slow", 1, None).call({}, "")
    assert (raised.value.error.code, raised.value.transient, tool.stopped) == ("timeout", True, True)


@pytest.mark.anyio
async def test_a_long_text_is_cut_and_says_so() -> None:
    assert await Limited(Gives("12345"), "t", None, 5).call({}, "") == "12345"
    assert await Limited(Gives("123456"), "t", None, 5).call({}, "") == "12345\n[cut off: 5 of 6 characters]"


@pytest.mark.anyio
async def test_what_has_no_shorter_form_is_refused() -> None:
    assert await Limited(Gives([1, 2]), "t", None, 5).call({}, "") == [1, 2]
    with pytest.raises(CallFailed) as raised:
        await Limited(Gives([1, 2, 3]), "t", None, 5).call({}, "")
    assert raised.value.error.code == "output-too-large"
