"""Bind: every model, tool and route function that a document requires, built before the first step.

This is where a project's own code is first imported. What is missing or cannot be loaded is a finding about the document's
`requires`; nothing raises, and with findings the run must not start.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rag_ir.finding import Finding, pointer
from rag_ir.record import replace
from rag_ir.spell import closest
from rag_registry.models import BUILT_PROVIDERS
from rag_runtime.seams import Capabilities, Model, Resource, RouterFunction, Tool

if TYPE_CHECKING:
    import httpx

    from rag_ir.graph import Document, ModelRequirement, RouterRequirement, ToolRequirement
    from rag_registry import registry as entries
    from rag_runtime.providers.connections import Connections
    from rag_runtime.providers.credentials import Credentials
    from rag_runtime.providers.script import Script
    from rag_runtime.tools.mcp import McpSession

Entry = TypeVar("Entry")
Bound = TypeVar("Bound")


def bind(
    document: Document,
    registry: entries.Registry,
    root: Path,
    *,
    environment: Mapping[str, str] = os.environ,
    transport: httpx.AsyncBaseTransport | None = None,
) -> tuple[Capabilities, list[Finding]]:
    """The capabilities by the names that the document uses. Files are looked for under `root`, the project's folder.

    Secrets are taken from `environment`; `transport` takes the place of the network.
    """
    binder = _Binder(registry, root, environment, transport)
    requires = document.requires
    capabilities = Capabilities(
        models=binder.bound("models", requires.models, registry.models, binder.model),
        tools=binder.bound("tools", requires.tools, registry.tools, binder.tool),
        routers=binder.bound("routers", requires.routers, registry.routers, binder.router),
    )
    return replace(capabilities, resources=tuple(binder.resources)), binder.findings


class _Unbound(Exception):
    """A capability that is registered cannot be had; `code` is that of its finding."""

    def __init__(self, message: str, code: str = "unreadable-file") -> None:
        super().__init__(message)
        self.code = code


class _Binder:
    def __init__(
        self,
        registry: entries.Registry,
        root: Path,
        environment: Mapping[str, str],
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._registry = registry
        self._root = root
        self._environment = environment
        self._transport = transport
        self._scripts: dict[str, Script] = {}
        self._connections: Connections | None = None
        self._sessions: dict[str, McpSession] = {}
        self.resources: list[Resource] = []
        self.findings: list[Finding] = []

    def bound(
        self,
        kind: str,
        required: Sequence[ModelRequirement | ToolRequirement | RouterRequirement],
        registered: Mapping[str, Entry],
        build: Callable[[Entry], Bound],
    ) -> dict[str, Bound]:
        """The capabilities of one kind that could be built."""
        made: dict[str, Bound] = {}
        for index, requirement in enumerate(required):
            name, at = requirement.name, pointer("requires", kind, index)
            entry = registered.get(self._registry.aliases.get(kind, {}).get(name, name))
            if entry is None:
                self.findings.append(_missing(kind, name, at, sorted(registered)))
                continue
            try:
                made[name] = build(entry)
            except _Unbound as error:
                message = f"{kind.removesuffix('s')} `{name}` cannot be loaded: {error}"
                self.findings.append(Finding(error.code, at, message))
        return made

    def model(self, entry: entries.Model) -> Model:
        match entry.provider:
            case "echo":
                from rag_runtime.providers.echo import Echo

                return Echo(entry.price)
            case "scripted":
                from rag_runtime.providers.scripted import Scripted

                return Scripted(entry.name, self._script(entry), entry.price)
            case "openai" | "ollama":
                return self._over_http(entry)
            case "anthropic":
                from rag_runtime.providers.anthropic import KEY_HEADER, Anthropic

                credentials = self._credentials(entry.api_key_env, entry.headers_env, KEY_HEADER)
                return Anthropic(entry, credentials, self._pool())
            case "python":
                return self._made(entry)
            case other:
                known = ", ".join(f"`{provider}`" for provider in BUILT_PROVIDERS)
                raise _Unbound(f"there is no provider `{other}`; there are {known}")

    def tool(self, entry: entries.Tool) -> Tool:
        made = self._called(entry)
        if entry.timeout is None and entry.max_output is None:
            return made
        from rag_runtime.tools.limits import Limited

        return Limited(made, entry.name, entry.timeout, entry.max_output)

    def _called(self, entry: entries.Tool) -> Tool:
        """What a tool calls: a function, an address, or a server."""
        if entry.http is not None:
            from rag_runtime.tools.http import HttpTool

            return HttpTool(entry.name, entry.http, self._credentials("", entry.http.headers_env), self._pool())
        if entry.mcp is not None:
            from rag_runtime.tools.mcp import McpTool

            return McpTool(entry.name, entry.mcp.tool, entry.locked, self._session(entry.mcp.server))
        from rag_runtime.tools.load import Unloadable
        from rag_runtime.tools.python import load_tool

        try:
            return load_tool(entry.name, entry.python, self._root)
        except Unloadable as error:
            raise _Unbound(str(error)) from error

    def router(self, entry: entries.Router) -> RouterFunction:
        from rag_runtime.tools.load import Unloadable
        from rag_runtime.tools.python import load_router

        try:
            return load_router(entry.name, entry.python, self._root)
        except Unloadable as error:
            raise _Unbound(str(error)) from error

    def _over_http(self, entry: entries.Model) -> Model:
        from rag_runtime.providers.openai import OpenAI

        return OpenAI(entry, self._credentials(entry.api_key_env, entry.headers_env), self._pool())

    def _made(self, entry: entries.Model) -> Model:
        from rag_runtime.providers.python import make_model
        from rag_runtime.tools.load import Unloadable

        try:
            return make_model(entry, self._root)
        except Unloadable as error:
            raise _Unbound(str(error)) from error

    def _credentials(
        self, api_key_env: str, headers_env: Mapping[str, str], key_header: str = "Authorization"
    ) -> Credentials:
        from rag_runtime.providers.credentials import BadVariable, Credentials

        try:
            return Credentials(api_key_env, headers_env, self._environment, key_header)
        except BadVariable as error:
            raise _Unbound(str(error), "environment-missing") from None

    def _pool(self) -> Connections:
        from rag_runtime.providers.connections import Connections

        if self._connections is None:
            self._connections = Connections(self._transport)
            self.resources.append(self._connections)
        return self._connections

    def _session(self, name: str) -> McpSession:
        from rag_runtime.tools.mcp import McpSession

        if name not in self._sessions:
            self._sessions[name] = McpSession(self._registry.mcp[name], self._root, self._environment)
            self.resources.append(self._sessions[name])
        return self._sessions[name]

    def _script(self, entry: entries.Model) -> Script:
        from rag_runtime.providers.script import BadScript, read_script

        file = entry.answers
        if file is None:
            raise _Unbound("a scripted model needs `answers`, the file that it answers from")
        if file not in self._scripts:
            try:
                self._scripts[file] = read_script((self._root / file).read_text(encoding="utf-8"), file)
            except BadScript as error:
                raise _Unbound(str(error)) from error
            except UnicodeDecodeError:
                raise _Unbound(f"{file}: the file is not UTF-8") from None
            except (OSError, ValueError) as error:
                raise _Unbound(f"{file}: {getattr(error, 'strerror', None) or error}") from error
        return self._scripts[file]


def _missing(kind: str, name: str, at: str, known: Sequence[str]) -> Finding:
    near = closest(name, known)
    return Finding(
        "capability-missing",
        at,
        f"{kind.removesuffix('s')} `{name}` is not in the registry",
        help="" if near is None else f"did you mean `{near}`?",
        candidates=tuple(known),
    )
