"""The server as its clients see it: diagnostics that follow texts and files, answers to questions, and no message that ends it."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from tests.lsp.conftest import FLOW, MANIFEST, TOOLS
from tests.lsp.talk import PATIENCE, Client, Json, client

BROKEN = FLOW.replace("start plan", "start plna")


def _range(line: int, start: int, end: int) -> dict[str, dict[str, int]]:
    return {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}


def _edit(line: int, start: int, end: int, text: str) -> dict[str, object]:
    return {"range": _range(line, start, end), "text": text}


def test_an_error_appears_and_goes_away(server: Client, project: Path) -> None:
    uri = (project / "flow.rag").as_uri()
    assert server.open(uri, FLOW) == []
    server.change(uri, 2, _edit(1, 8, 12, "plna"))
    (found,) = server.diagnostics(uri, 2)
    assert found["code"] == "unknown-node"
    assert found["range"] == _range(1, 8, 12)
    assert found["severity"] == 1
    assert "did you mean `plan`?" in found["message"]
    assert found["relatedInformation"][0]["location"] == {"uri": uri, "range": _range(3, 7, 11)}
    assert Path(found["codeDescription"]["href"].removeprefix("file://")).read_text().startswith("# ")
    server.change(uri, 3, _edit(1, 8, 12, "plan"))
    assert server.diagnostics(uri, 3) == []


def test_files_that_are_not_open_are_diagnosed_too(server: Client, project: Path) -> None:
    (project / "other.rag").write_text(BROKEN.replace("graph flow", "graph other"))
    other = (project / "other.rag").as_uri()
    server.open((project / "flow.rag").as_uri(), FLOW)
    server.until_told(other, "unknown-node")
    (project / "other.rag").unlink()
    server.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": other, "type": 3}]})
    assert server.until_told(other) == []


def test_an_unsaved_file_counts_for_the_others(server: Client, project: Path) -> None:
    flow = (project / "flow.rag").as_uri()
    other = (project / "other.rag").as_uri()
    server.open(flow, FLOW.replace("{\n  start", '{\n  channel x: Found overwrite = { title: "" }\n  start'))
    server.until_told(flow, "unknown-type")
    server.open(other, "type Found { title: string }\n")
    server.until_told(flow)
    server.close(other)
    server.until_told(flow, "unknown-type")


def test_what_is_on_disk_counts_again_once_a_document_is_closed(server: Client, project: Path) -> None:
    uri = (project / "flow.rag").as_uri()
    server.open(uri, BROKEN)
    server.until_told(uri, "unknown-node")
    server.close(uri)
    assert server.until_told(uri) == []


def test_a_manifest_that_is_edited_counts_at_once(server: Client, project: Path) -> None:
    flow, manifest = (project / "flow.rag").as_uri(), (project / "rag.toml").as_uri()
    server.open(flow, FLOW)
    assert server.open(manifest, MANIFEST) == []
    server.replace(manifest, 2, MANIFEST.replace("tools.search", "tools.find"))
    server.until_told(flow, "unknown-tool")
    server.replace(manifest, 3, MANIFEST)
    server.until_told(flow)
    (found,) = server.replace(manifest, 4, MANIFEST + "efects = 1\n")
    assert found["code"] == "manifest-unknown-key"
    assert server.replace(manifest, 5, MANIFEST + "[")[0]["code"] == "manifest-syntax"


@pytest.mark.parametrize("told", [True, False])
def test_a_manifest_that_changes_on_disk_counts(told: bool, server: Client, project: Path) -> None:
    uri, manifest = (project / "flow.rag").as_uri(), project / "rag.toml"
    server.open(uri, FLOW)
    manifest.write_text(MANIFEST.replace("tools.search", "tools.find"))
    if told:
        server.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": manifest.as_uri(), "type": 2}]})
    else:
        server.change(uri, 2, _edit(0, 0, 0, "\n"))
    server.until_told(uri, "unknown-tool")


def test_a_tool_that_changes_on_disk_counts(server: Client, project: Path) -> None:
    uri, tools = (project / "flow.rag").as_uri(), project / "tools.py"
    server.open(uri, FLOW)
    tools.write_text(TOOLS.replace("query", "words"))
    server.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": tools.as_uri(), "type": 2}]})
    assert {each["code"] for each in server.until(lambda _: server.told.get(uri)) and server.told[uri]}
    tools.write_text(TOOLS)
    server.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": tools.as_uri(), "type": 2}]})
    server.until_told(uri)


def test_the_project_s_code_is_not_run(server: Client, project: Path) -> None:
    proof = project / "ran"
    (project / "tools.py").write_text(f"open({str(proof)!r}, 'w').close()\n{TOOLS}")
    assert server.open((project / "flow.rag").as_uri(), FLOW) == []
    assert not proof.exists()


def test_files_are_watched_where_the_client_can(project: Path) -> None:
    with client() as served:
        served.start(project, watching=True)
        served.open((project / "flow.rag").as_uri(), FLOW)
        (asked,) = served.asked
        (registration,) = asked["params"]["registrations"]
        patterns = {each["globPattern"] for each in registration["registerOptions"]["watchers"]}
        assert patterns == {"**/rag.toml", "**/*.rag", "**/*.py"}


def test_two_projects_in_one_workspace(project: Path, tmp_path: Path) -> None:
    second = (tmp_path / "second").resolve()
    second.mkdir()
    (second / "rag.toml").write_text(MANIFEST.replace("tools.search", "tools.find"))
    (second / "tools.py").write_text(TOOLS)
    (second / "flow.rag").write_text(FLOW)
    with client() as served:
        served.start(project, second)
        served.until_told((second / "flow.rag").as_uri(), "unknown-tool")
        assert served.open((project / "flow.rag").as_uri(), FLOW) == []
        folders = {"added": [], "removed": [{"uri": second.as_uri(), "name": "second"}]}
        served.notify("workspace/didChangeWorkspaceFolders", {"event": folders})
        served.until_told((second / "flow.rag").as_uri())


def test_a_file_without_a_manifest_and_a_text_without_a_file(tmp_path: Path) -> None:
    with client() as served:
        served.start()
        alone = "graph a {\n  start b\n  node b { kind pass }\n}\n"
        assert served.open((tmp_path / "alone.rag").as_uri(), alone) == []
        (found,) = served.open("untitled:Untitled-1", alone.replace("start b", "start c"))
        assert found["code"] == "unknown-node"
        assert served.labels("untitled:Untitled-1", 1, 9) == ["b"]


# Versions


def test_an_edit_of_a_version_that_is_behind_is_dropped(server: Client, project: Path) -> None:
    uri = (project / "flow.rag").as_uri()
    server.open(uri, FLOW, version=5)
    server.change(uri, 5, {"text": BROKEN})
    server.change(uri, 4, {"text": BROKEN})
    server.change(uri, 6, _edit(0, 0, 0, "// first\n"))
    assert server.diagnostics(uri, 6) == []


def test_an_edit_of_what_is_not_open_is_dropped(server: Client, project: Path) -> None:
    server.change((project / "none.rag").as_uri(), 2, {"text": "x"})
    assert server.open((project / "flow.rag").as_uri(), FLOW) == []


def test_each_change_speaks_of_the_text_that_the_one_before_made(server: Client, project: Path) -> None:
    uri = (project / "flow.rag").as_uri()
    server.open(uri, FLOW)
    server.change(uri, 2, _edit(0, 0, 0, "\n\n"), _edit(3, 8, 12, "plna"))
    (found,) = server.diagnostics(uri, 2)
    assert found["range"] == _range(3, 8, 12)


# Positions

ODD = "🦊 é \u2028 \x0c \x85"


@pytest.mark.parametrize(
    ("encodings", "agreed", "width"), [((), "utf-16", 2), (("utf-8", "utf-16"), "utf-8", 4), (("utf-32",), "utf-32", 1)]
)
def test_positions_are_counted_as_agreed(encodings: tuple[str, ...], agreed: str, width: int, project: Path) -> None:
    uri = (project / "flow.rag").as_uri()
    text = FLOW.replace('{ query: "x" }', '{ query: "🦊{{ state.reprot }}" }').replace("graph", f"// {ODD}\ngraph")
    text = text.replace("string overwrite", 'string overwrite = ""')
    start = len('    args { query: "') + width + len("{{ state.")
    with client() as served:
        assert served.start(project, encodings=encodings)["positionEncoding"] == agreed
        for version, newline in enumerate(("\n", "\r\n", "\r")):
            (found,) = served.open(uri, text.replace("\n", newline), 10 * version)
            assert found["range"] == _range(7, start, start + 6)
            served.change(uri, 10 * version + 1, _edit(7, start, start + 6, "report"))
            assert served.diagnostics(uri, 10 * version + 1) == []
            assert served.at("hover", uri, 7, start + 1)["range"] == _range(7, start, start + 6)
            assert "report" in served.labels(uri, 7, start + 3)
            (definition,) = served.at("definition", uri, 7, start)
            assert definition == {"uri": uri, "range": _range(3, 10, 16)}


# Questions


def test_completion_in_a_text_that_is_broken(server: Client, project: Path) -> None:
    uri = (project / "flow.rag").as_uri()
    server.open(uri, FLOW)
    server.change(uri, 2, _edit(5, 0, 17, '    tool "sea'))
    (item,) = server.at("completion", uri, 5, 13)["items"]
    assert item["label"] == "search"
    assert item["detail"] == "Searches the library."
    assert item["textEdit"] == {"range": _range(5, 10, 13), "newText": 'search"'}


def test_places_to_fill_in_where_the_client_takes_them(project: Path) -> None:
    texts: list[str] = []
    for snippets in (True, False):
        with client() as served:
            served.start(project, snippets=snippets)
            uri = (project / "flow.rag").as_uri()
            served.open(uri, "\n" + FLOW)
            items = {item["label"]: item for item in served.at("completion", uri, 0, 0)["items"]}
            texts.append(items["graph"]["textEdit"]["newText"])
    assert texts[0].startswith("graph ${1:name} {")
    assert texts[1] == "graph"


def test_the_definition_of_a_tool_is_in_the_manifest(server: Client, project: Path) -> None:
    uri = (project / "flow.rag").as_uri()
    server.open(uri, FLOW)
    (found,) = server.at("definition", uri, 5, 12)
    assert found == {"uri": (project / "rag.toml").as_uri(), "range": _range(8, 7, 13)}


def test_hover_and_outline(server: Client, project: Path) -> None:
    uri = (project / "flow.rag").as_uri()
    server.open(uri, FLOW)
    assert "search(query: string) -> string" in server.at("hover", uri, 5, 12)["contents"]["value"]
    assert server.at("hover", uri, 0, 11) is None
    (graph,) = server.request("textDocument/documentSymbol", {"textDocument": {"uri": uri}})["result"]
    assert [child["name"] for child in graph["children"]] == ["report", "plan"]


def test_a_question_about_what_is_not_open_has_no_answer(server: Client, project: Path) -> None:
    assert server.at("hover", (project / "none.rag").as_uri(), 0, 0) is None
    assert server.at("completion", (project / "rag.toml").as_uri(), 0, 0) is None


def test_a_question_in_the_manifest_has_no_answer(server: Client, project: Path) -> None:
    uri = (project / "rag.toml").as_uri()
    server.open(uri, MANIFEST)
    assert server.at("completion", uri, 1, 2)["items"] == []


# Messages that are wrong


def test_a_malformed_request_is_answered_and_the_server_goes_on(server: Client, project: Path) -> None:
    uri = (project / "flow.rag").as_uri()
    wrong: list[Json] = [None, {}, [], {"textDocument": 3, "position": {}}, {"textDocument": {"uri": uri}}]
    for parameters in wrong:
        assert "error" in server.request("textDocument/hover", parameters)
    assert "error" in server.request("textDocument/nothing", {})
    for body in (b"", b"{", b"[]", b"3", b"{}", b'{"jsonrpc": "2.0"}', b'{"jsonrpc": "1.0", "id": 1}', b"\xff\xfe"):
        server.write(body or b" ")
    server.notify("textDocument/didOpen", {"textDocument": {"uri": uri}})
    server.notify("textDocument/didChange", {})
    server.notify("nothing", {"x": 1})
    assert server.open(uri, FLOW) == []


def test_an_odd_address_is_no_harm(server: Client, project: Path) -> None:
    for uri in ("", "x", "file:", "file:///", "file://host/x.rag", "file:///a%00b.rag", "http://[", "file:///\ud800"):
        document = {"uri": uri, "languageId": "rag", "version": 1, "text": "x"}
        server.notify("textDocument/didOpen", {"textDocument": document})
        server.notify("textDocument/didClose", {"textDocument": document})
    assert server.open((project / "flow.rag").as_uri(), FLOW) == []


def test_a_position_outside_of_the_text_is_no_harm(server: Client, project: Path) -> None:
    uri = (project / "flow.rag").as_uri()
    server.open(uri, FLOW)
    for line, character in product((-1, 2, 10**6), (-1, 3, 10**6)):
        for method in ("hover", "completion", "definition"):
            position = {"line": line, "character": character}
            server.request(f"textDocument/{method}", {"textDocument": {"uri": uri}, "position": position})
    assert server.replace(uri, 2, FLOW) == []


def test_the_server_ends_when_it_is_told_to(project: Path) -> None:
    with client() as served:
        served.start(project)
        assert served.stop() == 0


def test_the_server_ends_when_its_client_is_gone(project: Path) -> None:
    with client() as served:
        served.start(project)
        assert served.process.stdin is not None
        served.process.stdin.close()
        assert served.process.wait(PATIENCE) == 0


def test_nothing_but_a_server_loads_the_library_of_the_protocol() -> None:
    program = (
        "import rag_cli.main, rag_cli.commands.lsp, rag_ide.complete, rag_project.diagnose, sys; print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pygls", "lsprotocol", "attrs", "cattrs", "asyncio"} & {name.partition(".")[0] for name in loaded}
