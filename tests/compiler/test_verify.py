"""The gate on documents that no compiler made: every name must lead somewhere, and what they require must be here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rag_ir import build
from rag_ir.graph import Document, Node
from rag_registry.manifest import read_manifest
from rag_verify import verify
from rag_verify.flow import components
from rag_verify.names_used import NamesUsed
from rag_verify.requirements import rebind, require


def _document(*nodes: Node, joins: Sequence[tuple[Sequence[str], str]] = (), recursion_limit: int = 50) -> Document:
    channels = [build.channel("c", "append")]
    graph = build.graph("g", start="a", nodes=nodes, channels=channels, joins=joins, recursion_limit=recursion_limit)
    return build.document("g", graphs=[graph], agents=[build.declare_agent("helper")])


A = build.pass_("a")
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
    "tool": replace(_document(build.tool("a", "t")), requires=require(NamesUsed(), read_manifest("")[0])),
}


@pytest.mark.parametrize("name", INVALID)
def test_a_name_that_leads_nowhere_is_refused(name: str) -> None:
    assert {finding.code for finding in verify(INVALID[name])} == {"ir-invalid"}


def test_a_good_document_passes() -> None:
    node = build.pass_("a", sends=[build.send("helper", {"q": build.get("state", "c")})], join="b")
    assert verify(_document(node, build.model("b", output={"$ref": "#/types/message"}))) == []


def test_graphs_that_call_each_other_are_refused() -> None:
    graphs = [
        build.graph("f", start="a", nodes=[build.subgraph("a", "g")]),
        build.graph("g", start="a", nodes=[build.subgraph("a", "f")]),
    ]
    assert [finding.code for finding in verify(build.document("f", graphs=graphs))] == ["graph-recursion"]


def test_no_branch_leaves_its_child() -> None:
    start = build.pass_("a", sends=[build.send("b")], join="c")
    ways = {
        "/routing/target": build.pass_("b", next="c"),
        "/routing/entries/1/target": build.pass_("b", routes=[(None, build.lit(True), "END"), (None, None, "c")]),
        "/on_error": build.pass_("b", on_error="c"),
    }
    for at, child in ways.items():
        (finding,) = verify(_document(start, child, build.pass_("c")))
        assert (finding.code, finding.at) == ("join-from-child", f"/graphs/g/nodes/1{at}")
        assert finding.related[0].at == "/graphs/g/nodes/0/routing"
    assert verify(_document(start, build.pass_("b", next="d"), build.pass_("c"), build.pass_("d"))) == []


def test_a_loop_without_an_end_is_reported_once_and_a_way_out_by_failure_counts() -> None:
    loop = [build.pass_("a", next="b"), build.pass_("b", next="a")]
    assert [finding.code for finding in verify(_document(*loop))] == ["no-way-to-end"]
    caught = [build.pass_("a", next="b"), build.pass_("b", next="a", on_error="c", max_visits=3), build.pass_("c")]
    assert verify(_document(*caught)) == []


def test_what_hangs_on_an_unreachable_node_is_not_reported_by_itself() -> None:
    lost = [build.pass_("b", next="c"), build.pass_("c", next="d"), build.pass_("d", next="c", on_error="a")]
    (finding,) = verify(_document(A, *lost))
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
