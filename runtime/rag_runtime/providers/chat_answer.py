"""A chat completion, as a server's JSON says it, read into what a run needs of it. Whole answers only (see `chat_stream`)."""

from __future__ import annotations

from rag_ir.canonical import compact
from rag_ir.graph import Json
from rag_ir.record import record


class NoCompletion(Exception):
    """A JSON value is no chat completion; the message says what is missing."""


@record(kw_only=True)
class AskedCall:
    """A tool call. `arguments` are as the model wrote them: the text of an object, if all is well."""

    id: str
    name: str
    arguments: str


@record(kw_only=True)
class Tokens:
    """What the server counted; null where it says nothing."""

    input: int | None
    output: int | None
    cached: int = 0
    reasoning: int = 0


@record(kw_only=True)
class Completion:
    """The first choice of a completion. `finish`: `stop`, `tool_calls`, `length`, `content_filter`, or a server's own word."""

    text: str
    refusal: str
    calls: tuple[AskedCall, ...]
    finish: str
    tokens: Tokens


def read_completion(value: Json) -> Completion:
    """The completion that a JSON value is. Raises `NoCompletion`."""
    choices = members(value).get("choices")
    if not isinstance(choices, list) or not choices:
        raise NoCompletion("it has no `choices`")
    choice = members(choices[0])
    message = choice.get("message")
    if not isinstance(message, dict):
        raise NoCompletion("it has no message")
    return Completion(
        text=_spoken(message.get("content")),
        refusal=text_of(message.get("refusal")),
        calls=_calls(message.get("tool_calls")),
        finish=text_of(choice.get("finish_reason")),
        tokens=_tokens(members(value).get("usage")),
    )


def _spoken(content: Json) -> str:
    """The text, or the texts of its parts; thoughts and other parts are left out."""
    if not isinstance(content, list):
        return text_of(content)
    parts = map(members, content)
    return "".join(text_of(part.get("text")) for part in parts if part.get("type") == "text")


def _calls(calls: Json) -> tuple[AskedCall, ...]:
    made = map(members, calls if isinstance(calls, list) else ())
    return tuple(_call(call, members(call.get("function"))) for call in made if "function" in call)


def _call(call: dict[str, Json], function: dict[str, Json]) -> AskedCall:
    given = function.get("arguments")
    arguments = given if isinstance(given, str) else "" if given is None else compact(given)
    return AskedCall(id=text_of(call.get("id")), name=text_of(function.get("name")), arguments=arguments)


def _tokens(usage: Json) -> Tokens:
    counts = members(usage)
    return Tokens(
        input=count_of(counts, "prompt_tokens"),
        output=count_of(counts, "completion_tokens"),
        cached=_detail(counts, "prompt_tokens_details", "cached_tokens"),
        reasoning=_detail(counts, "completion_tokens_details", "reasoning_tokens"),
    )


def _detail(usage: dict[str, Json], group: str, name: str) -> int:
    return count_of(members(usage.get(group)), name) or 0


def count_of(values: dict[str, Json], name: str) -> int | None:
    """A member that counts something; null where it does not."""
    value = values.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53 else None


def members(value: Json) -> dict[str, Json]:
    """An object's members; none of anything else."""
    return value if isinstance(value, dict) else {}


def text_of(value: Json) -> str:
    """A text; empty for anything else."""
    return value if isinstance(value, str) else ""
