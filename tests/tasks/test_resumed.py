"""An activation that failed and is resumed repeats what failed it, and nothing that a model has answered upon."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag_ir import build
from rag_ir.graph import Json
from rag_runtime.events import Error
from rag_runtime.machine.log import Log
from rag_runtime.seams import CallFailed, Capabilities
from tests.tasks.stage import Function, Stage, fail, said, scripted, stage, succeed, tool

pytestmark = pytest.mark.anyio

ASK: Json = {"tool_calls": [{"name": "search", "arguments": {"query": "q"}}]}
FAILING: Json = {"error": "rate_limit"}


class Unsteady:
    """A tool that fails when it is first called, and answers afterwards."""

    def __init__(self) -> None:
        self._calls = 0

    def __call__(self, arguments: dict[str, Json]) -> Json:
        self._calls += 1
        if self._calls == 1:
            raise CallFailed(Error(code="tool-error", message="it broke"))
        return "found"


def _failing(*answers: Json) -> Stage:
    return stage(
        build.agent("a", tools=["search"]),
        input="x",
        model=scripted(*answers),
        tools={"search": (tool("search"), Function(Unsteady()))},
    )


def _resumed(it: Stage, *answers: Json) -> Stage:
    log = Log()
    for ended in it.journal:
        log.end(ended)
    log.repeat()
    again = it.again(list(log.history().calls.values()))
    return replace(
        again,
        capabilities=Capabilities(models={"default": scripted(*answers)}, tools=it.capabilities.tools, routers={}),
    )


async def test_an_error_that_the_model_was_told_of_stays_told() -> None:
    it = _failing(ASK, ASK, FAILING)
    await fail(it)
    again = _resumed(it, ASK, ASK, "done")
    ended = await succeed(again)
    assert again.made == ["model:3"]
    assert [content for role, content in said(ended.messages) if role == "tool"] == ["error: it broke", "found"]


async def test_an_error_that_no_model_was_told_of_may_be_mended() -> None:
    it = _failing(ASK, FAILING)
    await fail(it)
    again = _resumed(it, ASK, "done")
    ended = await succeed(again)
    assert again.made == ["tool:1:1", "model:2"]
    assert [content for role, content in said(ended.messages) if role == "tool"] == ["found"]
