"""What may be named: lists that allow and lists that deny, by kind; of a manifest's policy, and of a graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

Names = Mapping[str, Sequence[str]]
"""Names by kind (`models`, `tools`, ...)."""


def objection(kind: str, name: str, allow: Names, deny: Names) -> Literal["allow", "deny"] | None:
    """Which list forbids a name: `deny` has it, or `allow` has its kind and not the name. Null where it may be named."""
    if name in deny.get(kind, ()):
        return "deny"
    return "allow" if name not in allow.get(kind, (name,)) else None


def words(by: Literal["allow", "deny"], noun: str, name: str, who: str = "the policy") -> str:
    """The objection as a sentence; `who` has the list."""
    return f"{who} denies {noun} `{name}`" if by == "deny" else f"{who} does not allow {noun} `{name}`"
