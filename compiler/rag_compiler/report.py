"""Report: findings on documents become diagnostics on texts, at the severities of the manifest, without what is suppressed.

A finding names a JSON pointer. One on the IR is placed by what `emit` recorded, one on the manifest by where its keys stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from rag_compiler.diagnostics import Diagnostic, Edit, Fix, Label, Place
from rag_compiler.places import nearest
from rag_compiler.source import SourceFile, Span
from rag_ir.finding import Finding, Related
from rag_ir.record import replace
from rag_registry.registry import Level

Locate = Callable[[str, str], Place | None]
"""The place of a pointer, and of its `key` or `value`."""


def ir_diagnostics(findings: Iterable[Finding], places: Mapping[str, Place]) -> list[Diagnostic]:
    """Findings on an IR, where its parts come from; one that comes from no text is dropped with the graph that it is in.

    What one place in the text gives to many parts is said once, and of what is wrong it is not said that it cannot be run.
    """
    found = dict.fromkeys(_diagnostics(findings, lambda at, _: nearest(places, at)))
    wrong = {each.place for each in found if each.code != "not-built" and each.severity == "error"}
    return [each for each in found if each.code != "not-built" or each.place not in wrong]


def manifest_diagnostics(findings: Iterable[Finding], path: str, data: bytes) -> list[Diagnostic]:
    """Findings on a manifest, given its path as it is shown and its bytes."""
    listed = list(findings)
    return _diagnostics(listed, _in_manifest(path, data)) if listed else []


def manifest_place(manifest: SourceFile | None, path: str) -> Callable[[str], Place]:
    """Where the value of a pointer stands in a manifest; at the file's beginning if its text is not at hand."""

    def place(at: str) -> Place:
        found = _in_manifest(manifest.path, manifest.data)(at, "value") if manifest else None
        return found or Place(path, Span(0, 0))

    return place


def _in_manifest(path: str, data: bytes) -> Locate:
    from rag_registry.positions import positions

    found = positions(data)

    def locate(at: str, part: str) -> Place | None:
        known = at
        while known not in found:
            known = known.rpartition("/")[0]
        key, value = found[known]
        start, end = key if part == "key" and known == at and at else value
        return Place(path, Span(start, end))

    return locate


def _diagnostics(findings: Iterable[Finding], locate: Locate) -> list[Diagnostic]:
    placed = ((finding, _place(finding, locate)) for finding in findings)
    return [_diagnostic(finding, place, locate) for finding, place in placed if place is not None]


def _place(finding: Finding, locate: Locate) -> Place | None:
    place = locate(finding.at, finding.part)
    return replace(place, span=Span(*finding.span)) if place is not None and finding.span is not None else place


def _diagnostic(finding: Finding, place: Place, locate: Locate) -> Diagnostic:
    fixes: tuple[Fix, ...] = ()
    if finding.replacement is not None:
        fixes = (Fix(f"change to `{finding.replacement}`", (Edit(place, finding.replacement),)),)
    return Diagnostic(
        code=finding.code,
        place=place,
        message=finding.message,
        label=finding.label,
        help=finding.help,
        related=_labels(finding.related, locate),
        flow=_labels(finding.flow, locate),
        candidates=finding.candidates,
        fixes=fixes,
        level=finding.level,
    )


def _labels(others: Iterable[Related], locate: Locate) -> tuple[Label, ...]:
    placed = ((locate(other.at, "key"), other.message) for other in others)
    return tuple(Label(place, message) for place, message in placed if place is not None)


def with_severities(diagnostics: Sequence[Diagnostic], severities: Mapping[str, Level]) -> list[Diagnostic]:
    """The diagnostics as `[policy.rules]` wants them: at another level, or left out."""
    kept: list[Diagnostic] = []
    for diagnostic in diagnostics:
        level = severities.get(diagnostic.code)
        if level is None:
            kept.append(diagnostic)
        elif level != "off":
            kept.append(replace(diagnostic, level=level))
    return kept
