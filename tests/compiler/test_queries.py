"""The queries of the grammar are about nodes that it has, and find something in a text that uses all of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tree_sitter import Language, Parser, Query, QueryCursor

from rag_compiler import _grammar
from tests.fuzz.test_fuzz_parse import OLDER, WHOLE

ROOT = Path(__file__).parents[2]
OF_EDITORS = (ROOT / "editors" / "helix" / "queries" / "rag", ROOT / "editors" / "zed" / "languages" / "rag")
QUERIES = sorted(path for folder in (ROOT / "grammar" / "queries", *OF_EDITORS) for path in folder.glob("*.scm"))


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_query_fits_the_grammar(path: Path) -> None:
    language = Language(_grammar.language())
    tree = Parser(language).parse(WHOLE + OLDER)
    captures = QueryCursor(Query(language, path.read_text())).captures(tree.root_node)
    assert captures


def test_the_queries_of_editors_are_fresh() -> None:
    done = subprocess.run([sys.executable, ROOT / ".ci" / "queries", "check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_word_of_an_item_is_highlighted() -> None:
    language = Language(_grammar.language())
    path = next(path for path in QUERIES if path.stem == "highlights")
    tree = Parser(language).parse(WHOLE)
    captures = QueryCursor(Query(language, path.read_text())).captures(tree.root_node)
    found = {node.start_byte for node in captures["keyword"]}
    lines = [
        line for line in WHOLE.split(b"\n") if line.startswith((b"    kind", b"    tools", b"  channel", b"  node"))
    ]
    assert len(lines) > 10
    for line in lines:
        assert WHOLE.index(line) + len(line) - len(line.lstrip()) in found, line
