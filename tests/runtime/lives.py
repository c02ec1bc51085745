"""A run that dies again and again: one document with everything in it, run by processes that kill themselves at a given moment.

Each process (a life) opens the store, goes on with the run where it stands, and answers what it asks. Every call of a model or a
tool is written to `calls.log` as it takes effect, so that what happened can be compared with what the journals say.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

import anyio

from rag_ir import build
from rag_ir.graph import Document, Graph, Json, Schema
from rag_runtime.api import resume_blocking, run_blocking
from rag_runtime.events import CallEnded, Event, Question, Usage
from rag_runtime.reading import RunResult, standing
from rag_runtime.seams import Capabilities, Message, ModelAnswer, ModelRequest
from rag_runtime.stores.sqlite import SqliteStore
from rag_runtime.stores.store import Entry, Progress, Run, Store, StoreError
from tests.runtime.world import Function, registry_of

RUN = "r1"
ONCE = ("note", "mail")
"""The tools with effects that are not idempotent."""

Key = tuple[str, ...]
"""Names a call the same way in every life."""


# The document


TEXT: Schema = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


def document() -> Document:
    """An agent with tools, a fan-out of agents with tools, a child run with an external tool and a question, a last tool."""
    tools = [
        build.require_tool("look", input=TEXT, effects="read"),
        build.require_tool("note", input=TEXT, effects="write"),
        build.require_tool("mail", input=TEXT, effects="external"),
        build.require_tool("stamp", input=TEXT, effects="write", idempotent=True),
    ]
    digger = build.declare_agent("digger", tools=["look", "note"], input=[build.field("topic")])
    return build.document("top", graphs=[_top(), _judge()], agents=[digger], tools=tools)


def _top() -> Graph:
    dig = build.subagent("dig", "digger", into="found", next="END")
    plan = build.agent(
        "plan",
        tools=["note"],
        sends=[
            build.send("dig", {"topic": build.get("input", "first")}),
            build.send("dig", each=("topic", build.get("input", "topics")), payload={"topic": ["var", "topic"]}),
        ],
        join="review",
    )
    review = build.subgraph("review", "judge", {"found": build.get("state", "found")}, next="stamp")
    stamp = build.tool("stamp", "stamp", {"text": build.get("state", "verdict")}, into="stamped", next="END")
    channels = [
        build.channel("messages", "messages"),
        build.channel("found", "append"),
        build.channel("verdict"),
        build.channel("mailed"),
        build.channel("stamped"),
    ]
    return build.graph("top", start="plan", channels=channels, nodes=[plan, dig, review, stamp])


def _judge() -> Graph:
    nodes = [
        build.model("weigh", prompt="weigh", next="mail"),
        build.tool("mail", "mail", {"text": build.lit("a finding")}, into="mailed", next="ask"),
        build.interrupt("ask", "Is it good?", ["good", "bad"], into="answer", next="END"),
    ]
    channels = [build.channel("messages", "messages"), build.channel("mailed"), build.channel("answer")]
    output = {"verdict": build.get("state", "answer", "value"), "mailed": build.get("state", "mailed")}
    return build.graph("judge", start="weigh", channels=channels, nodes=nodes, output=output)


# Its models and tools


class _Log:
    """Calls as they take effect, in a file that outlives the process."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "calls.log"

    def add(self, key: Key) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(descriptor, (json.dumps(key) + "\n").encode())
        os.close(descriptor)

    def counted(self) -> Counter[Key]:
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        return Counter(tuple(json.loads(line)) for line in lines)


