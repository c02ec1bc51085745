"""The registry that a command speaks of: that of the named project, or of the one around the current folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rag_cli.arguments import Parser
from rag_cli.files import folder_of, shown
from rag_cli.printable import counted
from rag_cli.terminal import say
from rag_cli.trouble import Trouble
from rag_ir.record import record

if TYPE_CHECKING:
    from rag_ir.finding import Finding
    from rag_registry.registry import Registry


@record
class RegistryPlace:
    """A project's root, as it is and as it is shown (empty for the current folder), its manifest's bytes, and what these make."""

    root: Path
    folder: str
    data: bytes
    registry: Registry
    findings: tuple[Finding, ...]

    def shown(self, file: str) -> str:
        """A path of the project as it is shown."""
        return f"{self.folder}/{file}" if self.folder else file


def configure_registry(parser: Parser) -> None:
    """Declares the option that names a project."""
    parser.add_argument("--project", metavar="DIR", help="the project whose rag.toml says what exists")


def registry_place(project: str | None) -> RegistryPlace:
    """The place. `Trouble` where there is no manifest, or one of which nothing can be read."""
    from rag_project.manifest import NAME, find_root, load_manifest, with_tools

    root = find_root(Path(project or ".")) if project is None else Path(project).resolve()
    if root is None or not (root / NAME).is_file():
        where = "the current folder belongs to no project" if project is None else f"{shown(project)} holds no `{NAME}`"
        raise Trouble(where, f"`--project` takes the folder of a `{NAME}`; `rag new DIR` makes a project")
    manifest = load_manifest(root)
    registry, unread = with_tools(root, manifest.registry)
    place = RegistryPlace(root, folder_of(root), manifest.data, registry, (*manifest.findings, *unread))
    if not registry.readable:
        raise Trouble(f"{shown(place.shown(NAME))}: {place.findings[0].message}", "`rag check` says more")
    return place


def tell_faults(place: RegistryPlace) -> None:
    """Says that the manifest has errors, where it has."""
    from rag_project.manifest import NAME

    errors = sum(finding.severity == "error" for finding in place.findings)
    if errors:
        say(
            f"{shown(place.shown(NAME))} has {counted(errors, 'error')}; `rag check` shows {'it' if errors == 1 else 'them'}"
        )
