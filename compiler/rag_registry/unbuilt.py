"""What a manifest may say and this version cannot run yet: the one table of it.

A row goes away with the change that brings its executor; nothing else has to be told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag_ir.finding import Finding, pointer

UNBUILT = frozenset(
    {
        ("agents", "stores"),
        ("agents", "budget"),
        ("agents", "graph"),
        ("graphs",),
        ("reducers",),
        ("middleware",),
        ("stores",),
        ("scripts",),
    }
)
"""Sections, keys of their entries, and single values of such keys."""


def is_unbuilt(*path: str) -> bool:
    """Whether this version cannot run a section, a key, or a value of a key."""
    return path in UNBUILT


def refusals(values: Mapping[str, object], at: Sequence[str]) -> list[Finding]:
    """What of an entry, by its path, cannot be run."""
    section = at[0]
    if (section,) in UNBUILT:
        message = f"`[{'.'.join(at)}]` cannot be used by this version yet"
        return [Finding("not-built", pointer(*at), message, part="key")]
    found: list[Finding] = []
    for key, value in values.items():
        if (section, key) in UNBUILT:
            found.append(_refusal(f"`{key}`", (*at, key), on_key=True))
        elif isinstance(value, str) and (section, key, value) in UNBUILT:
            found.append(_refusal(f'`{key} = "{value}"`', (*at, key), on_key=False))
    return found


def _refusal(what: str, at: Sequence[str], *, on_key: bool) -> Finding:
    message = f"{what} of `[{'.'.join(at[:-1])}]` cannot be run by this version yet"
    return Finding("not-built", pointer(*at), message, part="key" if on_key else "value")
