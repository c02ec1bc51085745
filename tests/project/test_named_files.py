"""What a manifest names on disk: functions and types in the project's modules, and the lock of its servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_ir.types import describe
from rag_project.manifest import load_manifest, with_tools
from rag_registry.lock import LockedServer, LockedTool, source_of, write_lock
from rag_registry.manifest import read_manifest
from rag_registry.registry import Registry


def opened(root: Path, manifest: str, files: dict[str, str]) -> tuple[Registry, list[tuple[str, str, str]]]:
    """The registry of a project with these files, and what is wrong with it."""
    for name, text in {"rag.toml": manifest, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    loaded = load_manifest(root)
    registry, unread = with_tools(root, loaded.registry)
    return registry, [(found.code, found.at, found.message) for found in (*loaded.findings, *unread)]


def takes(registry: Registry, tool: str) -> str:
    schema = registry.tools[tool].input
    assert schema is not None
    return describe(schema)


def test_a_function_and_its_types_come_from_wherever_the_project_has_them(tmp_path: Path) -> None:
    registry, findings = opened(
        tmp_path,
        '[tools.search]\npython = "web:search"\n[tools.fetch]\npython = "web.pages:fetch"\n',
        {
            "web/__init__.py": "from .pages import look_up as search\n",
            "web/pages.py": "from shapes import Query\nfrom .types import Page\n"
            "def look_up(query: Query) -> list[Page]: ...\ndef fetch(page: Page): ...\n",
            "web/types.py": "from dataclasses import dataclass\n@dataclass\nclass Page:\n    url: str\n",
            "shapes.py": "from pydantic import BaseModel\nclass Query(BaseModel):\n    text: str\n    limit: int = 3\n",
        },
    )
    assert findings == []
    assert takes(registry, "search") == "{ query: { text: string, limit: int } }"
    assert takes(registry, "fetch") == "{ page: { url: string } }"
    output = registry.tools["search"].output
    assert output is not None
    assert describe(output) == "{ url: string }[]"


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("from .other import f", "`f` is imported from `.other`, which is no module of the project (m.py:1)"),
        ("from ..other import f", "`f` is imported from `..other`, which is no module of the project (m.py:1)"),
        ("from json import f", "`f` is imported from `json`, which is no module of the project (m.py:1)"),
        ("from gone import f", "`f` is imported from `gone`, which is no module of the project (m.py:1)"),
        ("from n import f", "there is no function `f` (n.py)"),
        (
            "from n import P\ndef f(x: P): ...",
            "parameter `x`: the type `P`: the type `set[int]` cannot be read (n.py) (m.py:2)",
        ),
    ],
)
def test_what_cannot_be_read_is_said_at_the_reference(tmp_path: Path, module: str, message: str) -> None:
    other = "from typing import TypedDict\nclass P(TypedDict):\n    x: set[int]\n"
    _, findings = opened(tmp_path, '[tools.t]\npython = "m:f"\n', {"m.py": module, "n.py": other})
    assert findings == [("unreadable-tool", "/tools/t/python", f"`m:f` cannot be read: {message}")]


def test_imports_never_lead_outside(tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("def f(x: int): ...\n")
    root = tmp_path / "project"
    root.mkdir()
    (root / "linked.py").symlink_to(tmp_path / "outside.py")
    _, findings = opened(root, '[tools.t]\npython = "m:f"\n', {"m.py": "from linked import f\n"})
    assert [(code, at) for code, at, _ in findings] == [("unreadable-tool", "/tools/t/python")]
    assert "which is no module of the project" in findings[0][2]


def test_route_functions_are_looked_for_and_not_run(tmp_path: Path) -> None:
    manifest = '[routers.a]\npython = "m:route"\nlabels = ["x"]\n[routers.b]\npython = "m:rout"\nlabels = ["x"]\n'
    _, findings = opened(tmp_path, manifest, {"m.py": "raise SystemExit\ndef route(input, state): ...\n"})
    assert findings == [
        ("unreadable-tool", "/routers/b/python", "`m:rout` cannot be read: there is no function `rout` (m.py)")
    ]


SERVED = '[mcp.web]\ncommand = "web"\ntools = ["fetch"]\n[tools.page]\nmcp = "web/fetch"\n'


def test_tools_of_servers_are_what_the_lock_says(tmp_path: Path) -> None:
    _, findings = opened(tmp_path, SERVED, {})
    assert [(code, at) for code, at, _ in findings] == [("not-locked", "/tools/page/mcp")]

    server = read_manifest(SERVED)[0].mcp["web"]
    said = LockedTool("Gets.", {"type": "object", "properties": {"url": {"type": "string"}}, "required": ["url"]}, None)
    (tmp_path / "rag.lock").write_bytes(write_lock({"web": LockedServer(source_of(server), {"fetch": said})}))
    registry, findings = opened(tmp_path, SERVED, {})
    assert findings == []
    assert takes(registry, "page") == "{ url: string }"
    assert registry.tools["page"].locked == said.digest

    _, findings = opened(tmp_path, SERVED.replace('"web"\ntools', '"other"\ntools'), {})
    assert [(code, at) for code, at, _ in findings] == [("not-locked", "/mcp/web")]


@pytest.mark.parametrize("text", ["", "{}", "[mcp]"])
def test_a_lock_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "rag.lock").write_text(text)
    _, findings = opened(tmp_path, SERVED, {})
    assert [(code, at) for code, at, _ in findings] == [("bad-lock", "/mcp/web")]


def test_a_lock_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "rag.lock").mkdir()
    _, findings = opened(tmp_path, SERVED, {})
    assert findings == [("bad-lock", "/mcp/web", "`rag.lock` cannot be used: it is no file")]
