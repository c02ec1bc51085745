"""What may be named: the policy of the machine, and the lists of graphs themselves, hold for documents that nobody compiled here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag_compiler.pipeline import analyse, compile_graph
from rag_compiler.source import SourceFile
from rag_ir import build
from rag_ir.codec import dump
from rag_ir.graph import Document, Graph
from rag_registry.manifest import read_manifest
from rag_registry.registry import Registry
from rag_runtime.load import load
from rag_verify import verify
from rag_verify.check_allowed import check_allowed

MANIFEST = """
[models.small]
provider = "echo"
[models.big]
provider = "echo"
[tools.search]
python = "tools:search"
args = {}
effects = "read"
reads = "public"
returns_trust = "trusted"
[tools.publish]
python = "tools:publish"
args = {}
effects = "read"
reads = "public"
returns_trust = "trusted"
aliases = ["post"]
[agents.writer]
model = "small"
[agents.hand]
model = "small"
tools = ["publish"]
[routers.pick]
python = "tools:pick"
labels = ["yes"]
"""


def registry(policy: str = "") -> Registry:
    made, findings = read_manifest(MANIFEST + policy)
    assert [finding for finding in findings if finding.code != "not-allowed"] == []
    return made


def document(*graphs: Graph) -> Document:
    return build.document(graphs[0].name, graphs=graphs, agents=[build.declare_agent("writer", model="small")])


def main(**allow: list[str]) -> Graph:
    nodes = [
        build.agent("a", model="small", tools=["search", "publish"], next="b"),
        build.subagent("b", "writer", next="c"),
        build.subgraph("c", "sub", next="d"),
        build.router("d", "pick", ["yes"], routes={"yes": "END"}),
    ]
    return build.graph("main", start="a", nodes=nodes, allow=allow)


SUB = build.graph("sub", start="x", nodes=[build.tool("x", "publish")])

POLICIES: list[tuple[str, list[str]]] = [
    ("", []),
    ("[policy.deny]\ntools = ['publish']", ["/requires/tools/0"]),
    ("[policy.deny]\ntools = ['post']", ["/requires/tools/0"]),
    ("[policy.allow]\ntools = ['search', 'post']", []),
    ("[policy.allow]\ntools = []", ["/requires/tools/0", "/requires/tools/1"]),
    ("[policy.allow]\nmodels = ['big']", ["/requires/models/0"]),
    ("[policy.deny]\nrouters = ['pick']", ["/requires/routers/0"]),
    ("[policy.deny]\nagents = ['writer']", ["/agents/writer"]),
    ("[policy.allow]\nagents = ['other']", ["/agents/writer"]),
    ("[policy.deny]\ngraphs = ['sub']", ["/graphs/sub"]),
    ("[policy.deny]\ngraphs = ['main']", ["/entry"]),
    ("[policy.allow]\ngraphs = ['sub']", []),
    ("[policy.allow]\ngraphs = ['main']", ["/graphs/sub"]),
]


@pytest.mark.parametrize(("policy", "at"), POLICIES)
def test_a_policy_speaks_of_the_whole_document(policy: str, at: list[str]) -> None:
    made = build.document("main", graphs=[main(), SUB], agents=[build.declare_agent("writer", model="small")],
                          routers=[build.require_router("pick", ["yes"])])  # fmt: skip
    terms = registry(policy).policy
    limits = replace(made.policy, allow=terms.allow, deny=terms.deny)
    found = check_allowed(made, limits)
    assert [(each.code, each.at) for each in found] == [("not-allowed", place) for place in at]
    assert [each.at for each in verify(replace(made, policy=limits))] == at


GRAPHS: list[tuple[dict[str, list[str]], list[str]]] = [
    ({}, []),
    ({"models": ["small"], "tools": ["search", "publish"], "agents": ["writer"], "graphs": ["sub"]}, []),
    ({"models": ["big"]}, ["/graphs/main/nodes/0/behaviour/model"]),
    ({"tools": ["search"]}, ["/graphs/main/nodes/0/behaviour/tools/1"]),
    ({"agents": []}, ["/graphs/main/nodes/1/behaviour/agent"]),
    ({"graphs": []}, ["/graphs/main/nodes/2/behaviour/graph"]),
    ({"routers": []}, ["/graphs/main/nodes/3/behaviour/router"]),
    ({"stores": [], "middleware": [], "reducers": []}, []),
]


@pytest.mark.parametrize(("allow", "at"), GRAPHS)
def test_a_graph_speaks_of_its_own_nodes(allow: dict[str, list[str]], at: list[str]) -> None:
    made = build.document("main", graphs=[main(**allow), SUB], agents=[build.declare_agent("writer", model="small")],
                          routers=[build.require_router("pick", ["yes"])])  # fmt: skip
    assert [(each.code, each.at) for each in verify(made)] == [("not-allowed", place) for place in at]


def test_what_executes_the_calls_of_others_is_not_told_again() -> None:
    nodes = [
        build.agent("a", model="small", tools=["publish"], loop=False, routes={"tool_call": "b", "final": "END"}),
        build.tool_executor("b", ["publish"], next="a"),
    ]
    graph = build.graph("g", start="a", nodes=nodes, allow={"tools": []})
    assert [each.at for each in check_allowed(document(graph), document(graph).policy)] == [
        "/graphs/g/nodes/0/behaviour/tools/0"
    ]


SOURCE = """
graph main {
  start a
  node a { kind agent  model "small"  prompt "x"  tools ["search", "publish"] }
}
"""


def compiled(text: str, under: Registry) -> Document:
    made = compile_graph(analyse([SourceFile("main.rag", text.encode())], under), None)
    assert isinstance(made, Document)
    return made


def test_a_document_that_was_compiled_elsewhere_is_refused_when_it_is_loaded() -> None:
    data = dump(compiled(SOURCE, registry()))
    assert load(data, registry())[1] == []
    loaded, findings = load(data, registry("[policy.deny]\ntools = ['publish']"))
    assert loaded is None
    assert [(each.code, each.at, each.message) for each in findings] == [
        ("not-allowed", "/requires/tools/0", "the policy denies tool `publish`")
    ]


def test_an_agent_of_the_manifest_that_names_what_is_denied_does_not_compile() -> None:
    text = 'graph main { start a  node a { kind subagent  agent "hand" } }'
    under = registry("[policy.deny]\ntools = ['publish']")
    assert not isinstance(compile_graph(analyse([SourceFile("main.rag", text.encode())], under), None), Document)
    assert isinstance(compile_graph(analyse([SourceFile("main.rag", text.encode())], registry()), None), Document)
