"""Binding: everything that a document requires is there before the first step, or is a finding."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_ir import build
from rag_ir.graph import Document
from rag_registry.registry import Model, Project, Registry, Router, Tool
from rag_runtime.binding import bind
from rag_runtime.seams import ModelRequest

PROJECT = Project(name="p", language=1, sources=(), input_trust="trusted")
DOCUMENT: Document = build.document(
    "g",
    graphs=[
        build.graph(
            "g",
            start="a",
            nodes=[
                build.agent("a", tools=["find"], next="b"),
                build.router("b", "choose", ["x"]),
                build.model("c", "other"),
            ],
        )
    ],
    routers=[build.require_router("choose", ["x"])],
)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = dict(sys.modules)
    yield
    for name in sys.modules.keys() - before.keys():
        del sys.modules[name]


def model(name: str, provider: str = "scripted", answers: str | None = "answers.toml") -> Model:
    return Model(
        name=name,
        description="",
        provider=provider,
        model="",
        answers=answers,
        capabilities=(),
        context_window=None,
        max_output_tokens=None,
        price=None,
    )


def tool(name: str, python: str) -> Tool:
    return Tool(
        name=name,
        description="",
        python=python,
        input=None,
        output=None,
        effects="none",
        reads="public",
        returns_trust="trusted",
        idempotent=False,
        on_error="answer",
    )


def registry(*models: Model, python: str = "bound_tools:find", router: str = "bound_tools:choose") -> Registry:
    return Registry(
        project=PROJECT,
        models={each.name: each for each in models},
        tools={"find": tool("find", python)},
        routers={"choose": Router(name="choose", description="", python=router, labels=("x",))},
    )


def project(root: Path) -> Path:
    (root / "answers.toml").write_text('[at]\na = ["scripted"]\n')
    (root / "bound_tools.py").write_text(
        "def find(query): return 'found ' + query\ndef choose(input, state): return 'x'\n"
    )
    return root


@pytest.mark.anyio
async def test_what_is_bound_can_be_called(tmp_path: Path) -> None:
    capabilities, findings = bind(DOCUMENT, registry(model("default"), model("other", "echo", None)), project(tmp_path))
    assert findings == []
    request = ModelRequest(
        model="default",
        messages=({"role": "user", "content": "hi"},),
        tools=(),
        output=None,
        path="a",
        visit=1,
        turn=1,
        exclusive=True,
    )
    assert (await capabilities.models["default"].complete(request)).message["content"] == "scripted"
    assert (await capabilities.models["other"].complete(request)).message["content"] == "hi"
    assert await capabilities.tools["find"].call({"query": "x"}, "") == "found x"
    assert await capabilities.routers["choose"].route(None, {}) == "x"


def test_what_is_missing_is_a_finding(tmp_path: Path) -> None:
    capabilities, findings = bind(DOCUMENT, registry(model("defualt"), model("other", "echo", None)), project(tmp_path))
    assert [(found.code, found.at, found.message, found.help) for found in findings] == [
        (
            "capability-missing",
            "/requires/models/0",
            "model `default` is not in the registry",
            "did you mean `defualt`?",
        )
    ]
    assert set(capabilities.models) == {"other"}


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    broken = registry(
        model("default", answers="nowhere.toml"),
        model("other", answers=None),
        python="missing:find",
        router="bound_tools:missing",
    )
    _, findings = bind(DOCUMENT, broken, project(tmp_path))
    assert [(found.code, found.at, found.message) for found in findings] == [
        (
            "unreadable-file",
            "/requires/models/0",
            "model `default` cannot be loaded: nowhere.toml: No such file or directory",
        ),
        (
            "unreadable-file",
            "/requires/models/1",
            "model `other` cannot be loaded: a scripted model needs `answers`, the file that it answers from",
        ),
        (
            "unreadable-file",
            "/requires/tools/0",
            "tool `find` cannot be loaded: `missing`: the project has no file `missing.py`",
        ),
        (
            "unreadable-file",
            "/requires/routers/0",
            "router `choose` cannot be loaded: `bound_tools:missing`: module `bound_tools` has no `missing`",
        ),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "answers.toml: the file is not UTF-8"),
        (b"[at]\na = 1", "answers.toml: `at.a` must be a list of answers, one for each turn"),
    ],
)
def test_a_bad_script_is_a_finding(tmp_path: Path, content: bytes, message: str) -> None:
    project(tmp_path)
    (tmp_path / "answers.toml").write_bytes(content)
    _, findings = bind(DOCUMENT, registry(model("default"), model("other", "echo", None)), tmp_path)
    assert [found.message for found in findings] == [f"model `default` cannot be loaded: {message}"]


def test_an_alias_is_the_capability_that_it_stands_for(tmp_path: Path) -> None:
    known = registry(model("best"), model("other", "echo", None))
    aliased = Registry(
        project=PROJECT,
        models=known.models,
        tools=known.tools,
        routers=known.routers,
        aliases={"models": {"default": "best"}},
    )
    capabilities, findings = bind(DOCUMENT, aliased, project(tmp_path))
    assert findings == []
    assert set(capabilities.models) == {"default", "other"}
