"""The shop's policies, one file each in `policies/`."""

from __future__ import annotations

from pathlib import Path

POLICIES = Path(__file__).parent.parent / "policies"


async def find_policy(topic: str) -> str:
    """The policy on a topic: `damaged`, `late` or `returns`.

    Args:
        topic: One of the topics.
    """
    policies = {file.stem: file for file in sorted(POLICIES.glob("*.md"))}
    if topic not in policies:
        raise ValueError(f"there is no policy on {topic}; there are {', '.join(policies)}")
    return policies[topic].read_text(encoding="utf-8").strip()
