"""Questions to `rag_ide` about a text with a mark in it: `<|>` is the place that is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rag_compiler.diagnostics import Place
from rag_compiler.pipeline import Analysis, analyse
from rag_compiler.source import SourceFile
from rag_ide.complete import complete
from rag_ide.definition import definition
from rag_ide.hover import hover
from rag_ide.offers import Completion
from rag_registry.manifest import read_manifest
from rag_registry.registry import Registry

MARK = "<|>"
PATH = "flow.rag"
MANIFEST = """\
[project]
name = "shop"
language = 1
sources = ["*.rag"]

[models.default]
provider = "echo"
description = "The house model."
capabilities = ["tools", "json_schema"]
context_window = 128_000
price = { input_per_mtok = 0.25, output_per_mtok = 2.0 }

[models.large]
provider = "echo"

[tools.search]
python = "tools.library:search"
description = "Searches the library."
args = { query = "string", limit = "int?" }
returns = "{ hits: string[] }"
effects = "read"

[tools.publish]
python = "tools.library:publish"
args = { text = "string" }
effects = "external"

[agents.reviewer]
model = "default"
description = "Reviews a draft."
input = "{ draft: string }"
output = "{ verdict: string, score: float }"

[routers.triage]
python = "tools.library:triage"
labels = ["short", "long"]
"""


@dataclass(frozen=True)
class Asked:
    """An analysed text, and the byte offset of its mark."""

    analysis: Analysis
    offset: int

    def completions(self, before: Analysis | None = None) -> tuple[Completion, ...]:
        return complete(self.analysis, PATH, self.offset, before)

    def labels(self) -> list[str]:
        """The labels of all completions, best first."""
        return [each.offer.label for each in self.completions()]

    def choose(self, label: str) -> str:
        """The text after a completion was chosen."""
        chosen = next(each for each in self.completions() if each.offer.label == label)
        data = self.analysis.files[0].data
        return (data[: chosen.span.start] + chosen.offer.text.encode() + data[chosen.span.end :]).decode()

    def hover(self) -> str:
        found = hover(self.analysis, PATH, self.offset)
        return found.text if found else ""

    def defined(self) -> list[str]:
        """The lines that the declarations of the name at the mark stand on."""
        found = definition(self.analysis, PATH, self.offset)
        return [_line(self.analysis, place) for place in (found.targets if found else ())]


def ask(text: str) -> Asked:
    """The text without its mark, analysed with the registry of MANIFEST."""
    before, mark, behind = text.partition(MARK)
    assert mark
    return Asked(analysis_of(before + behind), len(before.encode()))


def analysis_of(text: str) -> Analysis:
    """The analysis of one source of the project."""
    manifest = SourceFile("rag.toml", MANIFEST.encode())
    return analyse([SourceFile(PATH, text.encode())], _registry(), manifest)


@cache
def _registry() -> Registry:
    registry, findings = read_manifest(MANIFEST)
    assert not findings, findings
    return registry


def _line(analysis: Analysis, place: Place) -> str:
    """The line of a place, with its file where that is the manifest."""
    files = {file.path: file for file in (*analysis.files, *([analysis.manifest] if analysis.manifest else []))}
    lines = files[place.path].lines
    text = lines.line_bytes(lines.position(place.span.start).line).decode().strip()
    return text if place.path == PATH else f"{place.path}: {text}"
