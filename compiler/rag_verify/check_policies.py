"""The policies that a document holds are of the language: limits are limits, words are known."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag_ir import graph as ir
from rag_ir.finding import Finding, pointer
from rag_ir.policies import ACTIONS, KINDS, RETRIED

_MONEY = re.compile(r"(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,30})?")


def check_graph_policies(graph: ir.Graph, at: str) -> Iterator[Finding]:
    """The findings on what a graph at a pointer says of itself as a whole."""
    if graph.budget is not None:
        yield from check_budget(graph.budget, f"{at}/budget")
    for kind in graph.allow:
        if kind not in KINDS:
            yield _invalid(f"{at}{pointer('allow', kind)}", f"there are no `{kind}` that a graph could name")


def check_node_policies(node: ir.Node, at: str) -> Iterator[Finding]:
    """The findings on the policies of a node at a pointer."""
    if node.retry is not None:
        yield from check_retry(node.retry, f"{at}/retry")
    if node.budget is not None:
        yield from check_budget(node.budget, f"{at}/budget")
    if node.cache is not None and node.cache.ttl is not None and node.cache.ttl < 1:
        yield _invalid(f"{at}/cache/ttl", f"`ttl` is at least 1, not {node.cache.ttl}")
    if node.steering is not None:
        for who, actions in (("human", node.steering.human), ("parent", node.steering.parent)):
            for index, action in enumerate(actions):
                if action not in ACTIONS:
                    yield _invalid(f"{at}/steering/{who}/{index}", f"there is no action `{action}`")


def check_budget(budget: ir.Budget, at: str) -> Iterator[Finding]:
    """The findings on a budget at a pointer."""
    limits = {"tokens": budget.tokens, "model_calls": budget.model_calls, "tool_calls": budget.tool_calls}
    for name, limit in {**limits, "wall": budget.wall}.items():
        if limit is not None and limit < 0:
            yield _invalid(f"{at}/{name}", f"`{name}` is at least 0, not {limit}")
    if budget.cost_usd is not None and _MONEY.fullmatch(budget.cost_usd) is None:
        yield _invalid(f"{at}/cost_usd", f"`{budget.cost_usd}` is not an amount of money")


def check_retry(retry: ir.Retry, at: str) -> Iterator[Finding]:
    """The findings on a `retry` at a pointer."""
    if retry.max_attempts < 1:
        yield _invalid(f"{at}/max_attempts", f"`max_attempts` is at least 1, not {retry.max_attempts}")
    if not 0 <= retry.initial <= retry.max:
        yield _invalid(f"{at}/initial", f"the first wait is from 0 to the longest, {retry.max}, not {retry.initial}")
    for index, word in enumerate(retry.on):
        if word not in RETRIED:
            yield _invalid(f"{at}/on/{index}", f"there is no class of errors `{word}`")


def _invalid(at: str, message: str) -> Finding:
    return Finding("ir-invalid", at, message)
