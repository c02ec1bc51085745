"""Run a document, resume a run: as coroutines, and blocking.

    result = run_blocking(document, registry, root=folder, input={"question": "why"}, store=store)
    result = resume_blocking(result.run, registry, root=folder, store=store, answers={"": "yes"}, actor="mia")

All raise `RunRefused` (see `refusals`) and `StoreError` (see `stores`) before anything has happened; of a run that fails, pauses
or is cancelled they say so in their result. A coroutine that is cancelled commits `Cancelled` and lets the cancellation pass; the
blocking forms turn the first Ctrl-C into such a cancellation and give the result. The run can be resumed in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rag_ir.graph import Document, Json
from rag_registry.registry import Registry
from rag_runtime.answers import address
from rag_runtime.binding import bind
from rag_runtime.commands import Command
from rag_runtime.drivers.local import drive
from rag_runtime.drivers.record import Record, Session
from rag_runtime.events import Resumed, RunStarted
from rag_runtime.inputs import accept
from rag_runtime.load import admit, body_of, load
from rag_runtime.names import check_name, new_name
from rag_runtime.observe import Observer
from rag_runtime.reading import RunResult, result_of, standing
from rag_runtime.refusals import DocumentRefused, InputRefused, RunRefused
from rag_runtime.seams import Capabilities, Resource
from rag_runtime.stores.store import Run, Store, now
from rag_verify.review import check_review

CLOSING_SECONDS = 2.0


async def run(
    document: Document,
    registry: Registry,
    *,
    root: Path,
    input: Json,
    store: Store,
    run_id: str | None = None,
    thread: str | None = None,
    observe: Observer | None = None,
    capabilities: Capabilities | None = None,
    approvals: Sequence[str] = (),
) -> RunResult:
    """Runs the document's entry graph until it ends or waits. Files of capabilities are looked for under `root`.

    `capabilities` replaces what the registry would give; `approvals` are the digests of documents that a person has reviewed.
    Raises `RunRefused`, `StoreError`.
    """
    admitted, findings = admit(document, registry)
    if admitted is None:
        raise DocumentRefused(findings)
    _require_review(admitted, approvals)
    accepted, problems = accept(admitted, input)
    if problems:
        raise InputRefused(problems)
    name = run_id or new_name(now())
    check_name(name)
    bound = capabilities or _bound(admitted, registry, root)
    session = Session(admitted, store, bound, observe, name)
    started = RunStarted(graph=document.entry, input=accepted, seed=name)
    row = Run(
        id=name,
        root=name,
        parent=None,
        parent_task=None,
        namespace="",
        graph=document.entry,
        digest=document.digest,
        thread=thread,
    )
    with store.lease(name):
        store.save_document(document.digest, body_of(document))
        record, commands = Record.begin(session, row, started)
        return await _driven(record, commands, close=capabilities is None)


async def resume(
    run_id: str,
    registry: Registry,
    *,
    root: Path,
    store: Store,
    answers: Mapping[str, Json] | None = None,
    actor: str = "",
    observe: Observer | None = None,
    capabilities: Capabilities | None = None,
    approvals: Sequence[str] = (),
) -> RunResult:
    """Goes on with a root run where it stands, with answers by address (an empty one: the one question that there is).

    What finished is kept, what failed or was cut off is repeated. Raises `RunRefused`, `StoreError`.
    """
    row = store.run(run_id)
    if row.id != row.root:
        raise RunRefused("child-run", f"`{row.id}` is a child run; resume `{row.root}`")
    document, findings = load(store.document(row.digest), registry)
    if document is None:
        raise DocumentRefused(findings)
    _require_review(document, approvals)
    with store.lease(run_id):
        bound = capabilities or _bound(document, registry, root)
        session = Session(document, store, bound, observe, run_id)
        record = Record.reopen(session, run_id)
        given = address(answers or {}, record.machine.questions, actor)
        if record.status in ("failed", "cancelled"):
            record.note(Resumed())
        for answer in given:
            record.note(answer)
        return await _driven(record, record.resume(), close=capabilities is None)


def run_blocking(
    document: Document,
    registry: Registry,
    *,
    root: Path,
    input: Json,
    store: Store,
    run_id: str | None = None,
    thread: str | None = None,
    observe: Observer | None = None,
    capabilities: Capabilities | None = None,
    approvals: Sequence[str] = (),
) -> RunResult:
    """`run`, in an event loop of its own."""
    name = run_id or new_name(now())
    going = partial(
        run,
        document,
        registry,
        root=root,
        input=input,
        store=store,
        run_id=name,
        thread=thread,
        observe=observe,
        capabilities=capabilities,
        approvals=approvals,
    )
    return _blocking(going, name, store)


def resume_blocking(
    run_id: str,
    registry: Registry,
    *,
    root: Path,
    store: Store,
    answers: Mapping[str, Json] | None = None,
    actor: str = "",
    observe: Observer | None = None,
    capabilities: Capabilities | None = None,
    approvals: Sequence[str] = (),
) -> RunResult:
    """`resume`, in an event loop of its own."""
    going = partial(
        resume,
        run_id,
        registry,
        root=root,
        store=store,
        answers=answers,
        actor=actor,
        observe=observe,
        capabilities=capabilities,
        approvals=approvals,
    )
    return _blocking(going, run_id, store)


def _blocking(going: Callable[[], Coroutine[Any, Any, RunResult]], name: str, store: Store) -> RunResult:
    import asyncio

    try:
        return asyncio.run(going())
    except KeyboardInterrupt:
        result = standing(store, name)
        if result is None:
            raise
        return result


def _require_review(document: Document, approvals: Sequence[str]) -> None:
    """Raises `DocumentRefused` where this machine wants a review that nobody has given."""
    if findings := check_review(document, document.policy, approvals):
        raise DocumentRefused(findings)


def _bound(document: Document, registry: Registry, root: Path) -> Capabilities:
    """Everything that the run needs, loaded before its first step."""
    capabilities, findings = bind(document, registry, root)
    if findings:
        raise DocumentRefused(findings)
    return capabilities


async def _driven(record: Record, commands: Sequence[Command], *, close: bool) -> RunResult:
    """Drives a run for as long as it goes, then closes what was opened for it."""
    resources = record.session.capabilities.resources if close else ()
    try:
        return result_of(record.run.id, record.machine, await drive(record, commands))
    finally:
        if resources:
            await _closed(resources)


async def _closed(resources: Sequence[Resource]) -> None:
    """Closes, even where the run was cancelled, but does not wait long for the other side."""
    from anyio import move_on_after

    with move_on_after(CLOSING_SECONDS, shield=True):
        for resource in resources:
            await resource.aclose()
