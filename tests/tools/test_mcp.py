"""Tools of a real MCP server: called, failing, changed since they were locked; the program ends with the run."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rag_registry.registry import McpServer
from rag_runtime.seams import CallFailed
from rag_runtime.tools.mcp import McpSession, McpTool
from rag_runtime.tools.mcp_servers import list_tools

pytest.importorskip("mcp")

PROGRAM = '''
import atexit
from pathlib import Path
from mcp.server.mcpserver import MCPServer

server = MCPServer("demo")
calls = []
atexit.register(lambda: Path("ended").touch())


@server.tool()
def greet(name: str) -> str:
    """Greets."""
    calls.append(name)
    return f"hello {name}, call {len(calls)}"


@server.tool()
def fail(why: str) -> str:
    """Fails."""
    raise ValueError(why)


if __name__ == "__main__":
    server.run()
'''
TOOLS = ("greet", "fail")


def _server(root: Path) -> McpServer:
    (root / "server.py").write_text(PROGRAM)
    return McpServer(
        name="demo",
        description="",
        command=sys.executable,
        args=("server.py",),
        env=(),
        url="",
        headers_env={},
        tools=TOOLS,
    )


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[McpSession]:
    made = McpSession(_server(tmp_path), tmp_path, {})
    yield made
    await made.aclose()


async def _failure(tool: McpTool, argument: str) -> CallFailed:
    with pytest.raises(CallFailed) as raised:
        await tool.call({argument: "x"}, "key")
    return raised.value


@pytest.mark.anyio
async def test_a_session_serves_every_call(session: McpSession, tmp_path: Path) -> None:
    await session.client()
    tool = McpTool("hi", "greet", session.digests["greet"], session)
    first = await tool.call({"name": "Ann"}, "key")
    second = await tool.call({"name": "Bob"}, "key")
    assert "hello Ann, call 1" in str(first)
    assert "hello Bob, call 2" in str(second)
    failure = await _failure(McpTool("no", "fail", session.digests["fail"], session), "why")
    assert failure.error.code == "tool-error"
    assert failure.error.message.startswith("tool `no`: ")
    await session.aclose()
    assert (tmp_path / "ended").exists()


@pytest.mark.anyio
async def test_a_tool_that_has_changed_is_not_called(session: McpSession) -> None:
    failure = await _failure(McpTool("hi", "greet", "sha256:other", session), "name")
    assert (failure.error.code, failure.transient) == ("capability-changed", False)


@pytest.mark.anyio
async def test_a_server_that_cannot_be_started_fails_the_call(tmp_path: Path) -> None:
    server = McpServer(
        name="gone",
        description="",
        command=sys.executable,
        args=("nowhere.py",),
        env=(),
        url="",
        headers_env={},
        tools=TOOLS,
    )
    session = McpSession(server, tmp_path, {})
    failure = await _failure(McpTool("hi", "greet", "sha256:x", session), "name")
    assert (failure.error.code, failure.transient) == ("connection", True)
    await session.aclose()


def test_the_lock_has_the_digests_that_the_session_sees(tmp_path: Path) -> None:
    listed = list_tools(_server(tmp_path), tmp_path, environment={})
    assert set(listed) == set(TOOLS)
