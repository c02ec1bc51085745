"""Faults of a manifest, as far as they concern a graph: those of entries that it does not use only become a word of warning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag_cli.printable import counted
from rag_cli.terminal import say
from rag_cli.trouble import FAILED, Trouble

if TYPE_CHECKING:
    from rag_ir.finding import Finding
    from rag_ir.graph import Document
    from rag_registry.registry import Registry


def heed(faults: Sequence[Finding], manifest: str, document: Document, registry: Registry) -> None:
    """`Trouble` for the first fault that concerns the document; of the others, how many there are. `manifest` is shown."""
    if not faults:
        return
    from rag_registry.concerns import concerns, used_entries

    used = used_entries(document, registry)
    for finding in faults:
        if concerns(finding.at, used):
            raise Trouble(f"{manifest}: {finding.message} ({finding.code})", "`rag check` says more", FAILED)
    warn(len(faults), manifest, document.entry)


def warn(faults: int, manifest: str, graph: str) -> None:
    """Says that there are faults which do not concern a graph."""
    if faults:
        them = "it" if faults == 1 else "them"
        say(f"{manifest} has {counted(faults, 'error')} in what graph `{graph}` does not use; `rag check` shows {them}")
