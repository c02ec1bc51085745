"""The builder derives what the IR wants explicit."""

from __future__ import annotations

import pytest

from rag_ir import build
from rag_ir.codec import decode, digest, dump
from rag_ir.graph import Entry, Finish, Next, Routes, Subagent, Subgraph
from tests.ir.documents import everything, founding


def test_sends_to_other_names_make_children() -> None:
    graph = founding().graphs["research_review"]
    supervisor, research, verifier, review = graph.nodes
    assert [node.name for node in graph.nodes] == [
        "supervisor",
        "supervisor/research_agent",
        "supervisor/verifier_agent",
        "review",
    ]
    assert [send.target for send in supervisor.sends] == [research.name, verifier.name]
    assert [node.implicit for node in graph.nodes] == [False, True, True, False]
    assert research.behaviour == Subagent(kind="subagent", agent="research_agent", input=None)
    assert research.routing == Finish(kind="end")
    assert (review.writes.by_name, review.writes.speak) == (True, True)
    assert graph.messages == "messages"


def test_a_send_to_a_graph_of_the_document_makes_a_child_run() -> None:
    outer = build.graph(
        "outer", start="a", nodes=[build.pass_("a", sends=[build.send("inner")], join="b"), build.pass_("b")]
    )
    inner = build.graph("inner", start="x", nodes=[build.pass_("x")])
    document = build.document("outer", graphs=[outer, inner])
    assert document.graphs["outer"].nodes[1].behaviour == Subgraph(kind="subgraph", graph="inner", input=None)


def test_a_send_to_a_node_of_the_graph_makes_none() -> None:
    graph = build.graph(
        "g", start="a", nodes=[build.pass_("a", sends=[build.send("b")], join="c"), build.pass_("b"), build.pass_("c")]
    )
    assert build.document("g", graphs=[graph]).graphs["g"] == graph


def test_routing() -> None:
    assert build.pass_("a").routing == Finish(kind="end")
    assert build.pass_("a", next="b").routing == Next(kind="next", target="b")
    routing = build.router("a", "pick", ["yes", "no"], routes={"yes": "b", "else": "c"}).routing
    assert isinstance(routing, Routes)
    assert [(route.label, route.target) for route in routing.entries] == [("yes", "b"), (None, "c")]
    with pytest.raises(ValueError, match="one source of routing, not next and join"):
        build.pass_("a", next="b", join="c")


def test_explicit_writes_replace_the_default_ones() -> None:
    writes = build.subagent("a", "helper", into="found").writes
    assert writes.entries == (Entry(name="found", value=["get", "output"]),)
    assert (writes.by_name, writes.speak) == (False, False)


def test_requirements_are_those_that_the_graphs_name() -> None:
    requires = everything().requires
    assert [model.name for model in requires.models] == ["default"]
    assert [tool.name for tool in requires.tools] == ["search"]
    assert [router.name for router in requires.routers] == ["pick"]
    assert [tool.name for tool in founding().requires.tools] == ["read_repo", "search"]


def test_what_is_built_is_sealed() -> None:
    document = founding()
    assert document.digest == digest(document)
    assert decode(dump(document)) == (document, [])
