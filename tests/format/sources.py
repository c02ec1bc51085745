"""Every text of the language that the repository holds: examples, cases, pages, and the grammar's corpus."""

from __future__ import annotations

import re
from pathlib import Path

from tests.markdown_cases import read_cases, read_shared

ROOT = Path(__file__).parent.parent.parent
MANIFEST = read_shared(ROOT / "docs" / "rules" / "README.md")["rag.toml"]
_CORPUS = re.compile(r"^=+\n(.*?)\n=+\n(.*?\n)---", re.DOTALL | re.MULTILINE)


def sources() -> dict[str, dict[str, str]]:
    """The files of each project by their names, by where it stands."""
    found: dict[str, dict[str, str]] = {}
    for page in (*sorted((ROOT / "tests" / "cases").rglob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))):
        for case in read_cases(page):
            found[f"{page.relative_to(ROOT)}: {case.title}"] = {"rag.toml": MANIFEST, **case.files()}
    for page in sorted((ROOT / "grammar" / "test" / "corpus").glob("*.txt")):
        for part in _CORPUS.finditer(page.read_text()):
            found[f"{page.relative_to(ROOT)}: {part[1]}"] = {"rag.toml": MANIFEST, "case.rag": part[2]}
    for manifest in sorted((ROOT / "examples").glob("*/rag.toml")):
        texts = {path.name: path.read_text() for path in sorted((manifest.parent / "workflows").glob("*.rag"))}
        found[str(manifest.parent.relative_to(ROOT))] = {"rag.toml": manifest.read_text(), **texts}
    return found
