"""`rag test`: tests that hold and that do not, what is shown of them, and what they went through."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import EXAMPLES, Rag
from tests.cli.hostile import HOSTILE

REVIEW = """\
graph review {
  start draft
  input { topic: string }
  channel messages messages
  channel rounds: int sum
  channel found append
  output { rounds: json = state.rounds, found: json = state.found }

  node draft {
    kind agent
    model "default"
    prompt "{{ input.topic }}"
    tools ["search"]
    command { update { rounds: 1 } }
    next look
  }
  node look {
    kind tool
    tool "search"
    args { query: input.topic }
    into found
    routes { error -> ask  else -> ask }
  }
  node ask {
    kind interrupt
    options ["again", "good"]
    routes {
      again -> draft
      good -> END
    }
  }
}
"""
MANIFEST = """\
[project]
name = "t"
[models.default]
provider = "scripted"
answers = "none.toml"
[tools.search]
python = "tools:search"
args = { query = "string" }
returns = "string"
effects = "external"
"""
SCRIPTED = """\
  graph review
  input { topic: "why" }
  model "default" at "draft" -> [{ tool_calls: [{ name: "search", arguments: { query: "x" } }] }, "first"]
  model "default" at "draft@2" -> ["second"]
  tool "search" { query: "x" } -> ["page of x"]
  tool "search" { query: "why" } -> "page of why"
  answer "ask" -> ["again", "good"]
