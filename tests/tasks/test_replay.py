"""An activation that is run again with any part of its journal comes to the same end and makes no ended call again."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_ir import build
from rag_ir.graph import Json
from rag_runtime.events import Error
from rag_runtime.seams import CallFailed
from tests.tasks.stage import TEXT, Function, Stage, fields, scripted, stage, tool

FINDING = fields(finding=TEXT)


def _tool(arguments: dict[str, Json]) -> Json:
    if arguments["query"] == "break":
        raise CallFailed(Error(code="tool-error", message="it broke"))
    return {"found": arguments["query"]}


def _call(name: str, arguments: dict[str, Json], identity: str) -> Json:
    call: dict[str, Json] = {"name": name, "arguments": arguments}
    return {**call, "id": identity} if identity else call


def _asking(calls: list[Json]) -> Json:
    return {"text": "let me see", "tool_calls": calls}


QUERIES: list[dict[str, Json]] = [{"query": "q"}, {"query": "break"}, {}]
CALLS = st.builds(
    _call, st.sampled_from(["search", "searhc"]), st.sampled_from(QUERIES), st.sampled_from(["", "1", "2"])
)
ASKING = st.lists(CALLS, min_size=1, max_size=3).map(_asking)
FINAL: Json = {"finding": "f"}
ENDINGS: list[list[Json]] = [[FINAL], ["no json", FINAL], ["no", "no"], [{"error": "server"}], []]
ANSWERS = st.builds(list[Json].__add__, st.lists(ASKING, max_size=3), st.sampled_from(ENDINGS))


def _agent(answers: list[Json], *, strict: bool, child: bool) -> Stage:
    return stage(
        build.subagent("a", "helper") if child else build.agent("a", tools=["search"], output=FINDING, max_turns=4),
        input="x",
        agents=[build.declare_agent("helper", tools=["search"], output=FINDING, max_turns=4)],
        model=scripted(*answers),
        tools={"search": (tool("search", on_error="fail" if strict else "answer"), Function(_tool))},
    )


@given(answers=ANSWERS, strict=st.booleans(), child=st.booleans())
def test_every_cut_of_a_journal_leads_to_the_same_end(answers: list[Json], strict: bool, child: bool) -> None:
    async def check() -> None:
        whole = _agent(answers, strict=strict, child=child)
        ended = await whole.run()
        for cut in range(len(whole.journal) + 1):
            kept = whole.journal[:cut]
            again = whole.again(kept)
            assert await again.run() == ended
            assert not {each.call for each in kept} & set(again.made)
            assert sorted(again.made) == sorted(each.call for each in whole.journal[cut:])

    anyio.run(check)


@pytest.mark.anyio
async def test_the_order_in_which_calls_end_changes_nothing() -> None:
    """Each of three calls waits for the one that is to end before it, in every order."""
    seen: list[tuple[object, list[str]]] = []
    for order in ([0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]):
        it = stage(
            build.agent("a", tools=["search"]),
            input="x",
            model=scripted(
                {"tool_calls": [{"name": "search", "arguments": {"query": str(number)}} for number in range(3)]}, "done"
            ),
            tools={"search": (tool("search"), _in_order(order))},
        )
        seen.append((await it.run(), [each.call for each in it.journal]))
    assert len({repr(ended) for ended, _ in seen}) == 1
    assert len({tuple(calls) for _, calls in seen}) == 6


def _in_order(order: list[int]) -> Function:
    done = [anyio.Event() for _ in order]

    async def call(arguments: dict[str, Json]) -> Json:
        place = order.index(int(str(arguments["query"])))
        if place:
            await done[place - 1].wait()
        done[place].set()
        return arguments["query"]

    return Function(lambda arguments: call(arguments))
