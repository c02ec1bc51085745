"""Runs whose models are asked over HTTP: bound from a manifest, with keys that show nowhere and connections that are closed."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import anyio
import httpx
import pytest

from rag_ir import build
from rag_ir.finding import Finding
from rag_ir.graph import Document, Json
from rag_registry.manifest import read_manifest
from rag_registry.registry import Registry
from rag_runtime import api
from rag_runtime.binding import bind
from rag_runtime.journal import encode
from rag_runtime.observe import RunEvent
from rag_runtime.reading import RunResult
from rag_runtime.refusals import DocumentRefused
from rag_runtime.seams import Capabilities
from rag_runtime.stores.memory import MemoryStore
from tests.providers.server import (
    ENVIRONMENT,
    KEY,
    Response,
    Server,
    chunk,
    completion,
    events,
    saying,
    streaming,
    told,
)

pytestmark = pytest.mark.anyio

MANIFEST = """
[models.default]
provider = "openai"
model = "small-1"
base_url = "http://models.test/v1"
api_key_env = "MODEL_KEY"
headers_env = { X-Team = "TEAM_SECRET" }
price = { input_per_mtok = 1_000, output_per_mtok = 10_000 }
capabilities = [CAPABILITIES]

[tools.look]
python = "looking:look"
args = { query = "string" }
effects = "read"
reads = "public"
returns_trust = "trusted"
"""


class Project:
    """A folder with a manifest, a server in place of the network, and a clock that does not wait."""

    def __init__(self, root: Path, capabilities: str, patch: pytest.MonkeyPatch) -> None:
        self._root = root
        self._patch = patch
        (root / "looking.py").write_text("def look(query: str) -> str:\n    return f'found {query}'\n")
        self.registry, findings = read_manifest(MANIFEST.replace("CAPABILITIES", capabilities))
        assert findings == []
        self.streams = "streaming" in capabilities
        self.store = MemoryStore()
        self.events: list[RunEvent] = []

    async def run(self, server: Server, environment: Mapping[str, str] = ENVIRONMENT) -> RunResult:
        def bound(document: Document, registry: Registry, root: Path) -> tuple[Capabilities, list[Finding]]:
            capabilities, findings = bind(document, registry, root, environment=environment, transport=server)
            return replace(capabilities, sleep=_no_wait), findings

        self._patch.setattr(api, "bind", bound)
        return await api.run(
            document(),
            self.registry,
            root=self._root,
            input="why",
            store=self.store,
            run_id="r1",
            observe=self.events.append,
        )


async def _no_wait(seconds: float) -> None:
    assert seconds > 0


@pytest.fixture(params=["", ', "streaming"'], ids=["whole", "streaming"])
def project(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return Project(tmp_path, f'"tools", "json_schema"{request.param}', monkeypatch)


def document() -> Document:
    """An agent that looks something up and answers with a record."""
    schema: dict[str, Json] = {"type": "object", "properties": {"found": {"type": "string"}}, "required": ["found"]}
    agent = build.agent("a", tools=["look"], output=schema, next="END")
    tool = build.require_tool("look", input=LOOK, effects="read")
    return build.document(
        "g",
        graphs=[build.graph("g", start="a", nodes=[agent], channels=[build.channel("messages", "messages"), FOUND])],
        tools=[tool],
    )


LOOK: dict[str, Json] = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
FOUND = build.channel("found")
CALL: Json = {"index": 0, "id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"query": "x"}'}}


def calling(project: Project) -> Response:
    if project.streams:
        used = '{"choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 3}}'
        return streaming(events(chunk({"tool_calls": [CALL]}), chunk({}, "tool_calls"), used, "[DONE]"))
    usage: Json = {"prompt_tokens": 12, "completion_tokens": 3}
    return completion({"content": None, "tool_calls": [CALL]}, "tool_calls", usage)


def ending(project: Project, text: str) -> Response:
    if project.streams:
        return streaming(events(*told(text[:3], text[3:])))
    return saying(text)


async def test_an_agent_uses_its_tool_and_answers(project: Project) -> None:
    server = Server(calling(project), ending(project, '{"found": "x"}'))
    result = await project.run(server)
    assert (result.outcome, project.store.run("r1").progress.status) == ("finished", "finished")
    messages = server.bodies[1]["messages"]
    assert isinstance(messages, list)
    assert messages[-1] == {"role": "tool", "content": "found x", "tool_call_id": "c1"}
    usage = result.usage
    assert (usage.model_calls, usage.tool_calls, usage.input_tokens, usage.output_tokens) == (2, 1, 24, 6)
    assert usage.cost_usd == "0.084"


async def test_an_answer_that_does_not_fit_is_corrected_once(project: Project) -> None:
    server = Server(ending(project, "not this"), ending(project, '{"found": "x"}'))
    result = await project.run(server)
    assert (result.outcome, len(server.requests)) == ("finished", 2)


async def test_an_answer_that_never_fits_fails(project: Project) -> None:
    server = Server(ending(project, "not this"))
    result = await project.run(server)
    assert (result.outcome, len(server.requests)) == ("failed", 2)
    assert result.error is not None
    assert result.error.code == "invalid-output"


# Secrets


def leaking(project: Project) -> list[Response]:
    """Everything that goes wrong while the server says its caller's secrets."""
    said = f"bad key {KEY} of {ENVIRONMENT['TEAM_SECRET']}"
    request = httpx.Request("POST", "http://models.test", headers={"x": KEY})
    return [
        *(httpx.Response(status, json={"error": {"message": said}}) for status in (400, 401, 403, 404, 429, 500)),
        httpx.Response(429, json={"error": {"message": said}}, headers={"retry-after": "999"}),
        httpx.Response(200, text=said),
        httpx.Response(200, json={"error": {"message": said, "code": 401}}),
        httpx.ConnectError(said, request=request),
        httpx.ReadTimeout(said, request=request),
        RuntimeError(f"a defect that knows {KEY}"),
        ending(project, said),
        completion({"content": None, "tool_calls": [{"id": KEY, "function": {"name": KEY, "arguments": KEY}}]}),
        streaming(events(chunk({"content": said})), httpx.ReadError(said, request=request)),
    ]


