"""`rag test`: runs the `test` blocks of a project with scripted models, tools and people."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag_cli.arguments import Parser
from rag_cli.terminal import palette, say
from rag_cli.trouble import FAILED, FINISHED

if TYPE_CHECKING:
    from rag_cli.report_tests import Suite

EXAMPLES = """\
  rag test                          every test of the project
  rag test workflows/support.rag -k refund
  rag test --coverage               what no test went through
  rag test --format junit > report.xml

exit status: 0 all passed, 1 a test failed or there is none, 2 a command that cannot be carried out"""

FORMATS = ("full", "json", "junit")


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (default: .)")
    parser.add_argument("-k", dest="wanted", metavar="TEXT", default="", help="only tests whose title has this text")
    parser.add_argument(
        "--coverage", action="store_true", help="list the nodes, routes and joins that no test went through"
    )
    parser.add_argument("--format", choices=FORMATS, default="full", help="how to report (default: full)")


def execute(arguments: Namespace) -> int:
    """Reports the verdicts; the status is 1 unless there are tests and all of them passed."""
    from rag_cli.report_tests import render_full, render_json, render_junit, summary

    suites = _rehearsed(list(dict.fromkeys(arguments.paths)) or ["."], arguments.wanted)
    verdicts = [verdict for suite in suites for verdict in suite.verdicts]
    match arguments.format:
        case "json":
            print(render_json(suites), end="")
        case "junit":
            print(render_junit(suites), end="")
        case _:
            print(render_full(suites, palette(sys.stdout), coverage=arguments.coverage), end="")
    say(summary(verdicts, palette(sys.stderr)))
    return FINISHED if verdicts and all(verdict.passed for verdict in verdicts) else FAILED


def _rehearsed(paths: Sequence[str], wanted: str) -> list[Suite]:
    """The tests of the files that the paths mean, each project for itself."""
    from rag_cli.gate import gate
    from rag_cli.rehearse import rehearse
    from rag_cli.report_tests import Suite
    from rag_cli.selection import select
    from rag_compiler.emit_tests import emit_tests

    suites: list[Suite] = []
    for selection in select(paths):
        passed = gate(selection.project, list(selection.extra.values()))
        tests = [
            test
            for test in emit_tests(passed.analysis)
            if selection.wants(test.place.path) and wanted.casefold() in test.title.casefold()
        ]
        verdicts = tuple(rehearse(test, passed.analysis.registry, selection.project.root) for test in tests)
        suites.append(Suite(passed.folder, {file.path: file for file in passed.analysis.files}, verdicts))
    return suites
