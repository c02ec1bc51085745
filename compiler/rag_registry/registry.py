"""The registry as a value: what `.rag` source may name.

Made from a manifest's text by `manifest.read_manifest`; files that it names (Python tools) are read by its callers and handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from rag_ir.record import field, record

if TYPE_CHECKING:
    from rag_ir.graph import Field, Price, Schema

Effects = Literal["none", "read", "write", "external", "unknown"]
Reads = Literal["public", "private", "secret", "unknown"]
Trust = Literal["trusted", "untrusted", "unknown"]
Level = Literal["off", "info", "warning", "error"]


@record(kw_only=True)
class Project:
    """`[project]`: the name, the language's edition, globs of sources under the root, the trust of a run's input."""

    name: str
    language: int
    sources: tuple[str, ...]
    input_trust: Literal["trusted", "untrusted"]


@record(kw_only=True)
class Model:
    """`[models.N]`. `provider` is one that this version has: `openai`, `ollama`, `scripted` or `echo`.

    Of the first two: requests go below `base_url`; `api_key_env` and `headers_env` (header -> variable) name environment variables;
    `timeout` is in milliseconds, null for the provider's own.
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


@record(kw_only=True)
class Tool:
    """`[tools.N]`. `input` null: read it from the Python source that `python` (`module:function`) names."""

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


@record(kw_only=True)
class Agent:
    """`[agents.N]`: instructions are template texts of the language; names refer to this registry."""

    name: str
    description: str
    model: str
    system: str | None
    prompt: str | None
    tools: tuple[str, ...]
    input: tuple[Field, ...] | None
    output: Schema | None
    max_turns: int | None


@record(kw_only=True)
class Router:
    """`[routers.N]`: a pure function `(input, state) -> label`."""

    name: str
    description: str
    python: str
    labels: tuple[str, ...]


@record(kw_only=True)
class Registry:
    """Everything that exists, by kind and name, aliases beside (alias -> name). `digest` covers what the manifest says.

    Kinds are called as the manifest's sections (`models`, `tools`, ...). `others` holds the names of kinds that this version reads
    but cannot run (stores, scripts, reducers, ...), by kind. `severities` are those of `[policy.rules]`, by rule. `readable` is
    False where the manifest was no TOML, so that nothing can be said of what exists.
    """

    project: Project
    models: Mapping[str, Model] = field(default_factory=dict[str, Model])
    tools: Mapping[str, Tool] = field(default_factory=dict[str, Tool])
    agents: Mapping[str, Agent] = field(default_factory=dict[str, Agent])
    routers: Mapping[str, Router] = field(default_factory=dict[str, Router])
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    max_depth: int = 8
    severities: Mapping[str, Level] = field(default_factory=dict[str, Level])
    readable: bool = True
    digest: str = ""
