"""Runs as a whole: taken out of a store and put into one, forked at a superstep, cancelled, removed.

The journal is the run: what a row says of it is worked out from the journal again, so that nothing that is brought in can say
something else than it did.

An exported run is JSON lines: a head, the documents that it runs, then each run of the tree with its journal.

    {"format": "raglang run", "version": 1, "run": "3f9q"}
    {"document": "sha256:..", "body": "{..}"}
    {"run": {"id": "3f9q", "parent": null, "parent_task": null, "namespace": "", "digest": "sha256:..", "thread": null}}
    {"seq": 1, "time": 1735689600000, "event": {"event": "RunStarted", ..}}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rag_ir.codec import decode
from rag_ir.graph import Document, Json
from rag_ir.record import mutable, replace
from rag_runtime.commands import Merged
from rag_runtime.drivers.record import progress_after
from rag_runtime.events import Cancelled, RunStarted
from rag_runtime.journal import JournalError, encode, from_json
from rag_runtime.machine import Machine
from rag_runtime.machine.errors import MachineError
from rag_runtime.names import check_name
from rag_runtime.refusals import RunRefused
from rag_runtime.stores.store import Entry, Progress, Run, Store

FORMAT = "raglang run"
VERSION = 1


class BadArchive(Exception):
    """What is to be brought in is no exported run; the message says which line, and why."""


@mutable
class _Tree:
    """A root run with its children, their journals, and the documents that they run."""

    documents: dict[str, bytes]
    runs: list[tuple[Run, list[Entry]]]


# ---- out ---------------------------------------------------------------------------------------------------------------


def export_run(store: Store, root: str) -> Iterator[str]:
    """The lines of a root run. Raises `StoreError`, `RunRefused`."""
    tree = _read(store, root)
    yield _line({"format": FORMAT, "version": VERSION, "run": root})
    for digest, body in sorted(tree.documents.items()):
        yield _line({"document": digest, "body": body.decode()})
    for run, entries in tree.runs:
        lineage: dict[str, Json] = {
            "id": run.id,
            "parent": run.parent,
            "parent_task": run.parent_task,
            "namespace": run.namespace,
            "digest": run.digest,
            "thread": run.thread,
        }
        yield _line({"run": lineage})
        for entry in entries:
            yield _line({"seq": entry.seq, "time": entry.time, "event": json.loads(encode(entry.event))})


def _read(store: Store, root: str) -> _Tree:
    row = store.run(root)
    if row.id != row.root:
        raise RunRefused("child-run", f"`{root}` is a child run; name `{row.root}`")
    runs = [(run, list(store.events(run.id))) for run in store.tree(root)]
    return _Tree(documents={run.digest: store.document(run.digest) for run, _ in runs}, runs=runs)


def _line(value: Mapping[str, Json]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# ---- in ----------------------------------------------------------------------------------------------------------------


def import_run(store: Store, lines: Iterable[str], name: str | None = None) -> Run:
    """Puts an exported run into a store, under its own name or another. Raises `BadArchive`, `StoreError`, `RunRefused`."""
    tree = _parsed(lines)
    root = tree.runs[0][0].id
    return _put(store, tree, name or root)


def _parsed(lines: Iterable[str]) -> _Tree:
    tree = _Tree(documents={}, runs=[])
    root: str | None = None
    for number, line in enumerate(lines, 1):
        try:
            value: Json = json.loads(line)
        except (ValueError, RecursionError):
            raise BadArchive(f"line {number} is not JSON") from None
        try:
            root = _take(tree, value, root)
        except (BadArchive, JournalError) as bad:
            raise BadArchive(f"line {number}: {bad}") from None
    if not tree.runs or tree.runs[0][0].id != root or not all(entries for _, entries in tree.runs):
        raise BadArchive("it ends before it has told of a run")
    return tree


def _take(tree: _Tree, value: Json, root: str | None) -> str:
    match value:
        case {"format": "raglang run", "version": 1, "run": str(name)} if root is None:
            return name
        case _ if root is None:
            raise BadArchive("it is no exported run of this version")
        case {"document": str(digest), "body": str(body)}:
            tree.documents[digest] = body.encode()
        case {"run": dict() as row}:
            tree.runs.append((_row(row, root), []))
        case {"seq": int(seq), "time": int(time), "event": event} if tree.runs and seq == len(tree.runs[-1][1]) + 1:
            tree.runs[-1][1].append(Entry(seq=seq, time=time, event=from_json(event)))
        case _:
            raise BadArchive("it does not belong here")
    return root


def _row(row: Mapping[str, Json], root: str) -> Run:
    """A run as its line has it; what its journal says is worked out later."""
    texts = {name: row.get(name) for name in ("id", "parent", "parent_task", "namespace", "digest", "thread")}
    for name, text in texts.items():
        if not isinstance(text, str) and (text is not None or name in ("id", "namespace", "digest")):
            raise BadArchive(f"the run's `{name}` is no text")
    known = {name: text if isinstance(text, str) else None for name, text in texts.items()}
    return Run(
        id=known["id"] or "",
        root=root,
        parent=known["parent"],
        parent_task=known["parent_task"],
        namespace=known["namespace"] or "",
        graph="",
        digest=known["digest"] or "",
        thread=known["thread"],
    )


def _put(store: Store, tree: _Tree, name: str) -> Run:
    """Writes a tree under a root of this name: every journal is replayed first."""
    check_name(name)
    documents = {digest: _document(digest, body) for digest, body in tree.documents.items()}
    old = tree.runs[0][0].id
    rows: list[tuple[Run, list[Entry]]] = []
    for run, entries in tree.runs:
        if run.digest not in documents:
            raise BadArchive(f"it lacks the document `{run.digest}`")
        rows.append(_renamed(run, entries, old, name, documents[run.digest]))
    for digest, body in tree.documents.items():
        store.save_document(digest, body)
    store.restore(rows)
    return store.run(name)


def _document(digest: str, body: bytes) -> Document:
    document, findings = decode(body)
    if document is None or document.digest != digest:
        raise BadArchive(f"document `{digest}`: {findings[0].message if findings else 'its digest is another'}")
    return document


def _renamed(run: Run, entries: Sequence[Entry], old: str, new: str, document: Document) -> tuple[Run, list[Entry]]:
    """A run under another root. Keys for repeated calls and jitter come from the root's name, so that they are others too."""
    started = entries[0].event
    if not isinstance(started, RunStarted) or started.graph not in document.graphs:
        raise BadArchive(f"the journal of `{run.id}` does not begin with its start")
    seed = new if started.seed == old else started.seed
    first = replace(entries[0], event=replace(started, seed=seed))
    journal = [first, *entries[1:]]
    row = replace(
        run,
        id=_moved(run.id, old, new),
        root=new,
        parent=None if run.parent is None else _moved(run.parent, old, new),
        graph=started.graph,
        progress=_progress(run.id, document, journal),
        created=entries[0].time,
        updated=entries[-1].time,
    )
    return row, journal


