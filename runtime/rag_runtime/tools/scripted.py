"""A tool that answers from a script instead of doing anything: what tests run in place of the tools of a manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag_ir.canonical import compact
from rag_ir.graph import Json
from rag_ir.record import record
from rag_ir.values import json_equal
from rag_runtime.events import Error
from rag_runtime.seams import CallFailed


@record
class ToolAnswers:
    """Answers to calls whose arguments are these, others beside them: in turn, or (`always`) one to every call.

    An answer is the tool's result; `{ error = CODE, message = TEXT }` fails the call.
    """

    arguments: Mapping[str, Json]
    values: Sequence[Json]
    always: bool


class ScriptedTool:
    """One tool; the first script that fits a call answers it."""

    __slots__ = ("_left", "_name", "_scripts")

    def __init__(self, name: str, scripts: Sequence[ToolAnswers]) -> None:
        self._name = name
        self._scripts = scripts
        self._left = [list(script.values) for script in scripts]

    async def call(self, arguments: dict[str, Json], idempotency_key: str) -> Json:
        """The answer. Raises `CallFailed`: the scripted error, or `no-scripted-answer`."""
        for script, left in zip(self._scripts, self._left, strict=True):
            if left and all(
                key in arguments and json_equal(arguments[key], it) for key, it in script.arguments.items()
            ):
                return _given(left[0] if script.always else left.pop(0))
        said = f"tool `{self._name}` has no scripted answer for `{compact(arguments)}`"
        known = ", ".join(f"`{compact(dict(script.arguments))}`" for script in self._scripts)
        held = f"there are answers for {known}" if known else "there are none"
        raise CallFailed(Error(code="no-scripted-answer", message=f"{said}: {held}, given in turn"))


def _given(value: Json) -> Json:
    match value:
        case {"error": str(code), **rest} if rest.keys() <= {"message"}:
            raise CallFailed(Error(code=code, message=str(rest.get("message", f"a scripted error: {code}"))))
        case _:
            return value
