"""Tools that misbehave in a whole process: they write where the result stands, hang, or end more than themselves."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.test_main import PROGRAM

MANIFEST = """\
[project]
name = "tools"

[tools.act]
python = "tools:act"
effects = "none"
"""

GRAPH = """\
graph acts {
  start act
  channel got overwrite
  output { got: json = state.got }
  node act { kind tool  tool "act"  into got  routes { done -> END  error -> caught } }
  node caught { kind pass  writes { got: "caught" } }
}
"""


def _started(folder: Path, tool: str, *words: str) -> subprocess.Popen[str]:
    (folder / "rag.toml").write_text(MANIFEST)
    (folder / "acts.rag").write_text(GRAPH)
    (folder / "tools.py").write_text(tool)
    return subprocess.Popen(
        [*PROGRAM, *(words or ("run", "acts.rag"))],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


WRITES = """
import os, subprocess, sys

def act() -> str:
    print("printed")
    os.write(1, b"written\\n")
    subprocess.run([sys.executable, "-c", "print('said by a process')"])
    sys.stdout.close()
    return "the result"
"""


def test_nothing_but_the_result_reaches_standard_output(tmp_path: Path) -> None:
    out, errors = _started(tmp_path, WRITES).communicate()
    assert json.loads(out) == {"got": "the result"}
    for line in ("printed", "written", "said by a process"):
        assert line in errors.splitlines()


@pytest.mark.parametrize("raised", ["SystemExit(3)", "KeyboardInterrupt()", "BaseException('all')", "RecursionError()"])
def test_whatever_a_tool_raises_is_its_own_failure(raised: str, tmp_path: Path) -> None:
    process = _started(tmp_path, f"def act() -> str:\n    raise {raised}\n")
    out, errors = process.communicate()
    assert (process.returncode, json.loads(out)) == (0, {"got": "caught"}), errors


HANGS = """
import threading
from pathlib import Path

def act() -> str:
    mark = Path(__file__).with_name("mark")
    if mark.exists():
        return "at last"
    mark.touch()
    print("it hangs", flush=True)
    threading.Event().wait()
    return "never"
"""


def test_a_tool_that_hangs_keeps_neither_the_process_nor_the_run(tmp_path: Path) -> None:
    process = _started(tmp_path, HANGS)
    assert process.stderr is not None
    while process.stderr.readline() != "it hangs\n":
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate()
    assert (process.returncode, out) == (130, "")
    command = next(line for line in errors.splitlines() if line.startswith("go on with: rag "))
    again = _started(tmp_path, HANGS, *command.removeprefix("go on with: rag ").split())
    assert json.loads(again.communicate()[0]) == {"got": "at last"}
