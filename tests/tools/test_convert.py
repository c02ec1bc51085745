"""Python tools get what their parameters are, and give what JSON can say of their results; the schema says the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum
from inspect import getsource
from typing import Annotated, Any, Literal, TypedDict

import pytest
from pydantic import BaseModel, Field

from rag_ir.graph import Json
from rag_ir.types import problems
from rag_registry.python_schema import PythonTool as Schema
from rag_registry.python_schema import python_schema
from rag_runtime.seams import CallFailed
from rag_runtime.tools.convert import converters
from rag_runtime.tools.python import PythonTool

pytestmark = pytest.mark.anyio


class Mood(StrEnum):
    GOOD = "good"
    BAD = "bad"


class Colour(Enum):
    RED = "red"


class Rank(IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Point:
    x: int
    y: int = 0


@dataclass(frozen=True)
class Shape:
    points: list[Point]
    colour: Colour = Colour.RED
    names: tuple[str, ...] = field(default_factory=tuple)


class Query(BaseModel):
    text: str
    limit: int = Field(default=3, description="How many.")
    mood: Mood | None = None


class Wrapped(TypedDict):
    shape: Shape
    note: str


def draw(shape: Shape) -> Any:
    assert isinstance(shape, Shape)
    assert all(isinstance(point, Point) for point in shape.points)
    assert isinstance(shape.colour, Colour)
    assert isinstance(shape.names, tuple)
    return shape


def ask(query: Query, moods: list[Mood], rank: Annotated[Rank, "how high"] = Rank.LOW) -> Any:
    assert isinstance(query, Query)
    assert all(isinstance(mood, Mood) for mood in moods)
    assert isinstance(rank, Rank)
    return {"query": query, "moods": moods, "rank": rank}


def maybe(point: Point | str | None = None) -> Any:
    return [type(point).__name__, point]


def deep(wrapped: Wrapped, points: dict[str, Point]) -> Any:
    assert isinstance(wrapped["shape"], Shape)
    assert all(isinstance(point, Point) for point in points.values())
    return [wrapped, points]


def simple(word: str, numbers: list[int], choice: Literal["a"] = "a") -> Any:
    return [word, numbers, choice]


CALLS: list[tuple[Any, dict[str, Json], Json]] = [
    (draw, {"shape": {"points": [{"x": 1}]}}, {"points": [{"x": 1, "y": 0}], "colour": "red", "names": []}),
    (
        draw,
        {"shape": {"points": [], "colour": "red", "names": ["a"]}},
        {"points": [], "colour": "red", "names": ["a"]},
    ),
    (
        ask,
        {"query": {"text": "x", "mood": "bad"}, "moods": ["good"], "rank": 2},
        {"query": {"text": "x", "limit": 3, "mood": "bad"}, "moods": ["good"], "rank": 2},
    ),
    (maybe, {"point": {"x": 1}}, ["Point", {"x": 1, "y": 0}]),
    (maybe, {"point": "x"}, ["str", "x"]),
    (maybe, {"point": None}, ["NoneType", None]),
    (
        deep,
        {"wrapped": {"shape": {"points": []}, "note": "n"}, "points": {"p": {"x": 1}}},
        [{"shape": {"points": [], "colour": "red", "names": []}, "note": "n"}, {"p": {"x": 1, "y": 0}}],
    ),
    (simple, {"word": "w", "numbers": [1]}, ["w", [1], "a"]),
]


@pytest.mark.parametrize(("function", "arguments", "result"), CALLS)
async def test_arguments_become_what_parameters_are(function: Any, arguments: dict[str, Json], result: Json) -> None:
    assert await PythonTool("t", function).call(arguments, "key") == result


@pytest.mark.parametrize(("function", "arguments", "result"), CALLS)
def test_the_schema_takes_what_the_function_takes(function: Any, arguments: dict[str, Json], result: Json) -> None:
    module = __import__("sys").modules[__name__]
    found = python_schema(getsource(module), function.__name__)
    assert isinstance(found, Schema), found
    assert problems(arguments, found.input, {}) == []
    for name in arguments:
        if function is not maybe:
            assert problems({**arguments, name: 1.5}, found.input, {}) != []


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (draw, {"shape": {"points": [{"z": 1}]}}),
        (draw, {"shape": {"points": [], "colour": "blue"}}),
        (ask, {"query": {"limit": 3}, "moods": []}),
        (ask, {"query": {"text": "x"}, "moods": ["odd"]}),
    ],
)
async def test_what_a_class_refuses_is_said(function: Any, arguments: dict[str, Json]) -> None:
    with pytest.raises(CallFailed) as failed:
        await PythonTool("t", function).call(arguments, "key")
    assert failed.value.error.code == "bad-arguments"
    assert failed.value.error.message.startswith("tool `t` does not take these arguments: ")


def test_plain_parameters_are_not_looked_at_again() -> None:
    assert converters(simple) == {}

    def unknown(x: Any) -> None: ...

    unknown.__annotations__ = {"x": "NoSuchThing"}
    assert converters(unknown) == {}
