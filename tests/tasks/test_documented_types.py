"""What `///` says of a field reaches the model, however deep the field lies."""

from __future__ import annotations

from rag_compiler.pipeline import analyse, compile_graph
from rag_compiler.source import SourceFile
from rag_ir.graph import Document, Json, ModelCall
from rag_registry.manifest import read_manifest
from rag_runtime.tasks.fit import standing_alone
from tests.test_cases import MANIFEST

TEXT = """
/// A place on a map.
type Place {
  /// In degrees.
  lat: float
  /// What it lies in.
  inside: Place?
}

graph find {
  start a
  output { found: json = state.found }
  channel found overwrite
  node a {
    kind model
    model "default"
    prompt "Where?"
    output {
      /// The best one.
      best: Place
      /// The others.
      rest: map<Place>?
      more: {
        /// Of each.
        notes: {
          /// One line.
          text: string
        }[]
      }
    }
    into found
  }
}
"""


def test_documentation_of_nested_fields_stands_in_the_schema() -> None:
    registry, _ = read_manifest(MANIFEST.encode())
    document = compile_graph(analyse([SourceFile("find.rag", TEXT.encode())], registry), None)
    assert isinstance(document, Document)
    behaviour = document.graphs["find"].nodes[0].behaviour
    assert isinstance(behaviour, ModelCall)
    assert behaviour.output is not None
    found = dict(_descriptions(standing_alone(behaviour.output, document.types), ""))
    assert found == {
        "/properties/best": "The best one.",
        "/properties/rest": "The others.",
        "/properties/more/properties/notes": "Of each.",
        "/properties/more/properties/notes/items/properties/text": "One line.",
        "/$defs/Place": "A place on a map.",
        "/$defs/Place/properties/lat": "In degrees.",
        "/$defs/Place/properties/inside": "What it lies in.",
    }


def _descriptions(schema: Json, at: str) -> list[tuple[str, str]]:
    if isinstance(schema, list):
        return [each for item in schema for each in _descriptions(item, at)]
    if not isinstance(schema, dict):
        return []
    own = [(at, str(schema["description"]))] if "description" in schema else []
    return own + [each for key, value in schema.items() for each in _descriptions(value, f"{at}/{key}")]
