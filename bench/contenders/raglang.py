"""This project: `rag_runtime.run` and `resume`, admission of the document included, with everything journaled.

`nodes` do their counting in expressions; `tools` call an async Python function in each step, as the peers' nodes do, whose
answer has an entry of its own in the journal; `watched` has an observer of all events.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench.contenders.floor import MESSAGE
from bench.trial import Contender, Trial
from bench.workloads import RUNS
from rag_ir import build
from rag_ir.graph import Document, Graph, Json, Node, Send, ToolRequirement
from rag_registry.registry import Policy, Project, Registry
from rag_registry.registry import Tool as ToolEntry
from rag_runtime import open_store, resume, run
from rag_runtime.observe import RunEvent
from rag_runtime.seams import Capabilities
from rag_runtime.stores.store import Store
from rag_runtime.tools.python import PythonTool

COUNT = build.get("state", "count")
TYPE_OF_COUNT: dict[str, Json] = {"type": "integer"}


async def _add_one(count: int) -> int:
    return count + 1


async def _wait(item: int) -> int:
    await asyncio.sleep(0.05)
    return item


FUNCTIONS: dict[str, Callable[..., object]] = {"add_one": _add_one, "wait": _wait}
NORMAL = "sqlite:runs.db?synchronous=normal"
FULL = "sqlite:runs.db"
PARAMETERS = {"add_one": "count", "wait": "item"}


def chain(
    size: int,
    folder: Path,
    stack: ExitStack,
    *,
    tools: bool = False,
    store: str = "memory:",
    watched: bool = False,
    runs: int = 1,
) -> Trial:
    stage = _Stage(_counting(size // runs, tools=tools))
    opened = _open(store, folder, stack)
    seen: list[RunEvent] = []

    async def one(number: int) -> int:
        return _number(await stage.run(opened, {}, f"run{number}", seen.append if watched else None), "count")

    async def trial() -> int:
        if runs == 1:
            return await one(0)
        return sum(await asyncio.gather(*(one(number) for number in range(runs))))

    return trial


def fan_out(size: int, folder: Path, stack: ExitStack, *, tools: bool = False, concurrency: int = 8) -> Trial:
    item = build.get("args", "item")
    worker = (
        build.tool("worker", "wait", {"item": item}, writes={"sum": build.get("output")})
        if tools
        else build.pass_("worker", writes={"sum": item})
    )
    nodes = [
        build.pass_("split", sends=[_send_each()], join="done"),
        worker,
        build.pass_("done"),
    ]
    graph = build.graph(
        "fan_out",
        start="split",
        input=[build.field("items", {"type": "array", "items": TYPE_OF_COUNT})],
        channels=[build.channel("sum", "sum", schema=TYPE_OF_COUNT)],
        nodes=nodes,
        max_concurrency=concurrency,
    )
    stage = _Stage(_document(graph))
    store = _open("memory:", folder, stack)

    async def trial() -> int:
        return _number(await stage.run(store, {"items": list(range(size))}, "run"), "sum")

    return trial


def growth(size: int, folder: Path, stack: ExitStack, *, reducer: str) -> Trial:
    stage = _Stage(_growing(size, reducer))
    store = _open(FULL, folder, stack)

    async def trial() -> int:
        return len(_list(await stage.run(store, {}, "run"), "log"))

    return trial


def reopen(size: int, folder: Path, stack: ExitStack, *, reducer: str) -> Trial:
    stage = _Stage(_growing(size, reducer))
    with ExitStack() as before:
        asyncio.run(stage.run(_open(NORMAL, folder, before), {}, "run"))

    async def trial() -> int:
        return len(_list(await stage.resume(_open(FULL, folder, stack), "run"), "log"))

    return trial


# ---- documents -------------------------------------------------------------------------------------------------------


def _counting(size: int, *, tools: bool) -> Document:
    """Two nodes that count in turn, and a conditional edge back."""
    back = [(None, ["<", COUNT, build.lit(size)], "one"), (None, None, "END")]
    if tools:
        one: Node = build.tool("one", "add_one", {"count": COUNT}, into="count", routes={"done": "two"})
        routes = [(None, ["<", COUNT, build.lit(size)], "one"), (None, None, "END")]
        two: Node = build.tool("two", "add_one", {"count": COUNT}, into="count", routes=routes)
    else:
        more = {"count": ["+", COUNT, build.lit(1)]}
        one = build.pass_("one", writes=more, next="two")
        two = build.pass_("two", writes=more, routes=back)
    channel = build.channel("count", schema=TYPE_OF_COUNT, initial=0)
    return _document(build.graph("chain", start="one", channels=[channel], nodes=[one, two], recursion_limit=size + 1))


def _growing(size: int, reducer: str) -> Document:
    """Each step appends a message."""
    message: Json = [
        "object",
        ["role", build.lit("user")],
        ["content", build.template(build.get("state", "count"), ": ", MESSAGE)],
    ]
    writes: dict[str, Json] = {"log": message, "count": build.lit(1)}
    routes = [(None, ["<", COUNT, build.lit(size)], "speak"), (None, None, "END")]
    node = build.pass_("speak", writes=writes, routes=routes)
    log = build.channel("log", reducer, schema={"type": "array", "items": {"type": "object"}})
    count = build.channel("count", "sum", schema=TYPE_OF_COUNT)
    return _document(
        build.graph("growth", start="speak", channels=[log, count], nodes=[node], recursion_limit=size + 1)
    )


def _send_each() -> Send:
    return build.send("worker", {"item": ["var", "item"]}, each=("item", build.get("input", "items")))


def _document(graph: Graph) -> Document:
    return build.document(graph.name, graphs=[graph], tools=[_requirement(name) for name in _tools_of(graph)])


def _tools_of(graph: Graph) -> list[str]:
    return sorted({node.behaviour.tool for node in graph.nodes if node.behaviour.kind == "tool"})


def _requirement(name: str) -> ToolRequirement:
    properties: Json = {PARAMETERS[name]: {"type": "integer"}}
    schema: dict[str, Json] = {"type": "object", "properties": properties, "required": [PARAMETERS[name]]}
    return build.require_tool(name, input=schema, output={"type": "integer"}, effects="none")


# ---- running ---------------------------------------------------------------------------------------------------------


class _Stage:
    """A document with its registry and what it calls, held for as long as a program would hold them."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.registry = _registry(document)
        self.capabilities = _capabilities()

    async def run(
        self, store: Store, input: Json, name: str, observe: Callable[[RunEvent], None] | None = None
    ) -> Json:
        result = await run(
            self.document,
            self.registry,
            root=Path(),
            input=input,
            store=store,
            run_id=name,
            observe=observe,
            capabilities=self.capabilities,
        )
        return result.output

    async def resume(self, store: Store, name: str) -> Json:
        result = await resume(name, self.registry, root=Path(), store=store, capabilities=self.capabilities)
        return result.output


