"""Every key of a manifest, by section: one that is not here is reported, and each has its line in the reference."""

from __future__ import annotations

from collections.abc import Mapping

_ENTRY = ("description", "aliases")

KEYS: Mapping[str, tuple[str, ...]] = {
    "project": ("name", "description", "language", "sources", "input_trust"),
    "models": (
        *("provider", "model", "base_url", "api_key_env", "headers_env", "timeout", "python", "answers"),
        *("context_window", "max_output_tokens", "price", "capabilities", *_ENTRY),
    ),
    "models.price": ("input_per_mtok", "output_per_mtok", "cached_input_per_mtok"),
    "tools": (
        *("python", "http", "mcp", "args", "returns", "effects", "reads", "returns_trust", "idempotent"),
        *("approval", "timeout", "on_error", "max_output", *_ENTRY),
    ),
    "tools.http": ("method", "url", "headers_env"),
    "agents": (
        *("model", "system", "prompt", "tools", "stores", "input", "output", "max_turns", "budget", "graph"),
        *_ENTRY,
    ),
    "agents.budget": ("tokens", "cost_usd", "model_calls", "tool_calls", "wall"),
    "graphs": ("ir", *_ENTRY),
    "routers": ("python", "labels", *_ENTRY),
    "reducers": ("python", "type", *_ENTRY),
    "middleware": ("python", "hooks", *_ENTRY),
    "stores": ("url", "schema", "scope", "reads", *_ENTRY),
    "scripts": ("file", "labels", *_ENTRY),
    "mcp": ("command", "args", "env", "url", "headers_env", "tools", *_ENTRY),
    "policy": ("max_budget", "max_depth", "max_fanout", "require_review", "allow", "deny", "rules"),
    "policy.max_budget": ("tokens", "cost_usd", "model_calls", "tool_calls", "wall"),
}
"""Section, or table within its entries -> keys. `[policy.rules]` has the codes of rules, `allow` and `deny` have `NAMED`."""

SECTIONS = tuple(section for section in KEYS if "." not in section)

NAMED = ("models", "tools", "agents", "graphs", "routers", "reducers", "middleware", "stores", "scripts")
"""The kinds whose names a policy, or a graph, may allow or deny."""

NOUNS: Mapping[str, str] = {kind: kind.removesuffix("s") for kind in (*NAMED, "mcp")} | {"mcp": "MCP server"}
"""What one entry of a kind is called."""
