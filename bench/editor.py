"""The language server as an editor feels it: `python -m bench.editor LINES FILES EDITS`. Prints one JSON object.

A project of FILES files, one of LINES lines, the others of about 100. Milliseconds of wall time through the protocol, from a
message written to its answer read. `start`: process start to the answer to `initialize`. `edit`: a character typed into the middle
of the file, to the published diagnostics of that version. `completion`, `hover`, `definition`: asked once the diagnostics are there.
`together`: a character typed and a completion asked for at once, to its answer. `memory`: resident MiB after all edits.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench.sources import rag_project, rag_text

TYPED = "  metadata { note: 1 }\n"
COMMAND = [sys.executable, "-c", "from rag_cli.main import main; main()", "lsp"]
OTHERS = 100

Json = dict[str, Any]


def main() -> None:
    lines, files, edits = map(int, sys.argv[1:])
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(measure(Path(name) / "project", lines, files, edits)))


def measure(folder: Path, lines: int, files: int, edits: int) -> Json:
    """Everything that is told of a project of that size."""
    rag_project(folder, OTHERS * files, files=files)
    path = folder / "workflows" / "flow0.rag"
    path.write_text(rag_text(lines, first=1_000_000), encoding="utf-8")
    started = time.perf_counter()
    server = Server()
    server.request("initialize", {"processId": None, "capabilities": {}, "rootUri": folder.as_uri()})
    start = 1000 * (time.perf_counter() - started)
    server.notify("initialized", {})
    typing = Typing(server, path)
    for _ in range(5):
        typing.type()
    typed = [typing.type() for _ in range(edits)]
    asked = {name: [typing.ask(name) for _ in range(edits)] for name in ("completion", "hover", "definition")}
    together = [typing.type_and_ask() for _ in range(edits)]
    memory = _resident(server.process.pid)
    server.end()
    figures = {"edit": typed, **asked, "together": together}
    named = {f"{name}_{key}": value for name, taken in figures.items() for key, value in _percentiles(taken).items()}
    return {"lines": lines, "files": files, "start": start, **named, "memory": memory}


class Server:
    """A server and the messages to and from it."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.count = 0

    def request(self, method: str, parameters: Json | None) -> Json:
        self.count += 1
        self._send({"id": self.count, "method": method, "params": parameters})
        while (message := self.read()).get("id") != self.count:
            pass
        if "error" in message:
            raise RuntimeError(message["error"])
        return message

    def notify(self, method: str, parameters: Json | None) -> None:
        self._send({"method": method, "params": parameters})

    def read(self) -> Json:
        assert self.process.stdout is not None
        size = 0
        while line := self.process.stdout.readline().strip():
            if line.startswith(b"Content-Length:"):
                size = int(line.partition(b":")[2])
        message: Json = json.loads(self.process.stdout.read(size))
        return message

    def end(self) -> None:
        self.request("shutdown", None)
        self.notify("exit", None)
        self.process.wait()

    def _send(self, message: Json) -> None:
        assert self.process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()


class Typing:
    """A line that is typed into the middle of a file, one character after the other, over and over."""

    def __init__(self, server: Server, path: Path) -> None:
        self.server, self.uri = server, path.as_uri()
        text = path.read_text(encoding="utf-8")
        self.lines = text.split("\n")
        self.line = next(at for at in range(len(self.lines) // 2, len(self.lines)) if not self.lines[at])
        self.place = next(at for at, line in enumerate(self.lines) if 'model "default"' in line)
        self.version = 1
        self.typed = 0
        document = {"uri": self.uri, "languageId": "rag", "version": 1, "text": text}
        server.notify("textDocument/didOpen", {"textDocument": document})
        self._until_told()

    def type(self) -> float:
        """Type one character; the time to the diagnostics of that version."""
        started = time.perf_counter()
        self._press()
        self._until_told()
        return 1000 * (time.perf_counter() - started)

    def ask(self, what: str) -> float:
        """Ask about the name of a model; the time to the answer."""
        started = time.perf_counter()
        self.server.request(f"textDocument/{what}", self._place())
        return 1000 * (time.perf_counter() - started)

    def type_and_ask(self) -> float:
        """Type one character and ask for completions; the time to the answer."""
        started = time.perf_counter()
        self._press()
        self.server.request("textDocument/completion", self._place())
        return 1000 * (time.perf_counter() - started)

    def _place(self) -> Json:
        column = self.lines[self.place].index("default") + 2
        shift = self.typed // len(TYPED) if self.place > self.line else 0
        return {"textDocument": {"uri": self.uri}, "position": {"line": self.place + shift, "character": column}}

    def _press(self) -> None:
        self.version += 1
        at = self.typed % len(TYPED)
        place = {"line": self.line, "character": at}
        change = {"range": {"start": place, "end": place}, "text": TYPED[at]}
        if TYPED[at] == "\n":
            # The line is emptied instead, so that the file does not grow.
            change = {"range": {"start": {"line": self.line, "character": 0}, "end": place}, "text": ""}
        document = {"uri": self.uri, "version": self.version}
        self.server.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
        self.typed = 0 if TYPED[at] == "\n" else self.typed + 1

    def _until_told(self) -> None:
        while True:
            message = self.server.read()
            parameters = message.get("params", {})
            if parameters.get("uri") == self.uri and parameters.get("version") == self.version:
                return


def _percentiles(taken: list[float]) -> dict[str, float]:
    return {"p50": median(taken), "p95": quantiles(taken, n=20)[-1]}


def _resident(process: int) -> float:
    """MiB in memory; 0 where the system does not say."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:")), 0.0)


if __name__ == "__main__":
    main()
