"""Python tools and route functions: what they are given, what they may give, and whatever they raise."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from enum import StrEnum

import anyio
import pytest

from rag_ir.graph import Json
from rag_runtime.events import Error
from rag_runtime.seams import CallFailed
from rag_runtime.tools.python import PythonRouter, PythonTool

pytestmark = pytest.mark.anyio


async def result(function: Callable[..., object], **arguments: Json) -> Json:
    return await PythonTool("t", function).call(arguments, "the key")


async def failure(function: Callable[..., object], **arguments: Json) -> Error:
    with pytest.raises(CallFailed) as raised:
        await result(function, **arguments)
    return raised.value.error


async def test_a_plain_function_runs_in_a_thread() -> None:
    def where(query: str) -> list[object]:
        return [query, threading.current_thread() is threading.main_thread()]

    assert await result(where, query="x") == ["x", False]


async def test_an_async_function_is_awaited() -> None:
    async def where(query: str) -> list[object]:
        await anyio.sleep(0)
        return [query, threading.current_thread() is threading.main_thread()]

    assert await result(where, query="x") == ["x", True]


async def test_what_a_plain_function_hands_back_to_be_awaited_is_awaited() -> None:
    async def later() -> str:
        return "later"

    assert await result(lambda: later()) == "later"


async def test_the_key_is_given_to_a_function_that_declares_it() -> None:
    def declares(query: str, *, idempotency_key: str) -> str:
        return f"{query} {idempotency_key}"

    def takes_anything(**arguments: str) -> list[str]:
        return sorted(arguments)

    assert await result(declares, query="x") == "x the key"
    assert await result(takes_anything, query="x") == ["query"]


async def test_a_function_cannot_change_what_others_see() -> None:
    def changing(items: list[str]) -> list[str]:
        items.append("mine")
        return items

    arguments: dict[str, Json] = {"items": ["x"]}
    assert await PythonTool("t", changing).call(arguments, "") == ["x", "mine"]
    assert arguments == {"items": ["x"]}


async def test_a_result_is_plain_json_of_its_own() -> None:
    class Colour(StrEnum):
        RED = "red"

    class Count(int):
        pass

    kept: list[object] = [1]
    value = await result(lambda: {"tuple": (Colour.RED, Count(3), True, 1.5, None), "kept": kept})
    kept.append(2)
    assert value == {"tuple": ["red", 3, True, 1.5, None], "kept": [1]}
    assert isinstance(value, dict)
    inner = value["tuple"]
    assert isinstance(inner, list)
    assert [type(item) for item in inner[:2]] == [str, int]


def _nested(depth: int) -> object:
    value: object = 0
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1, {2}]}, "the result.a[1] is a Python `set`, which is not JSON"),
        ({1: "a"}, "the result has a key that is a Python `int`, not a text"),
        (float("inf"), "the result is a number that is not finite"),
        (1 << 5000, "the result is an integer that is too large"),
        (["\ud800"], "the result[0] is text that is not Unicode"),
        (_nested(65), "the value is nested more than 64 deep"),
        (_nested(100_000), "the value is nested more than 64 deep"),
        (b"x", "the result is a Python `bytes`, which is not JSON"),
    ],
)
async def test_a_result_that_is_not_json_is_an_error(value: object, message: str) -> None:
    assert await failure(lambda: value) == Error(code="bad-result", message=f"tool `t`: {message}")


async def test_what_a_function_raises_is_an_error_of_one_line() -> None:
    def broken(query: str) -> None:
        raise ValueError(f"cannot\n  find {query}")

    async def broken_later(query: str) -> None:
        raise KeyError(query)

    def leaving() -> None:
        raise SystemExit(3)

    class Unsayable(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def unsayable() -> None:
        raise Unsayable

    def at_length() -> None:
        raise ValueError("x" * 10_000)

    assert await failure(broken, query="x") == Error(
        code="tool-error", message="tool `t` failed: ValueError: cannot find x"
    )
    assert (await failure(broken_later, query="x")).message == "tool `t` failed: KeyError: 'x'"
    assert (await failure(leaving)).message == "tool `t` failed: SystemExit: 3"
    assert (await failure(unsayable)).message == "tool `t` failed: Unsayable"
    assert len((await failure(at_length)).message) < 600
    assert "unexpected keyword argument" in (await failure(broken, other="x")).message


async def test_an_error_does_not_tell_secrets_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCH_API_KEY", "sk-very-secret")

    def broken() -> None:
        raise ConnectionError("GET https://search.test/?key=sk-very-secret")

    message = (await failure(broken)).message
    assert message == "tool `t` failed: ConnectionError: GET https://search.test/?key=[SEARCH_API_KEY]"


async def test_a_cancelled_call_does_not_wait_for_its_thread() -> None:
    started, go_on = threading.Event(), threading.Event()

    def hangs() -> None:
        started.set()
        go_on.wait()

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(result, hangs)
            await anyio.to_thread.run_sync(started.wait)
            group.cancel_scope.cancel()
    finally:
        go_on.set()
    assert group.cancel_scope.cancelled_caught


async def test_cancellation_of_an_async_tool_is_no_error_of_it() -> None:
    async def waits() -> None:
        await asyncio.Event().wait()

    with anyio.CancelScope() as scope:
        scope.cancel()
        await result(waits)
    assert scope.cancelled_caught


async def test_a_router_gets_copies_and_gives_a_label() -> None:
    def choose(input: dict[str, list[int]], state: dict[str, list[int]]) -> str:
        input["a"].append(1)
        state["b"].append(1)
        return "big" if len(state["b"]) > 1 else "small"

    given: Json = {"a": []}
    state: dict[str, Json] = {"b": [1]}
    assert await PythonRouter("r", choose).route(given, state) == "big"
    assert (given, state) == ({"a": []}, {"b": [1]})


async def test_a_router_that_gives_no_label_or_raises_is_an_error() -> None:
    def broken(input: Json, state: dict[str, Json]) -> str:
        raise ValueError("no")

    def counting(input: Json, state: dict[str, Json]) -> int:
        return len(state)

    for function, error in (
        (counting, Error(code="bad-result", message="router `r` gave a Python `int`, not a label")),
        (broken, Error(code="tool-error", message="router `r` failed: ValueError: no")),
    ):
        with pytest.raises(CallFailed) as raised:
            await PythonRouter("r", function).route(None, {})
        assert raised.value.error == error


async def test_what_ends_tasks_is_a_failure_where_a_function_raises_it_itself() -> None:
    class Everything(BaseException):
        pass

    async def gives_up() -> None:
        raise asyncio.CancelledError

    async def ends() -> None:
        raise Everything

    def interrupts() -> None:
        raise KeyboardInterrupt

    assert await failure(gives_up) == Error(code="tool-error", message="tool `t` failed: CancelledError")
    assert await failure(ends) == Error(code="tool-error", message="tool `t` failed: Everything")
    assert await failure(interrupts) == Error(code="tool-error", message="tool `t` failed: KeyboardInterrupt")


async def test_a_task_that_is_told_to_stop_stops() -> None:
    waiting = anyio.Event()

    async def waits() -> None:
        waiting.set()
        await anyio.sleep_forever()

    ended: list[str] = []

    async def call() -> None:
        try:
            await PythonTool("t", waits).call({}, "")
        finally:
            ended.append("passed through")

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await waiting.wait()
        group.cancel_scope.cancel()
    assert ended == ["passed through"]
