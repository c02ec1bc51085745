"""`rag lsp`: the language server, spoken to by an editor over standard input and output."""

from __future__ import annotations

import sys
from argparse import Namespace

from rag_cli.arguments import Parser
from rag_cli.trouble import FINISHED, Trouble

EXAMPLES = """\
  rag lsp                     an editor starts it so, and speaks the language server protocol to it
  rag lsp --log-level debug   the same, saying what it does on standard error"""

LEVELS = ("debug", "info", "warning", "error")


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("--stdio", action="store_true", help="speak over standard input and output (as it always does)")
    parser.add_argument("--log-level", choices=LEVELS, default="warning", help="what is said on standard error")


def execute(arguments: Namespace) -> int:
    """Serves until the editor ends it."""
    try:
        from rag_lsp.serve import serve
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in ("pygls", "lsprotocol", "cattrs", "attrs"):
            raise
        raise Trouble("the language server is not installed", "install it with: pip install 'raglang[lsp]'") from None
    # Nothing but the protocol may reach standard output.
    stdout, sys.stdout = sys.stdout, sys.stderr
    serve(sys.stdin.buffer, stdout.buffer, arguments.log_level)
    return FINISHED
