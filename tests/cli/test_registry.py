"""`rag registry list`, `rag registry show`, `rag lock`: what source may name, and what servers say of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Rag
from tests.cli.hostile import HOSTILE
from tests.tools.test_mcp_servers import PROGRAM

MANIFEST = """\
[project]
name = "shop"

[models.default]
provider = "openai"
model = "small-1"
api_key_env = "SHOP_KEY"
context_window = 100_000
max_output_tokens = 4_000
price = { input_per_mtok = 0.25, output_per_mtok = 2, cached_input_per_mtok = 0.025 }
capabilities = ["tools"]
aliases = ["main"]

[tools.search]
python = "shop:search"
effects = "read"
reads = "public"
returns_trust = "untrusted"
aliases = ["find"]

[tools.publish]
description = "Publishes."
python = "shop:publish"
args = { text = "string", tags = "string[]?" }
effects = "external"
on_error = "fail"

[agents.judge]
model = "main"
tools = ["find"]
input = { text = "string" }
output = { verdict = '"yes" | "no"' }
system = "Judge."

[routers.search]
python = "shop:route"
labels = ["yes", "no"]

[policy.deny]
tools = ["publish"]
"""

SHOP = '''\
def search(query: str, limit: int = 3) -> list[str]:
    """Finds things.

    Args:
        query: What to look for.
    """
    return []


def publish(text, tags=None): ...


def route(input, state): ...
'''


@pytest.fixture
def shop(here: Path) -> Path:
    (here / "rag.toml").write_text(MANIFEST)
    (here / "shop.py").write_text(SHOP)
    return here


def test_a_list_by_kind(rag: Rag, shop: Path) -> None:
    done = rag("registry", "list")
    assert (done.status, done.err) == (0, "")
    assert done.out == (
        "models\n"
        "  default  openai, small-1, tools, $0.25 in, $2 out\n"
        "\n"
        "tools\n"
        "  search                effects read, reads public, untrusted results  Finds things.\n"
        "  publish  not allowed  effects external                               Publishes.\n"
        "\n"
        "agents\n"
        "  judge  default, search\n"
        "\n"
        "routers\n"
        "  search  yes | no\n"
    )
    assert rag("registry", "list", "router").out == "routers\n  search  yes | no\n"
    assert rag("registry", "list", "stores").err == "there are no such entries\n"


def test_the_same_for_programs(rag: Rag, shop: Path) -> None:
    listed = json.loads(rag("registry", "list", "--format", "json").out)
    assert (listed["version"], listed["project"]) == (1, "shop")
    entries: dict[str, Any] = {f"{each['kind']} {each['name']}": each for each in listed["entries"]}
    assert [*entries] == ["models default", "tools search", "tools publish", "agents judge", "routers search"]
    search = entries["tools search"]
    assert (search["line"], search["aliases"], search["state"]) == (14, ["find"], "usable")
    assert search["input"]["properties"]["query"] == {"type": "string", "description": "What to look for."}
    assert entries["tools publish"]["state"] == "not allowed"
    assert entries["models default"]["price"]["cached_input_per_mtok"] == "0.025"
    assert json.loads(rag("registry", "show", "tool", "find", "--format", "json").out) == search


def test_one_entry(rag: Rag, shop: Path) -> None:
    assert rag("registry", "show", "tools", "find").out == (
        "tool search (also find)\n"
        "  Finds things.\n"
        "\n"
        "  defined   rag.toml:14\n"
        "  function  shop:search\n"
        "  takes     query: string  What to look for.\n"
        "            limit: int = 3\n"
        "  gives     string[]\n"
        "  effects   read\n"
        "  reads     public\n"
        "  results   untrusted\n"
        "  on error  the model is told\n"
    )
    model = rag("registry", "show", "main").out
    assert (
        "  price         US dollars for a million tokens: 0.25 of input, 0.025 of cached input, 2 of output\n" in model
    )
    assert "  context       100,000 tokens\n" in model
    assert "  variables     SHOP_KEY\n" in model
    agent = rag("registry", "show", "judge").out
    assert '  gives    { verdict: "yes" | "no" }\n' in agent
    assert "  state     not allowed\n" in rag("registry", "show", "publish").out


def test_names_that_mean_nothing_or_too_much(rag: Rag, shop: Path) -> None:
    done = rag("registry", "show", "search")
    assert (done.status, done.out) == (2, "")
    assert "`rag registry show tools search`, `rag registry show routers search`" in done.err
    assert "did you mean `publish`?" in rag("registry", "show", "publsh").err
    assert "did you mean `tools`?" in rag("registry", "list", "tolls").err
    assert "nothing among `models` called `search`" in rag("registry", "show", "model", "search").err
    assert rag("registry", "show", "a", "b", "c").status == 2


def test_there_is_no_manifest(rag: Rag, here: Path) -> None:
    for words in (("registry", "list"), ("registry", "show", "x"), ("lock",), ("lock", "--project", "nowhere")):
        done = rag(*words)
        assert (done.status, done.out) == (2, "")
        assert "rag.toml" in done.err
    (here / "rag.toml").write_text("[models")
    assert "`rag check` says more" in rag("registry", "list").err


def test_faults_are_told_and_do_not_hide_the_rest(rag: Rag, shop: Path) -> None:
    (shop / "rag.toml").write_text(MANIFEST + '[tools.lost]\npython = "shop:lost"\n[scripts.s]\nfile = "s.ragsh"\n')
    done = rag("registry", "list")
    assert done.status == 0
    assert "  lost     faulty       effects unknown\n" in done.out
    assert "  s  not built yet\n" in done.out
    assert done.err == "`rag.toml` has 2 errors; `rag check` shows them\n"


def test_hostile_descriptions_are_shown_harmless(rag: Rag, here: Path) -> None:
    for text in HOSTILE:
        quoted = json.dumps(text.replace("\x7f", ""))
        (here / "rag.toml").write_text(f'[models.m]\nprovider = "echo"\ndescription = {quoted}\n', encoding="utf-8")
        for words in (("registry", "list"), ("registry", "show", "m")):
            done = rag(*words)
            if done.status == 0:
                assert all(line.isprintable() for line in done.out.split("\n"))


# ---- the lock ----------------------------------------------------------------------------------------------------------

SERVER = """\
[mcp.web]
command = {command}
args = ["server.py"]
tools = ["fetch"]

