"""What is seen of a run while a call waits for its next attempt."""

from __future__ import annotations

from rag_cli.tally import Tally
from rag_cli.terminal import PLAIN
from rag_cli.watch import event_line
from rag_ir.graph import Json
from rag_runtime.observe import RunEvent

ERROR: Json = {"code": "rate-limit", "message": "model `m`: slow\ndown \x1b[31m", "node": "", "task": "", "at": ""}


def retrying() -> RunEvent:
    return RunEvent(
        event="call.retrying",
        id="r1#1:call.retrying:0:0:a#model:1#2",
        time=0,
        root="r1",
        run="r1",
        parent=None,
        thread=None,
        namespace="",
        path="a",
        depth=0,
        task="0:0:a",
        node="a",
        step=0,
        place=None,
        data={"call": "model:1", "kind": "model", "name": "m", "attempt": 2, "wait_ms": 20_140, "error": ERROR},
    )


def test_a_new_attempt_has_a_line() -> None:
    line = event_line(retrying(), None, PLAIN)
    assert line.startswith("  a: model m is called again in 20.1 s, attempt 2 (model `m`: slow")
    assert line.isprintable()


def test_a_new_attempt_shows_in_its_lane() -> None:
    lane = Tally().take(retrying())
    assert lane is not None
    assert lane.doing == "model m, called again in 20.1 s, attempt 2"
