"""Executes IR; never imports the compiler.

The machine has no I/O, clock, randomness or async; drivers have no policy. The public door is small:

    run, resume, run_blocking, resume_blocking
    open_store                               where runs are kept
    list_runs, show_run, replay_events       what can be read of them

Each is loaded when it is first used. `load.load` makes a document of bytes, checked against this machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag_runtime.api import resume, resume_blocking, run, run_blocking
    from rag_runtime.reading import list_runs, replay_events, show_run
    from rag_runtime.stores import open_store

__all__ = [
    "list_runs",
    "open_store",
    "replay_events",
    "resume",
    "resume_blocking",
    "run",
    "run_blocking",
    "show_run",
]

_HOMES = {
    "list_runs": "reading",
    "open_store": "stores",
    "replay_events": "reading",
    "resume": "api",
    "resume_blocking": "api",
    "run": "api",
    "run_blocking": "api",
    "show_run": "reading",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module `rag_runtime` has no attribute `{name}`")
    from importlib import import_module

    return getattr(import_module(f"rag_runtime.{_HOMES[name]}"), name)
