"""Sections of a manifest whose entries this version may not run yet: they are read and checked all the same."""

from __future__ import annotations

import pytest

from rag_ir.finding import Finding
from rag_ir.graph import Budget, Price
from rag_registry.manifest import read_manifest
from rag_registry.positions import positions
from rag_registry.registry import (
    CompiledGraph,
    HttpCall,
    McpCall,
    McpServer,
    Middleware,
    Policy,
    Reducer,
    Registry,
    Script,
    Store,
)

WHOLE = """
[models.mine]
provider = "python"
python = "models:make"
price = { input_per_mtok = 1, output_per_mtok = 2, cached_input_per_mtok = 0.125 }

[models.claude]
provider = "anthropic"
api_key_env = "ANTHROPIC_API_KEY"

[tools.item]
http = { method = "POST", url = "https://api.test/items/{id}/notes", headers_env = { Authorization = "API_TOKEN" } }
args = { id = "string", text = "string?" }
timeout = "30s"
approval = "always"
max_output = 4_000

[tools.fetch]
mcp = "web/fetch"

[agents.writer]
model = "mine"
stores = ["memory"]
budget = { tokens = 1_000, wall = "2m" }

[agents.review]
graph = "reviews"
description = "A graph as an agent."

[graphs.reviews]
ir = "compiled/reviews.rag.json"

[reducers.newest]
python = "reduce:newest"
type = "string[]"

[middleware.redact]
python = "hooks:redact"
hooks = ["after_tool", "before_model"]

[stores.notes]
url = "sqlite:notes.sqlite"
schema = { title = "string" }
scope = "project"
reads = "private"
aliases = ["memory"]

[scripts.plan]
file = "scripts/plan.ragsh"
labels = ["yes", "no"]

[mcp.web]
command = "web-server"
args = ["--port", "1", "--host", "1"]
env = ["WEB_TOKEN"]
tools = ["fetch"]

[mcp.far]
url = "https://mcp.test/mcp"
headers_env = { X-Key = "FAR_KEY" }
tools = []

[policy]
max_budget = { cost_usd = 1.50, model_calls = 40, tool_calls = 0, wall = 600 }
max_depth = 2
max_fanout = 20
require_review = "effects"

[policy.allow]
models = ["mine"]
agents = ["anyone"]

[policy.deny]
stores = ["memory"]
"""


def read(text: str) -> tuple[Registry, list[Finding]]:
    """The registry, and the findings without those that say what cannot be run yet."""
    registry, findings = read_manifest(text)
    return registry, [finding for finding in findings if finding.code != "not-built"]


