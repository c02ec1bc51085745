"""The journal's text: every event comes back as it was, and nothing else is an event."""

from __future__ import annotations

import dataclasses
import json
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_ir.graph import Json
from rag_runtime import events
from rag_runtime.journal import EVENTS, JournalError, decode, encode, from_json, to_json

TEXTS = st.text(st.characters(codec=None), max_size=6)
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
ERRORS = st.builds(events.Error, code=TEXTS, message=TEXTS, node=TEXTS, task=TEXTS, at=TEXTS)
USAGES = st.builds(events.Usage, model_calls=st.integers(), input_tokens=st.integers(), cost_usd=TEXTS)
QUESTIONS = st.builds(
    events.Question,
    address=TEXTS,
    prompt=TEXTS,
    options=st.lists(TEXTS, max_size=2).map(tuple),
    cause=st.sampled_from(["interrupt", "before", "after", "effect-in-doubt"]),
)
CALLS = st.sampled_from(["model", "tool", "router"])
LABELS = st.none() | TEXTS
ANY_EVENT: st.SearchStrategy[events.Event] = st.one_of(
    st.builds(events.RunStarted, graph=TEXTS, input=VALUES, seed=TEXTS, namespace=TEXTS, depth=st.integers()),
    st.builds(
        events.TaskSucceeded,
        task=TEXTS,
        output=VALUES,
        label=LABELS,
        writes=st.lists(st.tuples(TEXTS, VALUES), max_size=2).map(tuple),
        messages=st.lists(VALUES, max_size=2).map(tuple),
    ),
    st.builds(events.TaskFailed, task=TEXTS, error=ERRORS, label=LABELS),
    st.builds(events.TaskPaused, task=TEXTS, questions=st.lists(QUESTIONS, max_size=2).map(tuple)),
    st.builds(events.CallStarted, task=TEXTS, call=TEXTS, kind=CALLS, name=TEXTS, effects=st.booleans()),
    st.builds(
        events.CallEnded,
        task=TEXTS,
        call=TEXTS,
        kind=CALLS,
        name=TEXTS,
        value=VALUES,
        error=st.none() | ERRORS,
        usage=USAGES,
    ),
    st.builds(
        events.ChildFinished,
        task=TEXTS,
        outcome=st.sampled_from(["finished", "failed", "cancelled"]),
        output=VALUES,
        error=st.none() | ERRORS,
        usage=USAGES,
    ),
    st.builds(events.Answered, address=TEXTS, value=VALUES, actor=TEXTS),
    st.builds(events.Resumed),
    st.builds(events.Cancelled, reason=TEXTS),
)


def test_the_codec_knows_every_event() -> None:
    assert set(EVENTS) == set(typing.get_args(events.Event))


@given(ANY_EVENT)
def test_an_event_comes_back_as_it_was(event: events.Event) -> None:
    text = encode(event)
    assert decode(text) == event
    assert encode(decode(text)) == text
    assert from_json(to_json(event)) == event


@given(ANY_EVENT)
def test_every_field_is_written(event: events.Event) -> None:
    written = json.loads(encode(event))
    assert list(written) == ["event", *(field.name for field in dataclasses.fields(event))]


def test_the_text_is_one_line_of_ascii() -> None:
    text = encode(events.Answered(address="0:0:ask", value="zeile\nünd \ud800", actor="mia"))
    assert text == '{"event":"Answered","address":"0:0:ask","value":"zeile\\n\\u00fcnd \\ud800","actor":"mia"}'


STARTED = '"event":"CallStarted","task":"0:0:a","call":"c"'
ENDED = '"event":"TaskSucceeded","task":"0:0:a","output":null,"label":null'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not a line of a journal"),
        ("[" * 100_000, "not a line of a journal"),
        ('{"event":"Resumed"', "not a line of a journal"),
        ("[]", "an event is an object"),
        ("{}", "unknown event `null`"),
        ('{"event":"Error"}', "unknown event `Error`"),
        ('{"event":"Exploded"}', "unknown event `Exploded`"),
        ('{"event":"Resumed","note":1}', "unknown field `note`"),
        ('{"event":"Cancelled","reason":1}', "Cancelled.reason is not a text"),
        ('{"event":"Answered","address":"a","value":NaN,"actor":"m"}', "NaN is not JSON"),
        ('{"event":"Answered","address":"a","actor":"m"}', "lacks the field `value`"),
        (f'{{{STARTED},"kind":"shell","name":"x","effects":true}}', "is `shell`, not one of model, tool, router"),
        (f'{{{STARTED},"kind":["tool"],"name":"x","effects":true}}', "not one of model, tool, router"),
        (f'{{{STARTED},"kind":"tool","name":"x","effects":1}}', "effects is not true or false"),
        (f'{{{ENDED},"writes":[["a"]]}}', "writes[0] is not a pair"),
        (f'{{{ENDED},"writes":{{"a":1}}}}', "writes is not an array"),
        ('{"event":"TaskFailed","task":"t","error":{"code":"c"}}', "error lacks the field `message`"),
        ('{"event":"TaskFailed","task":"t","error":{"code":"c","message":"m","x":1}}', "unknown field `x`"),
    ],
)
def test_what_is_no_event_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(JournalError) as refused:
        decode(text)
    assert complaint in str(refused.value)


@given(VALUES)
def test_reading_is_total(value: Json) -> None:
    for name in ("TaskSucceeded", "CallEnded", "RunStarted"):
        document: Json = {"event": name, "task": value, "error": value, "usage": value, "writes": value}
        with pytest.raises(JournalError):
            from_json(document)


def test_a_field_with_a_default_may_be_missing() -> None:
    assert decode('{"event":"Cancelled"}') == events.Cancelled(reason="")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"bytes", pytest.param(10**5000, id="digits")])
def test_what_json_cannot_hold_is_not_written(value: Json) -> None:
    with pytest.raises(JournalError):
        encode(events.Answered(address="a", value=value, actor="m"))


def test_nesting_beyond_the_stack_is_not_written() -> None:
    value: Json = None
    for _ in range(100_000):
        value = [value]
    with pytest.raises(JournalError):
        encode(events.Answered(address="a", value=value, actor="m"))
