"""Bind `budget`, `cache` and `steering`: what a node may spend, what is kept of it, and who may reach into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag_compiler import syntax
from rag_compiler.hir_policies import Budget, Cache, Steering
from rag_compiler.kinds import BUDGET, CACHE, DELIVERIES, LARGEST_AMOUNT, SCOPES, STEERING, Scope
from rag_compiler.resolve_expressions import distinct
from rag_compiler.resolve_policies import bind_duration, bind_word, bind_words
from rag_compiler.sink import Sink
from rag_compiler.source import Span
from rag_compiler.words.names import unknown_key
from rag_compiler.words.structure import duplicate_item
from rag_compiler.words.values import bad_value, not_an_amount, over_limit
from rag_ir import graph as ir
from rag_ir.policies import ACTIONS
from rag_ir.record import replace

MOST_MONEY = 1_000_000


def bind_budget(item: syntax.BlockItem | None, sink: Sink) -> Budget | None:
    """`budget { .. }`; null where there is none, or something in it is wrong."""
    if item is None:
        return None
    before = len(sink.found)
    budget = ir.Budget(tokens=None, cost_usd=None, model_calls=None, tool_calls=None, wall=None)
    for pair in distinct(item.pairs, sink):
        match pair.key.text:
            case "tokens":
                budget = replace(budget, tokens=_amount(pair.value, "tokens", sink))
            case "model_calls":
                budget = replace(budget, model_calls=_amount(pair.value, "model_calls", sink))
            case "tool_calls":
                budget = replace(budget, tool_calls=_amount(pair.value, "tool_calls", sink))
            case "cost_usd":
                budget = replace(budget, cost_usd=_money(pair.value, sink))
            case "wall":
                wall = bind_duration(pair.value, "wall", pair.key.span, sink)
                budget = replace(budget, wall=wall.ms if wall else None)
            case word:
                sink.add(unknown_key(sink.at(pair.key.span), word, "`budget`", BUDGET))
    if not item.pairs:
        sink.add(bad_value(sink.at(item.span), "`budget` limits nothing", "write `budget { cost_usd: 1.50 }`"))
    return Budget(budget, item.keyword.span) if len(sink.found) == before else None


def _amount(value: syntax.Expr, word: str, sink: Sink) -> int | None:
    match value:
        case syntax.Literal(int() as amount) if not isinstance(amount, bool):
            if amount <= LARGEST_AMOUNT:
                return amount
            sink.add(over_limit(sink.at(value.span), f"`{word}` is at most {LARGEST_AMOUNT:_}"))
        case syntax.Hole():
            pass
        case _:
            sink.add(not_an_amount(sink.at(value.span), word, LARGEST_AMOUNT))
    return None


def _money(value: syntax.Expr, sink: Sink) -> str | None:
    """US dollars as a decimal string without trailing zeros."""
    match value:
        case syntax.Literal(int() | float() as money) if not isinstance(money, bool) and 0 < money < MOST_MONEY:
            from decimal import Decimal

            text = format(Decimal(repr(money)), "f")
            return text.rstrip("0").rstrip(".") if "." in text else text
        case syntax.Hole():
            pass
        case _:
            message = "`cost_usd` takes a number of US dollars above zero, below a million"
            sink.add(bad_value(sink.at(value.span), message, "write `cost_usd: 1.50`", label="not an amount of money"))
    return None


def bind_cache(item: syntax.BlockItem | None, sink: Sink) -> Cache | None:
    """`cache { .. }`: without a `ttl` for as long as its scope lives, without a `scope` within the run. Null as for `budget`."""
    if item is None:
        return None
    before = len(sink.found)
    ttl: int | None = None
    scope: Scope | None = None
    for pair in distinct(item.pairs, sink):
        match pair.key.text:
            case "ttl":
                duration = bind_duration(pair.value, "ttl", pair.key.span, sink)
                ttl = duration.ms if duration else None
            case "scope":
                scope = bind_word(pair.value, "scope", SCOPES, sink)
            case word:
                sink.add(unknown_key(sink.at(pair.key.span), word, "`cache`", CACHE))
    return Cache(ir.Cache(scope=scope or "run", ttl=ttl), item.keyword.span) if len(sink.found) == before else None


def bind_steering(items: Iterable[syntax.Item], sink: Sink) -> Steering | None:
    """`steering { .. }`, `human allow [..]` and `parent allow [..]` of one node: who is not named may do nothing."""
    found: dict[str, tuple[syntax.Name, tuple[str, ...]]] = {}
    first: Span | None = None
    before = len(sink.found)
    for item in items:
        match item:
            case syntax.BlockItem(keyword, pairs) if keyword.text == "steering":
                named = _block(pairs, sink)
            case syntax.AllowItem(keyword, _, names) if keyword.text in ("human", "parent"):
                listed = syntax.ListExpr(tuple(syntax.Variable(name) for name in names), item.span)
                named = [(keyword, bind_words(listed, keyword.text, ACTIONS, sink) or ())]
            case _:
                continue
        first = first or item.keyword.span
        for who, actions in named:
            other, _ = found.setdefault(who.text, (who, actions))
            if other is not who:
                sink.add(duplicate_item(sink.at(who.span), who.text, "a node's steering", sink.at(other.span)))
    if first is None or len(sink.found) > before:
        return None
    human, parent = (found[who][1] if who in found else () for who in ("human", "parent"))
    return Steering(ir.Steering(human=human, parent=parent), first)


def _block(pairs: Sequence[syntax.Pair], sink: Sink) -> list[tuple[syntax.Name, tuple[str, ...]]]:
    named: list[tuple[syntax.Name, tuple[str, ...]]] = []
    for pair in distinct(pairs, sink):
        match pair.key.text:
            case "human" | "parent" as who:
                named.append((pair.key, bind_words(pair.value, who, ACTIONS, sink) or ()))
            case "delivery":
                bind_word(pair.value, "delivery", DELIVERIES, sink)
            case word:
                sink.add(unknown_key(sink.at(pair.key.span), word, "`steering`", STEERING))
    return named
