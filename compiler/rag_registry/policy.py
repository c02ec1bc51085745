"""The policy of a manifest: what any run may spend and how far it may go, what may be named, and the severities of rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rag_ir.finding import Finding, Related, pointer
from rag_ir.permission import objection, words
from rag_ir.record import replace
from rag_ir.rules import JUDGEMENTS, RULES
from rag_ir.spell import closest
from rag_registry.agents import Canonical, checked
from rag_registry.budgets import budget_at
from rag_registry.keys import NAMED, NOUNS
from rag_registry.registry import Agent, Level, Policy, Review
from rag_registry.table import Table, describe

LEVELS: tuple[Level, ...] = ("off", "info", "warning", "error")
REVIEWS: tuple[Review, ...] = ("never", "generated", "effects", "always")
DEEPEST = 8
"""Child runs nest at most this deep; a manifest may allow less."""

IN_SOURCE = ("agents", "graphs")
"""Kinds that sources declare too: what their names mean is known once these are read."""


def read_policy(table: Table) -> Policy:
    """`[policy]`. The names in it are checked by `check_policy`, once everything is read."""
    return Policy(
        max_budget=budget_at(table, "max_budget"),
        max_depth=table.integer("max_depth", 1, DEEPEST) or DEEPEST,
        max_fanout=table.integer("max_fanout", 1),
        require_review=table.choice("require_review", REVIEWS, "never"),
        allow=_lists(table, "allow"),
        deny=_lists(table, "deny"),
    )


def check_policy(policy: Policy, canonical: Canonical, findings: list[Finding]) -> Policy:
    """The policy with canonical names; names of nothing, and those that are both allowed and denied, are reported."""

    def named(key: str, kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
        if kind not in IN_SOURCE:
            return checked(kind, names, ("policy", key, kind), canonical, findings)
        known = canonical(kind)
        return tuple(dict.fromkeys(known.get(name, name) for name in names))

    allow = {kind: named("allow", kind, names) for kind, names in policy.allow.items()}
    deny = {kind: named("deny", kind, names) for kind, names in policy.deny.items()}
    for kind, denied in deny.items():
        for index, name in enumerate(denied):
            if name in allow.get(kind, ()):
                message = f"`{name}` is allowed and denied"
                findings.append(Finding("manifest-conflict", pointer("policy", "deny", kind, index), message))
    return replace(policy, allow=allow, deny=deny)


def check_agents(agents: Mapping[str, Agent], policy: Policy) -> Iterator[Finding]:
    """What agents of the manifest name, and its policy forbids."""
    for name, agent in agents.items():
        at = pointer("agents", name)
        named = [("models", agent.model, f"{at}/model")] if agent.model else []
        for kind, names in (("tools", agent.tools), ("stores", agent.stores)):
            named += [(kind, each, f"{at}/{kind}/{index}") for index, each in enumerate(names)]
        for kind, each, place in named:
            by = objection(kind, each, policy.allow, policy.deny)
            if by is not None:
                yield Finding(
                    "not-allowed",
                    place,
                    words(by, NOUNS[kind], each),
                    related=(Related(pointer("policy", by, kind), "the policy says so here"),),
                )


def severities(policy: Table) -> dict[str, Level]:
    """`[policy.rules]`. A rule that is an error by its nature stays one: nothing could go on behind it."""
    adjustable = [code for code, rule in RULES.items() if rule.severity != "error" or code in JUDGEMENTS]
    given = policy.table("rules")
    levels: dict[str, Level] = {}
    for code in given:
        at = (*policy.at, "rules", code)
        if code not in RULES:
            policy.findings.append(_no_rule(code, at, adjustable))
        elif code not in adjustable:
            message = f"`{code}` is an error whatever a manifest says"
            policy.findings.append(Finding("manifest-bad-value", pointer(*at), message, part="key"))
        else:
            table = Table({code: given[code]}, at[:-1], (code,), policy.findings)
            before = len(policy.findings)
            level: Level = table.choice(code, LEVELS, "off")
            if len(policy.findings) == before:
                levels[code] = level
    return levels


def _no_rule(code: str, at: tuple[str, ...], adjustable: list[str]) -> Finding:
    near = closest(code, adjustable)
    return Finding(
        "manifest-unknown-key",
        pointer(*at),
        f"there is no rule {describe(code)}",
        help=f"did you mean `{near}`?" if near else "",
        part="key",
        candidates=(near,) if near else (),
        replacement=near,
    )


def _lists(policy: Table, key: str) -> dict[str, tuple[str, ...]]:
    table = Table(policy.table(key), (*policy.at, key), NAMED, policy.findings)
    return {kind: table.texts(kind) for kind in NAMED if kind in table}
