"""What runs side by side, on graphs that are built by hand."""

from __future__ import annotations

from rag_ir import build
from rag_ir.graph import Graph, Node
from rag_verify.forks import Fork, forks_of


def _graph(*nodes: Node) -> Graph:
    graph = build.graph("main", start=nodes[0].name, nodes=nodes)
    agents = [build.declare_agent("worker"), build.declare_agent("critic")]
    return build.document("main", graphs=[graph], agents=agents).graphs["main"]


def test_agents_that_are_sent_to_are_members() -> None:
    sends = [build.send("worker"), build.send("critic")]
    graph = _graph(build.pass_("plan", sends=sends, join="end"), build.pass_("end"))
    assert forks_of(graph) == (Fork("plan", ("plan/worker", "plan/critic"), "end", "all", True),)


def test_a_branch_is_a_member_to_its_end() -> None:
    graph = _graph(
        build.pass_("plan", sends=[build.send("dig")], join="end"),
        build.pass_("dig", next="sift", on_error="mend"),
        build.pass_("sift"),
        build.pass_("mend"),
        build.pass_("end"),
    )
    assert forks_of(graph) == (Fork("plan", ("dig", "sift", "mend"), "end", "all", True),)


def test_a_branch_into_the_trunk_is_not_apart() -> None:
    graph = _graph(
        build.pass_("plan", sends=[build.send("dig"), build.send("worker")], join="end"),
        build.pass_("dig", next="log"),
        build.pass_("end", next="log"),
        build.pass_("log"),
    )
    assert forks_of(graph) == (Fork("plan", ("plan/worker",), "end", "all", False),)


def test_a_branch_back_to_its_sender_is_not_apart() -> None:
    graph = _graph(build.pass_("idle"), build.pass_("plan", sends=[build.send("dig")]), build.pass_("dig", next="plan"))
    assert forks_of(graph) == (Fork("plan", (), None, "", False),)


def test_branches_that_share_a_node_are_not_apart() -> None:
    graph = _graph(
        build.pass_("one", sends=[build.send("dig")], join="two"),
        build.pass_("two", sends=[build.send("dig")], join="end"),
        build.pass_("dig"),
        build.pass_("end"),
    )
    assert [(fork.sender, fork.members, fork.apart) for fork in forks_of(graph)] == [
        ("one", (), False),
        ("two", (), False),
    ]


def test_a_fork_in_a_branch_has_members_of_its_own() -> None:
    graph = _graph(
        build.pass_("one", sends=[build.send("two")], join="end"),
        build.pass_("two", sends=[build.send("worker")], join="gather"),
        build.pass_("gather"),
        build.pass_("end"),
    )
    assert [(fork.sender, fork.members) for fork in forks_of(graph)] == [
        ("one", ("two", "gather")),
        ("two", ("two/worker",)),
    ]
