"""The straight line from text to a sealed document, on the founding example and on text that is none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag_compiler.pipeline import analyse, compile_graph
from rag_compiler.source import SourceFile
from rag_ir.codec import decode, dump
from rag_ir.graph import Document
from rag_registry.manifest import read_manifest
from rag_verify import verify

MANIFEST = """
[project]
name = "research"

[models.default]
provider = "echo"

[tools.search]
python = "tools:search"
args = { query = "string" }
effects = "read"
reads = "public"
returns_trust = "trusted"

[tools.read_repo]
python = "tools:read_repo"
args = { path = "string" }
effects = "read"
reads = "public"
returns_trust = "trusted"

[agents.research_agent]
model = "default"
system = 'Answer "{{ input.question }}" in {{ if true then "a line" else "two" }}.'
output = { findings = "string[]" }

[agents.verifier_agent]
model = "default"
output = { critiques = "string[]" }

[agents.final_reviewer]
model = "default"
"""

FOUNDING = """
graph research_review {
  start supervisor

  channel messages messages
  channel findings append
  channel critiques append

  node supervisor {
    kind agent
    model "default"
    tools ["search", "read_repo"]
    send [
      research_agent { question: input.question },
      verifier_agent { question: input.question }
    ]
    join review
  }

  node review {
    kind sub_agent
    agent "final_reviewer"
    blocking true
    next END
  }
}
"""

REGISTRY, _ = read_manifest(MANIFEST)


def _compiled(text: str) -> Document:
    document = compile_graph(analyse([SourceFile("flow.rag", text.encode())], REGISTRY), None)
    assert isinstance(document, Document), document
    return document


def test_the_founding_example_checks_clean() -> None:
    assert analyse([SourceFile("flow.rag", FOUNDING.encode())], REGISTRY).diagnostics == ()


def test_its_children_are_nodes_and_their_writes_are_explicit() -> None:
    graph = _compiled(FOUNDING).graphs["research_review"]
    assert [node.name for node in graph.nodes] == [
        "supervisor",
        "supervisor/research_agent",
        "supervisor/verifier_agent",
        "review",
    ]
    written = {node.name: [entry.name for entry in node.writes.entries] for node in graph.nodes}
    assert written["supervisor/research_agent"] == ["findings"]
    assert written["supervisor/verifier_agent"] == ["critiques"]
    assert graph.nodes[-1].writes.speak


def test_instructions_of_the_manifest_are_templates() -> None:
    system = _compiled(FOUNDING).agents["research_agent"].system
    text = ["if", ["lit", True], ["lit", "a line"], ["lit", "two"]]
    assert system == ["template", 'Answer "', ["get", "input", "question"], '" in ', text, "."]


def test_what_is_emitted_passes_the_gate_of_the_runtime() -> None:
    document, findings = decode(dump(_compiled(FOUNDING)))
    assert findings == []
    assert document is not None
    assert verify(document) == []


def test_a_fault_of_the_manifest_does_not_reach_a_document() -> None:
    registry, findings = read_manifest(
        MANIFEST.replace('[agents.final_reviewer]\nmodel = "default"', '[agents.final_reviewer]\nmodel = "nothing"')
    )
    assert [finding.code for finding in findings] == ["unknown-model"]
    for known in (registry, read_manifest("[project")[0]):
        analysis = analyse([SourceFile("flow.rag", FOUNDING.encode())], known)
        assert analysis.diagnostics == ()
        refused = compile_graph(analysis, None)
        assert not isinstance(refused, Document)
        assert {each.code for each in refused} == {"ir-invalid"}


def test_layout_does_not_change_the_digest() -> None:
    moved = FOUNDING.replace("\n", "\n\n").replace("kind agent", "// a comment\n    kind   agent")
    assert _compiled(moved).digest == _compiled(FOUNDING).digest
    assert dump(_compiled(FOUNDING)) == dump(_compiled(FOUNDING))


def test_the_source_map_leads_back_to_the_text() -> None:
    place = _compiled(FOUNDING).source_map["/graphs/research_review/nodes/1"]
    assert (place.file, place.start) == ("flow.rag", (14, 7))


def test_an_error_in_another_file_does_not_keep_a_graph_from_compiling() -> None:
    broken = SourceFile("other.rag", b"graph other { start nowhere }")
    analysis = analyse([SourceFile("flow.rag", FOUNDING.encode()), broken], REGISTRY)
    assert isinstance(compile_graph(analysis, "research_review"), Document)
    refused = compile_graph(analysis, "other")
    assert not isinstance(refused, Document)
    assert [each.code for each in refused] == ["unknown-node"]


def test_the_entry_is_the_graph_that_no_other_calls() -> None:
    inner = "graph inner { start a  node a { kind pass } }\n"
    outer = 'graph outer { start a  node a { kind subgraph  graph "inner" } }\n'
    lonely = "graph lonely { start a  node a { kind pass } }\n"
    assert _compiled(inner + outer).entry == "outer"
    analysis = analyse([SourceFile("flow.rag", (inner + outer + lonely).encode())], REGISTRY)
    ambiguous = compile_graph(analysis, None)
    assert not isinstance(ambiguous, Document)
    assert ambiguous[0].candidates == ("lonely", "outer")


@given(st.data())
def test_no_text_raises_and_only_whole_graphs_compile(data: st.DataObject) -> None:
    """Pieces of the example in any order, with some left out: what compiles passes the gate, what does not says why."""
    pieces = FOUNDING.split()
    kept = data.draw(st.lists(st.sampled_from([*pieces, "}", "{", "[", '"', "->", "each", "x", "{{"]), max_size=60))
    at = data.draw(st.integers(0, len(pieces)))
    text = " ".join([*pieces[:at], *kept, *pieces[at:]])
    analysis = analyse([SourceFile("flow.rag", text.encode())], REGISTRY)
    for name in analysis.project.graphs:
        compiled = compile_graph(analysis, name)
        if isinstance(compiled, Document):
            assert [finding.code for finding in verify(compiled) if finding.code != "unreachable-node"] == []
        else:
            assert any(diagnostic.severity == "error" for diagnostic in compiled)
