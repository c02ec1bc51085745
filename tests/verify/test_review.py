"""Which documents need a review, and that nothing runs without the one that it needs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from rag_ir import build
from rag_ir.build import require_tool
from rag_ir.graph import Document, Json, Node
from rag_ir.record import replace
from rag_runtime import api
from rag_runtime.refusals import DocumentRefused
from rag_runtime.stores.memory import MemoryStore
from rag_verify.review import check_review, from_elsewhere, needs_review, reach_of
from tests.runtime.world import capabilities, registry_of

MAIL = require_tool("mail", effects="external", approval="always")
READ = require_tool("look", effects="read")
NEW = require_tool("new", effects="unknown")
TOOLS = [MAIL, READ, NEW]


def _document(policy: str, *nodes: Node) -> Document:
    graph = build.graph("g", start=nodes[0].name, nodes=nodes)
    inner = build.graph("inner", start="x", nodes=[build.subagent("x", "helper")])
    agents = [build.declare_agent("helper", tools=["mail"])]
    made = build.document(
        "g",
        graphs=[graph, inner],
        agents=agents,
        tools=TOOLS,
        policy=replace(build.DEFAULT_POLICY, require_review=policy),  # type: ignore[arg-type]
    )
    kept = {name: each for name, each in made.graphs.items() if name == "g" or "inner" in str(made.graphs["g"])}
    return replace(made, graphs=kept, agents=made.agents if "inner" in kept else {})


def test_what_each_policy_asks_for() -> None:
    quiet, loud = build.pass_("a"), build.tool("a", "mail")
    for policy, node, asked in (
        ("never", loud, False),
        ("always", quiet, True),
        ("generated", loud, False),
        ("effects", quiet, False),
        ("effects", loud, True),
        ("effects", build.tool("a", "look"), False),
        ("effects", build.tool("a", "new"), True),
        ("effects", build.subgraph("a", "inner"), True),
    ):
        document = _document(policy, node)
        assert (needs_review(document, document.policy) is not None) == asked, (policy, node.behaviour)


def test_a_document_from_elsewhere_may_say_of_itself_what_it_wants() -> None:
    document = from_elsewhere(_document("generated", build.pass_("a")))
    assert needs_review(document, document.policy) == "nobody wrote it by hand, as far as is known"
    assert check_review(document, document.policy, [document.digest]) == []


def test_what_can_be_reached_is_told_with_its_labels() -> None:
    assert reach_of(_document("never", build.agent("a", tools=["mail", "look"]))) == (
        "model default",
        "tool look: effects read, reads public, returns trusted content",
        "tool mail: effects external, reads public, returns trusted content, after a person's approval",
    )


def test_nothing_runs_or_goes_on_without_the_review_that_it_needs() -> None:
    document = build.document("g", graphs=[build.graph("g", start="a", nodes=[build.interrupt("a", "well?")])])
    registry = registry_of(document)
    registry = replace(registry, policy=replace(registry.policy, require_review="always"))
    store, given = MemoryStore(), capabilities()

    async def run(*approvals: str) -> str:
        result = await api.run(
            document,
            registry,
            root=Path(),
            input=None,
            store=store,
            run_id="r",
            capabilities=given,
            approvals=approvals,
        )
        return result.outcome

    async def resume(*approvals: str) -> str:
        answers: dict[str, Json] = {"": "fine"}
        result = await api.resume(
            "r",
            registry,
            root=Path(),
            store=store,
            answers=answers,
            actor="mia",
            capabilities=given,
            approvals=approvals,
        )
        return result.outcome

    for going in (run(), run("sha256:other")):
        with pytest.raises(DocumentRefused) as refused:
            asyncio.run(going)
        assert [finding.code for finding in refused.value.findings] == ["review-required"]
    assert asyncio.run(run(document.digest)) == "paused"
    with pytest.raises(DocumentRefused):
        asyncio.run(resume())
    assert asyncio.run(resume(document.digest)) == "finished"
