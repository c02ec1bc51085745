"""The gate on documents that no compiler made: every name must lead somewhere, and what they require must be here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from rag_ir import build
from rag_ir.finding import Finding
from rag_ir.graph import Cache, Code, Document, Entry, JoinSends, Node, Steering, Writes
from rag_registry.manifest import read_manifest
from rag_verify import verify
from rag_verify.flow import components
from rag_verify.names_used import NamesUsed
from rag_verify.requirements import rebind, require
from rag_verify.unbuilt import UNBUILT


def _document(*nodes: Node, joins: Sequence[tuple[Sequence[str], str]] = (), recursion_limit: int = 50) -> Document:
    channels = [build.channel("c", "append")]
    graph = build.graph("g", start="a", nodes=nodes, channels=channels, joins=joins, recursion_limit=recursion_limit)
    return build.document("g", graphs=[graph], agents=[build.declare_agent("helper")])


def _graph(node: Node, **policies: Any) -> Document:
    return build.document("g", graphs=[build.graph("g", start="a", nodes=[node], **policies)])


def _joined(join: JoinSends) -> Document:
    return _document(build.pass_("a", sends=[build.send("b"), build.send("c")], join=join), B, build.pass_("c"))


def _into(channel: str, value: Code = None) -> Writes:
    return Writes(
        entries=(Entry(name=channel, value=value or build.lit(1)),), present=False, by_name=False, speak=False
    )


A = build.pass_("a")
B = build.pass_("b")
INVALID = {
    "target": _document(build.pass_("a", next="nowhere")),
    "hole": _document(build.pass_("a", next="?")),
    "start": build.document("g", graphs=[build.graph("g", start="b", nodes=[A])]),
    "entry": build.document("h", graphs=[build.graph("g", start="a", nodes=[A])]),
    "twice": _document(A, A),
    "reserved": _document(A, build.pass_("END")),
    "channel": _document(build.pass_("a", writes={"d": build.lit(1)})),
    "read channel": _document(build.pass_("a", update={"c": ["list", build.get("state", "d")]})),
    "agent": _document(build.subagent("a", "nobody")),
    "graph": _document(build.subgraph("a", "nothing")),
    "label": _document(build.pass_("a", routes={"done": "END"})),
    "handler": _document(build.pass_("a", on_error="nowhere")),
    "handler that ends": _document(build.pass_("a", on_error="END")),
    "join of nothing": _document(build.pass_("a", join="b"), build.pass_("b")),
    "child without join": _document(build.pass_("a", sends=[build.send("helper")])),
    "route to a child": _document(
        build.pass_("a", sends=[build.send("helper")], join="b"), build.pass_("b", next="a/helper")
    ),
    "join source": _document(A, joins=[(["b"], "a")]),
    "limit": _document(A, recursion_limit=0),
    "visits": _document(build.pass_("a", max_visits=0)),
    "type": _document(build.model("a", output={"$ref": "#/types/T"})),
    "label of the kind": _document(replace(A, labels=("final", "done"))),
    "label of a loop": _document(replace(build.agent("a"), labels=("final", "tool_call"))),
    "label of no router": _document(build.router("a", None, ["yes"], routes={"yes": "END"})),
    "an address": _document(build.pass_("a", next="0:0:b"), build.pass_("0:0:b")),
    "initial list": build.document(
        "g", graphs=[build.graph("g", start="a", nodes=[A], channels=[build.channel("c", "append", initial=3)])]
    ),
    "initial number": build.document(
        "g", graphs=[build.graph("g", start="a", nodes=[A], channels=[build.channel("c", "max", initial="a")])]
    ),
    "initial type": build.document(
        "g",
        graphs=[
            build.graph(
                "g", start="a", nodes=[A], channels=[build.channel("c", initial="a", schema={"type": "integer"})]
            )
        ],
    ),
    "default": build.document(
        "g",
        graphs=[
            build.graph(
                "g", start="a", nodes=[A], input=[build.field("x", {"type": "string"}, required=False, default=1)]
            )
        ],
    ),
    "quorum": _joined(build.join_sends("b", "quorum")),
    "quorum of none": _joined(build.join_sends("b", "quorum", quorum=0)),
    "quorum of a race": _joined(build.join_sends("b", "race", quorum=1)),
    "keep": _joined(build.join_sends("b", keep=True)),
    "time of a join": _joined(build.join_sends("b", timeout=-1)),
    "handler of no time": _joined(build.join_sends("b", on_timeout="b")),
    "handler of a join": _joined(build.join_sends("b", timeout=1, on_timeout="END")),
    "time of a send": _document(build.pass_("a", sends=[build.send("b", timeout=0)]), B),
    "retry of a send": _document(build.pass_("a", sends=[build.send("b", retry=build.retry(0))]), B),
    "writes of a send": _document(build.pass_("a", sends=[build.send("b", writes=_into("d"))]), B),
    "read by the writes of a send": _document(
        build.pass_("a", sends=[build.send("b", writes=_into("c", build.get("state", "d")))]), B
    ),
    "writes of an implicit child": _document(
        build.pass_("a", sends=[build.send("helper", writes=_into("c"))], join="b"), B
    ),
    "time": _document(build.model("a", timeout=0)),
    "class of errors": _document(build.model("a", retry=build.retry(on=["time"]))),
    "first wait": _document(build.model("a", retry=build.retry(initial=9, max=8))),
    "budget": _document(build.model("a", budget=build.budget(tokens=-1))),
    "money": _document(build.model("a", budget=build.budget(cost_usd="1e3"))),
    "cache": _document(build.model("a", cache=Cache(scope="run", ttl=0))),
    "steering": _document(build.model("a", steering=Steering(human=("stop",), parent=()))),
    "store": _document(build.model("a", stores=["notes"])),
    "middleware": _document(build.model("a", middleware=["redact"])),
    "reducer": _graph(A, channels=[build.channel("c", "aggregate", function="newest")]),
    "reducer without a function": _graph(A, channels=[build.channel("c", "aggregate")]),
    "function of another reducer": _graph(A, channels=[build.channel("c", "append", function="newest")]),
    "kind of what is allowed": _graph(A, allow={"modells": ["default"]}),
    "budget of a graph": _graph(A, budget=build.budget(wall=-1)),
    "budget of an agent": build.document(
        "g",
        graphs=[build.graph("g", start="a", nodes=[build.subagent("a", "b")])],
        agents=[build.declare_agent("b", budget=build.budget(model_calls=-1))],
    ),
    "tool": replace(_document(build.tool("a", "t")), requires=require(NamesUsed(), read_manifest("")[0])),
}


@pytest.mark.parametrize("name", INVALID)
def test_a_name_that_leads_nowhere_is_refused(name: str) -> None:
    assert {finding.code for finding in verify(INVALID[name])} == {"ir-invalid"}


UNBUILT_USES = {
    "node retry": ("/graphs/g/nodes/0/retry", _document(build.model("a", retry=build.retry()))),
    "node budget": ("/graphs/g/nodes/0/budget", _document(build.model("a", budget=build.budget(tokens=1)))),
    "node cache": ("/graphs/g/nodes/0/cache", _document(build.model("a", cache=Cache(scope="run", ttl=None)))),
    "node timeout": ("/graphs/g/nodes/0/timeout", _document(build.model("a", timeout=5))),
    "node steering": (
        "/graphs/g/nodes/0/steering",
        _document(build.model("a", steering=Steering(human=("pause",), parent=()))),
    ),
    "graph budget": ("/graphs/g/budget", _graph(A, budget=build.budget(tokens=1))),
    "checkpoint exit": ("/graphs/g/checkpoint", _graph(A, checkpoint="exit")),
    "checkpoint off": ("/graphs/g/checkpoint", _graph(A, checkpoint="off")),
    "wait race": ("/graphs/g/nodes/0/routing/wait", _joined(build.join_sends("b", "race"))),
    "join timeout": ("/graphs/g/nodes/0/routing/timeout", _joined(build.join_sends("b", timeout=1))),
    "send optional": (
        "/graphs/g/nodes/0/sends/0/optional",
        _document(build.pass_("a", sends=[build.send("b", optional=True)]), B),
    ),
}


@pytest.mark.parametrize("key", UNBUILT_USES)
def test_what_no_run_can_do_is_refused_as_long_as_the_table_says_so(key: str) -> None:
    at, document = UNBUILT_USES[key]
    refused = [finding.at for finding in verify(document) if finding.code == "not-built"]
    assert refused == ([at] if key in UNBUILT else [])


def test_nothing_runs_under_a_budget_that_no_run_could_keep() -> None:
    limited = replace(_graph(A), policy=replace(build.DEFAULT_POLICY, max_budget=build.budget(tokens=1)))
    assert [(finding.code, finding.at) for finding in verify(limited)] == [("not-built", "/policy/max_budget")]


def test_a_join_that_can_never_hold_is_refused() -> None:
    for join in (build.join_sends("b", "quorum", quorum=3), build.join_sends("b", "quorum", quorum=9, keep=True)):
        assert "join-never-holds" in {finding.code for finding in verify(_joined(join))}
    one = _document(
        build.pass_("a", sends=[build.send("c")], join=build.join_sends("b", "compare")), B, build.pass_("c")
    )
    assert "join-never-holds" in {finding.code for finding in verify(one)}


def test_a_tool_that_is_approved_asks_a_person() -> None:
    graph = build.graph("g", start="a", nodes=[build.tool("a", "t")], interrupts=False)
    asks = build.document("g", graphs=[graph], tools=[build.require_tool("t", approval="always")])
    assert [finding.at for finding in verify(asks) if finding.code == "pause-forbidden"] == [
        "/graphs/g/nodes/0/behaviour/tool"
    ]
    acts = build.document("g", graphs=[graph], tools=[build.require_tool("t")])
    assert "pause-forbidden" not in {finding.code for finding in verify(acts)}


def test_a_good_document_passes() -> None:
    node = build.pass_("a", sends=[build.send("helper", {"q": build.get("state", "c")})], join="b")
    assert verify(_document(node, build.model("b", output={"$ref": "#/types/message"}))) == []


def test_graphs_that_call_each_other_are_refused() -> None:
    graphs = [
        build.graph("f", start="a", nodes=[build.subgraph("a", "g")]),
        build.graph("g", start="a", nodes=[build.subgraph("a", "f")]),
    ]
    assert [finding.code for finding in verify(build.document("f", graphs=graphs))] == ["graph-recursion"]


def _found(document: Document) -> list[Finding]:
    """The findings, but for those on the one channel of all documents here."""
    return [finding for finding in verify(document) if finding.code != "channel-never-written"]


def test_no_branch_leaves_its_child() -> None:
    start = build.pass_("a", sends=[build.send("b")], join="c")
    ways = {
        "/routing/target": build.pass_("b", next="c"),
        "/routing/entries/1/target": build.pass_("b", routes=[(None, build.lit(True), "END"), (None, None, "c")]),
        "/on_error": build.pass_("b", on_error="c"),
    }
    for at, child in ways.items():
        (finding,) = _found(_document(start, child, build.pass_("c")))
        assert (finding.code, finding.at) == ("join-from-child", f"/graphs/g/nodes/1{at}")
        assert finding.related[0].at == "/graphs/g/nodes/0/routing"
    assert _found(_document(start, build.pass_("b", next="d"), build.pass_("c"), build.pass_("d"))) == []


def test_a_loop_without_an_end_is_reported_once_and_a_way_out_by_failure_counts() -> None:
    loop = [build.pass_("a", next="b"), build.pass_("b", next="a")]
    assert [finding.code for finding in _found(_document(*loop))] == ["no-way-to-end"]
    caught = [build.pass_("a", next="b"), build.pass_("b", next="a", on_error="c", max_visits=3), build.pass_("c")]
    assert _found(_document(*caught)) == []


def test_what_hangs_on_an_unreachable_node_is_not_reported_by_itself() -> None:
    lost = [build.pass_("b", next="c"), build.pass_("c", next="d"), build.pass_("d", next="c", on_error="a")]
    (finding,) = _found(_document(A, *lost))
    assert (finding.code, finding.at) == ("unreachable-node", "/graphs/g/nodes/1")
    assert [related.at for related in finding.related] == ["/graphs/g/nodes/2", "/graphs/g/nodes/3"]


def test_components_come_after_what_they_lead_to() -> None:
    edges = {"a": ["b"], "b": ["c", "a"], "c": ["d"], "d": ["c"], "e": []}
    assert [sorted(each) for each in components("eabcd", edges)] == [["e"], ["c", "d"], ["a", "b"]]


MANIFEST = """
[project]
name = "p"
[models.default]
provider = "echo"
[tools.search]
python = "tools:search"
args = { query = "string" }
[routers.pick]
python = "tools:pick"
labels = ["one", "two"]
"""


USED = NamesUsed(models=frozenset({"default"}), tools=frozenset({"search"}), routers=frozenset({"pick"}))


def test_what_a_document_requires_is_replaced_or_refused() -> None:
    registry, _ = read_manifest(MANIFEST)
    node = build.tool("a", "search", next="b")
    route = build.router("b", "pick", ["one", "two"], routes={"one": "END", "two": "END"})
    document = replace(_document(node, route), requires=require(USED, registry))
    assert rebind(document, registry) == (document, [])

    richer, _ = read_manifest(MANIFEST.replace('"echo"', '"echo"\ncontext_window = 9_000'))
    bound, findings = rebind(document, richer)
    assert findings == []
    assert bound.requires.models[0].context_window == 9_000

    changed, _ = read_manifest(MANIFEST.replace('query = "string"', 'query = "int"').replace('"two"', '"three"'))
    _, findings = rebind(document, changed)
    assert [(each.code, each.at) for each in findings] == [
        ("capability-changed", "/requires/tools/0/digest"),
        ("capability-changed", "/requires/routers/0/digest"),
    ]
    assert document.requires.tools[0].digest in findings[0].message

    renamed, _ = read_manifest(MANIFEST.replace("tools.search", "tools.searcher"))
    _, findings = rebind(document, renamed)
    assert [(each.code, each.help) for each in findings] == [("capability-missing", "did you mean `searcher`?")]
