"""pydantic-graph: nodes that are classes over one mutable state, and a builder with parallel steps. It keeps nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

from pydantic_graph import BaseNode, End, GraphBuilder, GraphRunContext, StepContext, reduce_sum

from bench.workloads import RUNS


@dataclass
class Counter:
    limit: int
    count: int = 0


@dataclass
class One(BaseNode[Counter, None, int]):
    async def run(self, ctx: GraphRunContext[Counter]) -> Two:
        ctx.state.count += 1
        return Two()


@dataclass
class Two(BaseNode[Counter, None, int]):
    async def run(self, ctx: GraphRunContext[Counter]) -> One | End[int]:
        ctx.state.count += 1
        return One() if ctx.state.count < ctx.state.limit else End(ctx.state.count)


def chain(size, folder, stack, *, runs=1):
    builder = GraphBuilder(state_type=Counter, input_type=One, output_type=int)
    builder.add(builder.node(One), builder.node(Two), builder.edge_from(builder.start_node).to(One))
    graph = builder.build()

    async def one():
        return await graph.run(state=Counter(size // runs), inputs=One())

    async def trial():
        if runs == 1:
            return await one()
        return sum(await asyncio.gather(*(one() for _ in range(runs))))

    return trial


def fan_out(size, folder, stack, *, seconds=None):
    builder = GraphBuilder(input_type=list[int], output_type=int)

    @builder.step
    async def worker(ctx: StepContext[None, None, int]) -> int:
        if seconds is not None:
            await asyncio.sleep(seconds)
        return ctx.inputs

    total = builder.join(reduce_sum, initial=0)
    builder.add(
        builder.edge_from(builder.start_node).map().to(worker),
        builder.edge_from(worker).to(total),
        builder.edge_from(total).to(builder.end_node),
    )
    graph = builder.build()

    async def trial():
        return await graph.run(inputs=list(range(size)))

    return trial


TRIALS = {
    "chain": {"nodes": chain},
    "fan_out": {"map and join": fan_out},
    "fan_out_100": {"map and join": fan_out},
    "concurrent": {"nodes": partial(chain, runs=RUNS)},
    "sleep": {"map and join": partial(fan_out, seconds=0.05)},
}
