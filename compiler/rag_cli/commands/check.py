"""`rag check`: all passes over sources and manifests."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag_cli.arguments import Parser
from rag_cli.files import STDIN
from rag_cli.printable import counted
from rag_cli.terminal import palette, say
from rag_cli.trouble import FAILED, FINISHED, Trouble
from rag_ir.record import record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rag_cli.gate import Shown
    from rag_cli.render_markdown import Glossaries
    from rag_cli.selection import Selection
    from rag_compiler.diagnostics import Diagnostic
    from rag_compiler.reader import Reader

EXAMPLES = """\
  rag check                                     the project that this folder belongs to
  rag check workflows/support.rag --format json
  rag check examples --deny warnings            every project below a folder
  rag check - --stdin-path workflows/a.rag < draft.rag     as if the draft stood in the file
  rag check --watch                             again after every change, until Ctrl-C
  rag check --deny missing-label                fail on one rule's warnings
  rag check --format github                     annotations, in a job of GitHub Actions
  rag check --format sarif > rag.sarif          for a code-scanning service
  rag check --format markdown                   for a language model

exit status: 0 nothing at error level, 1 errors, or what `--deny` names, 2 a command that cannot be carried out"""

FORMATS = ("full", "concise", "json", "sarif", "github", "markdown")
WHOLE = ("json", "sarif", "markdown")
"""Formats that are one document, also where there is nothing to say."""


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files and folders, `-` for standard input (default: .)"
    )
    parser.add_argument("--format", choices=FORMATS, default="full", help="how to print diagnostics (default: full)")
    parser.add_argument(
        "--deny", metavar="WHAT", action="append", help="end with status 1 for `warnings`, or for a rule's code, too"
    )
    parser.add_argument("--watch", action="store_true", help="check again whenever a file changes")
    parser.add_argument("--stdin-path", metavar="PATH", help="the file that standard input stands for")


def execute(arguments: Namespace) -> int:
    """Prints the diagnostics; the status is 1 if there are errors, or others that are denied."""
    paths = list(dict.fromkeys(arguments.paths)) or ["."]
    asked = _Asked(paths, arguments.stdin_path, arguments.format, _denied(arguments.deny or ()), {})
    return _watch(asked) if arguments.watch else _check(asked)


@record
class _Asked:
    """What the command line asks for. `readers` remember the parses of each project while its files are watched."""

    paths: Sequence[str]
    stdin_path: str | None
    format: str
    fails: Callable[[Diagnostic], bool]
    readers: dict[Path, Reader]


def _denied(given: Sequence[str]) -> Callable[[Diagnostic], bool]:
    """What fails a check. `Trouble` for a code that there is not."""
    from rag_cli.rule_page import known_code

    levels = ("error", "warning") if "warnings" in given else ("error",)
    codes = {known_code(code) for code in given if code != "warnings"}
    return lambda diagnostic: diagnostic.severity in levels or diagnostic.code in codes


def _watch(asked: _Asked) -> int:
    """Checks until it is interrupted. What cannot be carried out is said, and tried again after the next change."""
    from rag_cli.main import tell
    from rag_cli.watch_files import watch_files

    if STDIN in asked.paths:
        raise Trouble("standard input cannot be watched", "name files or folders")

    def check() -> None:
        try:
            _check(asked)
        except Trouble as trouble:
            tell(trouble)

    watch_files(asked.paths, check)
    return FINISHED


def _check(asked: _Asked) -> int:
    from rag_cli.selection import select

    selections = select(asked.paths, asked.stdin_path)
    found, glossaries, sources = _checked(selections, asked.format, asked.readers)
    if found.diagnostics or asked.format in WHOLE:
        print(_rendered(found, glossaries, sources, asked.format), end="")
    if asked.format not in WHOLE:
        say(_summary(found.diagnostics, sources))
    return FAILED if any(map(asked.fails, found.diagnostics)) else FINISHED


def _checked(
    selections: Sequence[Selection], format: str, readers: dict[Path, Reader]
) -> tuple[Shown, Glossaries, int]:
    """What is to be said of selections, and how many sources that is about. A manifest speaks for each of its sources."""
    from rag_cli.gate import Shown, gate, shown
    from rag_compiler.reader import Reader

    whole = Shown((), {})
    glossaries: dict[Diagnostic, dict[str, str]] = {}
    sources = 0
    for selection in selections:
        reader = readers.setdefault(selection.project.root, Reader())
        passed = gate(selection.project, list(selection.extra.values()), reader)
        manifest = selection.project.manifest
        names = {manifest.path} if manifest is not None else set[str]()
        wanted = [it for it in passed.diagnostics if it.place.path in names or selection.wants(it.place.path)]
        part = shown(passed, wanted)
        if format == "markdown":
            from rag_cli.glossary import glossary

            glossaries |= {
                said: glossary(passed.analysis, it) for said, it in zip(part.diagnostics, wanted, strict=True)
            }
        whole = Shown((*whole.diagnostics, *part.diagnostics), whole.files | part.files)
        sources += sum(selection.wants(file.path) for file in passed.analysis.files)
    return whole, glossaries, sources


def _rendered(found: Shown, glossaries: Glossaries, sources: int, format: str) -> str:
    match format:
        case "json":
            from rag_cli.render_json import render_json

            return render_json(found.diagnostics, found.files, checked=sources)
        case "concise":
            from rag_cli.render_concise import render_concise

            return render_concise(found.diagnostics, found.files)
        case "github":
            from rag_cli.render_github import render_github

            return render_github(found.diagnostics, found.files, folder=_folder_in_checkout())
        case "sarif":
            from rag_cli.render_sarif import render_sarif

            return render_sarif(found.diagnostics, found.files, folder=_folder_in_checkout())
        case "markdown":
            from rag_cli.render_markdown import render_markdown

            return render_markdown(found.diagnostics, found.files, glossaries, checked=sources)
        case _:
            from rag_cli.render_full import render_full
            from rag_cli.terminal import columns

            return render_full(found.diagnostics, found.files, palette(sys.stdout), columns(sys.stdout))


def _folder_in_checkout() -> str:
    """The current folder below the root of the checkout, as GitHub Actions names that; empty where there is none."""
    import os
    from pathlib import Path

    root, here = os.environ.get("GITHUB_WORKSPACE"), Path.cwd()
    if not root or not here.is_relative_to(Path(root).resolve()):
        return ""
    return here.relative_to(Path(root).resolve()).as_posix()


def _summary(diagnostics: Sequence[Diagnostic], sources: int) -> str:
    paint = palette(sys.stderr).paint
    counts = {level: sum(each.severity == level for each in diagnostics) for level in ("error", "warning", "info")}
    said = [
        paint(level, counted(number, "note" if level == "info" else level))
        for level, number in counts.items()
        if number
    ]
    files = counted(sources, "file")
    if not said:
        return f"{paint('good', 'no problems')} in {files}"
    codes = sorted({each.code for each in diagnostics})
    return f"{', '.join(said)} in {files}; `rag explain {codes[0]}` says more"
