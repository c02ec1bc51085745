"""The workloads: what is run, how often, what must come out, and the figure that we want to reach.

Node functions do nothing, so what is timed is the engine. Building graphs and opening stores is not timed, but in `reopen` and
`start`, whose subject it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

RUNS = 100
"""How many runs go on at once in `concurrent`; its size is the steps of all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """`size` counts what a trial does (`unit`); `answer` maps it to what a trial must give.

    `figure` is what is compared: CPU (user and system, all threads) or wall time, per unit in microseconds, or in all in
    milliseconds (`whole`). `target` is in the same measure. `disk`: what is written to disk is told beside it.
    """

    name: str
    title: str
    size: int
    unit: str
    answer: Callable[[int], int]
    figure: Literal["cpu", "wall"]
    target: float
    whole: bool = False
    disk: bool = False
    small: int = 5
    """A size for a first look: does it run at all?"""


def _same(size: int) -> int:
    return size


def _sum(size: int) -> int:
    return sum(range(size))


WORKLOADS = (
    Workload(
        name="chain",
        title="A chain of two nodes, a counter and a conditional edge back",
        size=1000,
        unit="step",
        answer=_same,
        figure="cpu",
        target=10,
        small=6,
    ),
    Workload(
        name="fan_out",
        title="A fan-out, joined",
        size=1000,
        unit="branch",
        answer=_sum,
        figure="cpu",
        target=18,
    ),
    Workload(
        name="fan_out_100",
        title="A fan-out of a tenth of that, joined",
        size=100,
        unit="branch",
        answer=_sum,
        figure="cpu",
        target=18,
    ),
    Workload(
        name="concurrent",
        title="100 runs of 20 steps at once",
        size=20 * RUNS,
        unit="step",
        answer=_same,
        figure="cpu",
        target=12,
        small=2 * RUNS,
    ),
    Workload(
        name="durable_normal",
        title="Steps with a durable commit each, synchronous=NORMAL",
        size=200,
        unit="step",
        answer=_same,
        figure="wall",
        target=35,
        disk=True,
        small=6,
    ),
    Workload(
        name="durable_full",
        title="Steps with a durable commit each, synchronous=FULL",
        size=200,
        unit="step",
        answer=_same,
        figure="wall",
        target=220,
        disk=True,
        small=6,
    ),
    Workload(
        name="growth_500",
        title="A message appended by each step to 500, a durable commit each, synchronous=FULL",
        size=500,
        unit="step",
        answer=_same,
        figure="wall",
        target=250,
        disk=True,
        small=6,
    ),
    Workload(
        name="growth_2000",
        title="The same to 2,000 messages",
        size=2000,
        unit="step",
        answer=_same,
        figure="wall",
        target=250,
        disk=True,
        small=6,
    ),
    Workload(
        name="reopen",
        title="A run of 2,000 steps opened again: the store, and its newest state",
        size=2000,
        unit="step",
        answer=_same,
        figure="wall",
        target=10,
        whole=True,
        small=6,
    ),
    Workload(
        name="sleep",
        title="50 children that each wait 50 ms",
        size=50,
        unit="branch",
        answer=_sum,
        figure="wall",
        target=52,
        whole=True,
    ),
)
