"""`echo`: the last user message again, or the smallest value that fits."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_ir.graph import Json, Schema
from rag_ir.types import problems
from rag_runtime.events import Usage
from rag_runtime.providers.echo import Echo
from rag_runtime.providers.smallest import smallest
from rag_runtime.seams import CallFailed, Message, ModelAnswer, ModelRequest
from rag_runtime.tasks.fit import standing_alone

pytestmark = pytest.mark.anyio

TEXT: dict[str, Json] = {"type": "string"}


async def ask(*messages: Message, output: Schema | None = None) -> ModelAnswer:
    request = ModelRequest(
        model="m", messages=messages, tools=(), output=output, path="a", visit=1, turn=1, exclusive=True
    )
    return await Echo().complete(request)


async def test_the_last_user_message_comes_back() -> None:
    answer = await ask(
        {"role": "user", "content": "first"},
        {"role": "user", "content": "second"},
        {"role": "assistant", "content": "no"},
    )
    assert answer.message == {"role": "assistant", "content": "second"}
    assert answer.usage == Usage(model_calls=1, input_tokens=5, output_tokens=2)


async def test_nothing_said_is_answered_with_nothing() -> None:
    assert (await ask({"role": "system", "content": "be brief"})).message["content"] == ""


async def test_a_message_that_is_no_text_comes_back_as_json() -> None:
    assert (await ask({"role": "user", "content": {"a": 1}})).message["content"] == '{"a":1}'


async def test_structured_output_fits() -> None:
    schema: Schema = {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "required": ["a"]}
    answer = await ask({"role": "user", "content": "x"}, output=schema)
    assert (answer.value, answer.message["content"]) == ({"a": ""}, '{"a":""}')


async def test_a_record_without_an_end_cannot_be_answered() -> None:
    loop: Schema = {"type": "object", "properties": {"next": {"$ref": "#/types/Loop"}}, "required": ["next"]}
    with pytest.raises(CallFailed) as raised:
        await ask(output=standing_alone({"$ref": "#/types/Loop"}, {"Loop": loop}))
    assert raised.value.error.code == "unanswerable-output"


def _objects(schemas: st.SearchStrategy[dict[str, Json]]) -> st.SearchStrategy[dict[str, Json]]:
    def made(properties: dict[str, dict[str, Json]], optional: bool) -> dict[str, Json]:
        required = sorted(properties)[1:] if optional else sorted(properties)
        return {"type": "object", "properties": cast("Json", properties), "required": cast("Json", required)}

    return st.builds(made, st.dictionaries(st.sampled_from("abc"), schemas, max_size=3), st.booleans())


PRIMITIVES: list[dict[str, Json]] = [
    {"type": "string"},
    {"type": "integer"},
    {"type": "number"},
    {"type": "boolean"},
    {"type": "null"},
    {},
    {"type": "string", "enum": ["a", "b"]},
    {"$ref": "#/types/Tree"},
    {"$ref": "#/types/message"},
]
SCHEMAS: st.SearchStrategy[dict[str, Json]] = st.recursive(
    st.sampled_from(PRIMITIVES),
    lambda inner: st.one_of(
        inner.map(lambda schema: {"type": "array", "items": schema}),
        inner.map(lambda schema: {"type": "object", "additionalProperties": schema}),
        st.lists(inner, min_size=2, max_size=3).map(lambda members: {"anyOf": cast("Json", members)}),
        _objects(inner),
    ),
    max_leaves=8,
)
TREE: Schema = {
    "type": "object",
    "properties": {
        "next": {"anyOf": [{"$ref": "#/types/Tree"}, {"type": "null"}]},
        "all": {"type": "array", "items": {"$ref": "#/types/Tree"}},
    },
    "required": ["next", "all"],
}


@given(SCHEMAS)
def test_the_smallest_value_fits_its_schema(schema: dict[str, Json]) -> None:
    types = {"Tree": TREE}
    assert problems(smallest(standing_alone(schema, types)), schema, types) == []
