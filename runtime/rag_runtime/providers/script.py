"""The file of a scripted model: what it answers, by task path, visit and turn, or in task order. See `docs/scripted-models.md`.

[at]
supervisor = ["looking"]
"writer@2" = [{ tool_calls = [{ name = "search", arguments = { query = "x" } }] }, "second draft"]

[models]
judge = ["first call", "second call"]
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import cast

from rag_ir.graph import Json
from rag_ir.record import field, record
from rag_runtime.events import Error
from rag_runtime.tools.foreign import NotJson, as_json

ANY_VISIT = 0
"""Stands for every visit that has no answers of its own."""


@record(kw_only=True)
class ScriptedCall:
    """A tool call that the model makes; without `id` it leaves that to the runtime."""

    name: str
    arguments: Json
    id: str | None = None


@record(kw_only=True)
class ScriptedUsage:
    """Figures that an answer states; what is null is estimated."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: str | None = None


@record(kw_only=True)
class Answer:
    """One answer. `structured`: `value` is one, whatever it is. `latency` is in milliseconds."""

    text: str = ""
    structured: bool = False
    value: Json = None
    tool_calls: tuple[ScriptedCall, ...] = ()
    error: Error | None = None
    latency: int = 0
    usage: ScriptedUsage = ScriptedUsage()


@record(kw_only=True)
class Script:
    """The file's content: answers by (path, visit) in turn order, and by model in task order.

    `always` has what is answered to every call of a path (empty: of any) that has nothing else; no file says that, tests do.
    """

    file: str
    at: Mapping[tuple[str, int], tuple[Answer, ...]] = field(default_factory=dict[tuple[str, int], tuple[Answer, ...]])
    models: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict[str, tuple[Answer, ...]])
    always: Mapping[str, Answer] = field(default_factory=dict[str, Answer])


class BadScript(Exception):
    """The file cannot be used; the message names it and the key."""


def read_script(text: str, file: str) -> Script:
    """The script that a text is: JSON if the file's name ends in `.json`, else TOML. Raises BadScript."""
    try:
        content = _parsed(text, file)
        if unknown := sorted(content.keys() - {"at", "models"}):
            raise _Fault(unknown[0], "is no key of a script; there are `at` and `models`")
        at = _by_place(_table(content.get("at", {}), "at"))
        models = {name: _answers(f"models.{name}", given) for name, given in _models(content).items()}
    except _Fault as fault:
        raise BadScript(f"{file}: {fault}") from None
    return Script(file=file, at=at, models=models)


def read_answer(value: Json) -> Answer:
    """One answer in the form that the file has. Raises BadScript."""
    try:
        return _answer("answer", value)
    except _Fault as fault:
        raise BadScript(str(fault)) from None


class _Fault(Exception):
    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"`{key}` {message}")


# ---- the file ----------------------------------------------------------------------------------------------------------


def _parsed(text: str, file: str) -> dict[str, Json]:
    try:
        content: object = json.loads(text) if file.endswith(".json") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadScript(f"{file}: {error or 'nested too deep'}") from None
    if not isinstance(content, dict):
        raise BadScript(f"{file}: the file must hold an object")
    try:
        return cast("dict[str, Json]", as_json(cast("object", content), "the script"))
    except NotJson as error:
        raise BadScript(f"{file}: {error}") from None


def _models(content: Mapping[str, Json]) -> Mapping[str, Json]:
    return _table(content.get("models", {}), "models")


def _by_place(table: Mapping[str, Json]) -> dict[tuple[str, int], tuple[Answer, ...]]:
    places: dict[tuple[str, int], tuple[Answer, ...]] = {}
    for key, given in table.items():
        place = _place(key)
        if place in places:
            raise _Fault(f"at.{key}", "stands for a visit that another key stands for")
        places[place] = _answers(f"at.{key}", given)
    return places


_PLACE = re.compile(r"([^@]+)(?:@([1-9][0-9]{0,8}|\*))?")


def place_of(key: str) -> tuple[str, int]:
    """The path and the visit of `path`, `path@VISIT` or `path@*`. Raises BadScript."""
    try:
        return _place(key)
    except _Fault as fault:
        raise BadScript(str(fault)) from None


def _place(key: str) -> tuple[str, int]:
    matched = _PLACE.fullmatch(key)
    if matched is None:
        raise _Fault(f"at.{key}", "is not of the form `path`, `path@2` or `path@*`")
    path, visit = matched.groups()
    return path, ANY_VISIT if visit == "*" else int(visit or 1)


