"""`rag fix`: applies the edits that diagnostics offer, until there are none left."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag_cli.arguments import Parser
from rag_cli.files import STDIN, replace_file
from rag_cli.printable import counted, printable
from rag_cli.terminal import columns, palette, say
from rag_cli.trouble import FAILED, FINISHED

if TYPE_CHECKING:
    from rag_cli.gate import Shown
    from rag_cli.mend import Mending
    from rag_cli.selection import Selection
    from rag_compiler.apply_fixes import Repair, Texts
    from rag_compiler.diagnostics import Diagnostic, Fix

EXAMPLES = """\
  rag fix                                       the project that this folder belongs to
  rag fix workflows/support.rag --diff          show what would change, and change nothing
  rag fix --suggested --only unknown-tool       also edits that a person should look at, of one rule
  rag fix - --stdin-path workflows/a.rag < draft.rag > mended.rag

exit status: 0 nothing is left at error level, 1 errors are left, 2 a command that cannot be carried out"""


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files and folders, `-` for standard input (default: .)"
    )
    parser.add_argument("--diff", action="store_true", help="print what would change, and write nothing")
    parser.add_argument("--suggested", action="store_true", help="also apply fixes that may change the meaning")
    parser.add_argument(
        "--only", metavar="CODE", action="append", help="mend this rule's findings alone; can be repeated"
    )
    parser.add_argument("--stdin-path", metavar="PATH", help="the file that standard input stands for")


def execute(arguments: Namespace) -> int:
    """Mends, and says what was mended and what is left; the status is that of a check afterwards."""
    from rag_cli.mend import mend
    from rag_cli.selection import select

    paths = list(dict.fromkeys(arguments.paths)) or ["."]
    codes = _codes(arguments.only)
    selections = select(paths, arguments.stdin_path)

    def wanted(diagnostic: Diagnostic, fix: Fix) -> bool:
        chosen = not codes or diagnostic.code in codes
        return chosen and (fix.applicability == "safe" or arguments.suggested)

    mendings = [(selection, mend(selection, wanted)) for selection in selections]
    if arguments.diff:
        _print_diffs([mending for _, mending in mendings])
    else:
        for selection, mending in mendings:
            _write(selection, mending)
    return _report(mendings, quiet=arguments.diff, text=STDIN in paths and not arguments.diff)


def _codes(given: list[str] | None) -> frozenset[str]:
    from rag_cli.rule_page import known_code

    return frozenset(known_code(code) for code in given or ())


# ---- what is written -----------------------------------------------------------------------------------------------------


def _write(selection: Selection, mending: Mending) -> None:
    """Writes the files that changed, each whole; the text that came from standard input goes to standard output, changed or not."""
    for path, text in mending.after.items():
        if path != selection.stdin:
            replace_file(selection.project.root / path, mending.before[path], text)
    if selection.stdin is not None:
        text = mending.after.get(selection.stdin, selection.extra[selection.stdin].data)
        sys.stdout.flush()
        sys.stdout.buffer.write(text)


def _print_diffs(mendings: list[Mending]) -> None:
    from rag_cli.gate import shown_under
    from rag_cli.print_diffs import print_diffs
    from rag_cli.unified import unified

    diffs = [
        unified(shown_under(mending.passed.folder, path), mending.before[path], mending.after[path])
        for mending in mendings
        for path in sorted(mending.after)
    ]
    print_diffs(diffs)


# ---- what is said --------------------------------------------------------------------------------------------------------


def _report(mendings: list[tuple[Selection, Mending]], *, quiet: bool, text: bool) -> int:
    """Each repair in a line, then what is left as `rag check` draws it, then a line that counts both.

    `quiet`: the lines alone that count. `text`: standard output holds a source, so that everything goes to standard error.
    """
    from rag_cli.gate import shown

    errors = warnings = repairs = files = 0
    for selection, mending in mendings:
        if not quiet:
            for line in _repairs(mending):
                say(line)
        left = shown(mending.passed, [it for it in mending.passed.diagnostics if _concerns(selection, it)])
        if left.diagnostics and not quiet:
            _print_left(left, text=text)
        repairs += sum(len(each.repairs) for each in mending.rounds)
        files += len(mending.after)
        errors += sum(it.severity == "error" for it in left.diagnostics)
        warnings += sum(it.severity == "warning" for it in left.diagnostics)
    say(_summary(repairs, files, errors, warnings, quiet=quiet))
    return FAILED if errors else FINISHED


def _concerns(selection: Selection, diagnostic: Diagnostic) -> bool:
    manifest = selection.project.manifest
    return selection.wants(diagnostic.place.path) or (manifest is not None and diagnostic.place.path == manifest.path)


def _repairs(mending: Mending) -> Iterator[str]:
    """The repairs, where the finding stood when it was mended."""
    from rag_cli.gate import shown_under

    paint = palette(sys.stderr).paint
    for each in mending.rounds:
        for repair in each.repairs:
            line, column = _position(repair, each.texts)
            where = printable(shown_under(mending.passed.folder, repair.diagnostic.place.path))
            head = paint("good", f"mended[{repair.diagnostic.code}]")
            yield f"{where}:{line}:{column}: {head}: {printable(repair.fix.title)}"


def _position(repair: Repair, texts: Texts) -> tuple[int, int]:
    from rag_compiler.source import LineIndex

    place = repair.diagnostic.place
    at = LineIndex(texts.get(place.path, b"")).position(place.span.start)
    return at.line, at.column


def _print_left(left: Shown, *, text: bool) -> None:
    from rag_cli.render_full import render_full

    stream = sys.stderr if text else sys.stdout
    print(render_full(left.diagnostics, left.files, palette(stream), columns(stream)), end="", file=stream)


def _summary(repairs: int, files: int, errors: int, warnings: int, *, quiet: bool) -> str:
    verb = "would mend" if quiet else "mended"
    made = f"{verb} {counted(repairs, 'finding')} in {counted(files, 'file')}" if repairs else "nothing to mend"
    counts = [counted(number, noun) for number, noun in ((errors, "error"), (warnings, "warning")) if number]
    left = f"{' and '.join(counts)} left" if counts else "nothing is left"
    return f"{made}; {left}"