def _open(url: str, folder: Path, stack: ExitStack) -> Store:
    store = open_store(url, root=folder)
    stack.callback(store.close)
    return store


def _capabilities() -> Capabilities:
    tools = {name: PythonTool(name, function) for name, function in FUNCTIONS.items()}
    return Capabilities(models={}, tools=tools, routers={})


def _registry(document: Document) -> Registry:
    tools = {
        each.name: ToolEntry(
            name=each.name,
            description=each.description,
            python=f"tools:{each.name}",
            input=each.input,
            output=each.output,
            effects=each.effects,
            reads=each.reads,
            returns_trust=each.returns_trust,
            idempotent=each.idempotent,
            on_error=each.on_error,
        )
        for each in document.requires.tools
    }
    project = Project(name="bench", language=1, sources=(), input_trust=document.policy.input_trust)
    return Registry(project=project, tools=tools, policy=Policy(max_depth=document.policy.max_depth))


def _number(output: Json, name: str) -> int:
    value = output.get(name) if isinstance(output, dict) else None
    return value if isinstance(value, int) else -1


def _list(output: Json, name: str) -> list[Json]:
    value = output.get(name) if isinstance(output, dict) else None
    return value if isinstance(value, list) else []


TRIALS: Contender = {
    "chain": {
        "nodes": chain,
        "nodes, watched": partial(chain, watched=True),
        "tools": partial(chain, tools=True),
    },
    "fan_out": {"sends to a node": fan_out},
    "fan_out_100": {"sends to a node": fan_out},
    "concurrent": {"nodes": partial(chain, runs=RUNS)},
    "durable_normal": {"nodes": partial(chain, store=NORMAL), "tools": partial(chain, store=NORMAL, tools=True)},
    "durable_full": {"nodes": partial(chain, store=FULL), "tools": partial(chain, store=FULL, tools=True)},
    "growth_500": {name: partial(growth, reducer=name) for name in ("append", "messages")},
    "growth_2000": {name: partial(growth, reducer=name) for name in ("append", "messages")},
    "reopen": {name: partial(reopen, reducer=name) for name in ("append", "messages")},
    "sleep": {"sends to a tool": partial(fan_out, tools=True, concurrency=50)},
}