class _Model:
    """Says which call it is, with or without tool calls."""

    def __init__(self, log: _Log) -> None:
        self._log = log

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        subject = json.dumps(request.messages[0]["content"]) if request.path == "dig" else ""
        key = ("model", request.path, str(request.turn), subject)
        await anyio.lowlevel.checkpoint()
        self._log.add(key)
        await anyio.lowlevel.checkpoint()
        message: Message = {"role": "assistant", "content": json.dumps(key)}
        if calls := _calls(request):
            message["tool_calls"] = [
                {"id": f"{request.turn}.{number}", "name": name, "arguments": {"text": "x"}}
                for number, name in enumerate(calls)
            ]
        usage = Usage(model_calls=1, input_tokens=10, output_tokens=2, cost_usd="0.001")
        return ModelAnswer(message=message, value=None, usage=usage)


def _calls(request: ModelRequest) -> list[str]:
    match request.path, request.turn:
        case "plan", 1:
            return ["note"]
        case "dig", 1:
            return ["look", "note"]
        case "dig", 2:
            return ["note"]
        case _:
            return []


def _capabilities(log: _Log) -> Capabilities:
    def tool(name: str) -> Function:
        async def call(arguments: dict[str, Json], key: str) -> Json:
            await anyio.lowlevel.checkpoint()
            log.add(("tool", name, key))
            await anyio.lowlevel.checkpoint()
            return _result(name)

        return Function(call)

    tools = {name: tool(name) for name in ("look", "note", "mail", "stamp")}
    return Capabilities(models={"default": _Model(log)}, tools=tools, routers={})


def _result(name: str) -> Json:
    return f"done by {name}"


# Dying


class Killer:
    """A store that kills its process before or after the run's n-th event is committed, counted over all lives."""

    def __init__(self, store: Store, at: int, moment: str) -> None:
        self._store = store
        self.at = at
        self._moment = moment
        self.written = sum(len(store.events(run.id)) for run in _tree(store))

    def begin(self, run: Run, event: Event) -> int:
        return self._dying(lambda: self._store.begin(run, event))

    def commit(self, run: str, seq: int, event: Event, progress: Progress) -> int:
        return self._dying(lambda: self._store.commit(run, seq, event, progress))

    def _dying(self, write: Callable[[], int]) -> int:
        self.written += 1
        if self.written == self.at and self._moment == "before":
            die()
        time = write()
        if self.written == self.at and self._moment == "after":
            die()
        return time

    def save_document(self, digest: str, body: bytes) -> None:
        self._store.save_document(digest, body)

    def document(self, digest: str) -> bytes:
        return self._store.document(digest)

    def run(self, id: str) -> Run:
        return self._store.run(id)

    def runs(self) -> Sequence[Run]:
        return self._store.runs()

    def tree(self, root: str) -> Sequence[Run]:
        return self._store.tree(root)

    def events(self, run: str, after: int = 0) -> Sequence[Entry]:
        return self._store.events(run, after)

    def restore(self, runs: Sequence[tuple[Run, Sequence[Entry]]]) -> None:
        self._store.restore(runs)

    def remove(self, root: str) -> None:
        self._store.remove(root)

    def lease(self, root: str) -> AbstractContextManager[None]:
        return self._store.lease(root)

    def leased(self, root: str) -> bool:
        return self._store.leased(root)

    def close(self) -> None:
        self._store.close()


