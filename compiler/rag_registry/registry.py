"""The registry as a value: what `.rag` source may name.

Made from a manifest's text by `manifest.read_manifest`; files that it names (Python tools) are read by its callers and handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from rag_ir.record import field, record

if TYPE_CHECKING:
    from rag_ir.graph import Budget, Field, Price, Schema

Effects = Literal["none", "read", "write", "external", "unknown"]
Reads = Literal["public", "private", "secret", "unknown"]
Trust = Literal["trusted", "untrusted", "unknown"]
Level = Literal["off", "info", "warning", "error"]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Hook = Literal["before_model", "after_model", "before_tool", "after_tool"]
Review = Literal["never", "generated", "effects", "always"]


@record(kw_only=True)
class Project:
    """`[project]`: the name, the language's edition, globs of sources under the root, the trust of a run's input."""

    name: str
    language: int
    sources: tuple[str, ...]
    input_trust: Literal["trusted", "untrusted"]
    description: str = ""


@record(kw_only=True)
class Model:
    """`[models.N]`. `provider` is one of `models.PROVIDERS`.

    Of those over HTTP (`openai`, `ollama`, `anthropic`): requests go below `base_url`; `api_key_env` and `headers_env`
    (header -> variable) name environment variables; `timeout` is in milliseconds, null for the provider's own. Of `scripted`:
    `answers`, a file below the root. Of `python`: the `module:function` that makes the model.
    """

    name: str
    description: str
    provider: str
    model: str
    answers: str | None
    capabilities: tuple[str, ...]
    context_window: int | None
    max_output_tokens: int | None
    price: Price | None
    base_url: str = ""
    api_key_env: str = ""
    headers_env: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout: int | None = None
    python: str = ""


@record(kw_only=True)
class HttpCall:
    """The request that a tool makes. `{name}` in the path of `url` is an argument; its scheme and host are fixed.

    `headers_env` maps headers to names of environment variables.
    """

    method: Method
    url: str
    headers_env: Mapping[str, str]


@record(kw_only=True)
class McpCall:
    """The tool of an MCP server of this registry."""

    server: str
    tool: str


@record(kw_only=True)
class Tool:
    """`[tools.N]`: one of `python` (`module:function`, else empty), `http` and `mcp`.

    `input` null: read it from the Python source, or of an MCP tool from the lock, where `locked` is the digest of what its server
    said of it. `timeout` is in milliseconds; of an answer at most `max_output` characters are kept.
    """

    name: str
    description: str
    python: str
    input: Schema | None
    output: Schema | None
    effects: Effects
    reads: Reads
    returns_trust: Trust
    idempotent: bool
    on_error: Literal["answer", "fail"]
    http: HttpCall | None = None
    mcp: McpCall | None = None
    approval: Literal["never", "always"] = "never"
    timeout: int | None = None
    max_output: int | None = None
    locked: str = ""


@record(kw_only=True)
class Agent:
    """`[agents.N]`: instructions are template texts of the language; names refer to this registry.

    One with a `graph` runs that graph of the project or of this registry, and has none of the rest.
    """

    name: str
    description: str
    model: str
    system: str | None
    prompt: str | None
    tools: tuple[str, ...]
    input: tuple[Field, ...] | None
    output: Schema | None
    max_turns: int | None
    stores: tuple[str, ...] = ()
    budget: Budget | None = None
    graph: str | None = None


@record(kw_only=True)
class CompiledGraph:
    """`[graphs.N]`: `ir` is the path of a compiled graph, below the root."""

    name: str
    description: str
    ir: str


@record(kw_only=True)
class Router:
    """`[routers.N]`: a pure function `(input, state) -> label`."""

    name: str
    description: str
    python: str
    labels: tuple[str, ...]


@record(kw_only=True)
class Reducer:
    """`[reducers.N]`: a pure function `(current, new) -> value`. `schema` is the type of the channel's whole value, null for any."""

    name: str
    description: str
    python: str
    schema: Schema | None


@record(kw_only=True)
class Middleware:
    """`[middleware.N]`: the function `(hook, value) -> value`, and the hooks at which it is called."""

    name: str
    description: str
    python: str
    hooks: tuple[Hook, ...]


@record(kw_only=True)
class Store:
    """`[stores.N]`: what models keep beyond a run. `schema` is the type of a value, null for any."""

    name: str
    description: str
    url: str
    schema: Schema | None
    scope: Literal["thread", "project"]
    reads: Reads


@record(kw_only=True)
class Script:
    """`[scripts.N]`: a `.ragsh` file below the root, and the labels that it may answer."""

    name: str
    description: str
    file: str
    labels: tuple[str, ...]


@record(kw_only=True)
class McpServer:
    """`[mcp.N]`: a program (`command` with `args`, which sees the variables `env`) or a `url` (with `headers_env`).

    `tools` are those of its tools that are let in.
    """

    name: str
    description: str
    command: str
    args: tuple[str, ...]
    env: tuple[str, ...]
    url: str
    headers_env: Mapping[str, str]
    tools: tuple[str, ...]


@record(kw_only=True)
class Policy:
    """`[policy]`: limits of every run. `allow` and `deny` hold names by kind; a kind that is not in `allow` is not narrowed."""

    max_budget: Budget | None = None
    max_depth: int = 8
    max_fanout: int | None = None
    require_review: Review = "never"
    allow: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    deny: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@record(kw_only=True)
class Registry:
    """Everything that exists, by kind and name, aliases beside (alias -> name). `digest` covers what the manifest says.

    Kinds are called as the manifest's sections (`models`, `tools`, ...); which of them this version cannot run stands in
    `unbuilt`. `severities` are those of `[policy.rules]`, by rule. `readable` is False where the manifest was no TOML, so that
    nothing can be said of what exists.
    """

    project: Project
    models: Mapping[str, Model] = field(default_factory=dict[str, Model])
    tools: Mapping[str, Tool] = field(default_factory=dict[str, Tool])
    agents: Mapping[str, Agent] = field(default_factory=dict[str, Agent])
    graphs: Mapping[str, CompiledGraph] = field(default_factory=dict[str, CompiledGraph])
    routers: Mapping[str, Router] = field(default_factory=dict[str, Router])
    reducers: Mapping[str, Reducer] = field(default_factory=dict[str, Reducer])
    middleware: Mapping[str, Middleware] = field(default_factory=dict[str, Middleware])
    stores: Mapping[str, Store] = field(default_factory=dict[str, Store])
    scripts: Mapping[str, Script] = field(default_factory=dict[str, Script])
    mcp: Mapping[str, McpServer] = field(default_factory=dict[str, McpServer])
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    policy: Policy = field(default_factory=Policy)
    severities: Mapping[str, Level] = field(default_factory=dict[str, Level])
    readable: bool = True
    digest: str = ""

    def entries(self, kind: str) -> Mapping[str, object]:
        """The entries of a kind by name; nothing for a word that is no kind."""
        found: Mapping[str, object] = getattr(self, kind) if kind in KINDS else {}
        return found


KINDS = ("models", "tools", "agents", "graphs", "routers", "reducers", "middleware", "stores", "scripts", "mcp")
"""The manifest's sections that hold entries."""
