"""A project on disk, and a server that has it open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lsp.talk import Client, client

MANIFEST = """\
[project]
name = "shop"
language = 1
sources = ["*.rag"]

[models.default]
provider = "echo"

[tools.search]
python = "tools:search"
effects = "read"
"""
TOOLS = '''\
def search(query: str) -> str:
    """Searches the library."""
    return query
'''
FLOW = """\
graph flow {
  start plan
  channel report: string overwrite
  node plan {
    kind tool
    tool "search"
    args { query: "x" }
    into report
    next END
  }
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = (tmp_path / "shop").resolve()
    root.mkdir()
    (root / "rag.toml").write_text(MANIFEST)
    (root / "tools.py").write_text(TOOLS)
    (root / "flow.rag").write_text(FLOW)
    return root


@pytest.fixture(scope="session")
def running() -> Iterator[Client]:
    """One server for all tests that do not end it: it has to live with what other tests have left."""
    with client() as served:
        served.start()
        yield served


@pytest.fixture
def server(running: Client, project: Path) -> Iterator[Client]:
    """The server with the project as its workspace."""
    folder = {"uri": project.as_uri(), "name": "shop"}
    running.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [folder], "removed": []}})
    yield running
    running.close_all()
    running.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [folder]}})
