"""A call that fails for a time is made again: how often, after what pauses, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_ir import build
from rag_ir.graph import Document, Json
from rag_runtime.events import CallEnded, Error, Usage
from rag_runtime.retry import ATTEMPTS, LONGEST_ASKED_SECONDS, seconds_before
from rag_runtime.seams import CallFailed, Capabilities, ModelRequest
from rag_runtime.stores.memory import MemoryStore
from tests.runtime.world import Function, Speaker, Stage

pytestmark = pytest.mark.anyio


def failing(code: str = "server", *, transient: bool = True, wait: float = 0, usage: Usage | None = None) -> CallFailed:
    return CallFailed(Error(code=code, message="it broke"), transient=transient, wait=wait, usage=usage)


# The policy


def test_pauses_double_and_have_jitter() -> None:
    pauses = [[seconds_before(attempt, failing(), f"key {key}") or 0 for attempt in (2, 3, 4)] for key in range(50)]
    for first, second, third in pauses:
        assert 0.1 <= first <= 0.2 <= second <= 0.4 <= third <= 0.8
    assert len({first for first, _, _ in pauses}) == 50


def test_the_same_call_waits_the_same() -> None:
    assert seconds_before(2, failing(), "key") == seconds_before(2, failing(), "key")


@pytest.mark.parametrize(
    ("attempt", "failed"),
    [(2, failing(transient=False)), (ATTEMPTS + 1, failing()), (2, failing(wait=LONGEST_ASKED_SECONDS + 1))],
)
def test_what_is_not_made_again(attempt: int, failed: CallFailed) -> None:
    assert seconds_before(attempt, failed, "key") is None


@given(st.integers(2, ATTEMPTS), st.floats(0.01, LONGEST_ASKED_SECONDS), st.text())
def test_never_before_the_time_that_is_asked_for(attempt: int, wait: float, key: str) -> None:
    pause = seconds_before(attempt, failing(wait=wait), key)
    assert pause is not None
    assert wait <= pause <= wait + 0.8


# A run


class Unsteady:
    """A model that fails in these ways, then answers. Keeps the requests and the pauses."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = [*failures]
        self.requests: list[ModelRequest] = []
        self.pauses: list[float] = []

    def __call__(self, request: ModelRequest) -> str:
        self.requests.append(request)
        if self._failures:
            raise self._failures.pop(0)
        return "at last"

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


def asking(model: Unsteady, *, cap: int | None = None, window: int | None = None) -> Stage:
    requirement = replace(build.require_model("default"), max_output_tokens=cap, context_window=window)
    document = build.document("g", graphs=[build.graph("g", start="a", nodes=[build.model("a", next="END")])])
    document = build.document("g", graphs=[*document.graphs.values()], models=[requirement])
    given_ = Capabilities(models={"default": Speaker(model)}, tools={}, routers={}, sleep=model.sleep)
    return Stage(document, MemoryStore(), given_)


def ended(it: Stage) -> list[CallEnded]:
    return [entry.event for entry in it.store.events("r1") if isinstance(entry.event, CallEnded)]


async def test_a_run_goes_on_when_the_server_does() -> None:
    model = Unsteady(failing(), failing("rate-limit", wait=20), failing("timeout"))
    it = asking(model)
    result = await it.run({})
    assert result.outcome == "finished"
    assert len(model.requests) == 4
    first, second, third = model.pauses
    assert 0.1 <= first <= 0.2
    assert 20 <= second <= 20.4
    assert 0.4 <= third <= 0.8
    assert [each.error for each in ended(it)] == [None]
    assert result.usage.model_calls == 1


async def test_every_new_attempt_is_told() -> None:
    it = asking(model := Unsteady(failing(), failing("rate-limit", wait=20)))
    await it.run({})
    told = [event for event in it.events if event.event == "call.retrying"]
    assert [(event.id, event.data) for event in told] == [
        (
            f"r1#1:call.retrying:0:0:a#model:1#{attempt}",
            {
                "call": "model:1",
                "kind": "model",
                "name": "default",
                "attempt": attempt,
                "wait_ms": round(pause * 1000),
                "error": {"code": code, "message": "it broke", "node": "", "task": "", "at": ""},
            },
        )
        for attempt, pause, code in zip((2, 3), model.pauses, ("server", "rate-limit"), strict=True)
    ]
    assert it.names().index("call.started") < it.names().index("call.retrying") < it.names().index("call.ended")