def _moved(id_: str, old: str, new: str) -> str:
    if id_ != old and not id_.startswith(f"{old}/"):
        raise BadArchive(f"run `{id_}` is no child of `{old}`")
    return new + id_.removeprefix(old)


def _progress(run: str, document: Document, entries: Sequence[Entry]) -> Progress:
    """What a journal amounts to."""
    machine = Machine(document)
    progress = Progress()
    try:
        for entry in entries:
            progress = progress_after(progress.step, machine, machine.feed(entry.event))
    except MachineError as error:
        raise BadArchive(f"the journal of `{run}` does not fit its document: {error}") from None
    return progress


# ---- forks, ends -------------------------------------------------------------------------------------------------------


def fork_run(store: Store, root: str, step: int, name: str) -> Run:
    """A new run that has done what `root` did before superstep `step`, and nothing since. Raises `RunRefused`, `StoreError`."""
    tree = _read(store, root)
    run, entries = tree.runs[0]
    cut, merged = _cut(_document(run.digest, tree.documents[run.digest]), entries, step)
    if cut is None:
        raise RunRefused("no-step", f"run `{root}` has not come to superstep {step}; it can be forked at 0 to {merged}")
    kept: list[tuple[Run, list[Entry]]] = [(run, entries[:cut])]
    names = {run.id}
    for child, journal in tree.runs[1:]:
        at = int((child.parent_task or "0").partition(":")[0])
        if child.parent in names and (child.parent != root or at < step):
            names.add(child.id)
            kept.append((child, journal))
    return _put(store, _Tree(documents=tree.documents, runs=kept), name)


def _cut(document: Document, entries: Sequence[Entry], step: int) -> tuple[int | None, int]:
    """How many events there are before superstep `step`, null where it was never reached; and the last one that was."""
    machine = Machine(document)
    reached = 0
    for entry in entries:
        for command in machine.feed(entry.event):
            if isinstance(command, Merged):
                reached = command.step + 1
                if reached == step:
                    return entry.seq, reached
    return (1, reached) if step == 0 else (None, reached)


def cancel_run(store: Store, root: str, reason: str) -> Run:
    """Ends a root run that nobody drives; it can be resumed all the same. Raises `RunRefused`, `StoreError`."""
    with store.lease(root):
        tree = _read(store, root)
        run, entries = tree.runs[0]
        if run.progress.status not in ("running", "paused"):
            raise RunRefused("run-over", f"run `{root}` is {run.progress.status} already")
        ended = [*entries, Entry(seq=len(entries) + 1, time=0, event=Cancelled(reason=reason))]
        document = _document(run.digest, tree.documents[run.digest])
        store.commit(root, len(ended), ended[-1].event, _progress(root, document, ended))
    return store.run(root)


def remove_run(store: Store, root: str) -> None:
    """Takes a root run that nobody drives out of a store, with its children. Raises `StoreError`, `RunRefused`."""
    row = store.run(root)
    if row.id != row.root:
        raise RunRefused("child-run", f"`{root}` is a child run; name `{row.root}`")
    with store.lease(root):
        store.remove(root)