def die() -> None:
    """As from outside: no handler, no clean-up."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_call(number: int) -> None:
    """Dies in the n-th call or return of a Python function from here: at any moment at all, and the same one each time."""
    left = number

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            die()

    sys.setprofile(count)


# Living


@dataclass(frozen=True)
class Death:
    """What there was when a life ended by force: calls that had taken effect, and those whose end was journaled."""

    made: Counter[Key]
    ended: frozenset[Key]


@dataclass(frozen=True)
class Fate:
    """How the run came out in the end."""

    result: RunResult
    made: Counter[Key]
    deaths: list[Death]
    doubts: list[str]
    """How each doubt was settled."""
    journaled: int


Fatal = Callable[[Store], Store]
"""What a life does to its store (or to itself) to die."""


def live(folder: Path, ends: Callable[[int], Fatal | None]) -> Fate:
    """Lives the run to its end; `ends` says how a life dies, given the number of deaths so far."""
    anyio.run(anyio.lowlevel.checkpoint)  # What an event loop imports is imported once, and not in every life.
    deaths: list[Death] = []
    for _ in range(200):
        end = ends(len(deaths))
        status = fork(partial(_life, folder, end))
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            deaths.append(_death(folder))
        else:
            assert os.WEXITSTATUS(status) == 0
            if fate := _fate(folder, deaths):
                return fate
    raise AssertionError("the run does not come to its end")


def fork(work: Callable[[], None]) -> int:
    """Runs in a process of its own; gives the status that it ended with."""
    gc.freeze()
    process = os.fork()
    if process == 0:
        try:
            gc.disable()  # A collection would touch, and so copy, all that is shared with the tests.
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(70)
    status = os.waitpid(process, 0)[1]
    gc.unfreeze()
    return status


def _life(folder: Path, end: Fatal | None) -> None:
    log = _Log(folder)
    graph = document()
    store: Store = SqliteStore(folder / "runs.db", synchronous="normal")
    if end is not None:
        store = end(store)
    registry, capabilities = registry_of(graph), _capabilities(log)
    if not _tree(store):
        given: Json = {"first": "north", "topics": ["east", "west"]}
        run_blocking(graph, registry, root=folder, input=given, store=store, run_id=RUN, capabilities=capabilities)
        return
    asked = standing(store, RUN)
    answers = {} if asked is None else {each.address: _answer(each, log, folder) for each in asked.questions}
    resume_blocking(RUN, registry, root=folder, store=store, answers=answers, actor="mia", capabilities=capabilities)


def _answer(question: Question, log: _Log, folder: Path) -> Json:
    """A person answers: of a call in doubt, they look whether it took effect."""
    if question.cause != "effect-in-doubt":
        return "good"
    key, name = _key(question.address), question.prompt.split("`")[1]
    answer: Json = {"result": _result(name)} if log.counted()["tool", name, key] else "retry"
    with (folder / "doubts.log").open("a") as file:
        file.write("retry\n" if answer == "retry" else "result\n")
    return answer


def _key(address: str) -> str:
    """The idempotency key of a call: a hash of the root run, the namespace, the task and the call."""
    task, _, call = address.partition("#")
    namespace, _, task = task.rpartition("/")
    return _hash(namespace, task, call)


def _hash(namespace: str, task: str, call: str) -> str:
    text = json.dumps([RUN, namespace, task, call], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _tree(store: Store) -> Sequence[Run]:
    try:
        return store.tree(RUN)
    except StoreError:
        return []


def _death(folder: Path) -> Death:
    with closing(SqliteStore(folder / "runs.db")) as store:
        assert not store.leased(RUN)
        ended = frozenset(key for run in _tree(store) for key in _ended(run, store))
    return Death(_Log(folder).counted(), ended)


def _ended(run: Run, store: Store) -> Iterator[Key]:
    """The calls whose end is in a journal."""
    for entry in store.events(run.id):
        match entry.event:
            case CallEnded(kind="tool", name=name, task=task, call=call):
                yield "tool", name, _hash(run.namespace, task, call)
            case CallEnded(kind="model", value={"message": {"content": str(key)}}):
                yield tuple(json.loads(key))
            case _:
                pass


def _fate(folder: Path, deaths: list[Death]) -> Fate | None:
    """How the run came out, if it did."""
    with closing(SqliteStore(folder / "runs.db")) as store:
        result = standing(store, RUN)
        if result is None or result.outcome == "paused":
            return None
        journaled = sum(len(store.events(run.id)) for run in store.tree(RUN))
        assert all(run.progress.status == "finished" for run in store.tree(RUN))
    doubts = folder / "doubts.log"
    return Fate(
        result=result,
        made=_Log(folder).counted(),
        deaths=deaths,
        doubts=doubts.read_text().split() if doubts.exists() else [],
        journaled=journaled,
    )
