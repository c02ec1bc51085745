"""Random small graphs: sends, chains, loops, joins of every kind, handlers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from rag_ir import build
from rag_ir.graph import Graph, JoinSends, Node, Send

SIZES = (3, 4, 5, 6)
LIMIT = 7
"""The recursion limit of every graph."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the graphs of a family have beside sends, chains, loops, and joins that wait for all."""

    failing: bool = False
    waits: tuple[str, ...] = ("all",)
    unwaited: bool = False
    lists: bool = False
    declared: bool = False
    optional: bool = False
    timed: bool = False


SHAPES = (
    Shape(),
    Shape(lists=True),
    Shape(failing=True),
    Shape(failing=True, optional=True, waits=("all", "best_effort", "compare")),
    Shape(failing=True, waits=("race", "quorum", "all")),
    Shape(failing=True, waits=("fallback", "keep", "all")),
    Shape(failing=True, timed=True, waits=("all", "race")),
    Shape(failing=True, waits=("all", "race"), unwaited=True),
    Shape(declared=True),
    Shape(declared=True, lists=True),
)


def random_graph(seed: int, shape: Shape) -> Graph:
    """A graph `g` whose nodes each append their own name to `log`."""
    random = Random(f"{seed} {shape}")
    names = "abcdef"[: random.choice(SIZES)]
    nodes = [_node(random, names, at, shape) for at in range(len(names))]
    joins: list[tuple[list[str], str]] = []
    if shape.declared:
        for _ in range(random.choice((1, 1, 2))):
            target = random.choice(names[1:])
            others = [name for name in names if name != target]
            joins.append((random.sample(others, min(random.choice((1, 2, 2, 3)), len(others))), target))
    return build.graph(
        "g",
        start=names[0],
        nodes=nodes,
        channels=[build.channel("log", "append")],
        joins=joins,
        recursion_limit=LIMIT,
    )


def _node(random: Random, names: str, at: int, shape: Shape) -> Node:
    name = names[at]
    common = build.Common(update={"log": build.lit(name)})
    if shape.failing and random.random() < 0.3:
        common["on_error"] = random.choice(names)
    kind = random.choice(
        ("end", "next", "routes", "sends", "join", "join") if at < 3 else ("end", "next", "routes", "join")
    )
    if kind == "next":
        common["next"] = _target(random, names, at)
    if kind == "routes":
        labels = ["p", "q", *(["error"] if shape.failing and random.random() < 0.4 else [])]
        common["routes"] = {label: _target(random, names, at) for label in labels}
    if kind in ("sends", "join"):
        sends = [_send(random, names, at, index, shape) for index in range(random.choice((1, 2, 2, 3)))]
        common["sends"] = sends
        if kind == "join":
            common["join"] = _join(random, names, at, sends, shape)
        elif random.random() < 0.6:
            common["next"] = _target(random, names, at)
    return build.pass_(name, **common)


def _target(random: Random, names: str, at: int) -> str:
    """Mostly forward, so that most runs come to an end."""
    later = names[at + 1 :]
    if random.random() < 0.25 or not later:
        return str(random.choice([*names, "END", "END"]))
    return str(random.choice([*later, "END"]))


def _send(random: Random, names: str, at: int, index: int, shape: Shape) -> Send:
    later = names[at + 1 :] or names
    return build.send(
        random.choice(later if random.random() < 0.9 else names),
        each=("x", build.get("output", str(index))) if shape.lists and random.random() < 0.4 else None,
        blocking=not (shape.unwaited and random.random() < 0.4),
        optional=shape.optional and random.random() < 0.4,
    )


def _join(random: Random, names: str, at: int, sends: list[Send], shape: Shape) -> JoinSends:
    wait = random.choice(shape.waits)
    later = names[at + 1 :] or names
    target = random.choice(later)
    count = sum(send.blocking for send in sends)
    if shape.timed and random.random() < 0.6:
        late = random.choice(names) if random.random() < 0.7 else None
        return replace(build.join_sends(target), timeout=1000, on_timeout=late)
    match wait if count else "all":
        case "quorum":
            return build.join_sends(target, "quorum", quorum=random.randint(1, max(count, 1)))
        case "fallback":
            return build.join_sends(target, "fallback")
        case "keep":
            return build.join_sends(target, "quorum", quorum=random.randint(1, count), keep=True)
        case "race":
            return build.join_sends(target, "race")
        case "best_effort":
            return build.join_sends(target, "best_effort")
        case "compare" if count > 1:
            return build.join_sends(target, "compare")
        case _:
            return build.join_sends(target)