async def test_a_run_fails_after_the_last_attempt() -> None:
    it = asking(model := Unsteady(*(failing() for _ in range(9))))
    result = await it.run({})
    assert (result.outcome, len(model.requests), len(model.pauses)) == ("failed", ATTEMPTS, ATTEMPTS - 1)
    assert result.error is not None
    assert (result.error.code, result.error.message) == ("server", "node `a`: it broke (attempt 4)")


@pytest.mark.parametrize("failed", [failing("authentication", transient=False), failing("rate-limit", wait=121)])
async def test_a_failure_for_good_is_met_once(failed: CallFailed) -> None:
    it = asking(model := Unsteady(failed))
    result = await it.run({})
    assert (result.outcome, len(model.requests), model.pauses) == ("failed", 1, [])
    assert result.error is not None
    assert result.error.message == "node `a`: it broke"


async def test_a_failed_run_that_is_resumed_tries_afresh() -> None:
    it = asking(model := Unsteady(*(failing() for _ in range(ATTEMPTS + 1))))
    assert (await it.run({})).outcome == "failed"
    assert (await it.resume()).outcome == "finished"
    assert len(model.requests) == ATTEMPTS + 2


def using(effects: str, idempotent: bool) -> Document:
    tool = build.require_tool("note", effects="write" if effects == "write" else "read", idempotent=idempotent)
    graph = build.graph("g", start="a", nodes=[build.tool("a", "note", next="END")])
    return build.document("g", graphs=[graph], tools=[tool])


@pytest.mark.parametrize(
    ("effects", "idempotent", "calls"), [("write", False, 1), ("write", True, 2), ("read", False, 2)]
)
async def test_a_tool_that_may_have_had_its_effect_is_called_once(effects: str, idempotent: bool, calls: int) -> None:
    keys: list[str] = []

    def note(arguments: dict[str, Json], key: str) -> Json:
        keys.append(key)
        if len(keys) == 1:
            raise failing()
        return "noted"

    async def sleep(seconds: float) -> None:
        assert seconds > 0

    given_ = Capabilities(models={}, tools={"note": Function(note)}, routers={}, sleep=sleep)
    result = await Stage(using(effects, idempotent), MemoryStore(), given_).run({})
    assert (len(keys), len(set(keys))) == (calls, 1)
    assert result.outcome == ("finished" if calls == 2 else "failed")


# A model that comes to the end of its cap before it has said anything

SPENT = Usage(model_calls=1, input_tokens=10, output_tokens=300, cost_usd="0.002")


def truncated() -> CallFailed:
    return failing("truncated", transient=False, usage=SPENT)


@pytest.mark.parametrize(
    ("cap", "window", "longer"), [(500, None, 1000), (None, None, 600), (500, 800, 800), (500, 10_000, 1000)]
)
async def test_it_is_asked_once_more_with_a_longer_cap(cap: int | None, window: int | None, longer: int) -> None:
    it = asking(model := Unsteady(truncated()), cap=cap, window=window)
    result = await it.run({})
    assert result.outcome == "finished"
    assert [request.max_output_tokens for request in model.requests] == [None, longer]
    assert [(each.call, each.error and each.error.code) for each in ended(it)] == [
        ("model:1", "truncated"),
        ("model:1:longer", None),
    ]
    assert (result.usage.model_calls, result.usage.output_tokens, result.usage.cost_usd) == (2, 302, "0.003")


async def test_it_is_not_asked_a_third_time() -> None:
    it = asking(model := Unsteady(truncated(), truncated()), cap=500)
    result = await it.run({})
    assert (result.outcome, len(model.requests)) == ("failed", 2)
    assert result.error is not None
    assert result.error.code == "truncated"


@pytest.mark.parametrize(("cap", "window"), [(500, 500), (500, 400)])
async def test_it_is_not_asked_again_where_its_window_is_spent(cap: int, window: int) -> None:
    it = asking(model := Unsteady(truncated()), cap=cap, window=window)
    assert (await it.run({})).outcome == "failed"
    assert len(model.requests) == 1


async def test_a_resumed_run_begins_with_the_cap_that_it_had() -> None:
    it = asking(model := Unsteady(truncated(), truncated()), cap=500)
    await it.run({})
    assert (await it.resume()).outcome == "finished"
    assert [request.max_output_tokens for request in model.requests] == [None, 1000, None]
