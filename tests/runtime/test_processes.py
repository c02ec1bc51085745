"""Whole processes: the runtime without the compiler, Ctrl-C, two drivers of one run, a store that is damaged."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from rag_ir import build
from rag_ir.codec import dump
from rag_ir.graph import Json
from rag_runtime.events import Cancelled
from rag_runtime.stores.sqlite import SqliteStore

ROOT = Path(__file__).resolve().parents[2]
CHANNELS = [build.channel("messages", "messages"), build.channel("said", "append")]

# What each program begins with: a registry and a store in the current folder.
PRELUDE = """
import json
import sys
from pathlib import Path

from rag_registry.registry import Model, Project, Registry, Tool
from rag_runtime.api import resume_blocking, run_blocking
from rag_runtime.load import load
from rag_runtime.stores import open_store

HERE = Path.cwd()
PLAIN = dict(description="", input={"type": "object", "properties": {}, "required": []}, output=None)
LABELS = dict(reads="public", returns_trust="trusted", idempotent=False, on_error="answer")
REGISTRY = Registry(
    project=Project(name="p", language=1, sources=(), input_trust="trusted"),
    models={
        "default": Model(
            name="default", description="", provider="echo", model="", answers=None,
            capabilities=("tools", "json_schema"), context_window=None, max_output_tokens=None, price=None,
        )
    },
    tools={
        name: Tool(name=name, python=f"tools:{name}", effects="external", **PLAIN, **LABELS)
        for name in ("wait", "hang")
    },
)


def show(result):
    print(json.dumps([result.outcome, result.output, [each.address for each in result.questions]]), flush=True)
"""

TOOLS = """
import threading


async def wait():
    import anyio

    print("began", flush=True)
    await anyio.sleep_forever()


def hang():
    print("began", flush=True)
    threading.Event().wait()
"""

RUN = """
document, findings = load((HERE / "graph.rag.json").read_bytes(), REGISTRY)
assert document is not None, findings
show(run_blocking(document, REGISTRY, root=HERE, input="hello", store=open_store("sqlite:runs.db", root=HERE), run_id="r1"))
"""

RESUME = """
answers = json.loads(sys.argv[1])
store = open_store("sqlite:runs.db", root=HERE)
show(resume_blocking("r1", REGISTRY, root=HERE, store=store, answers=answers, actor="mia"))
"""

BLOCKED = """
import sys


class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("rag_compiler", "rag_project", "rag_cli", "tree_sitter", "pydantic", "griffe", "rich"):
            raise ModuleNotFoundError(f"{name} is not installed here")


sys.meta_path.insert(0, Blocker())
"""


def _start(folder: Path, program: str, *arguments: str) -> subprocess.Popen[str]:
    (folder / "program.py").write_text(program)
    (folder / "tools.py").write_text(TOOLS)
    return subprocess.Popen(
        [sys.executable, "program.py", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _result(process: subprocess.Popen[str]) -> tuple[str, Json, list[str]]:
    stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    outcome, output, questions = json.loads(stdout.splitlines()[-1])
    return outcome, output, questions


def _write_graph(folder: Path, tool: str | None = None) -> None:
    """A model, a tool if one is named, a question."""
    nodes = [
        build.model("say", prompt=build.template("say ", build.get("input")), into="said", next=tool or "ask"),
        *([] if tool is None else [build.tool(tool, tool, into="said", next="ask")]),
        build.interrupt("ask", options=["yes", "no"], next="END"),
    ]
    graph = build.graph("g", start="say", channels=CHANNELS, nodes=nodes, output={"said": build.get("state", "said")})
    tools = [] if tool is None else [build.require_tool(tool, effects="external")]
    (folder / "graph.rag.json").write_bytes(dump(build.document("g", graphs=[graph], tools=tools)))


def test_a_compiled_graph_runs_where_there_is_no_compiler(tmp_path: Path) -> None:
    _write_graph(tmp_path)
    paused = _result(_start(tmp_path, BLOCKED + PRELUDE + RUN))
    assert paused == ("paused", None, ["1:0:ask"])
    done = _result(_start(tmp_path, BLOCKED + PRELUDE + RESUME, '{"": "yes"}'))
    assert done == ("finished", {"said": ["say hello"]}, [])


@pytest.mark.parametrize("tool", ["wait", "hang"])
def test_ctrl_c_leaves_a_run_that_can_be_resumed(tmp_path: Path, tool: str) -> None:
    """The tool is one that never ends: a coroutine, or a thread that nothing can stop."""
    _write_graph(tmp_path, tool)
    process = _start(tmp_path, PRELUDE + RUN + "import os\nos._exit(0)\n")
    assert process.stdout is not None
    assert process.stdout.readline() == "began\n"
    process.send_signal(signal.SIGINT)
    outcome, _, _ = _result(process)
    assert outcome == "cancelled"
    with contextlib.closing(SqliteStore(tmp_path / "runs.db")) as store:
        assert store.run("r1").progress.status == "cancelled"
        assert isinstance(store.events("r1")[-1].event, Cancelled)
        assert not store.leased("r1")
    in_doubt = _result(_start(tmp_path, PRELUDE + RESUME, "{}"))
    assert in_doubt == ("paused", None, [f"1:0:{tool}#tool:1"])
    asks = _result(_start(tmp_path, PRELUDE + RESUME, json.dumps({"": {"result": "it was done"}})))
    assert asks == ("paused", None, ["2:0:ask"])
    done = _result(_start(tmp_path, PRELUDE + RESUME, '{"": "yes"}'))
    assert done == ("finished", {"said": ["say hello", "it was done"]}, [])


def test_one_process_drives_a_run(tmp_path: Path) -> None:
    _write_graph(tmp_path, "wait")
    first = _start(tmp_path, PRELUDE + RUN)
    assert first.stdout is not None
    assert first.stdout.readline() == "began\n"
    second = _start(tmp_path, PRELUDE + RESUME, "{}")
    _, stderr = second.communicate()
    assert second.returncode == 1
    assert "run `r1` is being driven by another process" in stderr
    assert str(first.pid) in stderr
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    assert _result(_start(tmp_path, PRELUDE + RESUME, "{}"))[0] == "paused"


def test_a_document_that_this_machine_lacks_is_not_resumed(tmp_path: Path) -> None:
    _write_graph(tmp_path)
    assert _result(_start(tmp_path, PRELUDE + RUN))[0] == "paused"
    poorer = PRELUDE + textwrap.dedent("""
        from dataclasses import replace
        REGISTRY = replace(REGISTRY, models={})
    """)
    process = _start(tmp_path, poorer + RESUME, '{"": "yes"}')
    _, stderr = process.communicate()
    assert process.returncode == 1
    assert "capability-missing" in stderr
    assert _result(_start(tmp_path, PRELUDE + RESUME, '{"": "yes"}'))[0] == "finished"
