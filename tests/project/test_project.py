"""Projects on disk: roots, manifests, tools' sources and globs; nothing outside of the root is read, nothing is imported."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rag_project.files import Unreadable
from rag_project.manifest import find_root, load_manifest
from rag_project.project import Project, open_project
from rag_project.sources import find_sources
from rag_project.tools import read_tools

MANIFEST = """
[project]
name = "research"
sources = ["flows/**/*.rag"]

[tools.search]
python = "tools.web:search"
"""

TOOL = """
raise SystemExit("this module was run")

def search(query: str) -> list[str]:
    "Search the web."

def untyped(query): ...
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    write(root / "rag.toml", MANIFEST)
    write(root / "tools" / "web.py", TOOL)
    write(root / "flows" / "b.rag", "graph b {}")
    write(root / "flows" / "deep" / "er" / "a.rag", "graph a {}")
    write(root / "flows" / "notes.txt", "")
    write(root / "other.rag", "")
    return root


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def names(project: Project) -> list[str]:
    return [file.path for file in project.sources()[0]]


def test_the_root_is_the_nearest_folder_with_a_manifest(root: Path) -> None:
    assert find_root(root / "flows" / "deep") == root
    assert find_root(root) == root
    write(root / "flows" / "deep" / "rag.toml", "")
    assert find_root(root / "flows" / "deep" / "er") == root / "flows" / "deep"
    assert find_root(root.parent / "missing") is None


def test_a_project(root: Path) -> None:
    for path in (root, root / "rag.toml", root / "flows"):
        project = open_project(path)
        assert project.root == root
        assert project.findings == ()
        assert project.manifest is not None
        assert (project.manifest.path, project.manifest.data) == ("rag.toml", MANIFEST.encode())
        files, diagnostics = project.sources()
        assert [(file.path, file.data) for file in files] == [
            ("flows/b.rag", b"graph b {}"),
            ("flows/deep/er/a.rag", b"graph a {}"),
        ]
        assert diagnostics == []


def test_a_tool_is_read_from_its_source(root: Path) -> None:
    tool = open_project(root).registry.tools["search"]
    assert tool.input == {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
    assert tool.output == {"type": "array", "items": {"type": "string"}}
    assert tool.description == "Search the web."


def test_the_manifest_s_word_counts(root: Path) -> None:
    declared = 'args = { a = "int" }\nreturns = "bool"\ndescription = "Mine."\n'
    write(root / "rag.toml", MANIFEST.replace("tools.web:search", "tools.web:untyped") + declared)
    project = open_project(root)
    tool = project.registry.tools["search"]
    assert project.findings == ()
    assert tool.input == {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    assert (tool.output, tool.description) == ({"type": "boolean"}, "Mine.")


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("tools.web:nothing", "there is no function `nothing` (tools/web.py)"),
        ("tools.web:untyped", "parameter `query` has no type (tools/web.py:7)"),
        ("tools.gone:search", "the project has no file `tools/gone.py`"),
        ("tools:search", "the project has no file `tools.py`"),
        ("os.path:join", "`os` is a module of Python itself"),
        ("outside:search", "outside.py leads outside of the project"),
        ("latin:search", "latin.py is not text in the encoding that it declares"),
    ],
)
def test_a_tool_that_cannot_be_read(root: Path, reference: str, words: str) -> None:
    write(root.parent / "outside.py", TOOL)
    (root / "outside.py").symlink_to(root.parent / "outside.py")
    (root / "latin.py").write_bytes("# é".encode("latin-1"))
    write(root / "rag.toml", MANIFEST.replace("tools.web:search", reference))
    project = open_project(root)
    assert [(finding.code, finding.at) for finding in project.findings] == [("unreadable-tool", "/tools/search/python")]
    assert words in project.findings[0].message
    assert project.registry.tools["search"].input is None


def test_a_source_in_its_own_encoding(root: Path) -> None:
    source = '# -*- coding: latin-1 -*-\ndef search(query: str):\n    "Für alle."\n'
    (root / "tools" / "web.py").write_bytes(source.encode("latin-1"))
    assert open_project(root).registry.tools["search"].description == "Für alle."


def test_a_package_counts_before_a_module(root: Path) -> None:
    write(root / "tools" / "web" / "__init__.py", "def search(page: int): ...")
    tool = open_project(root).registry.tools["search"]
    assert tool.input is not None
    assert tool.input["required"] == ["page"]


def test_a_route_function_must_be_there(root: Path) -> None:
    routers = '[routers.pick]\npython = "tools.web:pick"\nlabels = ["a"]\n[routers.any]\npython = "tools.web:untyped"\nlabels = ["a"]\n'
    write(root / "rag.toml", MANIFEST + routers)
    assert [finding.at for finding in open_project(root).findings] == ["/routers/pick/python"]


def test_tools_need_no_more_than_a_registry(root: Path) -> None:
    loaded = load_manifest(root)
    registry, findings = read_tools(root, loaded.registry)
    assert findings == []
    assert registry.tools["search"].input is not None


