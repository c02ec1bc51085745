"""How calls over HTTP fail: a code for each kind of failure, and whether the call may be made again.

timeout         408, or nothing came for too long                      again
rate-limit      429                                                    again
server          409, 5xx, an error in the middle of a stream           again
connection      no connection, or one that broke off                   again
authentication  401, 403: the key is not known, or may not             -
quota           402, or 429 because nothing is left to spend           -
unknown-model   the server does not have the model                     -
context-length  the conversation is longer than the model can read     -
content-filter  the server lets the question or the answer not pass    -
invalid-request every other 4xx, and redirects                         -
bad-response    an answer that is not what the protocol says           -
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from rag_ir.graph import Json
from rag_ir.record import record
from rag_runtime.events import Error
from rag_runtime.providers.credentials import Credentials
from rag_runtime.seams import CallFailed

if TYPE_CHECKING:
    import httpx

TRANSIENT = ("timeout", "rate-limit", "server", "connection")
LONGEST_MESSAGE = 500

_NOTHING_LEFT = ("insufficient_quota", "billing_hard_limit_reached", "insufficient_balance", "credits_exhausted")
_NO_MODEL = ("model_not_found", "unknown_model", "invalid_model")
_TOO_LONG = ("context_length_exceeded", "exceed_context_size_error")
_FILTERED = ("content_filter", "content_policy_violation", "responsible_ai_policy_violation")


@record(kw_only=True)
class Said:
    """What an error's body says: a sentence, and the words that its kind goes by."""

    message: str
    words: tuple[str, ...] = ()


@record
class Failures:
    """The failures of one model's calls, in which no secret stands. `model` is the server's name of it, `name` our own."""

    name: str
    model: str
    credentials: Credentials

    def failed(self, code: str, message: str, wait: float = 0) -> CallFailed:
        """A failure of this kind. `wait`: the seconds that the server asks for."""
        message = " ".join(self.credentials.redacted(message).split())
        if len(message) > LONGEST_MESSAGE:
            message = f"{message[:LONGEST_MESSAGE]}..."
        asked = f"; it asks to wait {wait:g} s" if wait > 0 else ""
        error = Error(code=code, message=f"model `{self.name}`: {message}{asked}")
        return CallFailed(error, transient=code in TRANSIENT, wait=wait)

    def refused(self, status: int, headers: Mapping[str, str], body: bytes) -> CallFailed:
        """The failure that an HTTP response is."""
        said = _said(_read(body))
        code = self._code(status, said)
        wait = seconds_asked(headers, time.time()) if code in TRANSIENT else 0
        text = f"the server answered {status}" + (f": {said.message}" if said.message else "")
        return self.failed(code, text + _hint(status, code), wait)

    def said_in_passing(self, error: Json) -> CallFailed:
        """The failure that stands in a response whose status was well. An error's number may be a status of HTTP."""
        said = _said({"error": error})
        number = error.get("code") if isinstance(error, dict) else None
        code = self._code(number if isinstance(number, int) and 400 <= number < 600 else 500, said)
        return self.failed(code, f"the server said: {said.message or 'error'}")

    def broken(self, error: httpx.HTTPError) -> CallFailed:
        """The failure that an exception of the transport is."""
        import httpx

        name = type(error).__name__
        text = str(error)
        match error:
            case httpx.ConnectTimeout():
                return self.failed("timeout", "the server cannot be reached in time")
            case httpx.TimeoutException():
                return self.failed("timeout", "nothing came from the server for too long")
            case httpx.DecodingError():
                return self.failed("bad-response", "the server's answer cannot be unpacked")
            case httpx.ConnectError():
                return self.failed("connection", f"the server cannot be reached ({text or name})")
            case _:
                return self.failed("connection", f"the connection broke off ({text or name})")

    def _code(self, status: int, said: Said) -> str:
        words, message = {*said.words}, said.message.lower()
        if words & {*_NOTHING_LEFT} or status == 402:
            return "quota"
        if status in (400, 404, 422) and (words & {*_NO_MODEL} or (status == 404 and self.model.lower() in message)):
            return "unknown-model"
        if words & {*_TOO_LONG} or (status == 400 and "maximum context length" in message):
            return "context-length"
        if words & {*_FILTERED}:
            return "content-filter"
        return _code_of(status)


def seconds_asked(headers: Mapping[str, str], now: float) -> float:
    """The seconds that a response asks to wait, 0 where it does not. `now` is in seconds since 1970."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        return max(seconds, 0.0) if seconds < 1e9 else 1e9
    return _seconds_until(headers.get("retry-after", ""), headers.get("date", ""), now)


def _seconds_until(moment: str, date: str, now: float) -> float:
    """Until a date of HTTP, by the server's own clock where it shows one."""
    from email.utils import parsedate_to_datetime

    try:
        until = parsedate_to_datetime(moment).timestamp()
    except (ValueError, OverflowError):
        return 0.0
    with suppress(ValueError, OverflowError):
        now = parsedate_to_datetime(date).timestamp()
    return min(max(until - now, 0.0), 1e9)


def _code_of(status: int) -> str:
    match status:
        case 401 | 403:
            return "authentication"
        case 408:
            return "timeout"
        case 429:
            return "rate-limit"
        case 409:
            return "server"
        case _:
            return "server" if status >= 500 else "invalid-request"


def _hint(status: int, code: str) -> str:
    if 300 <= status < 400:
        return "; redirects are not followed: `base_url` must be the address itself"
    return "; is `base_url` right?" if status in (404, 405) and code == "invalid-request" else ""


def _read(body: bytes) -> Json:
    """The body as JSON; what is no JSON stands for itself, unless it is a page."""
    text = body.decode("utf-8", "replace").strip()
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return "" if text.startswith("<") else text
    return value


def _said(body: Json) -> Said:
    """Servers agree on no form: `{error: {message, type, code}}`, `{error: TEXT}`, `{message}`, `{detail}`, lists of these."""
    match body:
        case [first, *_]:
            return _said(first)
        case {"error": dict() as error}:
            return _said(cast("dict[str, Json]", error))
        case str():
            return Said(message=body)
        case {"error": str() as text} | {"detail": str() as text}:
            return Said(message=text)
        case {"detail": list() as problems}:
            told = (problem.get("msg") for problem in problems if isinstance(problem, dict))
            return Said(message="; ".join(each for each in told if isinstance(each, str)))
        case dict():
            message = body.get("message")
            words = tuple(word for key in ("code", "type", "status") if isinstance(word := body.get(key), str))
            return Said(message=message if isinstance(message, str) else "", words=words)
        case _:
            return Said(message="")
