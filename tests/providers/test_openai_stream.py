"""`openai`, streaming: pieces add up to the answer that came whole, however they are cut; a broken stream is no answer."""

from __future__ import annotations

import json
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_ir.graph import Json
from rag_runtime.events import Usage
from rag_runtime.providers.chat_answer import read_completion
from rag_runtime.providers.chat_stream import Pieces, ServerSentEvents
from rag_runtime.seams import CallFailed, ModelAnswer
from rag_runtime.tasks.conversation import calls_of
from tests.providers.server import (
    USED,
    Server,
    asking,
    chunk,
    events,
    model,
    saying,
    streaming,
    told,
)

pytestmark = pytest.mark.anyio


async def ask(*parts: bytes | Exception) -> ModelAnswer:
    return await model(Server(streaming(*parts)), "streaming").complete(asking())


async def test_a_text_in_pieces() -> None:
    server = Server(streaming(events(*told("Hel", "lo \u2028 wörld"))))
    answer = await model(server, "streaming").complete(asking())
    assert server.bodies[0]["stream"] is True
    assert server.bodies[0]["stream_options"] == {"include_usage": True}
    assert answer.message["content"] == "Hello \u2028 wörld"
    assert answer.usage == Usage(model_calls=1, input_tokens=12, output_tokens=3, cost_usd="0.000009")


async def test_a_model_that_does_not_stream_is_not_asked_to() -> None:
    server = Server(saying("hi"))
    await model(server).complete(asking())
    assert not server.bodies[0].keys() & {"stream", "stream_options"}


async def test_a_server_that_answers_whole_all_the_same() -> None:
    assert (await model(Server(saying("hi")), "streaming").complete(asking())).message["content"] == "hi"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
async def test_lines_of_any_kind_with_comments_and_other_fields(end: str) -> None:
    lines = [": busy", "", "event: x", "id: 1", f"data:{chunk({'content': 'a'})}", "", ":", "retry: 3"]
    lines += [f"data: {chunk({'content': 'b'}, 'stop')}", "", "data: [DONE]", "", ""]
    assert (await ask(end.join(lines).encode())).message["content"] == "ab"


async def test_data_in_several_lines_and_an_end_without_an_empty_line() -> None:
    first, second = json.dumps(json.loads(chunk({"content": "a"}, "stop")), indent=1).split("\n", 1)
    rest = "\n".join(f"data: {line}" for line in second.split("\n"))
    assert (await ask(f"data: {first}\n{rest}".encode())).message["content"] == "a"


WHOLE = events(*told("Hel", "lo ", "wörld ", "\u2028\x85"))


@given(st.lists(st.integers(0, len(WHOLE))))
def test_where_bytes_are_cut_does_not_show(cuts: list[int]) -> None:
    at = [0, *sorted(cuts), len(WHOLE)]
    reader, pieces = ServerSentEvents(), Pieces()
    for start, stop in pairwise(at):
        for data in reader.feed(WHOLE[start:stop]):
            pieces.add(None if data == "[DONE]" else json.loads(data))
    assert read_completion(pieces.completion()).text == "Hello wörld \u2028\x85"


@given(st.binary())
def test_any_bytes_are_read(received: bytes) -> None:
    reader = ServerSentEvents()
    assert all(isinstance(data, str) for data in [*reader.feed(received), *reader.end()])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "x", "stop"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "delta", "tool_calls", "function", "index", "id", "name", "arguments", "usage"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON))
def test_any_chunks_add_up(chunks: list[Json]) -> None:
    pieces = Pieces()
    for each in chunks:
        pieces.add(each)
    read_completion(pieces.completion())


def call(index: int | None, identity: str | None = None, name: str | None = None, arguments: str = "") -> str:
    function: dict[str, Json] = {"arguments": arguments}
    function |= {} if name is None else {"name": name}
    given_: dict[str, Json] = {"index": index, "id": identity, "function": function}
    return chunk({"tool_calls": [{key: value for key, value in given_.items() if value is not None}]})


@pytest.mark.parametrize(
    "pieces",
    [
        [call(0, "c1", "f"), call(0, None, None, '{"a":'), call(1, "c2", "g", "{}"), call(0, None, None, "1}")],
        [call(0, "c1", "f", '{"a":1}'), call(0, "c2", "g", "{}")],
        [call(None, "c1", "f", '{"a":'), call(None, None, None, "1}"), call(None, "c2", "g", "{}")],
        [call(0, "c1", "f", '{"a":'), call(0, "c1", "f", "1}"), call(1, "c2", "g", "{}")],
    ],
    ids=["as defined", "index 0 always", "no index", "names again"],
)
async def test_tool_calls_in_pieces(pieces: list[str]) -> None:
    answer = await ask(events(*pieces, chunk({}, "tool_calls"), USED, "[DONE]"))
    assert [(each.id, each.name, each.arguments) for each in calls_of(answer.message)] == [
        ("c1", "f", {"a": 1}),
        ("c2", "g", {}),
    ]


async def test_other_choices_say_nothing() -> None:
    other = json.dumps({"choices": [{"index": 1, "delta": {"content": "no"}, "finish_reason": "stop"}]})
    answer = await ask(events(other, chunk({"content": "yes"}, "stop")))
    assert answer.message["content"] == "yes"


BROKEN = httpx.ReadError("cut", request=httpx.Request("POST", "http://models.test"))


@pytest.mark.parametrize(
    ("parts", "code", "transient"),
    [
        ([events(chunk({"content": "half"}))], "connection", True),
        ([events(chunk({"content": "half"}), "[DONE]")], "connection", True),
        ([events()], "connection", True),
        ([events(chunk({"content": "half"})), BROKEN], "connection", True),
        ([events(chunk({"content": "half"})), httpx.ReadTimeout("slow")], "timeout", True),
        ([events(chunk({"content": "half"}), '{"choices": [{"delt', USED)], "server", True),
        ([events(chunk({"content": "half"}), '{"error": {"message": "overloaded"}}')], "server", True),
        ([events('{"error": {"message": "no", "code": 401}}')], "authentication", False),
        ([events(chunk({}, "length"))], "truncated", False),
    ],
)
async def test_a_stream_that_is_no_answer(parts: list[bytes | Exception], code: str, transient: bool) -> None:
    with pytest.raises(CallFailed) as raised:
        await ask(*parts)
    assert (raised.value.error.code, raised.value.transient) == (code, transient)
