"""Properties of every run of every graph: no order of completion shows, any journal can be taken up anywhere, every run ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from rag_ir.build import channel, get, join_sends, pass_, send
from rag_ir.graph import Code, Document, JoinSends, Node, Send
from rag_runtime.commands import StartTask
from rag_runtime.events import Cancelled, Resumed
from tests.machine.play import Fail, Give, Ok, Play, Script, check_replay, check_restarts, graph, shown

NAMES = tuple("abcde")
CHANNELS = [
    channel("log", "append"),
    channel("one"),
    channel("kept", "first"),
    channel("seen", "union"),
    channel("table", "merge"),
    channel("total", "sum"),
    channel("news", "topic"),
    channel("messages", "messages"),
    channel("errors", "append"),
]
JoinWait = Literal["all", "race", "quorum", "best_effort", "fallback", "compare"]
SHORT: Code = ["<", ["call", "len", get("state", "log")], ["lit", 6]]

names = st.sampled_from(NAMES)
targets = st.one_of(names, st.just("END"))


WAITS: list[JoinWait] = ["all", "all", "best_effort", "fallback", "compare"]
"""With these, no order of completion shows."""
RACES: list[JoinWait] = [*WAITS, "race", "race", "quorum", "quorum"]


@st.composite
def sends(draw: st.DrawFn, *, ordered: bool) -> Send:
    made = send(draw(names))
    if not draw(st.integers(0, 4)):
        made = send(draw(names), {"n": ["var", "x"]}, each=("x", get("input")), max=draw(st.sampled_from([None, 1])))
    made = replace(
        made, optional=not draw(st.integers(0, 3)), context=draw(st.sampled_from(["fresh", "fresh", "fork"]))
    )
    if ordered:
        return made
    return replace(made, blocking=bool(draw(st.integers(0, 3))), timeout=draw(st.sampled_from([None, None, 50])))


@st.composite
def waits(draw: st.DrawFn, *, ordered: bool) -> JoinSends:
    wait = draw(st.sampled_from(WAITS if ordered else RACES))
    late = not ordered and not draw(st.integers(0, 2))
    return join_sends(
        draw(names),
        wait,
        quorum=draw(st.integers(1, 2)) if wait == "quorum" else None,
        keep=wait == "quorum" and draw(st.booleans()),
        timeout=70 if late else None,
        on_timeout=draw(st.one_of(st.none(), names)) if late else None,
    )


@st.composite
def nodes(draw: st.DrawFn, name: str, *, ordered: bool) -> Node:
    sent = draw(st.lists(sends(ordered=ordered), max_size=2))
    match draw(st.sampled_from(["end", "next", "labels", "guards", "join", "join"])):
        case "next":
            made = pass_(name, sends=sent, next=draw(targets))
        case "labels":
            labels = st.sampled_from(["final", "other", "error", "else"])
            made = pass_(name, sends=sent, routes=draw(st.dictionaries(labels, targets, min_size=1)))
        case "guards":
            routes: Sequence[tuple[str | None, Code, str]] = [(None, SHORT, draw(targets)), (None, None, draw(targets))]
            made = pass_(name, sends=sent, routes=routes)
        case "join":
            made = pass_(name, sends=[*sent, draw(sends(ordered=ordered))], join=draw(waits(ordered=ordered)))
        case _:
            made = pass_(name, sends=sent)
    handler = draw(st.one_of(st.none(), names))
    timeout = None if ordered else draw(st.sampled_from([None, None, 30]))
    return replace(made, on_error=handler, max_visits=draw(st.sampled_from([None, None, 2])), timeout=timeout)


@st.composite
def documents(draw: st.DrawFn, *, ordered: bool = True) -> Document:
    """`ordered`: without what makes a run depend on the order of its journal."""
    sources = st.lists(names, min_size=1, max_size=3, unique=True)
    joins = draw(st.lists(st.tuples(sources, names), max_size=2))
    joins = [(some, target) for some, target in joins if target not in some]
    made = [draw(nodes(name, ordered=ordered)) for name in NAMES]
    return graph(*made, channels=CHANNELS, joins=joins, recursion_limit=5)


class Turns:
    """What a node gives depends on which visit it is, and on nothing else."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self._kinds = kinds

    def __call__(self, start: StartTask) -> Give:
        task = start.task
        match self._kinds[task.visit % len(self._kinds)]:
            case "fail":
                return Fail()
            case "error":
                return Fail(label="error")
            case "other":
                return Ok(task.id, label="other", writes=[("news", task.id)])
            case "total":
                return Ok(task.id, writes=[("total", task.visit), ("table", {task.node: task.visit})])
            case "messages":
                return Ok(task.id, messages=[{"role": "user", "content": str(len(task.transcript))}])
            case name:
                return Ok(task.id, writes=[(name, task.id)])

    def __repr__(self) -> str:
        return f"Turns({self._kinds})"


gives = st.sampled_from(["log", "log", "messages", "one", "kept", "seen", "total", "other", "fail", "error"])
scripts = st.fixed_dictionaries({name: st.builds(Turns, st.lists(gives, min_size=1, max_size=3)) for name in NAMES})
MOST = 60
"""Larger runs are left out: a journal is played again from each of its places."""


