"""Models that a function of the project makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_ir.record import replace
from rag_runtime.providers.python import make_model
from rag_runtime.tools.load import Unloadable
from tests.providers.server import ENTRY, asking

MODULE = """
from rag_runtime.seams import ModelAnswer
from rag_runtime.events import Usage


class Parrot:
    def __init__(self, name):
        self.name = name

    async def complete(self, request):
        said = f"{self.name}: {request.messages[-1]['content']}"
        return ModelAnswer(message={"role": "assistant", "content": said}, value=None, usage=Usage(model_calls=1))


def make(name):
    return Parrot(name)


def fails(name):
    raise ValueError("no such bird")


def wrong(name):
    return 7
"""


@pytest.mark.anyio
async def test_a_function_makes_the_model(tmp_path: Path) -> None:
    (tmp_path / "birds_one.py").write_text(MODULE)
    made = make_model(replace(ENTRY, provider="python", python="birds_one:make", model="polly"), tmp_path)
    answer = await made.complete(asking())
    assert answer.message["content"] == "polly: hello"


@pytest.mark.parametrize(("function", "words"), [("fails", "no such bird"), ("wrong", "`int`"), ("gone", "gone")])
def test_what_makes_no_model_is_told(tmp_path: Path, function: str, words: str) -> None:
    (tmp_path / "birds_two.py").write_text(MODULE)
    with pytest.raises(Unloadable, match=words):
        make_model(replace(ENTRY, provider="python", python=f"birds_two:{function}"), tmp_path)
