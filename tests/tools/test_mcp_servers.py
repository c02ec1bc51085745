"""Real MCP servers, over pipes and over HTTP, say what tools they have; those that cannot be asked are troubles with a reason."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag_ir.record import replace
from rag_registry.registry import McpServer
from rag_runtime.tools.mcp_servers import McpTrouble, list_tools

PROGRAM = '''
import os
from mcp.server.mcpserver import MCPServer

server = MCPServer("demo")


@server.tool()
def fetch(url: str, limit: int = 3) -> str:
    """Gets a page."""
    return url


@server.tool(description=os.environ.get("DEMO_WORD", "no word") + " " + os.path.basename(os.getcwd()))
def where() -> str:
    return ""


if __name__ == "__main__":
    server.run()
'''


WEB = McpServer(name="web", description="", command="", args=(), env=(), url="", headers_env={}, tools=("fetch",))


def server(**changes: Any) -> McpServer:
    return replace(WEB, **changes)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "server.py").write_text(PROGRAM)
    return tmp_path


def test_a_program_says_what_its_tools_are(program: Path) -> None:
    found = list_tools(server(command=sys.executable, args=("server.py",)), program)
    assert set(found) == {"fetch"}
    fetch = found["fetch"]
    assert fetch.description == "Gets a page."
    properties = fetch.input["properties"]
    assert isinstance(properties, dict)
    assert set(properties) == {"url", "limit"}
    assert fetch.input["required"] == ["url"]
    assert fetch.output is not None


def test_a_program_sees_the_variables_that_are_named(program: Path) -> None:
    environment = {"DEMO_WORD": "hello", "OTHER": "x"}
    asked = server(command=sys.executable, args=("server.py",), env=("DEMO_WORD",), tools=("where",))
    assert list_tools(asked, program, environment=environment)["where"].description == f"hello {program.name}"
    asked = server(command=sys.executable, args=("server.py",), tools=("where",))
    assert list_tools(asked, program, environment=environment)["where"].description.startswith("no word")


TROUBLES: list[tuple[dict[str, Any], str]] = [
    (
        {"command": sys.executable, "args": ("server.py",), "tools": ("fetch", "gone")},
        "has no tool `gone`; it has `fetch`, `where`",
    ),
    ({"command": "no-such-program-anywhere"}, "cannot be asked: FileNotFoundError"),
    ({"command": sys.executable, "args": ("-c", "raise SystemExit('out of order')")}, "(it said: out of order)"),
    ({"command": sys.executable, "env": ("NO_SUCH_VARIABLE",)}, "needs the environment variable `NO_SUCH_VARIABLE`"),
    ({"url": "http://127.0.0.1:9/mcp"}, "cannot be asked: ConnectError"),
    ({"url": "http://127.0.0.1:9/mcp", "headers_env": {"X-Key": "NO_SUCH_VARIABLE"}}, "`NO_SUCH_VARIABLE` is not set"),
]


@pytest.mark.parametrize(("changes", "words"), TROUBLES)
def test_what_cannot_be_asked(program: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(McpTrouble) as trouble:
        list_tools(server(**changes), program)
    assert words in str(trouble.value)


def test_a_server_that_says_nothing_is_not_waited_for(program: Path) -> None:
    silent = server(command=sys.executable, args=("-c", "import sys; sys.stdin.read()"))
    with pytest.raises(McpTrouble, match=r"does not answer within 0\.5 s"):
        list_tools(silent, program, seconds=0.5)


@pytest.fixture
def address() -> Iterator[str]:
    """A server over HTTP that wants a key."""
    import uvicorn
    from mcp.server.mcpserver import MCPServer
    from starlette.types import ASGIApp, Receive, Scope, Send

    made = MCPServer("far")

    def fetch(url: str) -> str:
        """Gets a far page."""
        return url

    made.tool()(fetch)
    inner: ASGIApp = made.streamable_http_app()

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", []))
        if scope["type"] == "http" and headers.get(b"x-key") != b"right-secret":
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": headers.get(b"x-key", b"")})
            return
        await inner(scope, receive, send)

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    running = uvicorn.Server(uvicorn.Config(guarded, log_level="error", lifespan="on"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
    running.should_exit = True
    thread.join(30)
    listening.close()


def test_a_server_at_an_address(program: Path, address: str) -> None:
    asked = server(url=address, headers_env={"X-Key": "FAR_KEY"})
    found = list_tools(asked, program, environment={"FAR_KEY": "right-secret"})
    assert found["fetch"].description == "Gets a far page."
    with pytest.raises(McpTrouble) as trouble:
        list_tools(asked, program, environment={"FAR_KEY": "wrong-secret"})
    assert "wrong-secret" not in str(trouble.value)
