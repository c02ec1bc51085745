"""Budgets and limits: what no run can keep is found, and no run that finishes made fewer calls than the fewest."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rag_ir import build
from rag_ir.build import get, send
from rag_ir.graph import Document, Node, Policy, Price
from rag_ir.record import replace
from rag_runtime import api
from rag_runtime.refusals import RunRefused
from rag_runtime.stores.memory import MemoryStore
from rag_verify.abilities import check_abilities
from rag_verify.budgets import check_budgets
from rag_verify.least import Least, least_calls
from tests.runtime.world import registry_of
from tests.verify import taint

POLICY = build.DEFAULT_POLICY
PRICED = replace(build.require_model("default"), price=Price(input_per_mtok="1", output_per_mtok="1"))


def _document(*nodes: Node, budget: object = None, policy: Policy = POLICY, priced: bool = True) -> Document:
    graph = build.graph("g", start=nodes[0].name, nodes=nodes, budget=budget)  # type: ignore[arg-type]
    inner = build.graph("inner", start="x", nodes=[build.model("x", next="y"), build.tool("y", "t")])
    model = PRICED if priced else build.require_model("default")
    agents = [build.declare_agent("helper")]
    return build.document("g", graphs=[graph, inner], agents=agents, models=[model], policy=policy)


def _found(document: Document) -> list[tuple[str, str]]:
    return [(finding.code, finding.at) for finding in check_budgets(document)]


def test_the_fewest_calls_of_a_graph() -> None:
    two = [build.model("a", next="b"), build.subgraph("b", "inner")]
    fork = build.pass_("a", routes=[(None, build.lit(True), "b"), (None, None, "c")])
    fan = build.pass_("a", sends=[send("helper"), send("helper")], join="b")
    lists = build.pass_("a", sends=[send("helper", {}, each=("x", get("input")))], join="b")
    race = build.pass_("a", sends=[send("helper"), send("helper")], join=build.join_sends("b", "race"))
    end = build.pass_("b")
    for nodes, least in (
        (two, Least(2, 1)),
        ([build.model("a", on_error="b"), end], Least(0, 0)),
        ([fork, build.model("b"), build.model("c", next="d"), build.tool("d", "t")], Least(1, 0)),
        ([fan, end], Least(2, 0)),
        ([lists, end], Least(0, 0)),
        ([race, end], Least(0, 0)),
        ([build.agent("a", tools=["t"])], Least(1, 0)),
    ):
        assert least_calls(_document(*nodes), "g") == least, nodes


def test_a_budget_that_no_run_can_keep() -> None:
    two = build.model("a", next="b"), build.model("b")
    assert _found(_document(*two, budget=build.budget(model_calls=1))) == [("budget-too-small", "/graphs/g/budget")]
    assert _found(_document(*two, budget=build.budget(model_calls=2))) == []
    assert _found(_document(*two, budget=build.budget(tool_calls=0))) == []


def test_a_budget_over_that_of_the_policy() -> None:
    policy = replace(POLICY, max_budget=build.budget(model_calls=5, cost_usd="1.5"))
    node = build.model("a")
    for budget, codes in (
        (build.budget(model_calls=5, cost_usd="1.50"), []),
        (build.budget(model_calls=6), ["budget-over-limit"]),
        (build.budget(cost_usd="10"), ["budget-over-limit"]),
        (build.budget(tokens=10**9), []),
    ):
        assert [code for code, _ in _found(_document(node, budget=budget, policy=policy))] == codes
    own = build.model("a", budget=build.budget(model_calls=9))
    assert _found(_document(own, policy=policy)) == [("budget-over-limit", "/graphs/g/nodes/0/budget")]


def test_money_is_limited_only_where_every_model_has_a_price() -> None:
    budget = build.budget(cost_usd="1")
    assert _found(_document(build.subgraph("a", "inner"), budget=budget)) == []
    assert _found(_document(build.subgraph("a", "inner"), budget=budget, priced=False)) == [
        ("unpriced-model", "/graphs/g/budget")
    ]
    assert _found(_document(build.pass_("a"), budget=budget, priced=False)) == []
    policy = replace(POLICY, max_budget=budget)
    assert _found(_document(build.pass_("a"), policy=policy, priced=False)) == [
        ("unpriced-model", "/requires/models/0")
    ]


def test_a_node_starts_no_more_children_than_the_policy_allows() -> None:
    policy = replace(POLICY, max_fanout=3)

    def fan(*sends: tuple[int | None, bool]) -> Document:
        made = [send("helper", {}, each=("x", get("input")) if each else None, max=most) for most, each in sends]
        return _document(build.pass_("a", sends=made, join="b"), build.pass_("b"), policy=policy)

    assert _found(fan((3, True))) == []
    assert _found(fan((4, True))) == [("fanout-over-limit", "/graphs/g/nodes/0/sends/0")]
    assert _found(fan((None, True))) == [("fanout-over-limit", "/graphs/g/nodes/0/sends/0")]
    assert _found(fan((None, False), (None, False), (None, False))) == []
    assert _found(fan((None, False), (3, True))) == [("fanout-over-limit", "/graphs/g/nodes/0")]


def test_children_nest_no_deeper_than_the_policy_allows() -> None:
    node = build.subgraph("a", "inner")
    assert _found(_document(node, policy=replace(POLICY, max_depth=1))) == []
    fan = build.pass_("x", sends=[send("helper")], join="y")
    graphs = [
        build.graph("g", start="a", nodes=[node]),
        build.graph("inner", start="x", nodes=[fan, build.pass_("y")]),
    ]
    for depth, codes in ((1, [("nested-too-deep", "/graphs/g")]), (2, [])):
        policy = replace(POLICY, max_depth=depth)
        made = build.document("g", graphs=graphs, agents=[build.declare_agent("helper")], policy=policy)
        assert _found(made) == codes


def test_a_model_is_asked_for_what_it_can_do() -> None:
    graph = build.graph("g", start="a", nodes=[build.agent("a", "m", tools=["t"], output={"type": "string"})])
    for capabilities, codes in (
        (("tools", "json_schema"), []),
        ((), []),
        (("streaming",), ["model-without-tools", "schema-without-support"]),
    ):
        model = build.require_model("m", capabilities=capabilities)
        found = check_abilities(build.document("g", graphs=[graph], models=[model]))
        assert [finding.code for finding in found] == codes


def _finished(seed: int) -> bool:
    """Runs a random document; whether it finished. Then it made at least the fewest calls."""
    made = taint.document(seed)
    registry = replace(registry_of(made), severities=dict.fromkeys(("unsafe-flow", "untrusted-system"), "off"))
    running = api.run(
        made,
        registry,
        root=Path(),
        input={"one": "x"},
        store=MemoryStore(),
        capabilities=taint.World().capabilities(),
    )
    try:
        result = asyncio.run(running)
    except RunRefused:
        return False
    if result.outcome != "finished":
        return False
    least = least_calls(made, "g")
    assert least is not None
    assert (result.usage.model_calls >= least.model_calls, result.usage.tool_calls >= least.tool_calls) == (True, True)
    return True


def test_no_run_finishes_with_fewer_calls_than_the_fewest() -> None:
    assert sum(_finished(seed) for seed in range(300)) > 60
