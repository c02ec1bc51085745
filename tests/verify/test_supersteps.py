"""When nodes may be active, and what may run side by side, on graphs that are built by hand."""

from __future__ import annotations

from typing import Literal

import pytest

from rag_ir import build
from rag_ir.graph import Graph, Node
from rag_verify.accesses import World
from rag_verify.dominators import dominates, dominators
from rag_verify.flow import HOLE
from rag_verify.graphs import check_graph
from rag_verify.parallel import together
from rag_verify.supersteps import Supersteps
from rag_verify.times import from_first, last_of, sums, times_of, up_to
from rag_verify.ways import map_of


def _graph(*nodes: Node) -> Graph:
    return build.graph("g", start=nodes[0].name, nodes=nodes)


def _times(graph: Graph, start: str) -> dict[str, list[int]]:
    tree = Supersteps(graph).tree((start, ""))
    return {name: [*times_of(times)] for (name, _), times in tree.attached.items()}


def test_sets_of_times() -> None:
    assert [*times_of(sums(0b101, 0b10))] == [1, 3]
    assert [*times_of(last_of([0b0110, 0b1000, 0b0001]))] == [3]
    assert [*times_of(last_of([0b0110, 0b10100]))] == [2, 4]
    assert last_of([0b1, 0]) == 0
    assert [*times_of(from_first(0b100, 0b11111))] == [2, 3, 4]
    assert [*times_of(up_to(0b100))] == [0, 1, 2]


def test_a_chain_goes_on_in_step() -> None:
    graph = _graph(build.pass_("a", next="b"), build.pass_("b", next="c"), build.pass_("c"))
    assert _times(graph, "a") == {"a": [0], "b": [1], "c": [2]}


def test_a_join_comes_behind_the_last_of_its_children() -> None:
    graph = _graph(
        build.pass_("a", sends=[build.send("b"), build.send("c")], join="d"),
        build.pass_("b"),
        build.pass_("c", routes={"p": "c2", "q": "END"}),
        build.pass_("c2", next="c3"),
        build.pass_("c3"),
        build.pass_("d"),
    )
    assert _times(graph, "a")["d"] == [2, 4]


@pytest.mark.parametrize(
    ("wait", "times"), [("all", [4]), ("race", [2, 4]), ("best_effort", [2, 3, 4]), ("compare", [4])]
)
def test_what_a_join_waits_for(wait: Literal["all", "race", "best_effort", "compare"], times: list[int]) -> None:
    graph = _graph(
        build.pass_("a", sends=[build.send("b"), build.send("c")], join=build.join_sends("d", wait)),
        build.pass_("b"),
        build.pass_("c", next="c2"),
        build.pass_("c2", next="c3"),
        build.pass_("c3"),
        build.pass_("d"),
    )
    assert _times(graph, "a")["d"] == times


def test_a_loop_comes_again_and_again() -> None:
    graph = _graph(build.pass_("a", next="b"), build.pass_("b", routes={"p": "a", "q": "END"}))
    assert _times(graph, "a")["a"] == [*range(0, 51, 2)]


def test_the_handler_of_a_join_comes_behind_the_failure() -> None:
    graph = _graph(
        build.pass_("a", sends=[build.send("b")], join="c", on_error="e"),
        build.pass_("b", next="b2"),
        build.pass_("b2", on_error="b3"),
        build.pass_("b3"),
        build.pass_("c"),
        build.pass_("e"),
    )
    assert _times(graph, "a")["e"] == [1, 2, 4]


def test_what_nobody_waits_for_goes_on_as_long_as_it_likes() -> None:
    graph = _graph(
        build.pass_("a", sends=[build.send("b", blocking=False)], next="c"),
        build.pass_("b"),
        build.pass_("c", next="d"),
        build.pass_("d"),
    )
    tree = Supersteps(graph).tree(("a", ""))
    assert ("b", "") not in tree.attached
    assert next(times_of(tree.detached["b", ""])) == 1
    assert together(Supersteps(graph), frozenset("abcd")) == {"b": {"c", "d"}, "c": {"b"}, "d": {"b"}}


def test_branches_of_different_lengths_pass_each_other_by() -> None:
    graph = _graph(
        build.pass_("a", sends=[build.send("b"), build.send("c")], join="d"),
        build.pass_("b", next="b2"),
        build.pass_("b2"),
        build.pass_("c"),
        build.pass_("d"),
    )
    assert together(Supersteps(graph), frozenset(("a", "b", "b2", "c", "d"))) == {"b": {"c"}, "c": {"b"}}


def test_children_of_a_fallback_take_turns() -> None:
    graph = _graph(
        build.pass_("a", sends=[build.send("b"), build.send("c")], join=build.join_sends("d", "fallback")),
        build.pass_("b"),
        build.pass_("c"),
        build.pass_("d"),
    )
    assert together(Supersteps(graph), frozenset("abcd")) == {}


def test_the_children_of_a_list_run_beside_each_other() -> None:
    graph = _graph(
        build.pass_("a", sends=[build.send("b", each=("x", build.get("input")))], join="c"),
        build.pass_("b"),
        build.pass_("c"),
    )
    assert together(Supersteps(graph), frozenset("abc")) == {"b": {"b"}}


def test_dominators() -> None:
    edges = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": ["e", "b"], "e": []}
    immediate = dominators("a", edges)
    assert immediate == {"a": "a", "b": "a", "c": "a", "d": "a", "e": "d"}
    assert dominates("d", "e", immediate)
    assert dominates("a", "e", immediate)
    assert not dominates("b", "e", immediate)


def test_a_way_is_shown_from_the_start() -> None:
    known = map_of(
        _graph(build.pass_("a", sends=[build.send("b")], join="c"), build.pass_("b"), build.pass_("c")), "/graphs/g"
    )
    assert [step.message for step in known.shown(known.way("c"))] == [
        "the run starts at `a`",
        "`a` joins its children in `c`",
    ]


def test_holes_and_great_graphs_are_no_trouble() -> None:
    holes = _graph(
        build.pass_("a", sends=[build.send(HOLE), build.send("b")], join=HOLE, on_error=HOLE),
        build.pass_("b", next=HOLE),
    )
    assert check_graph(holes, "", World(), whole=False) == []
    count = 400
    nodes = [
        build.pass_(
            f"n{at}",
            update={"x": build.lit(at)},
            sends=[build.send(f"n{(at * 7 + 1) % count}"), build.send(f"n{(at * 11 + 2) % count}")],
            routes={"p": f"n{(at + 1) % count}", "q": f"n{at * 5 % count}", "r": "END"},
        )
        for at in range(count)
    ]
    graph = build.graph("g", start="n0", nodes=nodes, channels=[build.channel("x")])
    assert {finding.code for finding in check_graph(graph, "", World())} == {"concurrent-write"}
