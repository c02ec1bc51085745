"""`rag diff`: what changed between two graphs, by meaning."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from rag_cli.arguments import Parser
from rag_cli.terminal import palette
from rag_cli.trouble import FAILED, FINISHED

if TYPE_CHECKING:
    from rag_ir.graph import Document, Json
    from rag_verify.diff import Change, Difference

EXAMPLES = """\
  rag diff workflows/support.rag new/support.rag
  rag diff support.rag.json workflows/support.rag --format json
  git show HEAD:workflows/support.rag | rag diff - workflows/support.rag

Standard input stands for the other file. A source is compiled with its project, without what defines the same names again.
Layout, comments and documentation are no part of what a graph means.

exit status: 0 done, 1 a source does not compile, or with `--exit-code` the graphs differ, 2 a file that cannot be read, 4 an IR
that does not hold"""

VERSION = 1


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("older", metavar="A", help="a source or an IR; `-` for standard input")
    parser.add_argument("newer", metavar="B", help="the one to compare it with")
    parser.add_argument("--graph", metavar="NAME", help="the entry graph, where a source holds several")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument("--exit-code", action="store_true", help="end with status 1 if there is a difference")


def execute(arguments: Namespace) -> int:
    """Prints the difference."""
    from rag_cli.diff_targets import documents
    from rag_verify.diff import diff

    older, newer = documents(arguments.older, arguments.newer, arguments.graph)
    found = diff(older, newer)
    if arguments.format == "json":
        from rag_cli.json_text import json_text

        print(json_text(_as_json(older, newer, found), indent=2))
    else:
        from rag_cli.diff_text import diff_text

        print(diff_text(found, palette(sys.stdout)), end="")
    return FAILED if arguments.exit_code and found.changes else FINISHED


def _as_json(older: Document, newer: Document, found: Difference) -> Json:
    return {
        "version": VERSION,
        "older": older.digest,
        "newer": newer.digest,
        "resumable": found.resumable,
        "changes": [_change(change) for change in found.changes],
    }


def _change(change: Change) -> Json:
    return {
        "change": change.sort,
        "thing": change.thing,
        "graph": change.graph,
        "name": change.name,
        "field": list(change.field),
        "before": change.before,
        "after": change.after,
        "hinders": change.hinders or None,
    }
