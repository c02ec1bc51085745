"""`pass`: nothing but the node's writes."""

from __future__ import annotations

from rag_runtime.tasks.outcome import Outcome

_PASSED = Outcome(output=None, label="final")


def run_pass() -> Outcome:
    """Null, under label `final`."""
    return _PASSED
