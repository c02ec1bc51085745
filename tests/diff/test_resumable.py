"""What is said of paused runs is so: played on the newer document, a journal leads to where it led on the older one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from rag_ir.build import channel, pass_
from rag_ir.codec import seal
from rag_ir.graph import Document, Graph, Node
from rag_runtime.machine import Machine
from rag_verify.diff import diff
from tests.diff.mutations import mutated
from tests.machine.play import Play, Script, graph, starts
from tests.machine.test_any_graph import documents, orders, play_of, scripts


def place(machine: Machine, channels: set[str]) -> object:
    """Where a run stands: what its channels hold, where it has been, what is under way."""
    state = {name: value for name, value in machine.state.items() if name in channels}
    tasks = [(task.id, task.status) for task in machine.tasks]
    return state, machine.step, machine.path, tasks, [start.task.id for start in starts(machine.resume())]


def check_places(play: Play, other: Document) -> None:
    """Wherever the run could be paused, it stands in the same place on the other document."""
    channels = {each.name for each in play.document.graphs["g"].channels}
    for length in range(1, len(play.journal), 1 + len(play.journal) // 12):
        before = Machine(play.document, play.journal[:length])
        if before.finished is None:
            assert place(Machine(other, play.journal[:length]), channels) == place(before, channels)


def in_graph(document: Document, change: Callable[[Graph], Graph]) -> Document:
    graphs = {name: change(graph) for name, graph in document.graphs.items()}
    return seal(replace(document, graphs=graphs))


def in_node(document: Document, change: Callable[[Node], Node]) -> Document:
    return in_graph(document, lambda graph: replace(graph, nodes=(change(graph.nodes[0]), *graph.nodes[1:])))


HARMLESS: list[Callable[[Document], Document]] = [
    lambda document: in_graph(document, lambda graph: replace(graph, nodes=(pass_("zz", next="a"), *graph.nodes))),
    lambda document: seal(replace(document, policy=replace(document.policy, max_depth=3))),
    lambda document: in_graph(document, lambda graph: replace(graph, max_concurrency=1, metadata={"a": 1})),
    lambda document: in_node(document, lambda node: replace(node, metadata=[1], middleware=("m",))),
]


def test_a_new_channel_leaves_the_past_alone_unless_outputs_are_written_by_name() -> None:
    for by_name in (False, True):
        document = graph(pass_("a"))
        document = in_node(document, lambda node: replace(node, writes=replace(node.writes, by_name=by_name)))  # noqa: B023
        more = in_graph(document, lambda graph: replace(graph, channels=(channel("zz"),)))
        assert diff(document, more).resumable is not by_name


@settings(max_examples=40)
@given(documents(ordered=False), scripts, orders, st.sampled_from(HARMLESS))
def test_changes_that_leave_the_past_alone(
    document: Document, script: Script, choices: list[int], change: Callable[[Document], Document]
) -> None:
    other = change(document)
    assert diff(document, other).changes
    assert diff(document, other).resumable
    play = play_of(document, script, choices)
    if play is not None:
        check_places(play, other)


@settings(max_examples=150)
@given(st.data(), documents(ordered=False), scripts, orders)
def test_nothing_is_called_resumable_that_is_not(
    data: st.DataObject, document: Document, script: Script, choices: list[int]
) -> None:
    other = mutated(document, data)
    if other is None or "g" not in other.graphs or not diff(document, other).resumable:
        return
    play = play_of(document, script, choices)
    if play is not None:
        check_places(play, other)
