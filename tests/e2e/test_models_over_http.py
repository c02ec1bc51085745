"""Whole runs of the command against a server of models that breaks on demand, and that judges its client."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

RAG, LLMOCK = (str(Path(sys.executable).parent / name) for name in ("rag", "llmock"))
KEY = "sk-planted-0123456789abcdef"

MANIFEST = """
[project]
name = "over_http"

[models.default]
provider = "openai"
model = "gpt-4o-mini"
base_url = "http://127.0.0.1:PORT/v1"
api_key_env = "PLANTED_KEY"
timeout = "1s"
max_output_tokens = 100
price = { input_per_mtok = 1.0, output_per_mtok = 2.0 }
capabilities = [CAPABILITIES]

[tools.look]
python = "looking:look"
effects = "read"
reads = "public"
returns_trust = "trusted"
"""

SOURCE = """
graph ask {
  start a
  channel messages messages
  node a { kind agent  model "default"  tools ["look"] }
}

graph judge {
  start a
  channel verdict overwrite
  channel score overwrite
  node a { model "default"  prompt "judge"  output { verdict: string  score: int } }
}

graph many {
  start plan
  channel said append
  node plan {
    kind pass
    send [each topic in input.topics as say { topic: topic } max 20]
    join done
  }
  node say { model "default"  prompt "about {{ args.topic }}"  into said }
  node done { kind pass }
}
"""

TOOL = '''
def look(query: str) -> str:
    """Looks something up."""
    return f"found {query}"
'''


@dataclass(frozen=True)
class Server:
    """The server, by its port; what it is told over HTTP is its control interface."""

    port: int

    def breaks(self, *behaviors: dict[str, Any]) -> None:
        """The next requests fall in with these, one after the other."""
        self._ask("scenario", {"behaviors": behaviors})

    def requests(self) -> list[dict[str, Any]]:
        """What was asked since the last reset."""
        listed: list[dict[str, Any]] = self._ask("requests")["requests"]
        return listed

    def findings(self) -> list[str]:
        """What the server thinks of its client."""
        return [found["code"] for found in self._ask("verdict")["findings"]]

    def reset(self) -> None:
        """Forgets everything."""
        self._ask("reset", {})

    def _ask(self, what: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_llmock/{what}", data) as response:
            return json.load(response)


@dataclass(frozen=True)
class Done:
    """A run that ended: its exit status, its output, and its events."""

    status: int
    output: Any
    events: list[dict[str, Any]]

    def retries(self) -> list[str]:
        """The codes of the failures after which a call was made again."""
        return [event["data"]["error"]["code"] for event in self.events if event["event"] == "call.retrying"]

    def error(self) -> dict[str, Any]:
        """Why the run failed."""
        found: dict[str, Any] = self.events[-1]["data"]["error"]
        return found

    def usage(self) -> dict[str, Any]:
        """What the run used."""
        found: dict[str, Any] = self.events[-1]["data"]["usage"]
        return found


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [LLMOCK, "serve", "--host", "127.0.0.1", "--port", str(port), "--response-style", "echo"]
    process = subprocess.Popen([*command, "--log-level", "error"], stdout=subprocess.DEVNULL, env=environment())
    try:
        await_server(process, port)
        yield Server(port)
    finally:
        process.kill()
        process.wait()


def await_server(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(200):
        assert process.poll() is None, "the server did not start"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health").close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server does not answer")


def environment(**more: str) -> dict[str, str]:
    """This process's environment, in which no proxy stands between."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, **more}


@pytest.fixture
def server(running: Server) -> Server:
    running.reset()
    return running


