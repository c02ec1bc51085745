"""Budgets and limits that cannot be kept, or that nothing could keep.

Exact where it says error: what is reported, no run escapes. That a run *may* spend more than its budget is what a budget is for, and
is no finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_ir import graph as ir
from rag_ir.finding import Finding, pointer
from rag_ir.graph import Document
from rag_verify.bounds import bounds_of, models_of
from rag_verify.least import least_calls

COUNTS = ("tokens", "model_calls", "tool_calls", "wall")


def check_budgets(document: Document) -> list[Finding]:
    """`budget-too-small`, `budget-over-limit`, `unpriced-model`, `fanout-over-limit` and `nested-too-deep`.

    Unknown names are silent.
    """
    return list(_findings(document))


def _findings(document: Document) -> Iterator[Finding]:
    policy = document.policy
    bounds = bounds_of(document)
    for name, graph in document.graphs.items():
        at = pointer("graphs", name)
        if graph.budget is not None:
            yield from _budget(document, graph.budget, f"{at}/budget", f"graph `{name}`", models_of(document, [name]))
            yield from _too_small(document, graph, graph.budget, f"{at}/budget")
        deep = bounds.depth(name).most
        if deep is not None and deep > policy.max_depth:
            yield Finding(
                "nested-too-deep",
                at,
                f"children of graph `{name}` nest {deep} deep, and the policy allows {policy.max_depth}",
                label="nests too deep",
                help="a child beyond the limit fails: call graphs one after the other, or raise `max_depth` (at most 8)",
            )
        for index, node in enumerate(graph.nodes):
            here = f"{at}/nodes/{index}"
            if node.budget is not None:
                models = _models_of_node(document, node)
                yield from _budget(document, node.budget, f"{here}/budget", f"`{node.name}`", models)
            if policy.max_fanout is not None:
                yield from _fanout(node, policy.max_fanout, here)
    for name, agent in document.agents.items():
        if agent.budget is not None:
            yield from _budget(
                document, agent.budget, pointer("agents", name, "budget"), f"agent `{name}`", [agent.model]
            )
    if policy.max_budget is not None and policy.max_budget.cost_usd is not None:
        yield from _unpriced_anywhere(document)


def _budget(document: Document, budget: ir.Budget, at: str, who: str, models: Sequence[str]) -> Iterator[Finding]:
    limit = document.policy.max_budget
    if limit is not None:
        for key in (*COUNTS, "cost_usd"):
            mine, most = getattr(budget, key), getattr(limit, key)
            if mine is not None and most is not None and _exceeds(mine, most):
                message = f"the budget of {who} allows `{key}: {mine}`, and the policy no more than {most}"
                yield Finding(
                    "budget-over-limit", at, message, label="over the limit", help=f"write at most `{key}: {most}`"
                )
    if budget.cost_usd is None:
        return
    prices = {model.name: model.price for model in document.requires.models}
    unpriced = [name for name in models if name in prices and prices[name] is None]
    if unpriced:
        yield Finding(
            "unpriced-model",
            at,
            f"the budget of {who} limits `cost_usd`, and model `{unpriced[0]}` has no price: nobody can say what it spends",
            label="cannot be kept",
            help=f"give `[models.{unpriced[0]}]` a `price`, or limit `tokens` or `model_calls` instead",
        )


def _unpriced_anywhere(document: Document) -> Iterator[Finding]:
    for index, model in enumerate(document.requires.models):
        if model.price is None:
            yield Finding(
                "unpriced-model",
                pointer("requires", "models", index),
                f"the policy limits `cost_usd`, and model `{model.name}` has no price: nobody can say what it spends",
                label="has no price",
                help=f"add `price = {{ input_per_mtok = .., output_per_mtok = .. }}` to `[models.{model.name}]`; "
                "one that costs nothing has zeros",
            )


def _exceeds(mine: object, most: object) -> bool:
    """Of amounts of money; one that is none exceeds nothing, and is told elsewhere."""
    if isinstance(mine, str) and isinstance(most, str):
        from decimal import Decimal, InvalidOperation

        try:
            return Decimal(mine) > Decimal(most)
        except InvalidOperation:
            return False
    return isinstance(mine, int) and isinstance(most, int) and mine > most


def _too_small(document: Document, graph: ir.Graph, budget: ir.Budget, at: str) -> Iterator[Finding]:
    """No way through the graph makes as few calls as the budget allows."""
    if budget.model_calls is None and budget.tool_calls is None:
        return
    least = least_calls(document, graph.name)
    if least is None:
        return
    for key, what, mine, needed in (
        ("model_calls", "model", budget.model_calls, least.model_calls),
        ("tool_calls", "tool", budget.tool_calls, least.tool_calls),
    ):
        if mine is not None and mine < needed:
            yield Finding(
                "budget-too-small",
                at,
                f"no run of graph `{graph.name}` can finish with `{key}: {mine}`: every way to an end calls a {what} at least "
                f"{'once' if needed == 1 else f'{needed} times'}",
                label="no run can finish with it",
                help=f"allow at least `{key}: {needed}`",
            )


def _models_of_node(document: Document, node: ir.Node) -> list[str]:
    match node.behaviour:
        case ir.ModelCall(model=model):
            return [model]
        case ir.Subagent(agent=agent):
            return [document.agents[agent].model] if agent in document.agents else []
        case ir.Subgraph(graph=graph):
            return models_of(document, [graph])
        case _:
            return []


def _fanout(node: ir.Node, most: int, at: str) -> Iterator[Finding]:
    """More children than the policy lets one node have."""
    for index, send in enumerate(node.sends):
        if send.each is not None and (send.max is None or send.max > most):
            said = "has no `max`" if send.max is None else f"may start {send.max} children"
            yield Finding(
                "fanout-over-limit",
                f"{at}/sends/{index}",
                f"the `each` of `{node.name}` {said}, and the policy allows {most}",
                label="may start too many",
                help=f"write `max {most}` or less behind it",
            )
            return
    children = sum(1 if send.max is None else send.max for send in node.sends)
    if children > most:
        yield Finding(
            "fanout-over-limit",
            at,
            f"`{node.name}` may start {children} children at once, and the policy allows {most}",
            label="starts too many",
            help="start some of them behind the join of the others",
        )