@pytest.mark.parametrize("number", range(15))
async def test_no_secret_shows(project: Project, number: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        result = await project.run(Server(leaking(project)[number]))
    assert result.outcome == "failed"
    journal = [json.dumps(encode(entry.event)) for entry in project.store.events("r1")]
    told_ = [json.dumps(event.to_json()) for event in project.events]
    shown = "\n".join([caplog.text, repr(result), json.dumps(asdict(result)), *journal, *told_])
    assert not any(secret in shown for secret in ENVIRONMENT.values())


async def test_a_missing_variable_is_found_before_the_first_step(project: Project) -> None:
    server = Server(saying("hi"))
    with pytest.raises(DocumentRefused) as raised:
        await project.run(server, {"TEAM_SECRET": "x"})
    (finding,) = raised.value.findings
    assert (finding.code, finding.at) == ("environment-missing", "/requires/models/0")
    assert finding.message == "model `default` cannot be loaded: the environment variable `MODEL_KEY` is not set"
    assert server.requests == []
    assert project.store.runs() == []


# Connections


@pytest.mark.parametrize("response", [saying('{"found": "x"}'), httpx.Response(401)])
async def test_connections_are_closed_when_the_run_ends(project: Project, response: httpx.Response) -> None:
    server = Server(response)
    await project.run(server)
    assert server.closed == 1


async def test_connections_are_closed_when_the_run_is_cancelled(project: Project) -> None:
    asked = anyio.Event()

    class Silent(Server):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.set()
            await anyio.sleep_forever()
            raise AssertionError

    server = Silent(saying("hi"))
    async with anyio.create_task_group() as group:
        group.start_soon(project.run, server)
        await asked.wait()
        group.cancel_scope.cancel()
    assert server.closed == 1
    assert project.store.run("r1").progress.status == "cancelled"


def test_a_run_without_them_loads_no_http() -> None:
    program = """
import sys
from pathlib import Path
from rag_ir import build
from rag_registry.manifest import read_manifest
from rag_runtime.api import run_blocking
from rag_runtime.stores.memory import MemoryStore

registry, _ = read_manifest('[models.default]\\nprovider = "echo"')
document = build.document("g", graphs=[build.graph("g", start="a", nodes=[build.model("a", next="END")])])
result = run_blocking(document, registry, root=Path(), input="hi", store=MemoryStore())
assert result.outcome == "finished"
print("httpx" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