class Project:
    """A project whose model is the server."""

    def __init__(self, root: Path, port: int, capabilities: Sequence[str], provider: str = "openai") -> None:
        self.root = root
        self.provider = provider
        listed = ", ".join(f'"{each}"' for each in capabilities)
        manifest = MANIFEST.replace("PORT", str(port)).replace("CAPABILITIES", listed)
        if provider == "anthropic":
            manifest = manifest.replace('"openai"', '"anthropic"').replace("/v1", "/anthropic")
            manifest = manifest.replace("gpt-4o-mini", "claude-3-5-haiku-latest")
        for name, text in {"rag.toml": manifest, "ask.rag": SOURCE, "looking.py": TOOL}.items():
            (root / name).write_text(text)

    def run(self, graph: str = "ask", **values: str) -> Done:
        """Runs a graph. Wherever the key shows is a failure."""
        given = [f"--input={name}={value}" for name, value in (values or {"question": "why"}).items()]
        return self._done("run", "ask.rag", "--graph", graph, *given)

    def resume(self, run: str) -> Done:
        """Goes on with a run."""
        return self._done("runs", "resume", run)

    def _done(self, *words: str) -> Done:
        command = [RAG, *words, "--events", "jsonl"]
        done = subprocess.run(
            command, cwd=self.root, capture_output=True, text=True, env=environment(PLANTED_KEY=KEY, RAG_TRACEBACK="1")
        )
        written = b"".join(file.read_bytes() for file in (self.root / ".rag").rglob("*") if file.is_file())
        assert written, done.stderr
        assert KEY not in done.stdout + done.stderr
        assert KEY.encode() not in written
        events = [json.loads(line) for line in done.stderr.splitlines()]
        return Done(done.returncode, json.loads(done.stdout) if done.stdout else None, events)


@pytest.fixture(params=["openai", "anthropic"])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[(), ("streaming",)], ids=["whole", "streaming"])
def project(request: pytest.FixtureRequest, tmp_path: Path, server: Server, provider: str) -> Project:
    return Project(tmp_path, server.port, ("tools", "json_schema", *request.param), provider)


@pytest.fixture
def streamed(tmp_path: Path, server: Server) -> Project:
    return Project(tmp_path, server.port, ("tools", "json_schema", "streaming"))


def failing(status: int, **more: Any) -> dict[str, Any]:
    return {"type": "fail", "status": status, **more}


