"""Schemas of Python tools are what their sources say, read without running anything."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_ir.graph import Json
from rag_ir.shapes import schema_problems
from rag_ir.types import describe
from rag_registry.python_schema import Problem, PythonTool, Source, python_schema

HEAD = """
import typing as t
from collections.abc import Sequence
from typing import Annotated, Any, Literal, NotRequired, Optional, Required, TypedDict, Union
Mood = Literal["good", "bad"]
class Page(TypedDict):
    url: str
    \"\"\"Where it is.\"\"\"
    title: NotRequired[str]
class Long(Page, total=False):
    text: Annotated[str, "the whole text"]
    pages: Required[int]
@dataclass(frozen=True)
class Point:
    kind: ClassVar[str] = "point"
    x: int
    y: int = 0
    _: KW_ONLY
    tags: list[str] = field(default_factory=list)
    \"\"\"Words.\"\"\"
    cached: int = field(init=False, default=1)
class Far(Point):
    z: float = field()
class Model(pydantic.BaseModel):
    model_config = {}
    _secret: int = 0
    text: str = Field(..., description="what it says")
    limit: int = Field(3, ge=1)
    renamed: Annotated[str, Field(description="new")] = Field(alias="name")
class More(Model):
    moods: "list[Mood]" = []
class Size(StrEnum):
    SMALL = "small"
    LARGE = auto()
class Level(str, Enum):
    LOW = "low"
class Number(IntEnum):
    ONE = 1
class Loop(TypedDict):
    loop: "Loop"
