"""Where runs live: the project whose registry they use, the store that keeps them, and the options that lead back to both."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rag_cli.arguments import Parser
from rag_cli.files import folder_of, shown
from rag_cli.printable import quoted
from rag_cli.trouble import FAILED, REFUSED, USAGE, Trouble
from rag_ir.record import record, replace

if TYPE_CHECKING:
    from rag_ir.finding import Finding
    from rag_ir.graph import Document
    from rag_registry.registry import Registry
    from rag_runtime.refusals import RunRefused
    from rag_runtime.stores.store import Store, StoreError

FOLDER = ".rag"
DEFAULT = f"sqlite:{FOLDER}/runs.sqlite"
MEMORY = "memory:"


@record(kw_only=True)
class RunPlace:
    """`folder` is the project's root as it is shown: relative to where the command runs, empty for that itself.

    `url` names the store; a relative path in it starts at `base`. `options` are the words that make another command find the
    same runs; null where none can. `faults` are the errors of the manifest.
    """

    root: Path
    folder: str
    registry: Registry
    url: str
    base: Path
    options: tuple[str, ...] | None
    faults: tuple[Finding, ...] = ()

    def heed(self, document: Document) -> None:
        """`Trouble` where a fault of the manifest concerns a document that is to run here."""
        from rag_cli.heed import heed
        from rag_project.manifest import NAME

        heed(self.faults, shown(self.shown(NAME)), document, self.registry)

    def shown(self, file: str) -> str:
        """A path of the project as it is shown."""
        return f"{self.folder}/{file}" if self.folder else file


def configure_place(parser: Parser) -> None:
    """Declares the options that say where runs live."""
    parser.add_argument("--project", metavar="DIR", help="the project whose rag.toml says what exists")
    parser.add_argument("--store", metavar="URL", help=f"where runs are kept (default: {DEFAULT} in the project)")


def place_of(project: str | None, store: str | None, near: Path | None = None) -> RunPlace:
    """The place of runs of the named project, else of the one around `near`, else of the one around the current folder.

    Where there is none, nothing exists that a graph could name.
    """
    root = _root(project, near)
    registry, faults = _registry(root)
    return replace(run_place(root or Path.cwd(), registry, store), faults=faults)


def run_place(root: Path, registry: Registry, store: str | None) -> RunPlace:
    """The place of runs of a project, in its own store or the one that a URL names."""
    from rag_project.manifest import find_root

    here = Path.cwd()
    folder = folder_of(root)
    project = () if (find_root(here) or here) == root else ("--project", folder or ".")
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
def opened(place: RunPlace, *, make: bool = False) -> Generator[Store]:
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


def _root(project: str | None, near: Path | None) -> Path | None:
    from rag_project.manifest import NAME, find_root

    if project is None:
        return (find_root(near) if near is not None else None) or find_root(Path.cwd())
    folder = Path(project)
    if not (folder / NAME).is_file():
        raise Trouble(f"{shown(project)} holds no `{NAME}`", "`--project` takes the folder of a manifest")
    return folder.resolve()


def _registry(root: Path | None) -> tuple[Registry, tuple[Finding, ...]]:
    """The registry of a project, and the errors in its manifest."""
    from rag_project.manifest import load_manifest, with_tools
    from rag_registry.manifest import empty_registry

    if root is None:
        return empty_registry(), ()
    manifest = load_manifest(root)
    registry, unreadable = with_tools(root, manifest.registry)
    found = (*manifest.findings, *unreadable)
    return registry, tuple(each for each in found if registry.severities.get(each.code, each.severity) == "error")


def has_runs(place: RunPlace) -> bool:
    """Whether the default store is there; of another one, only opening it tells."""
    return place.url != DEFAULT or (place.root / FOLDER / "runs.sqlite").exists()


def _default_folder(place: RunPlace, *, make: bool) -> None:
    folder = place.root / FOLDER
    if not make:
        if not has_runs(place):
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
    from rag_cli.run_input import FORMS
    from rag_runtime.refusals import DocumentRefused, InputRefused

    if isinstance(refused, DocumentRefused):
        rest = "; ".join(f"{finding.code}: {finding.message}" for finding in refused.findings)
        return Trouble(f"the graph must not run here: {rest}", refused.findings[0].help, REFUSED)
    return Trouble(refused.message, FORMS if isinstance(refused, InputRefused) else "", USAGE)
