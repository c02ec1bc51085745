"""`scripted`: the file, where an answer is found, and what is said when there is none."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from rag_ir.graph import Json, Price
from rag_runtime.events import Error, Usage
from rag_runtime.providers.script import BadScript, read_script
from rag_runtime.providers.scripted import Scripted
from rag_runtime.seams import CallFailed, ModelAnswer, ModelRequest

pytestmark = pytest.mark.anyio

REQUEST = ModelRequest(
    model="default",
    messages=({"role": "user", "content": "twelve bytes"},),
    tools=(),
    output=None,
    path="writer",
    visit=1,
    turn=1,
    exclusive=True,
    asked=0,
)

FILE = """
[at]
supervisor = ["looking"]
"supervisor/research_agent" = [{ findings = ["because"] }]
writer = ["first draft", "first draft, again"]
"writer@2" = ["second draft"]
"worker@*" = ["done"]
"worker@3" = ["tired"]

[models]
judge = ["one", "two"]
"""


async def ask(text: str, request: ModelRequest, name: str = "default", price: Price | None = None) -> ModelAnswer:
    return await Scripted(name, read_script(text, "answers.toml"), price).complete(request)


async def said(text: str, path: str, visit: int = 1, turn: int = 1) -> Json:
    return (await ask(text, replace(REQUEST, path=path, visit=visit, turn=turn))).message["content"]


async def refused(text: str, request: ModelRequest, name: str = "default") -> Error:
    with pytest.raises(CallFailed) as raised:
        await ask(text, request, name)
    return raised.value.error


async def test_answers_are_found_by_path_visit_and_turn() -> None:
    assert await said(FILE, "supervisor") == "looking"
    assert await said(FILE, "writer", turn=2) == "first draft, again"
    assert await said(FILE, "writer", visit=2) == "second draft"
    assert [await said(FILE, "worker", visit=visit) for visit in (1, 2, 3, 4)] == ["done", "done", "tired", "done"]


async def test_the_same_place_always_gets_the_same_answer() -> None:
    model = Scripted("default", read_script(FILE, "answers.toml"))
    assert await model.complete(REQUEST) == await model.complete(REQUEST)


async def test_a_missing_answer_says_what_was_asked_and_what_there_is() -> None:
    error = await refused('at."a@2" = ["x"]\nat."b@*" = ["y", "z"]', replace(REQUEST, visit=3, turn=2))
    assert error.code == "no-scripted-answer"
    assert error.message == (
        "model `default` has no scripted answer for `writer`, visit 3, turn 2:"
        " `answers.toml` has answers for `a@2` (1 turn), `b@*` (2 turns)"
    )
    many = "\n".join(f'at.n{number:02} = ["x"]' for number in range(14))
    assert (await refused(many, REQUEST)).message.endswith("`n11` (1 turn) and 2 more")
    assert (await refused("", REQUEST)).message.endswith("has answers for nothing")


async def test_a_list_is_taken_in_the_order_of_the_run() -> None:
    for asked, answer in ((0, "one"), (1, "two")):
        assert (await ask(FILE, replace(REQUEST, asked=asked), "judge")).message["content"] == answer
    error = await refused(FILE, replace(REQUEST, asked=2), "judge")
    assert error.code == "no-scripted-answer"
    assert error.message.endswith("has 2 answers for this model, and this is call 3")


@pytest.mark.parametrize("shared", [{"exclusive": False}, {"asked": None}])
async def test_a_list_is_refused_where_it_has_no_order(shared: dict[str, bool | None]) -> None:
    request = replace(REQUEST, exclusive=shared.get("exclusive", True) is True, asked=shared.get("asked", 0) and None)
    if "asked" in shared:
        request = replace(REQUEST, asked=None)
    error = await refused(FILE, request, "judge")
    assert (error.code, "`judge`" in error.message) == ("shared-script", True)


async def test_a_table_or_a_list_is_a_structured_answer() -> None:
    for given, value in (
        ('{ findings = ["because"] }', {"findings": ["because"]}),
        ('["a", "b"]', ["a", "b"]),
        ("7", 7),
        ("false", False),
        ('{ text = "x" }', {"text": "x"}),
        ('{ message = "x" }', {"message": "x"}),
        ('{ value = { error = "x" } }', {"error": "x"}),
        ("{ value = 3, latency = 0 }", 3),
    ):
        assert (await ask(f"at.writer = [{given}]", REQUEST)).value == value
    answer = await ask('at.writer = [{ findings = ["é"] }]', REQUEST)
    assert answer.message == {"role": "assistant", "content": '{"findings":["é"]}'}


async def test_tool_calls_stand_beside_a_text() -> None:
    call = '{ text = "let me see", tool_calls = [{ name = "search", arguments = { query = "x" } }, { name = "t", id = "1" }] }'
    assert (await ask(f"at.writer = [{call}]", REQUEST)).message == {
        "role": "assistant",
        "content": "let me see",
        "tool_calls": [
            {"name": "search", "arguments": {"query": "x"}},
            {"id": "1", "name": "t", "arguments": {}},
        ],
    }


async def test_an_injected_failure_fails_the_call() -> None:
    error = await refused('at.writer = [{ error = "rate_limit", message = "slow down" }]', REQUEST)
    assert error == Error(code="rate-limit", message="slow down")


async def test_usage_is_estimated_stated_and_priced() -> None:
    price = Price(input_per_mtok="0.25", output_per_mtok="2.0")
    estimated = await ask('at.writer = ["hello"]', REQUEST, price=price)
    assert estimated.usage == Usage(model_calls=1, input_tokens=3, output_tokens=2, cost_usd="0.00000475")
    stated = '{ text = "x", usage = { input_tokens = 1000000, output_tokens = 10 } }'
    assert (await ask(f"at.writer = [{stated}]", REQUEST, price=price)).usage == Usage(
        model_calls=1, input_tokens=1_000_000, output_tokens=10, cost_usd="0.25002"
    )
    costly = '{ text = "x", usage = { cost_usd = "1.50" } }'
    assert (await ask(f"at.writer = [{costly}]", REQUEST)).usage.cost_usd == "1.50"


async def test_json_files_can_say_null() -> None:
    script = read_script('{"at": {"writer": [{"value": null}, null]}}', "answers.json")
    answers = script.at["writer", 1]
    assert [(answer.structured, answer.value) for answer in answers] == [(True, None), (True, None)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("at = 1", "`at` must be a table"),
        ("[answers]", "`answers` is no key of a script; there are `at` and `models`"),
        ('at.writer = "x"', "`at.writer` must be a list of answers, one for each turn"),
        ('at."writer@0" = []', "`at.writer@0` is not of the form `path`, `path@2` or `path@*`"),
        ('at."@2" = []', "`at.@2` is not of the form `path`, `path@2` or `path@*`"),
        ('at.writer = []\nat."writer@1" = []', "`at.writer@1` stands for a visit that another key stands for"),
        ("at.writer = [{ tool_calls = 1 }]", "`at.writer[0].tool_calls` must be a list of calls"),
        ("at.writer = [{ tool_calls = [{}] }]", "`at.writer[0].tool_calls[0]` lacks the `name` of a tool"),
        (
            'at.writer = [{ tool_calls = [{ name = "t", args = {} }] }]',
            "`at.writer[0].tool_calls[0].args` is no key of a call; there are `name`, `arguments` and `id`",
        ),
        (
            'at.writer = ["x", { error = "Not A Code" }]',
            "`at.writer[1].error` must be an error's code, such as `rate_limit`",
        ),
        ('at.writer = [{ value = 1, text = "x" }]', "`at.writer[0].text` cannot stand beside `value`"),
        ('at.writer = [{ value = 1, message = "x" }]', "`at.writer[0].message` stands only beside `error`"),
        ("models.judge = [{ value = 1, latency = -1 }]", "`models.judge[0].latency` must be a whole number, 0 or more"),
        (
            "models.judge = [{ value = 1, usage = { tokens = 1 } }]",
            "`models.judge[0].usage.tokens` is no figure; there are `input_tokens`, `output_tokens` and `cost_usd`",
        ),
        ("at.writer = [nan]", "the script.at.writer[0] is a number that is not finite"),
        ("at.writer = [1979-05-27]", "the script.at.writer[0] is a Python `date`, which is not JSON"),
        ("at.writer = [", "Invalid value (at end of document)"),
    ],
)
async def test_a_file_that_cannot_be_used_says_why(text: str, message: str) -> None:
    with pytest.raises(BadScript) as raised:
        read_script(text, "answers.toml")
    assert str(raised.value) == f"answers.toml: {message}"


@pytest.mark.parametrize("text", ["[1]", "{", "[" * 100_000, '{"at": {"a": [' + "[" * 100 + "]" * 100 + "]}}"])
async def test_a_json_file_that_cannot_be_used_is_no_traceback(text: str) -> None:
    with pytest.raises(BadScript, match=r"^answers\.json: "):
        read_script(text, "answers.json")


def test_the_page_shows_files_that_can_be_read() -> None:
    page = (Path(__file__).parents[2] / "docs" / "scripted-models.md").read_text()
    blocks = [block for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "rag.toml" not in block]
    scripts = [read_script(block, "answers.toml") for block in blocks]
    assert [(len(script.at), len(script.models)) for script in scripts] == [(5, 0), (0, 1)]
    forms = re.findall(r"`(\{.*?\}|\[.*?\])`(?=[ ,|])", page.partition("## Forms")[2].partition("A table counts")[0])
    assert [read_script(f"at.a = [{form}]", "a.toml").at["a", 1][0].structured for form in forms] == [
        *(True, True),
        *(False, False),
        True,
    ]
