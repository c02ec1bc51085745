"""Python tools and route functions: async ones are awaited, plain ones run in a thread."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rag_ir.graph import Json
from rag_runtime.events import Error
from rag_runtime.seams import CallFailed
from rag_runtime.tools.convert import converted, converters, plain
from rag_runtime.tools.foreign import NotJson, as_json, message_of
from rag_runtime.tools.load import Function, load

if TYPE_CHECKING:
    from anyio import CapacityLimiter
    from anyio.lowlevel import RunVar

THREADS = 32
"""How many plain functions run at once in one event loop; more wait for a thread."""


class PythonTool:
    """A tool that is a Python function, called with its arguments by name.

    The function receives copies, made dataclasses, models of pydantic or enumerations where its parameters are. It gets
    `idempotency_key` only if it declares a parameter of that name. Raises `CallFailed` with code `tool-error` for whatever the
    function raises, `bad-arguments` for what a parameter's class refuses and `bad-result` for what is not JSON.
    """

    __slots__ = ("_converters", "_function", "_name", "_wants_key")

    def __init__(self, name: str, function: Function) -> None:
        self._name = name
        self._function = function
        self._wants_key = _declares(function, "idempotency_key")
        self._converters = converters(function)

    async def call(self, arguments: dict[str, Json], idempotency_key: str) -> Json:
        given = self._converted(deepcopy(arguments))
        if self._wants_key:
            given["idempotency_key"] = idempotency_key
        value = await _run(self._function, (), given, f"tool `{self._name}`")
        return _json(plain(value), f"tool `{self._name}`")

    def _converted(self, arguments: dict[str, Json]) -> dict[str, object]:
        try:
            return converted(arguments, self._converters)
        except Exception as error:
            what = f"tool `{self._name}` does not take these arguments: {message_of(error)}"
            raise _failed("bad-arguments", what) from error


class PythonRouter:
    """A route function `(input, state) -> label`. Raises `CallFailed` as `PythonTool` does."""

    __slots__ = ("_function", "_name")

    def __init__(self, name: str, function: Function) -> None:
        self._name = name
        self._function = function

    async def route(self, input: Json, state: Mapping[str, Json]) -> str:
        value = await _run(self._function, (deepcopy(input), deepcopy(dict(state))), {}, f"router `{self._name}`")
        if not isinstance(value, str):
            raise _failed("bad-result", f"router `{self._name}` gave a Python `{type(value).__name__}`, not a label")
        return str.__str__(value)


def load_tool(name: str, reference: str, root: Path) -> PythonTool:
    """The tool of that name. Raises `load.Unloadable`."""
    return PythonTool(name, load(reference, root))


def load_router(name: str, reference: str, root: Path) -> PythonRouter:
    """The route function of that name. Raises `load.Unloadable`."""
    return PythonRouter(name, load(reference, root))


def _declares(function: Function, parameter: str) -> bool:
    try:
        declared = inspect.signature(function).parameters.get(parameter)
    except (TypeError, ValueError):
        return False
    return declared is not None and declared.kind in (declared.POSITIONAL_OR_KEYWORD, declared.KEYWORD_ONLY)


async def _run(function: Function, positional: tuple[object, ...], named: Mapping[str, object], what: str) -> object:
    """What the function gives. Raises `CallFailed` for whatever it raises."""
    if inspect.iscoroutinefunction(function):
        return await _awaited(partial(function, *positional, **named), what)
    value, error = await _in_thread(function, positional, named)
    if error is not None:
        raise _raised(what, error) from error
    return await _awaited(lambda: value, what) if inspect.isawaitable(value) else value


async def _awaited(make: Callable[[], object], what: str) -> object:
    try:
        return await cast("Awaitable[object]", make())
    except BaseException as error:
        if _is_for_the_driver(error):
            raise
        raise _raised(what, error) from error


def _is_for_the_driver(error: BaseException) -> bool:
    """Whether what ended a call is no fault of its function: it was cancelled or closed, or somebody pressed Ctrl-C."""
    from anyio import get_cancelled_exc_class

    if isinstance(error, get_cancelled_exc_class()):
        return _is_cancelled(error)
    return isinstance(error, KeyboardInterrupt | GeneratorExit)


def _is_cancelled(error: BaseException) -> bool:
    """Whether the task was told to stop. A function may raise what cancelled tasks of asyncio raise on its own account."""
    from asyncio import CancelledError, current_task

    task = current_task() if isinstance(error, CancelledError) else None
    return task is None or task.cancelling() > 0


async def _in_thread(
    function: Function, positional: tuple[object, ...], named: Mapping[str, object]
) -> tuple[object, BaseException | None]:
    """A cancelled call does not wait for its thread, which nothing can stop."""
    from anyio.to_thread import run_sync

    def call() -> tuple[object, BaseException | None]:
        try:
            return function(*positional, **named), None
        except BaseException as error:
            return None, error

    return await run_sync(call, abandon_on_cancel=True, limiter=_limiter())


_limiters: RunVar[CapacityLimiter] | None = None


def _limiter() -> CapacityLimiter:
    """The threads of this event loop that are for tools: a tool that hangs takes none from anything else."""
    global _limiters
    from anyio import CapacityLimiter
    from anyio.lowlevel import RunVar

    if _limiters is None:
        _limiters = RunVar("threads of tools")
    try:
        return _limiters.get()
    except LookupError:
        limiter = CapacityLimiter(THREADS)
        _limiters.set(limiter)
        return limiter


def _json(value: object, what: str) -> Json:
    try:
        return as_json(value)
    except NotJson as error:
        raise _failed("bad-result", f"{what}: {error}") from error


def _raised(what: str, error: BaseException) -> CallFailed:
    return _failed("tool-error", f"{what} failed: {message_of(error)}")


def _failed(code: str, message: str) -> CallFailed:
    return CallFailed(Error(code=code, message=message))