class Plain: ...
raise SystemExit("this module was run")
"""


def tool(source: str) -> PythonTool:
    found = python_schema(HEAD + source, "f")
    assert isinstance(found, PythonTool), found
    assert not list(schema_problems(dict(found.input)))
    return found


def parameter(annotation: str) -> dict[str, Json]:
    properties = tool(f"def f(x: {annotation}): ...").input["properties"]
    assert isinstance(properties, dict)
    schema = properties["x"]
    assert isinstance(schema, dict)
    return schema


@pytest.mark.parametrize(
    ("annotation", "type_"),
    [
        ("str", "string"),
        ("int", "int"),
        ("float", "float"),
        ("bool", "bool"),
        ("Any", "json"),
        ("object", "json"),
        ("list", "json[]"),
        ("list[int]", "int[]"),
        ("Sequence[str]", "string[]"),
        ("tuple[str, ...]", "string[]"),
        ("dict", "map<json>"),
        ("dict[str, int]", "map<int>"),
        ("t.Mapping[str, list[bool]]", "map<bool[]>"),
        ("str | None", "string?"),
        ("None | int | str", "(int | string)?"),
        ("Optional[str]", "string?"),
        ("Union[int, str]", "int | string"),
        ("t.Optional['int']", "int?"),
        ("'list[str]'", "string[]"),
        ("Mood", '"good" | "bad"'),
        ("Literal['a', None]", '"a"?'),
        ("Page", "{ url: string, title: string }"),
        ("list[Page]", "{ url: string, title: string }[]"),
        ("Long", "{ url: string, title: string, text: string, pages: int }"),
        ("Annotated[int, 'how many']", "int"),
        ("Annotated[int, Field(description='how many')]", "int"),
        ("Point", "{ x: int, y: int, tags: string[] }"),
        ("Far", "{ x: int, y: int, tags: string[], z: float }"),
        ("Model", "{ text: string, limit: int, name: string }"),
        ("list[More]", '{ text: string, limit: int, name: string, moods: ("good" | "bad")[] }[]'),
        ("Size", '"small" | "large"'),
        ("Level | None", '"low"?'),
        ("Number", "int"),
    ],
)
def test_annotations(annotation: str, type_: str) -> None:
    assert describe(parameter(annotation)) == type_


def test_typed_dicts_say_what_is_required_and_what_it_is() -> None:
    schema = parameter("Long")
    assert schema["required"] == ["url", "pages"]
    assert schema["properties"] == {
        "url": {"type": "string", "description": "Where it is."},
        "title": {"type": "string"},
        "text": {"type": "string", "description": "the whole text"},
        "pages": {"type": "integer"},
    }


def test_dataclasses_and_models_say_what_is_required_and_what_it_is() -> None:
    assert (parameter("Point")["required"], parameter("Far")["required"]) == (["x"], ["x", "z"])
    assert parameter("Point")["properties"] == {
        "x": {"type": "integer"},
        "y": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}, "description": "Words."},
    }
    assert parameter("More")["required"] == ["text", "name"]
    assert parameter("Model")["properties"] == {
        "text": {"type": "string", "description": "what it says"},
        "limit": {"type": "integer"},
        "name": {"type": "string", "description": "new"},
    }


MODULES = {
    ("types", 1): "from .more import Page\nfrom .types import Knot as Knot\nMany = list[Page]\n",
    ("more", 1): "from typing import TypedDict\nclass Page(TypedDict):\n    url: str\n    odd: set[int]\n"
    "class Base(TypedDict):\n    base: int\n",
    ("impl", 0): "from .more import Base\nclass Own(Base):\n    own: str\ndef real(x: Own) -> int: ...\n",
    ("loop", 0): "from loop import f\n",
    ("broken", 0): "def f(:",
}


def _find(module: str, level: int) -> Source | None:
    text = MODULES.get((module, level))
    return Source(text, f"{module}.py", _find) if text is not None else None


def test_functions_and_types_are_found_where_they_are_imported_from() -> None:
    found = python_schema(Source("from impl import real as f", "here.py", _find), "f")
    assert isinstance(found, PythonTool)
    properties = found.input["properties"]
    assert isinstance(properties, dict)
    own = properties["x"]
    assert isinstance(own, dict)
    assert describe(own) == "{ base: int, own: string }"
    assert found.output == {"type": "integer"}


@pytest.mark.parametrize(
    ("text", "message", "line", "shown"),
    [
        ("from other import f", "`f` is imported from `other`, which is no module", 1, "here.py"),
        ("from .. import f", "`f` is imported from `..`", 1, "here.py"),
        ("from impl import g as f", "there is no function `g`", None, "impl.py"),
        ("from loop import f", "without an end", None, "loop.py"),
        ("from broken import f", "not Python", 1, "broken.py"),
        ("from .types import Many\ndef f(x: Many): ...", "the type `set[int]` cannot be read (more.py)", 2, "here.py"),
        ("from .types import Knot\ndef f(x: Knot): ...", "the type `Knot` cannot be read", 2, "here.py"),
        ("from other import Page\ndef f(x: Page): ...", "the type `Page` cannot be read", 2, "here.py"),
        ("from broken import Page\ndef f(x: Page): ...", "the type `Page` cannot be read", 2, "here.py"),
    ],
)
def test_what_is_imported_and_cannot_be_read(text: str, message: str, line: int | None, shown: str) -> None:
    problem = python_schema(Source(text, "here.py", _find), "f")
    assert isinstance(problem, Problem)
    assert message in problem.message
    assert (problem.line, problem.shown) == (line, shown)


def test_parameters_and_defaults() -> None:
    found = tool(
        "async def f(a: str, b: int = 3, *, c: Mood = 'good', d: float = math.pi, e: int = None, g: Mood = 'odd', "
        "h: dict[str, int] = {}, idempotency_key: str) -> None: ..."
    )
    assert found.input == {
        "type": "object",
        "properties": {
            "a": {"type": "string"},
            "b": {"type": "integer", "default": 3},
            "c": {"type": "string", "enum": ["good", "bad"], "default": "good"},
            "d": {"type": "number"},
            "e": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "g": {"type": "string", "enum": ["good", "bad"]},
            "h": {"type": "object", "additionalProperties": {"type": "integer"}, "default": {}},
        },
        "required": ["a"],
    }


@pytest.mark.parametrize(
    ("returns", "type_"),
    [("-> list[str]", "string[]"), ("-> None", "null"), ("-> Any", "json"), ("", None), ("-> Response", None)],
)
def test_results(returns: str, type_: str | None) -> None:
    output = tool(f"def f() {returns}: ...").output
    assert (None if output is None else describe(output)) == type_


GOOGLE = '''
def f(query: str, limit: int = 3, extra: Annotated[str, "its own"] = ""):
    """Search the web.

    All of it.

    Args:
        query: What to look for,
            in words.
        limit (int): How many.
        extra: Not this.

    Returns:
        Pages.
    """
'''
NUMPY = '''
def f(query: str, limit: int = 3, extra: Annotated[str, "its own"] = ""):
    """Search the web.

    All of it.

    Parameters
    ----------
    query
        What to look for, in words.
    limit : int
        How many.
    """
'''
SPHINX = '''
def f(query: str, limit: int = 3, extra: Annotated[str, "its own"] = ""):
    """Search the web.

    All of it.

    :param query: What to look for, in words.
    :param int limit: How many.
    """
'''


@pytest.mark.parametrize("source", [GOOGLE, NUMPY, SPHINX])
def test_docstrings(source: str) -> None:
    found = tool(source)
    assert found.description == "Search the web.\n\nAll of it."
    properties = found.input["properties"]
    assert isinstance(properties, dict)
    described = [schema["description"] for schema in properties.values() if isinstance(schema, dict)]
    assert described == ["What to look for, in words.", "How many.", "its own"]


def test_a_docstring_without_parameters() -> None:
    found = tool('def f():\n    """Do it.\n\n    Note: carefully.\n\n    Returns:\n        Nothing.\n    """')
    assert found.description == "Do it.\n\nNote: carefully."


@pytest.mark.parametrize(
    ("source", "message", "line"),
    [
        ("def g(): ...", "there is no function `f`", None),
        ("class f: ...", "is a class", 1),
        ("from other import f", "imported from `other`", 1),
        ("f = len", "is assigned", 1),
        ("def f(x): ...", "parameter `x` has no type", 1),
        ("def f(*, x): ...", "parameter `x` has no type", 1),
        ("def f(*xs: int): ...", "`*xs`", 1),
        ("def f(**xs: int): ...", "`**xs`", 1),
        ("def f(x: int, /): ...", "positional only", 1),
        ("\n\ndef f(\n  a: int,\n  x: Response,\n): ...", "parameter `x`: the type `Response`", 5),
        ("def f(x: set[int]): ...", "the type `set[int]`", 1),
        ("def f(x: dict[int, str]): ...", "the type `dict[int, str]`", 1),
        ("def f(x: tuple[int, str]): ...", "the type `tuple[int, str]`", 1),
        ("def f(x: t.Literal[1, 2]): ...", "no text", 1),
        ("def f(x: 'list['): ...", "in a string", 1),
        ("class P: ...\ndef f(x: P): ...", "no `TypedDict`", 2),
        ("from typing import TypedDict\nclass P(TypedDict):\n    p: 'P'\ndef f(x: P): ...", "contains itself", 3),
        ("A = B\nB = A\ndef f(x: A): ...", "contains itself", 2),
        ("class P(P): ...\ndef f(x: P): ...", "no `TypedDict`", 2),
        ("class P(Q): ...\nclass Q(P): ...\ndef f(x: P): ...", "no `TypedDict`", 3),
        ("class E(Enum):\n    A = object()\ndef f(x: E): ...", "a member that is no text", 3),
        ("class E(Enum):\n    A = 'a'\n    B = 1\ndef f(x: E): ...", "a member that is no text", 4),
        ("@dataclass\nclass P:\n    x: set[int]\ndef f(x: P): ...", "the type `set[int]`", 3),
        ("def f(:", "not Python", 1),
        ("\0", "", None),
        ("x = " + "(" * 3000, "", 1),
        ("x = " + "-" * 200_000 + "1", "cannot be read", None),
        ("def f(x: " + "list[" * 80 + "int" + "]" * 80 + "): ...", "nested too deep", 1),
        ("#" * (1 << 20) + "\n", "larger", None),
    ],
)
def test_what_cannot_be_read(source: str, message: str, line: int | None) -> None:
    problem = python_schema(source, "f")
    assert isinstance(problem, Problem)
    assert message in problem.message
    assert problem.line == line


def test_types_that_grow_without_measure_end() -> None:
    doubling = "class A0(TypedDict):\n    x: int\n" + "".join(
        f"class A{at}(TypedDict):\n    x: A{at - 1}\n    y: A{at - 1}\n" for at in range(1, 60)
    )
    for last, message in ((24, "too large"), (59, "nested too deep")):
        problem = python_schema(f"{doubling}def f(x: A{last}): ...", "f")
        assert isinstance(problem, Problem)
        assert message in problem.message
    woven = "class B0(TypedDict):\n    x: int\nclass B1(B0): ...\n" + "".join(
        f"class B{at}(B{at - 1}, B{at - 2}): ...\n" for at in range(2, 40)
    )
    found = python_schema(f"{woven}def f(x: B39): ...", "f")
    assert isinstance(found, PythonTool)


def test_declared_parameters_are_not_read() -> None:
    found = python_schema('def f(x, *rest) -> int:\n    "Do it."\n', "f", declared=True)
    assert found == PythonTool(input={"type": "object"}, output={"type": "integer"}, description="Do it.", line=1)
    assert isinstance(python_schema("", "f", declared=True), Problem)


def test_the_last_definition_counts_also_inside_conditions() -> None:
    source = (
        "def f(x: int): ...\nif True:\n    try:\n        def f(y: str): ...\n    except ImportError:\n        pass\n"
    )
    found = python_schema(source, "f")
    assert isinstance(found, PythonTool)
    assert found.input["required"] == ["y"]


def test_warnings_of_the_source_are_not_ours() -> None:
    assert isinstance(python_schema('def f(x: str = "\\d"): ...', "f"), PythonTool)


@given(st.text(st.sampled_from("def f(x: int=,)->[]|\n 'a.*"), max_size=60))
def test_any_text_is_taken(text: str) -> None:
    assert isinstance(python_schema(text, "f"), PythonTool | Problem)


def test_griffe_is_loaded_only_for_docstrings_with_parameters() -> None:
    code = (
        "import sys; from rag_registry.python_schema import python_schema; "
        "python_schema('def f(x: int):\\n    \"Do it.\"', 'f'); print('griffe' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
