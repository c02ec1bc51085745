"""What the compiler emits for the examples is valid for every reader of the IR, and the same each time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag_compiler.pipeline import analyse, compile_graph
from rag_ir.codec import decode, dump
from rag_ir.graph import Document
from rag_project.project import open_project
from tests.ir.test_schema import reader, validator

EXAMPLES = sorted(path.parent for path in (Path(__file__).parents[2] / "examples").glob("*/rag.toml"))


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_emitted_documents_are_valid(folder: Path) -> None:
    documents = _compiled(folder)
    assert documents
    for document in documents:
        data = dump(document)
        validator().validate(json.loads(data))
        reader().validate_json(data)
        assert decode(data) == (document, [])
    assert [dump(document) for document in _compiled(folder)] == [dump(document) for document in documents]


def _compiled(folder: Path) -> list[Document]:
    project = open_project(folder)
    assert project.findings == ()
    analysis = analyse(project.sources()[0], project.registry)
    compiled = [compile_graph(analysis, name) for name in sorted(analysis.program.graphs)]
    assert all(isinstance(each, Document) for each in compiled), compiled
    return [each for each in compiled if isinstance(each, Document)]