def _answers(key: str, given: Json) -> tuple[Answer, ...]:
    if not isinstance(given, list):
        raise _Fault(key, "must be a list of answers, one for each turn")
    return tuple(_answer(f"{key}[{index}]", value) for index, value in enumerate(given))


# ---- one answer --------------------------------------------------------------------------------------------------------

_PARTS = {"text", "value", "tool_calls", "error", "message", "latency", "usage"}
_TELLING = ({"value"}, {"tool_calls"}, {"error"}, {"text", "latency"}, {"text", "usage"})


def _answer(key: str, given: Json) -> Answer:
    """A text, an answer in parts, or anything else as a structured value."""
    if isinstance(given, str):
        return Answer(text=given)
    if isinstance(given, dict) and given.keys() <= _PARTS and any(given.keys() >= telling for telling in _TELLING):
        return _in_parts(key, given)
    return Answer(structured=True, value=given)


def _in_parts(key: str, given: Mapping[str, Json]) -> Answer:
    _exclusive(key, given)
    return Answer(
        text=_text(f"{key}.text", given.get("text", "")),
        structured="value" in given,
        value=given.get("value"),
        tool_calls=_tool_calls(f"{key}.tool_calls", given.get("tool_calls", [])),
        error=_error(key, given) if "error" in given else None,
        latency=_count(f"{key}.latency", given.get("latency", 0)),
        usage=_usage(f"{key}.usage", given.get("usage", {})),
    )


def _exclusive(key: str, given: Mapping[str, Json]) -> None:
    beside = {"value": {"text", "tool_calls", "error"}, "error": {"text", "tool_calls", "usage"}}
    for part, others in beside.items():
        if part in given and (found := sorted(others & given.keys())):
            raise _Fault(f"{key}.{found[0]}", f"cannot stand beside `{part}`")
    if "message" in given and "error" not in given:
        raise _Fault(f"{key}.message", "stands only beside `error`")


def _tool_calls(key: str, given: Json) -> tuple[ScriptedCall, ...]:
    if not isinstance(given, list):
        raise _Fault(key, "must be a list of calls")
    return tuple(_tool_call(f"{key}[{index}]", call) for index, call in enumerate(given))


def _tool_call(key: str, given: Json) -> ScriptedCall:
    call = _table(given, key)
    if unknown := sorted(call.keys() - {"id", "name", "arguments"}):
        raise _Fault(f"{key}.{unknown[0]}", "is no key of a call; there are `name`, `arguments` and `id`")
    if "name" not in call:
        raise _Fault(key, "lacks the `name` of a tool")
    identity = _text(f"{key}.id", call["id"]) if "id" in call else None
    return ScriptedCall(name=_text(f"{key}.name", call["name"]), arguments=call.get("arguments", {}), id=identity)


_CODE = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")


def _error(key: str, given: Mapping[str, Json]) -> Error:
    code = _text(f"{key}.error", given["error"])
    if not _CODE.fullmatch(code):
        raise _Fault(f"{key}.error", "must be an error's code, such as `rate_limit`")
    message = _text(f"{key}.message", given.get("message", f"a scripted error: {code}"))
    return Error(code=code.replace("_", "-"), message=message)


def _usage(key: str, given: Json) -> ScriptedUsage:
    usage = _table(given, key)
    if unknown := sorted(usage.keys() - {"input_tokens", "output_tokens", "cost_usd"}):
        raise _Fault(f"{key}.{unknown[0]}", "is no figure; there are `input_tokens`, `output_tokens` and `cost_usd`")
    return ScriptedUsage(
        input_tokens=_count(f"{key}.input_tokens", usage["input_tokens"]) if "input_tokens" in usage else None,
        output_tokens=_count(f"{key}.output_tokens", usage["output_tokens"]) if "output_tokens" in usage else None,
        cost_usd=_money(f"{key}.cost_usd", usage["cost_usd"]) if "cost_usd" in usage else None,
    )


_MONEY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")


def _money(key: str, given: Json) -> str:
    if not (isinstance(given, str) and _MONEY.fullmatch(given)):
        raise _Fault(key, 'must be dollars as a text, such as "0.25"')
    return given


def _count(key: str, given: Json) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= 10**12:
        raise _Fault(key, "must be a whole number, 0 or more")
    return given


def _text(key: str, given: Json) -> str:
    if not isinstance(given, str):
        raise _Fault(key, "must be a text")
    return given


def _table(given: Json, key: str) -> dict[str, Json]:
    if not isinstance(given, dict):
        raise _Fault(key, "must be a table")
    return given
