"""The manifest of a project on disk: where its root is, and what it says."""

from __future__ import annotations

from pathlib import Path

from rag_ir.finding import Finding
from rag_ir.record import record
from rag_project.files import Unreadable, read_file
from rag_registry.manifest import LARGEST, read_manifest, unknown_registry
from rag_registry.registry import Registry
from rag_registry.unbuilt import is_unbuilt

NAME = "rag.toml"


@record
class Manifest:
    """`rag.toml` of a root: its bytes (empty where it cannot be read), the registry that it makes, and what is wrong."""

    data: bytes
    registry: Registry
    findings: tuple[Finding, ...]


def find_root(start: Path) -> Path | None:
    """The nearest folder with a manifest: `start` or one above it, links resolved; None where there is none."""
    try:
        folder = start.resolve()
        return next((each for each in (folder, *folder.parents) if (each / NAME).is_file()), None)
    except (OSError, ValueError, RuntimeError):
        return None


def load_manifest(root: Path) -> Manifest:
    """The manifest of a root. One that cannot be read is a finding, and of its registry nothing is known."""
    try:
        data = read_file(root / NAME, LARGEST)
    except Unreadable as unreadable:
        finding = Finding("unreadable-file", "", f"the manifest {unreadable}")
        return Manifest(b"", unknown_registry(), (finding,))
    registry, findings = read_manifest(data)
    return Manifest(data, registry, tuple(findings))


def with_tools(root: Path, registry: Registry) -> tuple[Registry, list[Finding]]:
    """The registry with what its sources in Python and its lock say, and what they do not say.

    What reads them is loaded where there is something to read: see `tools.read_tools` and `lock.load_lock`.
    """
    findings: list[Finding] = []
    if _names_functions(registry):
        from rag_project.tools import read_tools

        registry, findings = read_tools(root, registry)
    if any(tool.mcp is not None for tool in registry.tools.values()):
        from rag_project.lock import load_lock
        from rag_registry.lock import apply_lock

        registry, unlocked = apply_lock(registry, load_lock(root))
        findings = findings if is_unbuilt("tools", "mcp") else [*findings, *unlocked]
    return registry, findings


def _names_functions(registry: Registry) -> bool:
    """Whether a manifest names a function of the project's own."""
    models, tools = registry.models.values(), registry.tools.values()
    others = registry.routers or registry.reducers or registry.middleware
    return bool(others) or any(model.python for model in models) or any(tool.python for tool in tools)
