"""What a manifest may say and this version cannot run yet: the one table of it.

A row is a section, a key of a section's entries, or one value of such a key. A row goes away with the change that brings its
executor; nothing else has to be told.
"""

from __future__ import annotations

from collections.abc import Mapping

UNBUILT: Mapping[tuple[str, ...], str] = {
    ("models", "provider", "anthropic"): "provider `anthropic`",
    ("models", "provider", "python"): "provider `python`",
    ("tools", "http"): "a tool over `http`",
    ("tools", "mcp"): "a tool over `mcp`",
    ("tools", "approval", "always"): '`approval = "always"`',
    ("tools", "timeout"): "`timeout` of a tool",
    ("tools", "max_output"): "`max_output` of a tool",
    ("agents", "stores"): "`stores` of an agent",
    ("agents", "budget"): "`budget` of an agent",
    ("agents", "graph"): "an agent that is a graph",
    ("graphs",): "a compiled graph from elsewhere",
    ("reducers",): "a reducer of the manifest",
    ("middleware",): "middleware",
    ("stores",): "a store",
    ("scripts",): "a script",
    ("policy", "max_budget"): "`max_budget` of the policy",
    ("policy", "max_fanout"): "`max_fanout` of the policy",
    ("policy", "require_review", "generated"): '`require_review = "generated"`',
    ("policy", "require_review", "effects"): '`require_review = "effects"`',
    ("policy", "require_review", "always"): '`require_review = "always"`',
}
"""Section, key and value -> what cannot be run, as the words of its finding."""


def unbuilt(*path: str) -> str | None:
    """What a section, key or value is that this version cannot run; null where it can."""
    return UNBUILT.get(path)
