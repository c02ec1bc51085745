"""Three nodes of LangGraph."""

from __future__ import annotations

import asyncio
from typing import TypedDict

from langgraph.graph import END, START, StateGraph


class State(TypedDict):
    count: int


async def step(state: State) -> State:
    return {"count": state["count"] + 1}


graph = StateGraph(State)
for name in ("a", "b", "c"):
    graph.add_node(name, step)
for one, next_one in ((START, "a"), ("a", "b"), ("b", "c"), ("c", END)):
    graph.add_edge(one, next_one)
assert asyncio.run(graph.compile().ainvoke({"count": 0})) == {"count": 3}
