"""How much of what is one token away from an example is mended without a model: `python -m tests.fuzz.mending [STEP]`.

Every token is left out, doubled, swapped with the next one and misspelt. `rag fix` must never add an error and must end; how
often it gives a source without errors, and how often the very graph that it was, is counted.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rag_compiler.apply_fixes import MOST_ROUNDS, Texts, apply_fixes
from rag_compiler.diagnostics import Diagnostic, Fix
from rag_compiler.pipeline import Analysis, analyse, compile_graph
from rag_compiler.reader import Reader
from rag_compiler.source import SourceFile
from rag_ir.graph import Document
from rag_project.project import Project, open_project

EXAMPLES = Path(__file__).parents[2] / "examples"
KINDS = ("deleted", "doubled", "swapped", "misspelt")
_TOKEN = re.compile(r'//[^\n]*|"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"|\w+|[-=]>|[=!<>]=|\?\?|\S')
_WORD = re.compile(r"[A-Za-z_]{3,}")


def token_mutants(text: str) -> Iterator[tuple[str, str]]:
    """Every text that is one token away, with what was done to it. Comments stay as they are."""
    tokens = [found for found in _TOKEN.finditer(text) if not found[0].startswith("//")]
    for at, token in enumerate(tokens):
        start, end = token.span()
        yield "deleted", text[:start] + text[end:]
        blank = " " if token[0][0].isalnum() else ""
        yield "doubled", text[:end] + blank + token[0] + text[end:]
        if at + 1 < len(tokens) and tokens[at + 1][0] != token[0]:
            other = tokens[at + 1]
            between = text[end : other.start()]
            yield "swapped", text[:start] + other[0] + between + token[0] + text[other.end() :]
        word = _WORD.search(token[0])
        if word is not None:
            first = start + word.start()
            yield "misspelt", text[:first] + misspelt(word[0], at) + text[first + len(word[0]) :]


def misspelt(word: str, nth: int) -> str:
    """The word with a letter lost, doubled, replaced, or swapped with the next."""
    at = 1 + nth % (len(word) - 2)
    match nth % 4:
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[:at] + word[at] + word[at:]
        case 2:
            return word[:at] + ("x" if word[at] != "x" else "y") + word[at + 1 :]
        case _:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :] if word[at] != word[at + 1] else word + word[-1]


@dataclass
class Tally:
    """By kind of change: the mutants, those with errors, those mended to none, those that are the same graph again."""

    mutants: Counter[str] = field(default_factory=Counter[str])
    broken: Counter[str] = field(default_factory=Counter[str])
    mended: Counter[str] = field(default_factory=Counter[str])
    same: Counter[str] = field(default_factory=Counter[str])
    left: Counter[str] = field(default_factory=Counter[str])


class Example:
    """One file of an example, with the rest of its project around it."""

    def __init__(self, path: Path) -> None:
        self.project: Project = open_project(path)
        files, _ = self.project.sources()
        self.name = next(file.path for file in files if self.project.root / file.path == path.resolve())
        self.others = [file for file in files if file.path != self.name]
        self.text = path.read_text(encoding="utf-8")
        self._reader = Reader()
        self.digests = self.compiled(self.text)

    def analysis(self, text: str) -> Analysis:
        """The project's, with this text in place of the file's."""
        file = SourceFile(self.name, text.encode())
        return analyse([*self.others, file], self.project.registry, self.project.manifest, self._reader)

    def compiled(self, text: str) -> dict[str, str]:
        """The digest of each graph of the file; empty if it does not compile."""
        analysis = self.analysis(text)
        names = [name for name, graph in analysis.project.graphs.items() if graph.path == self.name]
        documents = {name: compile_graph(analysis, name) for name in names}
        return {name: it.digest for name, it in documents.items() if isinstance(it, Document)}

    def mend(self, text: str) -> tuple[str, int, tuple[Diagnostic, ...]]:
        """What `rag fix` makes of a text, the errors that it had, and the diagnostics that are left."""

        def diagnose(texts: Texts) -> tuple[Diagnostic, ...]:
            return self.analysis(texts[self.name].decode()).diagnostics

        def wanted(diagnostic: Diagnostic, fix: Fix) -> bool:
            return fix.applicability == "safe" and all(edit.place.path == self.name for edit in fix.edits)

        texts = {self.name: text.encode()}
        done = apply_fixes(texts, diagnose, wanted)
        assert len(done.rounds) < MOST_ROUNDS
        return done.texts[self.name].decode(), errors(diagnose(texts)), done.left


def errors(found: tuple[Diagnostic, ...]) -> int:
    """How many of some diagnostics are errors."""
    return sum(diagnostic.severity == "error" for diagnostic in found)


def sources() -> list[Path]:
    """The examples."""
    return sorted(path for path in EXAMPLES.rglob("?*.rag") if path.is_file())


def measure(path: Path, tally: Tally, step: int = 1, first: int = 0) -> None:
    """Mends every `step`-th mutant of a file. An AssertionError where an error is added, or a second run finds more to do."""
    example = Example(path)
    for index, (kind, mutant) in enumerate(token_mutants(example.text)):
        if index % step != first % step:
            continue
        tally.mutants[kind] += 1
        mended, before, left = example.mend(mutant)
        assert errors(left) <= before, mutant
        if not before:
            continue
        assert example.mend(mended)[0] == mended, mutant
        tally.broken[kind] += 1
        if errors(left):
            tally.left.update({diagnostic.code for diagnostic in left if diagnostic.severity == "error"})
        else:
            tally.mended[kind] += 1
            tally.same[kind] += example.compiled(mended) == example.digests


def _print(tally: Tally) -> None:
    print(f"{'token':<10}{'mutants':>9}{'broken':>9}{'mended':>9}{'':>8}{'same graph':>12}")
    for kind in (*KINDS, "all"):
        mutants, broken, mended, same = (
            counts.total() if kind == "all" else counts[kind]
            for counts in (tally.mutants, tally.broken, tally.mended, tally.same)
        )
        share, equal = (100 * part / max(broken, 1) for part in (mended, same))
        print(f"{kind:<10}{mutants:>9}{broken:>9}{mended:>9}{share:>7.1f}%{same:>8}{equal:>7.1f}%")
    print("\nleft, by rule:")
    for code, count in sorted(tally.left.items(), key=lambda it: (-it[1], it[0])):
        print(f"{count:>7}  {code}")


def main() -> None:
    """Measures every mutant, or every STEP-th one, of all examples."""
    tally = Tally()
    for path in sources():
        measure(path, tally, int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    _print(tally)


if __name__ == "__main__":
    main()
