"""A name in a manifest that nothing in it has."""

from __future__ import annotations

from collections.abc import Mapping

from rag_ir.finding import Finding
from rag_ir.rules import RULES
from rag_ir.spell import closest
from rag_registry.keys import NOUNS


def unknown_name(kind: str, name: str, at: str, available: Mapping[str, str]) -> Finding:
    """The finding; `available` are the names and aliases of the kind, to its names."""
    noun, near = NOUNS[kind], closest(name, available)
    listed = ", ".join(f"`{each}`" for each in sorted(set(available.values())))
    code = f"unknown-{noun}"
    return Finding(
        code if code in RULES else "unknown-capability",
        at,
        f"there is no {noun} `{name}` in the manifest",
        help=f"did you mean `{near}`?" if near else f"there are {listed}" if listed else f"add `[{kind}.{name}]`",
        candidates=(near,) if near else (),
        replacement=f'"{near}"' if near else None,
    )
