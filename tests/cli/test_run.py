"""`rag run`, `rag runs`: inputs, statuses, what is printed where, and runs that are taken up by another process."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Rag
from tests.cli.hostile import HOSTILE, ascii_start
from tests.cli.test_main import PROGRAM

Copy = Callable[[str], Path]

ECHO = """\
/// Says what it was given.
graph echo {{
  start say
  {input}
  channel said overwrite
  output {{ said: json = state.said }}
  node say {{ kind pass  command {{ update {{ said: input }} }} }}
}}
"""
PLAIN = ECHO.format(input="")
TYPED = ECHO.format(input="input { text: string  number: int = 7  maybe: string?  any: json = null }")

ASKING = """\
graph asking {
  start both
  channel answers append
  output { answers: json = state.answers }
  node both { kind pass  send [ free { n: 1 }, choice { n: 2 } ]  join done }
  node free { kind interrupt  prompt "Say anything"  writes { answers: output.value } }
  node choice { kind interrupt  prompt "Choose"  options ["1", "2"]  writes { answers: output.value } routes { "1" -> END "2" -> END } }
  node done { kind pass }
}
"""

FAILING = """\
graph failing {
  start first
  channel n: int sum
  node first { kind pass  command { update { n: 1 } }  next second }
  node second {
    kind pass
    command { update { n: 1 % 0 } }
  }
}
"""


def _said(rag: Rag, *inputs: str, text: str = PLAIN, stdin: bytes = b"") -> Any:
    Path("echo.rag").write_text(text)
    given = [word for value in inputs for word in ("--input", value)]
    done = rag("run", "echo.rag", "--store", "memory:", *given, stdin=stdin)
    assert done.status == 0, done.err
    return json.loads(done.out)["said"]


def test_inputs_without_a_type_are_json_or_text(rag: Rag, here: Path) -> None:
    assert _said(rag) == {}
    assert _said(rag, "a=1", "b=x", 'c=["y"]', "d=", "e=f=g") == {"a": 1, "b": "x", "c": ["y"], "d": "", "e": "f=g"}


def test_inputs_of_a_text_field_are_text(rag: Rag, here: Path) -> None:
    said = _said(rag, "text=1", "maybe=null", "any=2", text=TYPED)
    assert said == {"text": "1", "number": 7, "maybe": "null", "any": 2}


def test_inputs_from_files_and_standard_input(rag: Rag, here: Path) -> None:
    (here / "in.json").write_text('{"a": 1, "b": [2]}')
    assert _said(rag, "@in.json") == {"a": 1, "b": [2]}
    assert _said(rag, "@in.json", "a=3", "-", stdin=b'{"c": 4}') == {"a": 3, "b": [2], "c": 4}
    assert _said(rag, "-", stdin=b"[1, 2]") == [1, 2]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (["word"], "`--input` got `word`"),
        (["=1"], "`--input` got `=1`"),
        (["@none.json"], "there is no file `none.json`"),
        (["@"], "a path is empty"),
        (["-"], "standard input is not JSON"),
        (["@list.json", "a=1"], "holds no object"),
        (["@nan.json"], "`NaN` is no JSON number"),
        (["@deep.json"], "nested too deep"),
        (["@latin.json"], "is not UTF-8: byte 2 is wrong"),
        (["@twice.json"], "the member `a` stands twice"),
        (['a={"b": 1, "b": 2}'], "the member `b` stands twice"),
        (["a=" + "[" * 100_000], "`[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[..` is nested too deep"),
        (["a=" + "9" * 5_000], "an integer has more than 4000 digits"),
    ],
)
def test_inputs_that_cannot_be_read(inputs: list[str], message: str, rag: Rag, here: Path) -> None:
    (here / "echo.rag").write_text(PLAIN)
    (here / "list.json").write_text("[]")
    (here / "nan.json").write_text('{"a": NaN}')
    (here / "deep.json").write_text("[" * 100_000)
    (here / "latin.json").write_bytes(b'{"\xe4": 1}')
    (here / "twice.json").write_text('{"a": 1, "a": 2}')
    done = rag("run", "echo.rag", *[word for value in inputs for word in ("--input", value)], stdin=b"{oops")
    assert done.status == 2
    assert message in done.err
    assert not (here / ".rag").exists()


NO_VALUES = [
    ("[" * 66 + "]" * 66, "nested more than 64 deep"),
    ("1e999", "a number that is not finite"),
    ("9" * 2_000, "an integer that is too large"),
    ('"\\ud800"', "text that is not Unicode"),
    ("\udcff", "text that is not Unicode"),
    ('{"\\ud800": 1}', "text that is not Unicode"),
]
"""What reads as JSON, and is no value that a run could keep."""


@pytest.mark.parametrize(("value", "message"), NO_VALUES)
def test_inputs_that_no_run_can_keep(value: str, message: str, rag: Rag, here: Path) -> None:
    (here / "echo.rag").write_text(PLAIN)
    done = rag("run", "echo.rag", "--input", f"a={value}")
    assert (done.status, done.out) == (2, "")
    assert message in done.err


@pytest.mark.parametrize(("value", "message"), NO_VALUES)
def test_answers_that_no_run_can_keep(value: str, message: str, rag: Rag, here: Path) -> None:
    (here / "asking.rag").write_text(ASKING)
    rag("run", "asking.rag")
    run = json.loads(rag("runs", "list", "--format", "json").out)[0]["run"]
    done = rag("runs", "resume", run, "--answer", f"1:0:free={value}", "--actor", "mia")
    assert (done.status, done.out) == (2, "")
    assert message in done.err
    assert rag("runs", "resume", run, "--answer", "1:0:free=x", "--actor", "mia").status == 3


def test_inputs_that_do_not_fit(rag: Rag, here: Path) -> None:
    (here / "echo.rag").write_text(TYPED)
    done = rag("run", "echo.rag", "--input", "number=many", "--input", "txet=a")
    assert done.status == 2
    for part in ("`txet`", "`text: string`", "`number`"):
        assert part in done.err


def test_a_source_with_errors_does_not_run(rag: Rag, here: Path) -> None:
    (here / "a.rag").write_text("graph a {\n  start nowhere\n}\n")
    done = rag("run", "a.rag")
    assert (done.status, done.out) == (1, "")
    assert "error[unknown-node]" in done.err
    assert "a.rag:2:9" in done.err


def test_warnings_of_what_runs_are_counted(rag: Rag, here: Path) -> None:
    (here / "rag.toml").write_text('[project]\nname = "p"\nlanguage = 1\nsources = ["*.rag"]\n')
    (here / "a.rag").write_text(PLAIN)
    (here / "b.rag").write_text("graph b {\n  start x\n  node x { kind pass }\n  node y { kind pass }\n}\n")
    assert "warning" not in rag("run", "a.rag").err
    done = rag("run", "b.rag")
    assert done.status == 0
    assert done.err.startswith("1 warning; `rag check` shows it\n")


def test_the_entry_graph_is_chosen(rag: Rag, here: Path) -> None:
    two = PLAIN + PLAIN.replace("graph echo", "graph other").replace("said: input", 'said: "other"')
    (here / "two.rag").write_text(two)
    assert rag("run", "two.rag", "--store", "memory:").status == 1
    done = rag("run", "two.rag", "--store", "memory:", "--graph", "other")
    assert json.loads(done.out) == {"said": "other"}
    assert rag("run", "two.rag", "--store", "memory:", "--graph", "none").status == 1


def test_an_ir_runs_as_its_source_does(rag: Rag, example: Copy) -> None:
    example("support")
    assert rag("compile", "workflows/support.rag", "-o", "support.json").status == 0
    source = rag("run", "workflows/support.rag", "--store", "memory:", "--input", "message=torn")
    compiled = rag("run", "support.json", "--store", "memory:", "--input", "message=torn")
    assert (compiled.status, compiled.out) == (source.status, source.out)
    piped = rag("run", "-", "--store", "memory:", "--input", "message=torn", stdin=Path("support.json").read_bytes())
    assert piped.out == source.out
    assert rag("run", "support.json", "--graph", "support").status == 2


def test_an_ir_that_was_changed_is_refused(rag: Rag, example: Copy) -> None:
    example("support")
    rag("compile", "workflows/support.rag", "-o", "support.json")
    changed = Path("support.json").read_text().replace('"bookshop', '"other').replace("bookshop", "drugstore")
    Path("support.json").write_text(changed)
    done = rag("run", "support.json", "--input", "message=torn")
    assert (done.status, done.out) == (4, "")
    assert "ir-digest" in done.err


def test_a_capability_that_is_gone_refuses_the_run(rag: Rag, example: Copy) -> None:
    folder = example("support")
    rag("compile", "workflows/support.rag", "-o", "support.json")
    manifest = (folder / "rag.toml").read_text()
    (folder / "rag.toml").write_text(manifest.replace("ticket_number", "ticket_numbers"))
    (folder / "tools/orders.py").write_text(
        (folder / "tools/orders.py").read_text().replace("def ticket_number", "def ticket_numbers")
    )
    done = rag("run", "support.json", "--input", "message=torn")
    assert done.status == 4
    assert "ticket_number" in done.err


def test_a_failing_run_says_where_and_how_to_go_on(rag: Rag, here: Path) -> None:
    (here / "a.rag").write_text(FAILING)
    done = rag("run", "a.rag")
    assert (done.status, done.out) == (1, "")
    assert "node `second`" in done.err
    assert "a.rag:7:" in done.err
    (line,) = [line for line in done.err.splitlines() if line.startswith("go on with: rag ")]
    assert rag(*shlex.split(line)[4:]).status == 1
    (run,) = json.loads(rag("runs", "list", "--format", "json").out)
    assert run["status"] == "failed"
    shown = rag("runs", "show", run["run"])
    assert "0:0:first: succeeded" in shown.out
    assert "a.rag:7:" in shown.out


def test_several_questions_are_answered_apart(rag: Rag, here: Path) -> None:
    (here / "asking.rag").write_text(ASKING)
    paused = rag("run", "asking.rag")
    assert paused.status == 3
    assert "1:0:free" in paused.err
    assert "1:1:choice" in paused.err
    run = json.loads(rag("runs", "list", "--format", "json").out)[0]["run"]
    assert rag("runs", "resume", run, "--answer", "x", "--actor", "mia").status == 2
    assert rag("runs", "resume", run, "--answer", "1:1:choice=3", "--actor", "mia").status == 2
    assert rag("runs", "resume", run, "--answer", "1:1:choice=1", "--actor", "mia").status == 3
    questions = json.loads(rag("runs", "show", run, "--format", "json").out)["questions"]
    assert [question["address"] for question in questions] == ["1:0:free"]
    done = rag("runs", "resume", run, "--answer", '1:0:free={"a": [1]}', "--actor", "mia")
    assert json.loads(done.out) == {"answers": [{"a": [1]}, "1"]}


@pytest.mark.parametrize("actor", ["auto", "", " "])
def test_nobody_is_no_person(actor: str, rag: Rag, here: Path) -> None:
    (here / "asking.rag").write_text(ASKING)
    rag("run", "asking.rag")
    run = json.loads(rag("runs", "list", "--format", "json").out)[0]["run"]
    done = rag("runs", "resume", run, "--answer", "1:0:free=x", "--actor", actor)
    assert done.status == 2
    assert "--actor" in done.err


def test_auto_answers_are_recorded_as_such(rag: Rag, here: Path) -> None:
    (here / "asking.rag").write_text(ASKING)
    done = rag("run", "asking.rag", "--auto-answer", "--events", "jsonl")
    assert json.loads(done.out) == {"answers": [None, "1"]}
    events = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
    assert [event["data"]["actor"] for event in events if event["event"] == "question.answered"] == ["auto", "auto"]


def test_events_are_json_lines_and_nothing_else(rag: Rag, example: Copy) -> None:
    example("fanout")
    done = rag("run", "workflows/survey.rag", "--input", "subject=sea", "--events", "jsonl")
    events = [json.loads(line) for line in done.err.splitlines()]
    assert events[0]["event"] == "run.started"
    assert events[-1]["event"] == "run.finished"
    assert len({event["id"] for event in events}) == len(events)


def test_what_tools_print_is_not_the_result(rag: Rag, example: Copy) -> None:
    folder = example("subgraph")
    tool = folder / "tools" / "pages.py"
    tool.write_text(tool.read_text().replace("    pages = {", '    print("noise")\n    pages = {'))
    done = rag("run", "workflows/digest.rag", "--input", "page=harbour")
    assert json.loads(done.out)["title"] == "Harbour works"
    assert "noise\n" in done.err


def test_runs_of_another_folder(rag: Rag, example: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = example("approval")
    monkeypatch.chdir(folder.parent)
    paused = rag("run", "approval/workflows/notice.rag", "--input", "title=a")
    assert (folder / ".rag" / "runs.sqlite").exists()
    assert (folder / ".rag" / ".gitignore").read_text() == "*\n"
    command = shlex.split(next(line for line in paused.err.splitlines() if line.startswith("answer with: ")))
    assert command[2:5] == ["rag", "runs", "resume"]
    assert command[6:8] == ["--project", "approval"]
    assert rag(*command[3:], "--actor", "mia").status == 0
    assert rag("runs", "list").out == ""
    assert rag("runs", "list", "--project", "approval", "--status", "finished").out.count("\n") == 2
    assert rag("runs", "list", "--project", "nowhere").status == 2


def test_stores(rag: Rag, here: Path) -> None:
    (here / "asking.rag").write_text(ASKING)
    paused = rag("run", "asking.rag", "--store", "sqlite:other/s.sqlite")
    assert "--store sqlite:other/s.sqlite" in paused.err
    assert rag("runs", "list", "--store", "sqlite:other/s.sqlite").out.count("\n") == 2
    assert not (here / ".rag").exists()
    lost = rag("run", "asking.rag", "--store", "memory:")
    assert lost.status == 3
    assert "rag runs resume" not in lost.err
    assert rag("run", "asking.rag", "--store", "redis:x").status == 2
    (here / "junk").write_text("junk" * 1000)
    done = rag("run", "asking.rag", "--store", "sqlite:junk")
    assert done.status == 1
    assert done.err.startswith("error: ")


def test_runs_that_are_not_there(rag: Rag, here: Path) -> None:
    assert rag("runs", "list").status == 0
    for command in (("show", "x"), ("resume", "x")):
        assert rag("runs", *command).status == 2
    (here / "a.rag").write_text(PLAIN)
    rag("run", "a.rag")
    for command in (("show", "x"), ("resume", "x")):
        assert "there is no run `x`" in rag("runs", *command).err


@pytest.mark.parametrize("text", [text for text in HOSTILE if text != "\ud800"], ids=ascii_start)
def test_hostile_questions_stay_text(text: str, rag: Rag, here: Path) -> None:
    asked = json.dumps({"prompt": text})
    source = 'graph ask {\n  start q\n  node q { kind interrupt  prompt "{{ input.prompt }}" }\n}\n'
    (here / "ask.rag").write_text(source)
    done = rag("run", "ask.rag", "--input", "-", stdin=asked.encode())
    assert done.status == 3
    run = json.loads(rag("runs", "list", "--format", "json").out)[0]["run"]
    shown = rag("runs", "show", run)
    answered = rag(
        "runs", "resume", run, "--answer", text.replace("\x00", ""), "--actor", text.replace("\x00", "") or "x"
    )
    assert answered.status == 0
    for printed in (done.err, shown.out, answered.out, answered.err):
        assert all(line.isprintable() for line in printed.split("\n"))


def test_an_interrupted_run_can_go_on(example: Copy, rag: Rag) -> None:
    folder = example("fanout")
    answers = (folder / "answers.toml").read_text()
    slow = answers.replace('write = ["', 'write = [{ latency = 5000, text = "').replace('in place."]', 'in place." }]')
    assert slow != answers
    (folder / "answers.toml").write_text(slow)
    command = [*PROGRAM, "run", "workflows/survey.rag", "--input", "subject=sea", "--events", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            event = json.loads(line)
            if event["event"] == "call.started" and event["node"] == "write":
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    assert out == ""
    assert json.loads(err.splitlines()[-1])["event"] == "run.cancelled"
    (run,) = json.loads(rag("runs", "list", "--format", "json").out)
    assert run["status"] == "cancelled"
    (folder / "answers.toml").write_text(answers)
    done = rag("runs", "resume", run["run"])
    assert done.status == 0
    assert json.loads(done.out)["rounds"] == 2
    assert "plan: done" not in done.err
