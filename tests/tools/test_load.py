"""`module:function`: found under the project's root, and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_runtime.tools.load import Unloadable, load


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = dict(sys.modules)
    yield
    for name in sys.modules.keys() - before.keys():
        del sys.modules[name]


def write(root: Path, **files: str) -> Path:
    """Files by their dotted names."""
    for name, text in files.items():
        file = root.joinpath(*name.split("__in__")).with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def refused(reference: str, root: Path) -> str:
    with pytest.raises(Unloadable) as raised:
        load(reference, root)
    return str(raised.value)


def test_a_module_a_package_and_a_folder_are_found(tmp_path: Path) -> None:
    write(
        tmp_path,
        search="def find(): return 'module'",
        tools__in____init__="from tools.words import find",
        tools__in__words="def find(): return 'package'",
        plain__in__words="import search\ndef find(): return 'folder and ' + search.find()",
    )
    assert load("search:find", tmp_path)() == "module"
    assert load("tools:find", tmp_path)() == "package"
    assert load("tools.words:find", tmp_path)() == "package"
    assert load("plain.words:find", tmp_path)() == "folder and module"


def test_the_path_is_as_it_was(tmp_path: Path) -> None:
    before = list(sys.path)
    write(
        tmp_path, fine="import sys\nsys.path.append('x')\ndef f(): pass", broken="import sys\nsys.path.clear()\n1 / 0"
    )
    load("fine:f", tmp_path)
    assert refused("broken:f", tmp_path) == "`broken` cannot be imported: ZeroDivisionError: division by zero"
    assert sys.path == before


def test_two_projects_may_use_one_name_for_a_folder(tmp_path: Path) -> None:
    for project in ("one", "two"):
        write(tmp_path / project, tools__in__search=f"def find(): return {project!r}")
    for project in ("one", "two", "one"):
        assert load("tools.search:find", tmp_path / project)() == project


def test_two_projects_may_use_one_name(tmp_path: Path) -> None:
    first = write(
        tmp_path / "first", same="from same_words import WORD\ndef f(): return WORD", same_words="WORD = 'first'"
    )
    second = write(tmp_path / "second", same="def f(): return 'second'")
    one = load("same:f", first)
    kept = sys.modules["same"]
    assert load("same:f", second)() == "second"
    assert one() == "first"
    assert sys.modules["same"] is kept
    assert load("same:f", first) is one


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("tools", "`tools` is not of the form `module:function`"),
        ("tools:", "`tools:` is not of the form `module:function`"),
        (":f", "`:f` is not of the form `module:function`"),
        ("..tools:f", "`..tools:f` is not of the form `module:function`"),
        ("../tools:f", "`../tools:f` is not of the form `module:function`"),
        ("tools:f.g", "`tools:f.g` is not of the form `module:function`"),
        ("os:system", "`os:system`: `os` is a module of Python itself"),
        ("os.path:join", "`os.path:join`: `os` is a module of Python itself"),
        ("anyio:run", "`anyio`: the project has no file `anyio.py`"),
        ("tools.more:f", "`tools.more`: the project has no file `tools/more.py`"),
        ("tools:missing", "`tools:missing`: module `tools` has no `missing`"),
        ("tools:number", "`tools:number`: `number` is not a function"),
        ("wrong:f", "`wrong` cannot be imported: SyntaxError: '(' was never closed (wrong.py, line 1)"),
        ("leaving:f", "`leaving` cannot be imported: SystemExit: 1"),
    ],
)
def test_what_cannot_be_loaded_says_why(tmp_path: Path, reference: str, message: str) -> None:
    write(tmp_path, tools="number = 1", wrong="def f(", leaving="raise SystemExit(1)")
    assert refused(reference, tmp_path) == message


def test_a_link_out_of_the_project_is_refused_before_it_is_run(tmp_path: Path) -> None:
    write(tmp_path / "outside", secret="raise SystemExit('was run')\ndef f(): pass")
    root = write(tmp_path / "root", other="")
    (root / "linked.py").symlink_to(tmp_path / "outside" / "secret.py")
    (root / "folder").symlink_to(tmp_path / "outside")
    assert refused("linked:f", root) == "`linked`: its file lies outside of the project"
    assert refused("folder.secret:f", root) == "`folder.secret`: its file lies outside of the project"
