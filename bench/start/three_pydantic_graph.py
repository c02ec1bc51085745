"""Three nodes of pydantic-graph."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from pydantic_graph import BaseNode, End, GraphBuilder, GraphRunContext


@dataclass
class State:
    count: int = 0


@dataclass
class A(BaseNode[State, None, int]):
    async def run(self, ctx: GraphRunContext[State]) -> B:
        ctx.state.count += 1
        return B()


@dataclass
class B(BaseNode[State, None, int]):
    async def run(self, ctx: GraphRunContext[State]) -> C:
        ctx.state.count += 1
        return C()


@dataclass
class C(BaseNode[State, None, int]):
    async def run(self, ctx: GraphRunContext[State]) -> End[int]:
        ctx.state.count += 1
        return End(ctx.state.count)


builder = GraphBuilder(state_type=State, input_type=A, output_type=int)
builder.add(builder.node(A), builder.node(B), builder.node(C), builder.edge_from(builder.start_node).to(A))
assert asyncio.run(builder.build().run(state=State(), inputs=A())) == 3
