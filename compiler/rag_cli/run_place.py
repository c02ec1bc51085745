"""Where runs live: the project whose registry they use, the store that keeps them, and the options that lead back to both."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag_cli.arguments import Parser
from rag_cli.files import shown
from rag_cli.printable import quoted
from rag_cli.trouble import FAILED, REFUSED, USAGE, Trouble

if TYPE_CHECKING:
    from rag_ir.graph import Document
    from rag_registry.registry import Registry
    from rag_runtime.refusals import RunRefused
    from rag_runtime.stores.store import Store, StoreError

FOLDER = ".rag"
DEFAULT = f"sqlite:{FOLDER}/runs.sqlite"
MEMORY = "memory:"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlace:
    """`folder` is the project's root as it is shown: relative to where the command runs, empty for that itself.

    `url` names the store; a relative path in it starts at `base`. `options` are the words that make another command find the
    same runs; null where none can.
    """

    root: Path
    folder: str
    registry: Registry
    url: str
    base: Path
    options: tuple[str, ...] | None

    def shown(self, file: str) -> str:
        """A path of the project as it is shown."""
        return f"{self.folder}/{file}" if self.folder else file


def configure_place(parser: Parser) -> None:
    """Declares the options that say where runs live."""
    parser.add_argument("--project", metavar="DIR", help="the project whose rag.toml says what exists")
    parser.add_argument("--store", metavar="URL", help=f"where runs are kept (default: {DEFAULT} in the project)")


def run_place(root: Path, registry: Registry, store: str | None) -> RunPlace:
    """The place of runs of a project, in its own store or the one that a URL names."""
    here = Path.cwd()
    folder = "" if root == here else Path(os.path.relpath(root, here)).as_posix()
    project = () if _project_here(here) == root else ("--project", folder or ".")
    options = None if store == MEMORY else (*project, *(("--store", store) if store else ()))
    return RunPlace(
        root=root,
        folder=folder,
        registry=registry,
        url=store or DEFAULT,
        base=here if store else root,
        options=options,
    )


@contextmanager
def opened(place: RunPlace, *, make: bool = False) -> Iterator[Store]:
    """The store, open. What the store or the runtime refuses while it is open becomes `Trouble`.

    Without `make`, a default store that is not there is not made: there are no runs.
    """
    from rag_runtime.refusals import RunRefused
    from rag_runtime.stores import open_store
    from rag_runtime.stores.store import StoreError

    if place.url == DEFAULT:
        _default_folder(place, make=make)
    try:
        store = open_store(place.url, root=place.base)
        try:
            yield store
        finally:
            store.close()
    except StoreError as error:
        raise _store_trouble(error) from None
    except RunRefused as refused:
        raise _refusal(refused) from None


def document_of(store: Store, run: str) -> Document:
    """The document that a run executes, as it was stored."""
    from rag_ir.codec import decode

    document, findings = decode(store.document(store.run(run).digest))
    if document is None:
        raise Trouble(f"the document of run {quoted(run)} is damaged: {findings[0].message}", status=FAILED)
    return document


def _project_here(here: Path) -> Path | None:
    from rag_project.manifest import find_root

    return find_root(here)


def _default_folder(place: RunPlace, *, make: bool) -> None:
    folder = place.root / FOLDER
    if not make:
        if not (folder / "runs.sqlite").exists():
            raise Trouble(
                f"{shown(place.shown(FOLDER))} holds no runs", "start one with `rag run FILE`, or give `--store URL`"
            )
        return
    try:
        folder.mkdir(exist_ok=True)
        # The folder ignores itself, so that runs are not committed by accident.
        with suppress(FileExistsError), (folder / ".gitignore").open("x", encoding="utf-8") as ignore:
            ignore.write("*\n")
    except OSError as error:
        raise Trouble(
            f"{shown(place.shown(FOLDER))} cannot be made: {error.strerror}",
            "keep the runs elsewhere with `--store URL`",
        ) from None


def _store_trouble(error: StoreError) -> Trouble:
    match error.code:
        case "store-url":
            return Trouble(error.message)
        case "run-unknown":
            return Trouble(error.message, "`rag runs list` lists the runs")
        case "run-locked":
            return Trouble(error.message, "wait for it, or stop it", FAILED)
        case _:
            return Trouble(f"{error.message} ({error.code})", "keep the runs elsewhere with `--store URL`", FAILED)


def _refusal(refused: RunRefused) -> Trouble:
    from rag_runtime.refusals import DocumentRefused

    if isinstance(refused, DocumentRefused):
        rest = "; ".join(f"{finding.code}: {finding.message}" for finding in refused.findings)
        return Trouble(f"the graph must not run here: {rest}", refused.findings[0].help, REFUSED)
    return Trouble(refused.message, "", USAGE)
