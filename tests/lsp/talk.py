"""A client of the language server that does exactly what a test says: a real process, spoken to over its standard streams."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = Any
PATIENCE = 60
"""Seconds after which a server that says nothing has failed a test."""
COMMAND = [sys.executable, "-c", "import sys; from rag_cli.main import main; sys.exit(main())", "lsp"]


class Client:
    """One server. `told` holds the last diagnostics of each address, `versions` the version that they speak of."""

    def __init__(self, command: list[str] | None = None) -> None:
        self.process = subprocess.Popen(
            command or COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.incoming: queue.Queue[Json] = queue.Queue()
        self.told: dict[str, list[Json]] = {}
        self.versions: dict[str, int | None] = {}
        self.asked: list[Json] = []
        self.opened: set[str] = set()
        self.count = 0
        threading.Thread(target=self._read, daemon=True).start()

    def start(
        self, *folders: Path, encodings: tuple[str, ...] = (), watching: bool = False, snippets: bool = False
    ) -> Json:
        """Shakes hands; gives what the server can do."""
        general = {"positionEncodings": list(encodings)} if encodings else {}
        capabilities = {
            "general": general,
            "textDocument": {"completion": {"completionItem": {"snippetSupport": snippets}}},
            "workspace": {"didChangeWatchedFiles": {"dynamicRegistration": watching}},
        }
        uris = [{"uri": folder.as_uri(), "name": folder.name} for folder in folders]
        parameters = {"processId": None, "rootUri": None, "capabilities": capabilities, "workspaceFolders": uris}
        found = self.request("initialize", parameters)["result"]["capabilities"]
        self.notify("initialized", {})
        return found

    def request(self, method: str, parameters: Json) -> Json:
        """The whole answer to a request, be it a result or an error."""
        self.count += 1
        number = self.count
        self.send({"id": number, "method": method, "params": parameters})
        return self.until(lambda message: message.get("id") == number and "method" not in message)

    def notify(self, method: str, parameters: Json) -> None:
        self.send({"method": method, "params": parameters})

    def send(self, message: Json) -> None:
        self.write(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def write(self, body: bytes) -> None:
        """A message, whatever it holds."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def until(self, wanted: Callable[[Json], object]) -> Json:
        """The first message that is wanted; all others are taken note of."""
        while True:
            message = self.incoming.get(timeout=PATIENCE)
            if message is None:
                raise AssertionError(f"the server ended with status {self.process.wait()}")
            self._note(message)
            if wanted(message):
                return message

    def _note(self, message: Json) -> None:
        if message.get("method") == "textDocument/publishDiagnostics":
            parameters = message["params"]
            self.told[parameters["uri"]] = parameters["diagnostics"]
            self.versions[parameters["uri"]] = parameters.get("version")
        elif "method" in message and "id" in message:
            self.asked.append(message)
            self.send({"id": message["id"], "result": None})

    def open(self, uri: str, text: str, version: int = 1) -> list[Json]:
        """Opens a document; gives its diagnostics."""
        self.opened.add(uri)
        self.notify(
            "textDocument/didOpen",
            {"textDocument": {"uri": uri, "languageId": "rag", "version": version, "text": text}},
        )
        return self.diagnostics(uri, version)

    def close(self, uri: str) -> None:
        """Closes a document."""
        self.opened.discard(uri)
        self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def close_all(self) -> None:
        """Closes what is open."""
        for uri in sorted(self.opened):
            self.close(uri)

    def change(self, uri: str, version: int, *changes: Json) -> None:
        self.notify(
            "textDocument/didChange",
            {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)},
        )

    def replace(self, uri: str, version: int, text: str) -> list[Json]:
        """Changes the whole text of a document; gives its diagnostics."""
        self.change(uri, version, {"text": text})
        return self.diagnostics(uri, version)

    def diagnostics(self, uri: str, version: int | None) -> list[Json]:
        """The diagnostics of a version of a document, once they are there."""
        if uri not in self.versions or self.versions[uri] != version:
            self.until(lambda _: self.versions.get(uri, -1) == version)
        return self.told[uri]

    def until_told(self, uri: str, *codes: str) -> list[Json]:
        """The diagnostics of a document, once they are of these rules and no others."""
        if uri not in self.told or [each["code"] for each in self.told[uri]] != list(codes):
            self.until(lambda _: uri in self.told and [each["code"] for each in self.told[uri]] == list(codes))
        return self.told[uri]

    def at(self, method: str, uri: str, line: int, character: int) -> Json:
        """The result of a question about a place."""
        position = {"line": line, "character": character}
        answer = self.request(f"textDocument/{method}", {"textDocument": {"uri": uri}, "position": position})
        assert "error" not in answer, answer
        return answer["result"]

    def labels(self, uri: str, line: int, character: int) -> list[str]:
        return [item["label"] for item in self.at("completion", uri, line, character)["items"]]

    def stop(self) -> int:
        """Ends the server as a client should; its exit status."""
        self.request("shutdown", None)
        self.notify("exit", None)
        return self.process.wait(PATIENCE)

    def _read(self) -> None:
        assert self.process.stdout is not None
        stream = self.process.stdout
        while line := stream.readline():
            size = 0
            while line.strip():
                name, _, value = line.partition(b":")
                size = int(value) if name.lower() == b"content-length" else size
                line = stream.readline()
            self.incoming.put(json.loads(stream.read(size)))
        self.incoming.put(None)


@contextmanager
def client(command: list[str] | None = None) -> Generator[Client]:
    """A server that is gone afterwards, whatever happens."""
    served = Client(command)
    try:
        yield served
    finally:
        served.process.kill()
        served.process.wait()
        for stream in (served.process.stdin, served.process.stdout):
            assert stream is not None
            stream.close()
