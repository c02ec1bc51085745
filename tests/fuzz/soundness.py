"""What holds for the analysis of any bytes at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_compiler.pipeline import analyse, compile_graph
from rag_compiler.report import manifest_diagnostics
from rag_compiler.source import LineIndex, SourceFile
from rag_ir.codec import decode, dump
from rag_ir.graph import Document
from rag_ir.rules import RULES
from rag_registry.manifest import read_manifest
from rag_verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rag_compiler.diagnostics import Diagnostic, Place
    from rag_registry.registry import Registry


def check_source(data: bytes, registry: Registry) -> tuple[Diagnostic, ...]:
    """Analyse a source twice, compile its graphs, and look at everything that is said of it."""
    analysis = analyse([SourceFile("case.rag", data)], registry)
    again = analyse([SourceFile("case.rag", data)], registry)
    assert analysis.diagnostics == again.diagnostics, data
    check_places(analysis.diagnostics, {"case.rag": data})
    for name in analysis.project.graphs:
        compiled = compile_graph(analysis, name)
        if isinstance(compiled, Document):
            assert not [found for found in verify(compiled) if found.severity == "error"], data
            loaded, findings = decode(dump(compiled))
            assert loaded == compiled, data
            assert not findings, data
        else:
            assert any(diagnostic.severity == "error" for diagnostic in compiled), data
    return analysis.diagnostics


def check_manifest(data: bytes) -> None:
    """Read a manifest twice, and look at everything that is said of it."""
    registry, findings = read_manifest(data)
    assert read_manifest(data)[1] == findings, data
    diagnostics = manifest_diagnostics(findings, "rag.toml", data)
    check_places(diagnostics, {"rag.toml": data})
    analyse([SourceFile("case.rag", SMALL)], registry, SourceFile("rag.toml", data))


def check_document(data: bytes) -> None:
    """Decode a document, and verify the one that comes out."""
    document, findings = decode(data)
    assert (document is None) == bool(findings), data
    if document is not None:
        verify(document)
        assert decode(dump(document))[0] == document, data


def check_places(diagnostics: Iterable[Diagnostic], texts: dict[str, bytes]) -> None:
    """Every place is inside of its file, and begins and ends between two characters; every diagnostic is worded."""
    for diagnostic in diagnostics:
        assert diagnostic.code in RULES
        assert diagnostic.message
        for place in _places(diagnostic):
            data = texts[place.path]
            start, end = place.span.start, place.span.end
            assert 0 <= start <= end <= len(data), (diagnostic, data)
            assert _between(data, start), (diagnostic, data)
            assert _between(data, end), (diagnostic, data)
            index = LineIndex(data)
            assert (index.position(start).line, index.position(start).column) >= (1, 1)


def _places(diagnostic: Diagnostic) -> Iterator[Place]:
    yield diagnostic.place
    yield from (label.place for label in diagnostic.related)
    yield from (edit.place for fix in diagnostic.fixes for edit in fix.edits)


def _between(data: bytes, at: int) -> bool:
    """Whether an offset splits no character; bytes that are no UTF-8 are characters of their own."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return True
    return at == len(data) or data[at] & 0xC0 != 0x80


SMALL = b'graph g { start a  node a { kind agent  model "default"  tools ["search"] } }\n'