def play_of(document: Document, script: Script, choices: Sequence[int] = (0,)) -> Play | None:
    """The run, ended in some order of completion, timers among it; null if it is too large."""
    turn = 0

    def choose(count: int) -> int:
        nonlocal turn
        turn += 1
        return choices[turn % len(choices)] % count

    play = Play(document, script, choose=choose).start(["p", "q"])
    while play.waiting:
        if len(play.starts) > MOST:
            return None
        at = choose(len(play.waiting) + len(play.timers))
        if at < len(play.waiting):
            play.feed(play.outcome(play.waiting.pop(at)))
        else:
            play.fire([*play.timers][at - len(play.waiting)])
    return play


@settings(max_examples=300)
@given(documents(), scripts, st.lists(st.integers(0, 50), min_size=1))
def test_the_order_of_completion_does_not_show(document: Document, script: Script, choices: list[int]) -> None:
    play, other = play_of(document, script), play_of(document, script, choices)
    if play is not None and other is not None:
        assert shown(play.machine) == shown(other.machine)


@settings(max_examples=200)
@given(documents(), scripts)
def test_every_run_ends_and_every_join_fires(document: Document, script: Script) -> None:
    play = play_of(document, script)
    if play is None:
        return
    finish = play.machine.finished
    assert finish is not None
    assert finish.outcome in ("finished", "failed")
    if finish.outcome == "finished" and not document.graphs["g"].joins:
        check_joins(play)


def check_joins(play: Play) -> None:
    """Unless something failed, each activation that joins its sends is followed by one firing."""
    tasks = play.machine.tasks
    if any(task.status != "succeeded" for task in tasks):
        return
    joining = {node.name for node in play.document.graphs["g"].nodes if isinstance(node.routing, JoinSends)}
    fired = [start for start in play.starts if isinstance(start.task.args, dict) and "children" in start.task.args]
    assert len(fired) == sum(task.node in joining for task in tasks)


@settings(max_examples=100)
@given(documents(), scripts)
def test_any_journal_is_taken_up_anywhere(document: Document, script: Script) -> None:
    play = play_of(document, script)
    if play is not None:
        check_replay(play)
        check_restarts(play)


@settings(max_examples=200)
@given(documents(), scripts, st.integers(0, MOST))
def test_a_run_that_is_cancelled_and_resumed_comes_to_the_same_end(document: Document, script: Script, at: int) -> None:
    whole = play_of(document, script)
    if whole is None:
        return
    play = Play(document, script).start(["p", "q"])
    while play.waiting:
        if len(play.journal) == at + 1:
            play.feed(Cancelled())
            play.drop()
            play.feed(Resumed())
            at = -1
            continue
        start = play.waiting.pop(0)
        play.feed(play.outcome(start))
    assert shown(play.machine) == shown(whole.machine)


# What depends on the order of the journal: races, quorums, timeouts, children that nobody waits for


orders = st.lists(st.integers(0, 50), min_size=1)


@settings(max_examples=150)
@given(documents(ordered=False), scripts, orders)
def test_a_run_with_races_is_what_its_journal_says(document: Document, script: Script, choices: list[int]) -> None:
    play = play_of(document, script, choices)
    if play is None:
        return
    finish = play.machine.finished
    assert finish is not None
    assert finish.outcome in ("finished", "failed")
    assert play.timers == {}
    check_replay(play)


@settings(max_examples=40)
@given(documents(ordered=False), scripts, orders)
def test_a_run_with_races_is_taken_up_anywhere(document: Document, script: Script, choices: list[int]) -> None:
    play = play_of(document, script, choices)
    if play is None:
        return
    for length in range(1, len(play.journal) + 1):
        again = Play(document, script)
        for event in play.journal[:length]:
            again.feed(event)
        again.take_up()
        again.go()
        check_replay(again)


@settings(max_examples=80)
@given(documents(ordered=False), scripts, orders, st.integers(0, MOST))
def test_a_run_with_races_is_cancelled_and_resumed(
    document: Document, script: Script, choices: list[int], at: int
) -> None:
    play = Play(document, script).start(["p", "q"])
    turn = 0
    while play.waiting and len(play.starts) <= MOST:
        turn += 1
        if turn == at + 1:
            play.feed(Cancelled())
            play.drop()
            play.feed(Resumed())
            continue
        play.feed(play.outcome(play.waiting.pop(choices[turn % len(choices)] % len(play.waiting))))
    if not play.waiting:
        assert play.machine.finished is not None
        check_replay(play)


@settings(max_examples=80)
@given(documents(ordered=False), scripts, orders)
def test_a_run_that_failed_can_be_resumed_to_its_end(document: Document, script: Script, choices: list[int]) -> None:
    play = play_of(document, script, choices)
    if play is None or play.machine.finished is None or play.machine.finished.outcome != "failed":
        return
    error = play.machine.finished.error
    play.script = {}
    play.feed(Resumed())
    finish = play.go() if len(play.starts) <= 2 * MOST else None
    if finish is not None and error is not None and error.code not in ("recursion-limit", "max-visits"):
        assert len(play.journal) > 1
        check_replay(play)
