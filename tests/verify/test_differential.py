"""The analyses against the machine: what they say of random graphs happens in some run, and what happens is said."""

from __future__ import annotations

import pytest

from tests.verify.differential import compare
from tests.verify.graphs import SHAPES, Shape


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: ",".join(_parts(shape)))
def test_every_run_of_random_graphs(shape: Shape) -> None:
    compared = [(seed, compare(seed, shape, most=150)) for seed in range(1000, 1025)]
    assert [(seed, each.wrong) for seed, each in compared if each.wrong] == []
    assert sum(each.counts["graphs with all their runs"] for _, each in compared) >= 4


def _parts(shape: Shape) -> list[str]:
    flags = [name for name in ("failing", "unwaited", "lists", "declared", "optional", "timed") if getattr(shape, name)]
    return [*flags, *shape.waits]