def breaking(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": "stream_fault", "kind": kind, "after_chunks": 3, **more}


def test_an_agent_calls_its_tool_and_answers(project: Project, server: Server) -> None:
    done = project.run()
    assert (done.status, done.retries()) == (0, [])
    roles = [message["role"] for message in done.output["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant"]
    assert done.output["messages"][2]["content"].startswith("found ")
    used = done.usage()
    assert (used["model_calls"], used["tool_calls"]) == (2, 1)
    assert used["input_tokens"] > 0
    assert used["output_tokens"] > 0
    assert float(used["cost_usd"]) == pytest.approx((used["input_tokens"] + 2 * used["output_tokens"]) / 1e6)
    assert server.findings() == []


def test_structured_output(project: Project, server: Server) -> None:
    done = project.run("judge")
    assert done.status == 0
    assert isinstance(done.output["verdict"], str)
    assert isinstance(done.output["score"], int)
    (request,) = server.requests()
    if project.provider == "openai":
        assert request["body"]["response_format"]["json_schema"]["strict"] is True
    else:
        assert request["body"]["tool_choice"]["type"] == "tool"


def test_many_at_once_while_the_server_fails_now_and_then(project: Project, server: Server) -> None:
    server.breaks(failing(503, times=3), failing(429, retry_after=1, times=2), failing(408), failing(409))
    topics = [f"topic {number}" for number in range(12)]
    done = project.run("many", topics=json.dumps(topics))
    assert done.status == 0
    assert all(topic in said for topic, said in zip(topics, done.output["said"], strict=True))
    assert sorted(done.retries()) == ["rate-limit"] * 2 + ["server"] * 4 + ["timeout"]
    assert len(server.requests()) == 12 + 7
    assert server.findings() == []


@pytest.mark.parametrize(("status", "code"), [(500, "server"), (408, "timeout"), (409, "server"), (529, "server")])
def test_an_error_that_passes(project: Project, server: Server, status: int, code: str) -> None:
    server.breaks(failing(status, times=2))
    done = project.run()
    assert (done.status, done.retries(), server.findings()) == (0, [code] * 2, [])
    assert done.usage()["model_calls"] == 2


def test_an_error_that_does_not_pass(project: Project, server: Server) -> None:
    server.breaks(failing(503, times=None))
    done = project.run()
    assert (done.status, done.retries(), len(server.requests())) == (1, ["server"] * 3, 4)
    assert done.error()["code"] == "server"
    assert done.error()["message"].endswith("(attempt 4)")


@pytest.mark.parametrize(
    ("behavior", "code"),
    [
        (failing(400), "invalid-request"),
        (failing(401, message=f"Incorrect API key provided: {KEY}"), "authentication"),
        (failing(403), "authentication"),
        (failing(404, code="model_not_found"), "unknown-model"),
        (failing(429, code="insufficient_quota"), "quota"),
        (failing(400, code="context_length_exceeded"), "context-length"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_error_for_good_is_met_once(streamed: Project, server: Server, behavior: dict[str, Any], code: str) -> None:
    server.breaks(behavior)
    done = streamed.run()
    assert (done.status, done.retries(), len(server.requests())) == (1, [], 1)
    assert done.error()["code"] == code


def test_a_wait_that_the_server_asks_for_is_kept(project: Project, server: Server) -> None:
    server.breaks(failing(429, retry_after=2))
    done = project.run()
    assert (done.status, done.retries(), server.findings()) == (0, ["rate-limit"], [])
    first, second, *_ = server.requests()
    assert second["started_at"] - first["ended_at"] >= 2


def test_a_wait_that_is_too_long_ends_the_run(project: Project, server: Server) -> None:
    server.breaks(failing(429, retry_after=600))
    done = project.run()
    assert (done.status, done.retries(), len(server.requests())) == (1, [], 1)
    assert done.error()["message"].endswith("it asks to wait 600 s")


def test_a_server_that_falls_silent(project: Project, server: Server) -> None:
    server.breaks({"type": "delay", "seconds": 20})
    done = project.run()
    assert (done.status, done.retries()) == (0, ["timeout"])


@pytest.mark.parametrize(
    ("behavior", "code"),
    [
        (breaking("disconnect"), "connection"),
        (breaking("truncate"), "connection"),
        (breaking("malformed"), "server"),
        (breaking("stall", stall_seconds=20), "timeout"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value["kind"]),
)
def test_a_stream_that_breaks(streamed: Project, server: Server, behavior: dict[str, Any], code: str) -> None:
    server.breaks(behavior)
    done = streamed.run()
    assert (done.status, done.retries(), len(server.requests())) == (0, [code], 3)
    assert done.usage()["model_calls"] == 2
    if behavior["kind"] != "malformed":
        # A stream that it had sent to its end when we hung up is no failure to the server, nor is the next request a new attempt.
        assert server.findings() == []


@pytest.mark.parametrize("kind", ["unknown_tool", "malformed_arguments"])
def test_a_model_that_makes_a_wrong_call_is_told_so(project: Project, server: Server, kind: str) -> None:
    server.breaks({"type": "tool_fault", "kind": kind})
    done = project.run()
    (told,) = [message["content"] for message in done.output["messages"] if message["role"] == "tool"]
    assert (done.status, server.findings()) == (0, [])
    assert told.startswith("error: ")
    assert "look" in told


def test_a_model_without_words_is_asked_once_more_with_a_longer_cap(project: Project, server: Server) -> None:
    server.breaks({"type": "reply", "text": "", "finish_reason": "length"})
    done = project.run("many", topics='["one"]')
    assert done.status == 0
    assert [request["body"]["max_tokens"] for request in server.requests()] == [100, 200]


def test_without_the_key_nothing_begins(streamed: Project, server: Server) -> None:
    command = [RAG, "run", "ask.rag", "--graph", "ask", "--input=question=why"]
    done = subprocess.run(command, cwd=streamed.root, capture_output=True, text=True, env=environment())
    assert done.returncode == 4
    assert "environment-missing" in done.stderr
    assert "`PLANTED_KEY` is not set" in done.stderr
    assert server.requests() == []


def test_a_failed_run_goes_on_where_it_stood(streamed: Project, server: Server) -> None:
    server.breaks(failing(401, match={"tools": True}), failing(503, times=4))
    failed = streamed.run()
    assert (failed.status, failed.error()["code"]) == (1, "authentication")
    again = streamed.resume(failed.events[0]["run"])
    assert (again.status, again.error()["code"]) == (1, "server")
    at_last = streamed.resume(failed.events[0]["run"])
    assert (at_last.status, at_last.usage()["model_calls"]) == (0, 4)
