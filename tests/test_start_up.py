"""What the command loads before it knows what it was asked: start-up time is part of the product."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {
    "anyio",
    "asyncio",
    "griffe",
    "httpx",
    "pydantic",
    "rag_compiler",
    "rag_runtime",
    "rich",
    "sqlite3",
    "tree_sitter",
}


def test_the_command_loads_nothing_heavy_by_itself() -> None:
    loaded = _modules_after("import rag_cli.main")
    assert not loaded & HEAVY


def _modules_after(statement: str) -> set[str]:
    program = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}
