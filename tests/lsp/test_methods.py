"""A conversation for every method that asks about names and files, over the protocol, in both spellings of positions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import pytest

from rag_lsp.server import make_server
from tests.lsp.conftest import FLOW, MANIFEST
from tests.lsp.talk import Client, Json

PAGE = Path(__file__).resolve().parents[2] / "docs" / "language-server.md"
WHOLE = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}


def _ask(server: Client, method: str, uri: str, **parameters: Json) -> Json:
    answer = server.request(method, {"textDocument": {"uri": uri}, **parameters})
    assert "error" not in answer, answer
    return answer["result"]


def _at(line: int, character: int) -> Json:
    return {"line": line, "character": character}


@pytest.fixture
def uri(server: Client, project: Path) -> str:
    uri = (project / "flow.rag").as_uri()
    server.open(uri, FLOW)
    return uri


def _start(edit: Json) -> tuple[int, int]:
    return edit["range"]["start"]["line"], edit["range"]["start"]["character"]


def _edited(text: str, edits: list[Json]) -> str:
    lines: list[str] = text.split("\n")
    ordered: list[Json] = sorted(edits, key=_start, reverse=True)
    for edit in ordered:
        row, first = _start(edit)
        last: int = edit["range"]["end"]["character"]
        assert edit["range"]["end"]["line"] == row
        lines[row] = lines[row][:first] + str(edit["newText"]) + lines[row][last:]
    return "\n".join(lines)


def test_references_and_highlights(server: Client, uri: str, project: Path) -> None:
    found = _ask(server, "textDocument/references", uri, position=_at(5, 12), context={"includeDeclaration": True})
    assert {each["uri"] for each in found} == {uri, (project / "rag.toml").as_uri()}
    marked = _ask(server, "textDocument/documentHighlight", uri, position=_at(2, 12))
    assert [(each["range"]["start"]["line"], each["kind"]) for each in marked] == [(2, 1), (7, 3)]
    linked = _ask(server, "textDocument/linkedEditingRange", uri, position=_at(1, 9))
    assert [each["start"]["line"] for each in linked["ranges"]] == [1, 3]


def test_a_name_is_renamed_in_source_and_manifest(server: Client, uri: str, project: Path) -> None:
    prepared = _ask(server, "textDocument/prepareRename", uri, position=_at(5, 12))
    assert prepared["placeholder"] == "search"
    changes = _ask(server, "textDocument/rename", uri, position=_at(5, 12), newName="find")["changes"]
    assert _edited(FLOW, changes[uri]) == FLOW.replace('"search"', '"find"')
    assert "[tools.find]" in _edited(MANIFEST, changes[(project / "rag.toml").as_uri()])
    refused = server.request(
        "textDocument/rename", {"textDocument": {"uri": uri}, "position": _at(3, 8), "newName": "END"}
    )
    assert "reserved" in refused["error"]["message"]
    assert _ask(server, "textDocument/prepareRename", uri, position=_at(4, 6)) is None


def test_symbols_of_the_workspace(server: Client, uri: str) -> None:
    found = server.request("workspace/symbol", {"query": "rprt"})["result"]
    assert [(each["name"], each["containerName"], each["location"]["uri"]) for each in found] == [
        ("report", "flow", uri)
    ]


def test_the_hierarchy_of_calls(server: Client, uri: str) -> None:
    (plan,) = _ask(server, "textDocument/prepareCallHierarchy", uri, position=_at(3, 8))
    assert (plan["name"], plan["detail"]) == ("plan", "flow")
    (incoming,) = server.request("callHierarchy/incomingCalls", {"item": plan})["result"]
    assert incoming["from"]["name"] == "flow"
    (outgoing,) = server.request("callHierarchy/outgoingCalls", {"item": incoming["from"]})["result"]
    assert outgoing["to"]["name"] == "plan"
    assert server.request("callHierarchy/outgoingCalls", {"item": plan})["result"] == []


def test_folds_and_selections(server: Client, uri: str) -> None:
    folds = _ask(server, "textDocument/foldingRange", uri)
    assert [(each["startLine"], each["endLine"]) for each in folds] == [(0, 10), (3, 9)]
    (chain,) = _ask(server, "textDocument/selectionRange", uri, positions=[_at(5, 12)])
    sizes: list[tuple[Json, Json]] = []
    while chain:
        sizes.append((chain["range"]["start"], chain["range"]["end"]))
        chain = chain.get("parent")
    assert len(sizes) >= 4
    assert sizes[-1][0] == _at(0, 0)


def test_colours(server: Client, uri: str) -> None:
    data = _ask(server, "textDocument/semanticTokens/full", uri)["data"]
    assert len(data) % 5 == 0
    assert data[:5] == [0, 6, 4, data[3], 1]
    part = _ask(server, "textDocument/semanticTokens/range", uri, range={"start": _at(5, 0), "end": _at(6, 0)})["data"]
    assert part[:3] == [5, 10, 6]
    assert len(part) == 5


def test_what_stands_between_the_lines(server: Client, uri: str) -> None:
    server.replace(
        uri,
        2,
        FLOW.replace("    kind tool\n    tool", "    prompt")
        .replace(": string", "")
        .replace('    args { query: "x" }\n', ""),
    )
    hints = _ask(server, "textDocument/inlayHint", uri, range=WHOLE)
    assert [each["label"] for each in hints] == [": json", " kind model"]
    lenses = _ask(server, "textDocument/codeLens", uri)
    assert [each["command"]["title"] for each in lenses] == ["0 references", "1 reference", "1 reference"]


def test_a_quick_fix_mends_and_fix_all_mends_everything(server: Client, uri: str) -> None:
    broken = FLOW.replace("start plan", "start plna").replace('"search"', '"serch"')
    server.replace(uri, 2, broken)
    here = {"start": _at(1, 9), "end": _at(1, 9)}
    found = _ask(server, "textDocument/codeAction", uri, range=here, context={"diagnostics": []})
    titles = {each["title"]: each for each in found}
    assert set(titles) == {"change to `plan`", "create node `plna`", "mend everything that is safe to mend"}
    fix = titles["change to `plan`"]
    assert (fix["kind"], fix["isPreferred"], fix["diagnostics"][0]["code"]) == ("quickfix", True, "unknown-node")
    assert _edited(broken, fix["edit"]["changes"][uri]) == broken.replace("plna", "plan")
    only = _ask(
        server, "textDocument/codeAction", uri, range=here, context={"diagnostics": [], "only": ["source.fixAll"]}
    )
    edit: Json = only[0]["edit"]["changes"][uri][0]
    lines = [line + "\n" for line in broken.split("\n")]
    (row, first), last = _start(edit), edit["range"]["end"]
    before = "".join(lines[:row]) + lines[row][:first]
    behind = lines[int(last["line"])][int(last["character"]) :] + "".join(lines[int(last["line"]) + 1 :])
    assert before + edit["newText"] + behind == FLOW + "\n"


def test_a_file_some_lines_and_a_closed_block_are_formatted(server: Client, uri: str) -> None:
    loose = "graph g {\n  start a\n  node a { // 🙂\n  kind   pass\n  }\n  node b { }\n}\n"
    server.replace(uri, 2, loose)
    options = {"tabSize": 8, "insertSpaces": False}
    whole = _ask(server, "textDocument/formatting", uri, options=options)
    assert "".join(each["newText"] for each in whole) == "\n    kind pass\n\n  node b {}\n"
    some = _ask(
        server, "textDocument/rangeFormatting", uri, options=options, range={"start": _at(3, 0), "end": _at(3, 1)}
    )
    assert [(each["newText"], each["range"]["start"]["line"]) for each in some] == [("    kind pass\n", 3)]
    typed = _ask(server, "textDocument/onTypeFormatting", uri, options=options, position=_at(4, 3), ch="}")
    assert ("    kind pass\n", 3) in [(each["newText"], each["range"]["start"]["line"]) for each in typed]
    server.replace(uri, 3, loose + "graph {")
    assert _ask(server, "textDocument/formatting", uri, options=options) == []


@pytest.mark.parametrize(
    "method",
    [
        "textDocument/references",
        "textDocument/documentHighlight",
        "textDocument/linkedEditingRange",
        "textDocument/prepareRename",
        "textDocument/prepareCallHierarchy",
        "textDocument/foldingRange",
        "textDocument/semanticTokens/full",
        "textDocument/codeLens",
    ],
)
def test_no_place_and_no_file_is_too_odd(server: Client, uri: str, method: str) -> None:
    for where in (_at(0, 0), _at(0, 9_999), _at(9_999, 0)):
        _ask(server, method, uri, position=where, context={"includeDeclaration": True})
    _ask(server, method, "file:///nowhere/at/all.rag", position=_at(0, 0), context={"includeDeclaration": True})


def test_the_page_lists_what_the_server_speaks() -> None:
    features = cast("dict[str, object]", make_server().protocol.fm.features)  # pyright: ignore[reportUnknownMemberType]
    methods = features.keys() - {"initialized", "shutdown"}
    listed = set(re.findall(r"^\| `([A-Za-z/]+)` \|", PAGE.read_text(), re.MULTILINE))
    assert listed == methods
