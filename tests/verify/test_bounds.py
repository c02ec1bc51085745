"""Bounds of what a run can cost: exact where a graph is plain, unbounded with a reason, and never exceeded by any run."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from hypothesis import given, settings

from rag_ir import build
from rag_ir.build import get, send
from rag_ir.graph import Document, ModelRequirement, Node, Price
from rag_ir.record import replace
from rag_runtime import api
from rag_runtime.refusals import RunRefused
from rag_runtime.stores.memory import MemoryStore
from rag_verify.amounts import Bound
from rag_verify.bounds import bounds_of, models_of
from tests.machine.play import Script
from tests.machine.test_any_graph import documents, play_of, scripts
from tests.runtime.world import registry_of
from tests.verify import taint

MODEL = replace(
    build.require_model("default"),
    context_window=1000,
    max_output_tokens=100,
    price=Price(input_per_mtok="0.25", output_per_mtok="2"),
)


def _document(*nodes: Node, model: ModelRequirement = MODEL, recursion_limit: int = 50) -> Document:
    inner = build.graph("inner", start="x", nodes=[build.tool("x", "t", next="y"), build.model("y")])
    graph = build.graph("g", start=nodes[0].name, nodes=nodes, recursion_limit=recursion_limit)
    helper = build.declare_agent("helper", max_turns=3)
    return build.document("g", graphs=[graph, inner], agents=[helper], models=[model])


def test_a_loop_goes_round_until_the_recursion_limit() -> None:
    asking = build.agent("a", tools=["t"], loop=False, routes={"tool_call": "b", "final": "END"})
    bounds = bounds_of(_document(asking, build.tool_executor("b", ["t"], next="a"), recursion_limit=10))
    whole = bounds.graph("g")
    assert (whole.activations, whole.model_calls, whole.tool_calls) == (Bound(10), Bound(10), Bound(250))
    assert (whole.input_tokens, whole.output_tokens, whole.cost_usd) == (Bound(10_000), Bound(1500), "0.0055")
    assert bounds.node("g", "b").activations == Bound(5)


def test_max_visits_bounds_what_costs() -> None:
    again = build.model("a", max_visits=3, routes=[(None, build.lit(True), "b"), (None, None, "END")])
    assert bounds_of(_document(again, build.pass_("b", next="a"))).graph("g").model_calls == Bound(12)
    assert bounds_of(_document(again, build.pass_("b", next="a"))).node("g", "a").activations == Bound(3)


def test_alternatives_are_not_added_up() -> None:
    fork = build.pass_("a", routes=[(None, build.lit(True), "b"), (None, None, "c")])
    bounds = bounds_of(_document(fork, build.model("b", next="d"), build.model("c", next="d"), build.model("d")))
    assert bounds.graph("g").model_calls == Bound(8)


def test_children_count_as_often_as_they_may_be_sent_to() -> None:
    def fan(most: int | None) -> Document:
        each = send("helper", {"q": ["var", "x"]}, each=("x", get("input")), max=most)
        return _document(build.pass_("a", sends=[each], join="b"), build.subgraph("b", "inner"))

    bounds = bounds_of(fan(4)).graph("g")
    assert (bounds.model_calls, bounds.tool_calls, bounds.depth) == (Bound(4 * 6 + 4), Bound(1), Bound(1))
    unbounded = bounds_of(fan(None))
    assert unbounded.graph("g").model_calls == Bound(None, ("`each` in `a` has no `max`",))
    assert unbounded.graph("g").tool_calls == Bound(1)
    limited = fan(None)
    limited = replace(limited, policy=replace(limited.policy, max_fanout=5))
    assert bounds_of(limited).graph("g").model_calls == Bound(5 * 6 + 4)


def test_what_is_not_known_of_a_model_is_the_reason() -> None:
    bounds = bounds_of(_document(build.model("a"), model=build.require_model("default"))).graph("g")
    assert bounds.input_tokens == Bound(None, ("model `default` has no `context_window`",))
    assert bounds.cost == Bound(None, ("model `default` has no price",))
    assert bounds.cost_usd is None
    assert bounds.model_calls == Bound(4)


def test_graphs_that_call_each_other_have_no_bound() -> None:
    graphs = [
        build.graph("f", start="a", nodes=[build.subgraph("a", "g")]),
        build.graph("g", start="a", nodes=[build.subgraph("a", "f")]),
    ]
    bounds = bounds_of(build.document("f", graphs=graphs)).graph("f")
    assert bounds.depth == Bound(None, ("graphs call each other without an end",))


def test_retries_count_where_they_are_written() -> None:
    node = build.tool("a", "t", retry=build.retry(3))
    assert bounds_of(_document(node)).graph("g").tool_calls == Bound(3)
    assert bounds_of(_document(build.tool("a", "t"))).graph("g").tool_calls == Bound(1)


def test_an_agent_has_bounds_of_its_own() -> None:
    assert bounds_of(_document(build.pass_("a"))).agent("helper").model_calls == Bound(6)
    assert models_of(_document(build.subagent("a", "helper")), ["g"]) == ["default"]


@settings(max_examples=300)
@given(documents(), scripts)
def test_no_run_has_more_activations_than_its_bounds(document: Document, script: Script) -> None:
    play = play_of(document, script)
    if play is None:
        return
    bounds = bounds_of(document)
    most = bounds.graph("g").activations.most
    assert most is None or len(play.starts) <= most
    for name, count in Counter(start.task.node for start in play.starts).items():
        most = bounds.node("g", name).activations.most
        assert most is None or count <= most, name


def _spent(seed: int) -> bool:
    """Runs a random document; whether it ran. Its counters must hold to the bounds."""
    made = taint.document(seed)
    registry = replace(registry_of(made), severities=dict.fromkeys(("unsafe-flow", "untrusted-system"), "off"))
    capabilities = taint.World().capabilities()
    running = api.run(made, registry, root=Path(), input={"one": "x"}, store=MemoryStore(), capabilities=capabilities)
    try:
        result = asyncio.run(running)
    except RunRefused:
        return False
    bounds = bounds_of(made).graph("g")
    for spent, bound in (
        (result.usage.model_calls, bounds.model_calls),
        (result.usage.tool_calls, bounds.tool_calls),
    ):
        assert bound.most is None or spent <= bound.most, seed
    return True


def test_no_run_spends_more_than_its_bounds() -> None:
    assert sum(_spent(seed) for seed in range(300)) > 100
