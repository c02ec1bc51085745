"""Entries of a registry as commands name, find and write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rag_cli.printable import quoted
from rag_cli.trouble import Trouble
from rag_registry.registry import KINDS

if TYPE_CHECKING:
    from rag_cli.registry_place import RegistryPlace
    from rag_ir.finding import Finding

VERSION = 1
"""The version of the form of `--format json`."""


def kind_of(word: str) -> str:
    """The kind that a word means, in the singular or the plural. `Trouble` for none."""
    from rag_ir.spell import closest

    for kind in KINDS:
        if word in (kind, kind.removesuffix("s")):
            return kind
    near = closest(word, KINDS)
    listed = ", ".join(quoted(kind) for kind in KINDS)
    raise Trouble(
        f"there is no kind {quoted(word)}", f"did you mean {quoted(near)}?" if near else f"there are {listed}"
    )


def find(place: RegistryPlace, name: str, kind: str | None) -> tuple[str, str]:
    """The kind and the canonical name of an entry. `Trouble` where there is none, or several and no kind."""
    kinds = KINDS if kind is None else (kind,)
    found = [(each, own) for each in kinds if (own := _own_name(place, each, name)) is not None]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(quoted(f"rag registry show {each} {name}") for each, _ in found)
        raise Trouble(f"several kinds have an entry {quoted(name)}", f"write {listed}")
    from rag_ir.spell import closest

    known = sorted({each for one in kinds for each in place.registry.entries(one)})
    near = closest(name, known)
    what = "no entry" if kind is None else f"nothing among `{kind}` called"
    advice = f"did you mean {quoted(near)}?" if near else "`rag registry list` lists the entries"
    raise Trouble(f"the manifest has {what} {quoted(name)}", advice)


def _own_name(place: RegistryPlace, kind: str, name: str) -> str | None:
    own = place.registry.aliases.get(kind, {}).get(name, name)
    return own if own in place.registry.entries(kind) else None


def aliases_of(place: RegistryPlace, kind: str, name: str) -> list[str]:
    """The other names of an entry, in the order of the manifest."""
    return [alias for alias, own in place.registry.aliases.get(kind, {}).items() if own == name]


def state_of(place: RegistryPlace, kind: str, name: str) -> str:
    """Why source cannot use an entry: the policy forbids it, it cannot be run yet, or has a fault; empty where it can."""
    from rag_ir.permission import objection

    policy = place.registry.policy
    if objection(kind, name, policy.allow, policy.deny) is not None:
        return "not allowed"
    codes = {
        finding.code
        for finding in place.findings
        if finding.severity == "error" and _concerns(finding, place, kind, name)
    }
    if "not-built" in codes:
        return "not built yet"
    return "not locked" if codes & {"not-locked", "bad-lock"} else "faulty" if codes else ""


def _concerns(finding: Finding, place: RegistryPlace, kind: str, name: str) -> bool:
    """Whether a finding is about an entry, or about the server of a tool."""
    from rag_ir.finding import pointer

    tool = place.registry.tools.get(name) if kind == "tools" else None
    owners = [
        pointer(kind, name),
        *([pointer("mcp", tool.mcp.server)] if tool is not None and tool.mcp is not None else []),
    ]
    return any(finding.at == at or finding.at.startswith(f"{at}/") for at in owners)


def line_of(place: RegistryPlace, kind: str, name: str) -> int | None:
    """The line of the manifest, from 1, where an entry begins."""
    from rag_compiler.source import LineIndex
    from rag_ir.finding import pointer
    from rag_registry.positions import positions

    found = positions(place.data).get(pointer(kind, name))
    return LineIndex(place.data).position(found[0][0]).line if found is not None else None


def entries_json(place: RegistryPlace, kinds: Iterable[str]) -> dict[str, Any]:
    """All entries of some kinds, as they are written for programs."""
    return {
        "version": VERSION,
        "project": place.registry.project.name,
        "digest": place.registry.digest,
        "entries": [entry_json(place, kind, name) for kind in kinds for name in place.registry.entries(kind)],
    }


def entry_json(place: RegistryPlace, kind: str, name: str) -> Mapping[str, Any]:
    """One entry: its kind, other names, state and line, and every field of its value."""
    from rag_ir.codec import to_json

    value = to_json(place.registry.entries(kind)[name])
    assert isinstance(value, dict)
    return {
        "kind": kind,
        "aliases": aliases_of(place, kind, name),
        "state": state_of(place, kind, name) or "usable",
        "line": line_of(place, kind, name),
        **value,
    }
