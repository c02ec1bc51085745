"""A server at work: it reads messages from one stream and writes to another until its client ends it."""

from __future__ import annotations

import logging
import sys
from typing import BinaryIO

from rag_lsp.server import make_server


def serve(reader: BinaryIO, writer: BinaryIO, level: str) -> None:
    """Serve one client. What goes wrong is said on standard error, from a level (`debug info warning error`) on."""
    logging.basicConfig(stream=sys.stderr, level=level.upper(), format="%(levelname)s %(name)s: %(message)s")
    make_server().start_io(reader, writer)
