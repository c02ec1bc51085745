"""Every case under `cases/` and every rule's page: sources with the findings that they get, and the runs that they make."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_compiler.diagnostics import Diagnostic
from rag_compiler.pipeline import analyse
from rag_compiler.report import manifest_diagnostics
from rag_compiler.source import LineIndex, SourceFile
from rag_ir.rules import RULES
from rag_registry.manifest import read_manifest
from tests.markdown_cases import Case, read_cases, read_shared
from tests.run_cases import trace

ROOT = Path(__file__).parent
PAGES = ROOT.parent / "docs" / "rules"
MANIFEST = read_shared(PAGES / "README.md")["rag.toml"]
CASES = [case for path in sorted((ROOT / "cases").rglob("*.md")) for case in read_cases(path)]
PAGE_CASES = [case for path in sorted(PAGES.glob("*.md")) if path.stem in RULES for case in read_cases(path)]

SHOWN_ELSEWHERE = {
    *("source-too-large", "nesting-too-deep", "invalid-utf8"),
    *("unreadable-tool", "unreadable-file", "environment-missing", "not-locked", "bad-lock"),
    *("ir-invalid", "ir-version", "ir-digest", "capability-changed", "capability-missing"),
    "review-required",
}
"""Rules about bytes, files and documents, which no fence can hold: their own tests make them."""


def _id(case: Case) -> str:
    return f"{case.path.stem}: {case.title}"


@pytest.mark.parametrize("case", [*CASES, *PAGE_CASES], ids=_id)
def test_diagnostics(case: Case, update: bool) -> None:
    found = draw(case.files())
    if update:
        case.replace("diagnostics", found)
        return
    expected = case.output("diagnostics")
    assert found == (expected.text if expected else "")


@pytest.mark.parametrize("case", [case for case in CASES if case.output("run")], ids=_id)
def test_runs(case: Case, update: bool, tmp_path: Path) -> None:
    expected = case.output("run")
    assert expected is not None
    found = trace(case.files(), expected.text, tmp_path)
    if update:
        case.replace("run", found)
        return
    assert found == expected.text


@pytest.mark.parametrize("code", sorted(RULES))
def test_a_page_shows_its_rule(code: str) -> None:
    """`Wrong` gives exactly the page's rule, and `Right` gives nothing."""
    cases = {case.title: case for case in read_cases(PAGES / f"{code}.md")}
    wrong = {title: case for title, case in cases.items() if title.startswith("Wrong")}
    right = {title: case for title, case in cases.items() if title.startswith("Right")}
    assert right
    assert wrong
    for case in wrong.values():
        if code not in SHOWN_ELSEWHERE:
            # What cannot be run yet is told beside everything else.
            assert {d.code for _, _, d in diagnose(case.files())} - ({"not-built"} - {code}) == {code}
    for case in right.values():
        assert [d.message for _, _, d in diagnose(case.files()) if d.code != "not-built"] == []


def diagnose(files: dict[str, str]) -> list[tuple[str, bytes, Diagnostic]]:
    """Every finding of a project given as texts: its path, the text it points into, and the diagnostic."""
    manifest = files.get("rag.toml", MANIFEST).encode()
    registry, findings = read_manifest(manifest)
    sources = [SourceFile(name, text.encode()) for name, text in files.items() if name.endswith(".rag")]
    analysis = analyse(sources, registry, SourceFile("rag.toml", manifest))
    texts = {source.path: source.data for source in sources} | {"rag.toml": manifest}
    diagnostics = [*manifest_diagnostics(findings, "rag.toml", manifest), *analysis.diagnostics]
    return [(d.place.path, texts[d.place.path], d) for d in diagnostics]


def draw(files: dict[str, str]) -> str:
    """Each finding under its line, with carets under its range, help and fix titles behind it."""
    many = len([name for name in files if name.endswith(".rag")]) > 1
    return "".join(_draw(path, data, diagnostic, many) for path, data, diagnostic in diagnose(files))


def _draw(path: str, data: bytes, diagnostic: Diagnostic, many: bool) -> str:
    lines = LineIndex(data)
    start, end = (lines.position(at) for at in (diagnostic.place.span.start, diagnostic.place.span.end))
    text = lines.line_bytes(start.line).decode("utf-8", "replace")
    width = max(1, (end.column if end.line == start.line else len(text) + 1) - start.column)
    where = f"{path}:" if many or not path.endswith(".rag") else ""
    margin = f"{where}{start.line} | "
    out = [
        margin + text,
        " " * (len(margin) + start.column - 1) + "^" * width + f" {diagnostic.severity}: [{diagnostic.code}]",
    ]
    out.append(f"  {diagnostic.message}")
    out += [f"  help: {line}" for line in diagnostic.help.split("\n") if line]
    out += [
        f"  also: {_at(label.place.path, label.place.span.start, data, path)} {label.message}"
        for label in diagnostic.related
    ]
    out += [f"  fix ({fix.applicability}): {fix.title}" for fix in diagnostic.fixes]
    return "\n".join(out) + "\n"


def _at(path: str, offset: int, data: bytes, own: str) -> str:
    return str(LineIndex(data).position(offset).line) if path == own else path