def test_a_file_without_a_project(tmp_path: Path) -> None:
    write(tmp_path / "alone.rag", "graph g {}")
    project = open_project(tmp_path / "alone.rag")
    assert (project.manifest, project.findings) == (None, ())
    assert dict(project.registry.models) == {}
    assert names(project) == ["alone.rag"]


def test_a_file_that_no_glob_matches_is_a_source_when_it_is_asked_for(root: Path) -> None:
    assert names(open_project(root / "other.rag")) == ["flows/b.rag", "flows/deep/er/a.rag", "other.rag"]
    assert names(open_project(root / "flows" / "b.rag")) == ["flows/b.rag", "flows/deep/er/a.rag"]


def test_what_does_not_exist(tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "file.rag", tmp_path / "file.rag"):
        files, diagnostics = open_project(path).sources()
        assert files == []
        assert [diagnostic.message for diagnostic in diagnostics] == ["`file.rag` does not exist"]


def test_a_manifest_that_is_no_toml(root: Path) -> None:
    write(root / "rag.toml", "[project")
    project = open_project(root)
    assert [finding.code for finding in project.findings] == ["manifest-syntax"]
    assert project.sources() == ([], [])


def test_of_a_manifest_that_cannot_be_read_nothing_is_known(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: Path, most: int) -> bytes:
        raise Unreadable("cannot be read: input/output error")

    monkeypatch.setattr("rag_project.manifest.read_file", fails)
    project = open_project(root)
    assert [finding.code for finding in project.findings] == ["unreadable-file"]
    assert not project.registry.readable


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_may_not_be_read(root: Path) -> None:
    (root / "flows" / "b.rag").chmod(0)
    (root / "rag.toml").chmod(0)
    assert [finding.code for finding in open_project(root).findings] == ["unreadable-file"]


def test_links_never_lead_outside(root: Path) -> None:
    outside = root.parent / "outside"
    write(outside / "secret.rag", "graph secret {}")
    (root / "flows" / "secret.rag").symlink_to(outside / "secret.rag")
    (root / "flows" / "linked").symlink_to(outside)
    (root / "flows" / "same.rag").symlink_to(root / "flows" / "b.rag")
    (root / "flows" / "loop").symlink_to(root / "flows")
    project = open_project(root)
    files, diagnostics = project.sources()
    assert [file.path for file in files] == ["flows/b.rag", "flows/deep/er/a.rag"]
    assert [(found.code, found.message) for found in diagnostics] == [
        ("unreadable-file", "`flows/secret.rag` leads outside of the project")
    ]


def test_links_to_folders_that_a_glob_names_are_told(root: Path) -> None:
    (root / "ours").symlink_to(root / "flows")
    (root / "theirs").symlink_to(root.parent)
    write(root / "rag.toml", '[project]\nsources = ["ours/*.rag", "theirs/**", "nothing/*.rag"]\n')
    files, diagnostics = open_project(root).sources()
    assert files == []
    assert [found.message for found in diagnostics] == [
        "`ours` is a link to a folder, which is not followed",
        "`theirs` leads outside of the project",
        "`nothing/*.rag` matches no `.rag` file inside the project",
    ]
    manifest = (root / "rag.toml").read_text()
    assert manifest[diagnostics[2].place.span.start : diagnostics[2].place.span.end] == '"nothing/*.rag"'


@pytest.mark.parametrize(
    ("glob", "found"),
    [
        ("*.rag", ["a.rag", "b.rag"]),
        ("**/*.rag", ["a.rag", "b.rag", "x/a.rag", "x/y/c.rag"]),
        ("**", ["a.rag", "b.rag", "x/a.rag", "x/y/c.rag"]),
        ("x/**/*.rag", ["x/a.rag", "x/y/c.rag"]),
        ("**/y/*.rag", ["x/y/c.rag"]),
        ("x/**/y/**/c.rag", ["x/y/c.rag"]),
        ("./x/./*.rag", ["x/a.rag"]),
        ("[b-z].rag", ["b.rag"]),
        ("?.rag", ["a.rag", "b.rag"]),
        ("x", []),
        ("A.rag", []),
        (".hidden/*.rag", [".hidden/h.rag"]),
        ("*/h.rag", []),
        ("node_modules/**/*.rag", ["node_modules/n.rag"]),
    ],
)
def test_globs(tmp_path: Path, glob: str, found: list[str]) -> None:
    for name in ("a.rag", "b.rag", "x/a.rag", "x/y/c.rag", ".hidden/h.rag", "node_modules/n.rag", "x/readme.md"):
        write(tmp_path / name, "")
    sources = find_sources(tmp_path.resolve(), [glob])
    assert [path.relative_to(tmp_path.resolve()).as_posix() for path in sources.paths] == found
    assert sources.fruitless == (() if found else (0,))


def test_names_that_are_no_text(root: Path) -> None:
    try:
        write(root / "flows" / os.fsdecode(b"\xff.rag"), "")
    except OSError:
        pytest.skip("the file system takes names of text only")
    assert "flows/\ufffd.rag" in names(open_project(root))