"""


@pytest.fixture
def project(here: Path) -> Callable[[str], Path]:
    """Writes a project with this text behind its graph. Its only tool cannot be loaded: a test that runs it fails."""

    def write(text: str) -> Path:
        (here / "rag.toml").write_text(MANIFEST)
        (here / "tools.py").write_text("raise RuntimeError('a test runs no tool')\n")
        (here / "a.rag").write_text(REVIEW + "\n" + text)
        return here

    return write


def _test(*expectations: str, title: str = "t", script: str = SCRIPTED) -> str:
    lines = "".join(f"  expect {each}\n" for each in expectations)
    return f'test "{title}" {{\n{script}{lines}}}\n'


def test_models_tools_and_people_answer(project: Callable[[str], Path], rag: Rag) -> None:
    project(
        _test(
            'path == ["draft", "look", "ask", "draft", "look", "ask"]',
            "state.rounds == 2 and output.rounds == 2",
            'output.found == ["page of why", "page of why"]',
            'len(filter(state.messages, m => m.role == "tool" and m.content == "page of x")) == 1',
            'outcome == "finished" and error == null and questions == []',
            "model_calls == 3 and tool_calls == 3 and tokens > 0 and cost_usd == 0",
            'input.topic == "why"',
        )
    )
    done = rag("test")
    assert (done.status, done.out) == (0, "ok   t  a.rag:34\n"), done.out
    assert done.err.startswith("1 passed in ")


@pytest.mark.parametrize(
    ("expectation", "marked", "seen"),
    [
        ("state.rounds == 3", "state.rounds", "is 2"),
        ("1 == 2", "1", "is 1"),
        ("state.rounds == 2 and tool_calls > 9", "tool_calls", "is 3"),
        ('not ("draft" in path)', '"draft" in path', "is true"),
        ('outcome == "failed" or error != null', "error", "is null"),
        ("state.rounds / 0 == 1", "state.rounds / 0", "by zero"),
    ],
)
def test_what_does_not_hold_is_shown(
    project: Callable[[str], Path], rag: Rag, expectation: str, marked: str, seen: str
) -> None:
    project(_test(expectation))
    done = rag("test", "--format", "json")
    assert done.status == 1
    (found,) = json.loads(done.out)["tests"]
    (failure,) = found["failures"]
    assert failure["line"] == 42
    shown = {(each["text"], each["value"]) for each in failure["seen"]}
    assert any(text == marked and seen in value for text, value in shown), shown
    assert "the expectation does not hold" in rag("test").out


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (SCRIPTED.replace('  answer "ask" -> ["again", "good"]\n', ""), "`ask` asks and nobody answers"),
        (SCRIPTED.replace('"again", "good"', '"again"'), "`ask` asks and nobody answers"),
        (SCRIPTED.replace('"again", "good"', '"never"'), "is no answer to"),
        (SCRIPTED.replace('  tool "search" { query: "x" } -> ["page of x"]\n', ""), ""),
        (SCRIPTED.replace('"draft@2"', '"draft@3"'), "no-scripted-answer"),
        (SCRIPTED.replace('topic: "why"', ""), "topic"),
        (SCRIPTED.replace('["second"]', "[{ tool_calls: 1 }]"), "must be a list of calls"),
        (SCRIPTED + '  model "default" -> ["x"]\n', "by place and in order"),
    ],
)
def test_a_run_that_does_not_finish_fails_its_test(
    project: Callable[[str], Path], rag: Rag, script: str, message: str
) -> None:
    project(_test("state.rounds >= 0", script=script))
    done = rag("test", "--format", "json")
    (found,) = json.loads(done.out)["tests"]
    said = " ".join(failure["message"] for failure in found["failures"])
    assert found["passed"] == (not message)
    assert message in said


def test_a_failure_may_be_what_is_expected(project: Callable[[str], Path], rag: Rag) -> None:
    script = '  input { topic: "why" }\n  model "default" -> { error: "server", message: "down" }\n'
    project(_test('outcome == "failed" and error.code == "server" and error.node == "draft"', script=script))
    assert rag("test").status == 0


def test_a_broken_source_fails_its_tests(project: Callable[[str], Path], rag: Rag) -> None:
    folder = project(_test("true") + _test("state.nowhere == 1", title="other"))
    (folder / "a.rag").write_text((folder / "a.rag").read_text().replace("next look", "next lok"))
    done = rag("test", "--format", "json")
    assert done.status == 1
    said = [test["failures"][0]["message"] for test in json.loads(done.out)["tests"]]
    assert "`lok`" in said[0]
    assert "`nowhere`" in said[1]


def test_coverage_tells_what_no_test_went_through(project: Callable[[str], Path], rag: Rag) -> None:
    project(_test("true", script=SCRIPTED.replace('["again", "good"]', '["good"]')))
    whole = json.loads(rag("test", "--format", "json").out)["coverage"]
    assert [each["part"] for each in whole if not each["covered"]] == [
        "a.rag:22: `look` route 1",
        "a.rag:28: `ask` route 1",
    ]
    assert "routes: 2 of 4 covered" in rag("test", "--coverage").out


def test_titles_choose(project: Callable[[str], Path], rag: Rag) -> None:
    project(_test("true", title="one way") + _test("false", title="Another WAY"))
    assert rag("test", "-k", "one w").status == 0
    assert rag("test", "-k", "way").status == 1
    nothing = rag("test", "-k", "elsewhere")
    assert (nothing.status, nothing.out) == (1, "")
    assert nothing.err.startswith("no tests")


def test_the_report_of_ci_systems_is_xml_whatever_it_holds(project: Callable[[str], Path], rag: Rag) -> None:
    folder = project("")
    tests = [_test("false", title="t" + json.dumps(text, ensure_ascii=False)[1:-1]) for text in HOSTILE]
    (folder / "a.rag").write_text(REVIEW + "\n" + "\n".join(tests), encoding="utf-8", errors="replace")
    done = rag("test", "--format", "junit")
    (suite,) = ElementTree.fromstring(done.out)
    cases: list[Any] = list(suite)
    assert len(cases) == int(suite.attrib["tests"]) == int(suite.attrib["failures"]) > 0
    assert {case.attrib["file"] for case in cases} == {"a.rag"}


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.iterdir() if (path / "rag.toml").exists()))
def test_the_examples_pass_their_tests(rag: Rag, example: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES / example)
    done = rag("test")
    assert done.status == 0 or done.err.startswith("no tests"), done.out
