"""LangGraph: supersteps, channels with reducers, sends; checkpoints in SQLite."""

from __future__ import annotations

import asyncio
import operator
import sqlite3
from functools import partial
from typing import Annotated, Any, TypedDict

from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Send

from bench.contenders.floor import MESSAGE
from bench.workloads import RUNS


class Counter(TypedDict):
    count: int


class Sum(TypedDict):
    items: list[int]
    sum: Annotated[int, operator.add]


class Log(TypedDict):
    count: Annotated[int, operator.add]
    log: Annotated[list, operator.add]


class Conversation(TypedDict):
    count: Annotated[int, operator.add]
    log: Annotated[list, add_messages]


def _extend(value, writes):
    return [*(value or []), *(message for write in writes for message in write)]


class Deltas(TypedDict):
    count: Annotated[int, operator.add]
    log: Annotated[list, DeltaChannel(_extend)]


def _counting(size, checkpointer=None, *, synchronous=False):
    if synchronous:

        def count(state):
            return {"count": state["count"] + 1}

    else:

        async def count(state):
            return {"count": state["count"] + 1}

    graph = StateGraph(Counter)
    graph.add_node("one", count)
    graph.add_node("two", count)
    graph.add_edge(START, "one")
    graph.add_edge("one", "two")
    graph.add_conditional_edges("two", lambda state: "one" if state["count"] < size else END, ["one", END])
    return graph.compile(checkpointer=checkpointer)


def chain(size, folder, stack, *, runs=1):
    graph, config = _counting(size // runs), {"recursion_limit": size + 10}

    async def one():
        return (await graph.ainvoke({"count": 0}, config))["count"]

    async def trial():
        if runs == 1:
            return await one()
        return sum(await asyncio.gather(*(one() for _ in range(runs))))

    return trial


def chain_invoke(size, folder, stack):
    graph, config = _counting(size, synchronous=True), {"recursion_limit": size + 10}

    async def trial():
        return graph.invoke({"count": 0}, config)["count"]

    return trial


def fan_out(size, folder, stack, *, seconds=None):
    async def worker(state):
        if seconds is not None:
            await asyncio.sleep(seconds)
        return {"sum": state["item"]}

    graph = StateGraph(Sum)
    graph.add_node("split", lambda state: {})
    graph.add_node("worker", worker)
    graph.add_node("done", lambda state: {})
    graph.add_edge(START, "split")
    graph.add_conditional_edges(
        "split", lambda state: [Send("worker", {"item": item}) for item in state["items"]], ["worker"]
    )
    graph.add_edge("worker", "done")
    graph.add_edge("done", END)
    compiled = graph.compile()

    async def trial():
        return (await compiled.ainvoke({"items": list(range(size)), "sum": 0}))["sum"]

    return trial


def _config(size):
    return {"recursion_limit": size + 10, "configurable": {"thread_id": "run"}}


def _saver(folder, synchronous):
    connection = sqlite3.connect(folder / "checkpoints.db", check_same_thread=False)
    saver = SqliteSaver(connection)
    saver.setup()
    connection.execute(f"PRAGMA synchronous={synchronous}")
    return saver


def durable(size, folder, stack, *, synchronous):
    saver = _saver(folder, synchronous)
    stack.callback(saver.conn.close)
    graph = _counting(size, saver, synchronous=True)

    async def trial():
        return graph.invoke({"count": 0}, _config(size), durability="sync")["count"]

    return trial


def _growing(schema, size, saver):
    def speak(state):
        return {"log": [{"role": "user", "content": f"{state['count']}: {MESSAGE}"}], "count": 1}

    graph = StateGraph(schema)
    graph.add_node("speak", speak)
    graph.add_edge(START, "speak")
    graph.add_conditional_edges("speak", lambda state: "speak" if state["count"] < size else END, ["speak", END])
    return graph.compile(checkpointer=saver)


def _fill(graph, size):
    return graph.invoke({"log": [], "count": 0}, _config(size), durability="sync")["log"]


def growth(size, folder, stack, *, schema):
    saver = _saver(folder, "FULL")
    stack.callback(saver.conn.close)
    graph = _growing(schema, size, saver)

    async def trial():
        return len(_fill(graph, size))

    return trial


def reopen(size, folder, stack, *, schema):
    saver = _saver(folder, "OFF")
    _fill(_growing(schema, size, saver), size)
    saver.conn.close()

    async def trial():
        again = _saver(folder, "FULL")
        state = _growing(schema, size, again).get_state(_config(size)).values
        again.conn.close()
        return len(state["log"])

    return trial


SCHEMAS: dict[str, Any] = {"list and add": Log, "add_messages": Conversation, "DeltaChannel (beta)": Deltas}

TRIALS = {
    "chain": {"ainvoke": chain, "invoke": chain_invoke},
    "fan_out": {"ainvoke": fan_out},
    "fan_out_100": {"ainvoke": fan_out},
    "concurrent": {"ainvoke": partial(chain, runs=RUNS)},
    "durable_normal": {"invoke, SqliteSaver": partial(durable, synchronous="NORMAL")},
    "durable_full": {"invoke, SqliteSaver": partial(durable, synchronous="FULL")},
    "growth_500": {name: partial(growth, schema=schema) for name, schema in SCHEMAS.items()},
    "growth_2000": {name: partial(growth, schema=schema) for name, schema in SCHEMAS.items()},
    "reopen": {name: partial(reopen, schema=schema) for name, schema in SCHEMAS.items()},
    "sleep": {"ainvoke": partial(fan_out, seconds=0.05)},
}
