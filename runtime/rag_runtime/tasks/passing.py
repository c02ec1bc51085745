"""`pass`: nothing but the node's writes."""

from __future__ import annotations

from rag_runtime.tasks.outcome import Outcome


def run_pass() -> Outcome:
    """Null, under label `final`."""
    return Outcome(output=None, label="final")