def test_every_section_becomes_values() -> None:
    registry, findings = read(WHOLE)
    assert [(finding.code, finding.at) for finding in findings] == [("not-allowed", "/agents/writer/stores/0")]
    assert registry.models["mine"].python == "models:make"
    assert registry.models["mine"].price == Price(
        input_per_mtok="1", output_per_mtok="2", cached_input_per_mtok="0.125"
    )
    assert registry.models["claude"].base_url == "https://api.anthropic.com"
    item = registry.tools["item"]
    assert item.http == HttpCall(
        method="POST", url="https://api.test/items/{id}/notes", headers_env={"Authorization": "API_TOKEN"}
    )
    assert (item.python, item.timeout, item.approval, item.max_output) == ("", 30_000, "always", 4_000)
    assert registry.tools["fetch"].mcp == McpCall(server="web", tool="fetch")
    assert registry.agents["writer"].stores == ("notes",)
    assert registry.agents["writer"].budget == Budget(
        tokens=1_000, cost_usd=None, model_calls=None, tool_calls=None, wall=120_000
    )
    assert registry.agents["review"].graph == "reviews"
    assert registry.graphs["reviews"] == CompiledGraph(name="reviews", description="", ir="compiled/reviews.rag.json")
    assert registry.reducers["newest"] == Reducer(
        name="newest", description="", python="reduce:newest", schema={"type": "array", "items": {"type": "string"}}
    )
    assert registry.middleware["redact"] == Middleware(
        name="redact", description="", python="hooks:redact", hooks=("before_model", "after_tool")
    )
    assert registry.stores["notes"] == Store(
        name="notes",
        description="",
        url="sqlite:notes.sqlite",
        schema={"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
        scope="project",
        reads="private",
    )
    assert registry.scripts["plan"] == Script(
        name="plan", description="", file="scripts/plan.ragsh", labels=("yes", "no")
    )
    assert registry.mcp["web"] == McpServer(
        name="web",
        description="",
        command="web-server",
        args=("--port", "1", "--host", "1"),
        env=("WEB_TOKEN",),
        url="",
        headers_env={},
        tools=("fetch",),
    )
    assert (registry.mcp["far"].url, registry.mcp["far"].headers_env) == ("https://mcp.test/mcp", {"X-Key": "FAR_KEY"})
    assert registry.policy == Policy(
        max_budget=Budget(tokens=None, cost_usd="1.5", model_calls=40, tool_calls=0, wall=600_000),
        max_depth=2,
        max_fanout=20,
        require_review="effects",
        allow={"models": ("mine",), "agents": ("anyone",)},
        deny={"stores": ("notes",)},
    )


HTTP = "[tools.t]\nargs = { id = 'string', many = 'string[]', maybe = 'int?' }\n"

FAULTS = [
    # (text, code, pointer, part, a word of the message or the help)
    ("[models.a]\nprovider = 'python'", "manifest-missing-key", "/models/a", "key", "`python`"),
    ("[models.a]\nprovider = 'python'\npython = 'm'", "manifest-bad-value", "/models/a/python", "value", "`module:function`"),
    ("[models.a]\nprovider = 'anthropic'", "manifest-missing-key", "/models/a", "key", "ANTHROPIC_API_KEY"),
    ("[models.a]\nprovider = 'anthropic'\nbase_url = 'http://a/v1/messages'",
        "manifest-bad-value", "/models/a/base_url", "value", "leave `/v1/messages` out"),
    ("[models.a]\nprovider = 'echo'\nprice = { input_per_mtok = 1, output_per_mtok = 1, cached_input_per_mtok = 'x' }",
        "manifest-bad-value", "/models/a/price/cached_input_per_mtok", "value", "dollars"),
    ("[models.a]\nprovider = 'echo'\nprice = { input_per_mtok = 1, output_per_mtok = 1, cached = 1 }",
        "manifest-unknown-key", "/models/a/price/cached", "key", "cached_input_per_mtok"),
    ("[tools.t]\nhttp = { method = 'GET', url = 'https://a.test' }", "manifest-missing-key", "/tools/t", "key", "args ="),
    ("[tools.t]\nargs = {}\nhttp = 'https://a.test'", "manifest-bad-value", "/tools/t/http", "value", "a table"),
    (f"{HTTP}http = {{ url = 'https://a.test' }}", "manifest-missing-key", "/tools/t/http", "key", "`method`"),
    (f"{HTTP}http = {{ method = 'GET' }}", "manifest-missing-key", "/tools/t/http", "key", "`url`"),
    (f"{HTTP}http = {{ method = 'get', url = 'https://a.test' }}", "manifest-bad-value", "/tools/t/http/method", "value", "`GET`"),
    (f"{HTTP}http = {{ method = 'GET', url = 'https://{{id}}.test' }}", "manifest-bad-value", "/tools/t/http/url", "value", "address"),
    (f"{HTTP}http = {{ method = 'GET', url = 'https://a.test/{{id' }}", "manifest-bad-value", "/tools/t/http/url", "value", "address"),
    (f"{HTTP}http = {{ method = 'GET', url = 'https://a.test/id}}' }}", "manifest-bad-value", "/tools/t/http/url", "value", "address"),
    (f"{HTTP}http = {{ method = 'GET', url = 'https://a.test/{{i d}}' }}", "manifest-bad-value", "/tools/t/http/url", "value", "address"),
    (f"{HTTP}http = {{ method = 'GET', url = 'https://u:p@a.test/' }}", "manifest-bad-value", "/tools/t/http/url", "value", "address"),
    (f"{HTTP}http = {{ method = 'GET', url = 'https://a.test/{{no}}' }}", "manifest-bad-value", "/tools/t/http/url", "value", "`args`"),
    (f"{HTTP}http = {{ method = 'GET', url = 'https://a.test/{{many}}' }}", "manifest-bad-value", "/tools/t/http/url", "value", "a text"),
    (f"{HTTP}http = {{ method = 'GET', url = 'https://a.test/{{maybe}}' }}", "manifest-bad-value", "/tools/t/http/url", "value", "given"),
    (f"{HTTP}http = {{ method = 'GET', url = 'https://a.test', headers_env = {{ Host = 'H' }} }}",
        "manifest-bad-value", "/tools/t/http/headers_env/Host", "key", "no header"),
    ("[tools.t]\npython = 'm:f'\nmcp = 's/t'", "manifest-conflict", "/tools/t/mcp", "key", "has `python` already"),
    ("[tools.t]\nmcp = 'fetch'", "manifest-bad-value", "/tools/t/mcp", "value", "server/tool"),
    ("[tools.t]\nmcp = 'web/fetch'", "unknown-capability", "/tools/t/mcp", "value", "add `[mcp.web]`"),
    ("[tools.t]\nmcp = 'web/fetch'\nargs = {}\n[mcp.web]\ncommand = 'w'\ntools = ['fetch']",
        "manifest-conflict", "/tools/t/args", "key", "the server says"),
    ("[tools.t]\nmcp = 'web/fetch'\n[mcp.web]\ncommand = 'w'\ntools = ['search']",
        "manifest-conflict", "/tools/t/mcp", "value", "does not let in"),
    ("[tools.t]\npython = 'm:f'\ntimeout = '0s'", "manifest-bad-value", "/tools/t/timeout", "value", "duration"),
    ("[tools.t]\npython = 'm:f'\nmax_output = 0", "manifest-bad-value", "/tools/t/max_output", "value", "from 1"),
    ("[models.m]\nprovider = 'echo'\n[agents.a]\nmodel = 'm'\nstores = ['s']",
        "unknown-capability", "/agents/a/stores/0", "value", "store"),
    ("[models.m]\nprovider = 'echo'\n[agents.a]\nmodel = 'm'\nbudget = { token = 1 }",
        "manifest-unknown-key", "/agents/a/budget/token", "key", "did you mean `tokens`?"),
    ("[agents.a]\ngraph = 'g'\nstores = []", "manifest-conflict", "/agents/a/stores", "key", "exclude"),
    ("[agents.a]\ngraph = ''", "manifest-bad-value", "/agents/a/graph", "value", "not empty"),
    ("[graphs.g]", "manifest-missing-key", "/graphs/g", "key", "`ir`"),
    ("[graphs.g]\nir = '../g.json'", "manifest-bad-value", "/graphs/g/ir", "value", "inside"),
    ("[graphs.g]\nir = 'g.rag'", "manifest-bad-value", "/graphs/g/ir", "value", "`.json`"),
    ("[reducers.r]", "manifest-missing-key", "/reducers/r", "key", "`python`"),
    ("[reducers.r]\npython = 'm:f'\ntype = 'lits'", "manifest-bad-value", "/reducers/r/type", "value", "`lits`"),
    ("[middleware.m]\npython = 'm:f'", "manifest-missing-key", "/middleware/m", "key", "`hooks`"),
    ("[middleware.m]\npython = 'm:f'\nhooks = []", "manifest-bad-value", "/middleware/m/hooks", "value", "at least one"),
    ("[middleware.m]\npython = 'm:f'\nhooks = ['after_modle']", "manifest-bad-value", "/middleware/m/hooks/0", "value", "`after_model`?"),
    ("[stores.s]", "manifest-missing-key", "/stores/s", "key", "`url`"),
    ("[stores.s]\nurl = 'redis://x'", "manifest-bad-value", "/stores/s/url", "value", "sqlite:PATH"),
    ("[stores.s]\nurl = 'sqlite:../x'", "manifest-bad-value", "/stores/s/url", "value", "inside"),
    ("[stores.s]\nurl = 'postgres:x'", "manifest-bad-value", "/stores/s/url", "value", "postgres://"),
    ("[stores.s]\nurl = 'postgres://u:secret@h/d'", "manifest-bad-value", "/stores/s/url", "value", "PGPASSWORD"),
    ("[stores.s]\nurl = 'memory:'\nscope = 'run'", "manifest-bad-value", "/stores/s/scope", "value", "`project`"),
    ("[stores.s]\nurl = 'memory:'\nreads = 'none'", "manifest-bad-value", "/stores/s/reads", "value", "`private`"),
    ("[scripts.s]", "manifest-missing-key", "/scripts/s", "key", "`file`"),
    ("[scripts.s]\nfile = 'a.py'", "manifest-bad-value", "/scripts/s/file", "value", "`.ragsh`"),
    ("[mcp.s]\ntools = []", "manifest-missing-key", "/mcp/s", "key", "`command`"),
    ("[mcp.s]\ncommand = 'c'", "manifest-missing-key", "/mcp/s", "key", "`tools`"),
    ("[mcp.s]\ncommand = ''\ntools = []", "manifest-bad-value", "/mcp/s/command", "value", "not empty"),
    ("[mcp.s]\ncommand = 'c'\nurl = 'http://a'\ntools = []", "manifest-conflict", "/mcp/s/url", "key", "already"),
    ("[mcp.s]\nurl = 'http://a'\nargs = ['x']\ntools = []", "manifest-conflict", "/mcp/s/args", "key", "`command`"),
    ("[mcp.s]\ncommand = 'c'\nheaders_env = {}\ntools = []", "manifest-conflict", "/mcp/s/headers_env", "key", "`url`"),
    ("[mcp.s]\nurl = 'stdio'\ntools = []", "manifest-bad-value", "/mcp/s/url", "value", "address"),
    ("[mcp.s]\ncommand = 'c'\nargs = [1]\ntools = []", "manifest-bad-value", "/mcp/s/args", "value", "a list of texts"),
    ("[mcp.s]\ncommand = 'c'\nenv = ['sk-secret']\ntools = []", "manifest-bad-value", "/mcp/s/env/0", "value", "never a secret"),
    ("[stores.a]\nurl = 'memory:'\naliases = ['b']\n[stores.b]\nurl = 'memory:'",
        "manifest-conflict", "/stores/a/aliases/0", "value", "[stores.b]"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "at", "part", "word"), FAULTS)
def test_fault(text: str, code: str, at: str, part: str, word: str) -> None:
    _, findings = read(text)
    assert [(finding.code, finding.at, finding.part) for finding in findings] == [(code, at, part)]
    told = f"{findings[0].message} {findings[0].help}"
    assert word in told
    assert "secret@" not in told
    assert "sk-secret" not in told
    assert at in positions(text.encode())