[tools.page]
mcp = "web/fetch"
"""


@pytest.fixture
def served(here: Path) -> Path:
    (here / "server.py").write_text(PROGRAM)
    (here / "rag.toml").write_text(SERVER.format(command=json.dumps(sys.executable)))
    return here


def test_a_lock_is_written_compared_and_written_anew(rag: Rag, served: Path) -> None:
    assert "is stale: server `web` is new" in rag("lock", "--locked").err
    done = rag("lock")
    assert (done.status, done.out) == (0, "")
    assert done.err == "web: 1 tool\n  server `web` is new\n`rag.lock`: 1 tool written\n"
    first = (served / "rag.lock").read_bytes()
    assert rag("registry", "lock").err == "web: 1 tool\n`rag.lock` is as it was\n"
    assert rag("lock", "--check").err == "web: 1 tool\n`rag.lock` says what the servers say\n"
    assert rag("lock", "--locked").err == "`rag.lock` fits the manifest\n"

    (served / "server.py").write_text(PROGRAM.replace("Gets a page.", "Gets a page, and sends it home."))
    done = rag("lock", "--check")
    assert done.status == 1
    assert "the description of tool `fetch` of server `web` changed" in done.err
    assert (served / "rag.lock").read_bytes() == first
    assert rag("lock", "--locked").status == 0
    assert rag("lock").status == 0
    assert b"sends it home" in (served / "rag.lock").read_bytes()


def test_a_lock_that_does_not_fit_the_manifest(rag: Rag, served: Path) -> None:
    assert rag("lock").status == 0
    manifest = (served / "rag.toml").read_text()
    (served / "rag.toml").write_text(manifest.replace('tools = ["fetch"]', 'tools = ["fetch", "where"]'))
    (served / "one.rag").write_text("graph one {\n  start a\n  node a { kind pass }\n}\n")
    done = rag("lock", "--locked")
    assert (done.status, done.out) == (1, "")
    assert "is stale: tool `where` of server `web` is new" in done.err
    assert rag("compile", "one.rag", "-o", "-").status == 0
    done = rag("compile", "one.rag", "-o", "-", "--locked")
    assert (done.status, done.out) == (1, "")
    assert "`rag lock` writes it anew" in done.err


def test_a_lock_that_was_changed_by_hand(rag: Rag, served: Path) -> None:
    assert rag("lock").status == 0
    lock = served / "rag.lock"
    lock.write_text(lock.read_text().replace("Gets a page.", "Gets everything."))
    for option in ("--check", "--locked"):
        done = rag("lock", option)
        assert done.status == 1
        assert "does not fit its digest" in done.err
    assert rag("lock").status == 0
    assert "Gets everything." not in lock.read_text()


def test_a_server_that_cannot_be_asked_changes_nothing(rag: Rag, served: Path) -> None:
    assert rag("lock").status == 0
    before = (served / "rag.lock").read_bytes()
    manifest = (served / "rag.toml").read_text()
    (served / "rag.toml").write_text(manifest.replace('["fetch"]', '["fetch", "gone"]'))
    done = rag("lock")
    assert (done.status, done.out) == (1, "")
    assert "server `web` has no tool `gone`; it has `fetch`, `where`" in done.err
    assert (served / "rag.lock").read_bytes() == before
    assert rag("lock", "--timeout", "0").status == 2


def test_nothing_to_lock(rag: Rag, shop: Path) -> None:
    assert rag("lock").err == "the manifest has no MCP servers: there is nothing to lock\n"
    assert not (shop / "rag.lock").exists()
    (shop / "rag.lock").write_text('{"mcp": {"old": {"source": "x", "tools": {}}}, "version": 1}')
    assert "server `old` is gone" in rag("lock").err
    assert rag("lock", "--locked").status == 0
