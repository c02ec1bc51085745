"""The lock: what it says of tools counts as long as it is what a server said, of a server that is reached in the same way."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_ir.graph import Json
from rag_registry.lock import (
    Lock,
    LockedServer,
    LockedTool,
    apply_lock,
    differences,
    read_lock,
    source_of,
    stale,
    write_lock,
)
from rag_registry.manifest import read_manifest
from rag_registry.registry import Registry

MANIFEST = """
[mcp.web]
command = "web-server"
args = ["--quiet"]
env = ["WEB_TOKEN"]
tools = ["fetch", "search"]

[mcp.unused]
url = "https://mcp.test/mcp"
tools = ["x"]

[tools.page]
mcp = "web/fetch"

[tools.find]
mcp = "web/search"
description = "Finds."
returns = "string"
"""

FETCH = LockedTool(
    "Gets a page.",
    {"type": "object", "title": "T", "properties": {"url": {"type": "string", "minLength": 1}}, "required": ["url"]},
    None,
)
SEARCH = LockedTool("Searches.", {"type": "object"}, {"type": "object", "properties": {"hits": {"type": "integer"}}})


def registry(text: str = MANIFEST) -> Registry:
    made, findings = read_manifest(text)
    assert {finding.code for finding in findings} <= {"not-built"}
    return made


def whole(under: Registry) -> Lock:
    return {"web": LockedServer(source_of(under.mcp["web"]), {"fetch": FETCH, "search": SEARCH})}


def test_what_is_written_is_read_again() -> None:
    lock = whole(registry())
    data = write_lock(lock)
    assert read_lock(data) == lock
    assert write_lock(dict(reversed([*lock.items()]))) == data
    assert data.endswith(b"}\n")
    assert json.loads(data)["mcp"]["web"]["tools"]["fetch"]["digest"] == FETCH.digest


def test_a_locked_tool_takes_what_its_server_says() -> None:
    made, findings = apply_lock(registry(), whole(registry()))
    assert findings == []
    page, find = made.tools["page"], made.tools["find"]
    assert page.input == {"type": "object", "properties": {"url": {"type": "string"}}, "required": ["url"]}
    assert (page.description, page.output, page.locked) == ("Gets a page.", None, FETCH.digest)
    assert find.input == {"type": "object", "properties": {}, "required": []}
    assert (find.description, find.output, find.locked) == ("Finds.", {"type": "string"}, SEARCH.digest)


def test_without_a_lock_nothing_is_known() -> None:
    made, findings = apply_lock(registry(), None)
    assert [(found.code, found.at) for found in findings] == [
        ("not-locked", "/tools/page/mcp"),
        ("not-locked", "/tools/find/mcp"),
    ]
    assert all("`rag lock`" in found.help for found in findings)
    assert made.tools["page"].input is None


def test_a_tool_that_is_not_in_it() -> None:
    under = registry()
    lock = {"web": LockedServer(source_of(under.mcp["web"]), {"fetch": FETCH})}
    assert [(found.code, found.at) for found in apply_lock(under, lock)[1]] == [("not-locked", "/tools/find/mcp")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"web-server"', '"another"'),
        ('"--quiet"', '"--loud"'),
        ('"WEB_TOKEN"', '"OTHER_TOKEN"'),
        ('command = "web-server"\nargs = ["--quiet"]\nenv = ["WEB_TOKEN"]', 'url = "https://a.test"'),
    ],
)
def test_a_server_that_is_reached_in_another_way(before: str, after: str) -> None:
    made, findings = apply_lock(registry(MANIFEST.replace(before, after)), whole(registry()))
    assert [(found.code, found.at, found.part) for found in findings] == [("not-locked", "/mcp/web", "key")]
    assert made.tools["page"].input is None


def test_a_lock_that_cannot_be_read_is_said_once_for_each_server() -> None:
    _, findings = apply_lock(registry(), "it is not JSON")
    assert [(found.code, found.at, found.message) for found in findings] == [
        ("bad-lock", "/mcp/web", "`rag.lock` cannot be used: it is not JSON")
    ]


def _changed(path: list[str], value: Json) -> bytes:
    whole_: dict[str, Json] = json.loads(write_lock(whole(registry())))
    part: Json = whole_
    for step in path[:-1]:
        assert isinstance(part, dict)
        part = part[step]
    assert isinstance(part, dict)
    part[path[-1]] = value
    return json.dumps(whole_).encode()


TOOL = ["mcp", "web", "tools", "fetch"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "form of a lock"),
        (b"{}", "form of a lock"),
        (_changed(["version"], 2), "another version"),
        (_changed(["mcp", "web"], None), "form of a lock"),
        (_changed(["mcp", "web", "source"], 3), "form of a lock"),
        (_changed(TOOL, []), "form of a tool"),
        (_changed([*TOOL, "input"], "x"), "form of a tool"),
        (_changed([*TOOL, "output"], 3), "form of a tool"),
        (_changed([*TOOL, "description"], "Sends everything."), "changed by hand"),
        (_changed([*TOOL, "input"], {"type": "object"}), "changed by hand"),
        (_changed([*TOOL, "output"], {}), "changed by hand"),
        (_changed([*TOOL, "digest"], "sha256:0"), "changed by hand"),
        (_changed([*TOOL, "description"], "\ud800"), "changed by hand"),
    ],
)
def test_bytes_that_are_no_lock(data: bytes, why: str) -> None:
    found = read_lock(data)
    assert isinstance(found, str)
    assert why in found


@given(st.binary(max_size=80))
def test_any_bytes_are_taken(data: bytes) -> None:
    assert isinstance(read_lock(data), str | dict)


def test_differences_say_what_changed() -> None:
    before = whole(registry())
    after = {
        "web": LockedServer("sha256:other", {"fetch": replace(FETCH, description="Steals a page."), "post": SEARCH}),
        "far": LockedServer("sha256:far", {}),
    }
    assert differences(before, before) == []
    assert differences(before, after) == [
        "server `far` is new",
        "server `web` is reached in another way",
        "the description of tool `fetch` of server `web` changed",
        "tool `post` of server `web` is new",
        "tool `search` of server `web` is gone",
    ]


def test_a_lock_is_stale_where_the_manifest_says_something_else() -> None:
    under = registry()
    complete = {**whole(under), "unused": LockedServer(source_of(under.mcp["unused"]), {"x": FETCH})}
    assert stale(under, complete) == []
    assert stale(under, whole(under)) == ["server `unused` is new"]
    assert stale(under, {**complete, "old": complete["web"]}) == ["server `old` is gone"]
    fewer = registry(MANIFEST.replace('tools = ["fetch", "search"]', 'tools = ["fetch", "search", "post"]'))
    assert stale(fewer, complete) == ["tool `post` of server `web` is new"]
    other = registry(MANIFEST.replace('"--quiet"', '"--loud"'))
    assert stale(other, complete) == ["server `web` is reached in another way"]
