"""`rag fix`: what it writes, what it says, and how it ends."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Rag
from tests.test_cases import MANIFEST

BROKEN = """\
graph flow {
  start ask
  channel findings appendd
  node ask {
    kind agent
    model "default"
    tools ["serch"]
    sytem "x"
    next reviw
    into findings
  }
  node review { kind pass }
  output { findings: json }
}
"""
MENDED = (
    BROKEN.replace("appendd", "append").replace("serch", "search").replace("sytem", "system").replace("reviw", "review")
)
HYPHEN = 'graph flow {\n  start a\n  node a { kind model  model "default"  next b-c }\n  node bc { kind pass }\n}\n'


@pytest.fixture
def flow(here: Path) -> Path:
    """A broken source in a project."""
    (here / "rag.toml").write_text(MANIFEST.replace('name = "rules"', 'name = "rules"\nsources = ["*.rag"]'))
    (here / "tools.py").write_text("def search(): ...\ndef publish(): ...\ndef pick(): ...\n")
    file = here / "flow.rag"
    file.write_text(BROKEN)
    return file


def test_everything_is_mended_and_told(rag: Rag, flow: Path) -> None:
    done = rag("fix", "flow.rag")
    assert flow.read_text() == MENDED
    assert done.out == ""
    assert done.err.splitlines() == [
        "flow.rag:3:20: mended[unknown-reducer]: change to `append`",
        "flow.rag:7:13: mended[unknown-tool]: change to `search`",
        "flow.rag:8:5: mended[unknown-item]: change to `system`",
        "flow.rag:9:10: mended[unknown-node]: change to `review`",
        "mended 4 findings in 1 file; nothing is left",
    ]
    assert done.status == 0
    assert rag("fix", "flow.rag").err == "nothing to mend; nothing is left\n"


def test_what_cannot_be_mended_is_left_and_drawn(rag: Rag, flow: Path) -> None:
    flow.write_text(BROKEN.replace("serch", "nothing_like_it"))
    done = rag("fix")
    assert done.status == 1
    assert "error[unknown-tool]" in done.out
    assert done.err.endswith("mended 3 findings in 1 file; 1 error left\n")
    assert "nothing_like_it" in flow.read_text()


def test_a_diff_changes_nothing_and_can_be_applied(rag: Rag, flow: Path) -> None:
    flow.write_bytes(BROKEN.rstrip("\n").encode())
    done = rag("fix", "--diff")
    assert flow.read_bytes() == BROKEN.rstrip("\n").encode()
    assert done.err == "would mend 4 findings in 1 file; nothing is left\n"
    applied = subprocess.run(["git", "apply", "-"], input=done.out.encode(), cwd=flow.parent, capture_output=True)
    assert applied.returncode == 0, applied.stderr
    assert flow.read_text() == MENDED.rstrip("\n")


def test_only_the_rules_that_are_named(rag: Rag, flow: Path) -> None:
    rag("fix", "--only", "unknown-tool", "--only", "unknown-node")
    assert flow.read_text() == BROKEN.replace("serch", "search").replace("reviw", "review")
    assert rag("fix", "--only", "unknown-tol").status == 2


def test_suggested_fixes_are_asked_for(rag: Rag, flow: Path) -> None:
    flow.write_text(HYPHEN)
    assert rag("fix").status == 1
    assert flow.read_text() == HYPHEN
    rag("fix", "--suggested")
    assert flow.read_text() != HYPHEN


def test_standard_input_goes_to_standard_output(rag: Rag, flow: Path) -> None:
    done = rag("fix", "-", "--stdin-path", "flow.rag", stdin=BROKEN.replace("flow", "other").encode())
    assert done.out == MENDED.replace("flow", "other")
    assert flow.read_text() == BROKEN
    assert done.status == 0
    clean = rag("fix", "-", "--stdin-path", "flow.rag", stdin=MENDED.encode())
    assert (clean.out, clean.status) == (MENDED, 0)


def test_what_is_left_of_standard_input_does_not_stand_in_the_text(rag: Rag, flow: Path) -> None:
    text = BROKEN.replace("serch", "nothing_like_it")
    done = rag("fix", "-", "--stdin-path", "flow.rag", stdin=text.encode())
    assert done.out == MENDED.replace("search", "nothing_like_it")
    assert "error[unknown-tool]" in done.err
    assert done.status == 1


def test_a_manifest_is_mended_with_its_project_and_not_with_a_file(rag: Rag, flow: Path) -> None:
    manifest = flow.parent / "rag.toml"
    broken = manifest.read_text().replace('effects = "read"', 'efects = "read"')
    manifest.write_text(broken)
    assert rag("fix", "flow.rag").status == 1
    assert manifest.read_text() == broken
    assert rag("fix").status == 0
    assert manifest.read_text() == broken.replace("efects", "effects")


def test_a_file_keeps_its_mode_and_a_link_stays_one(rag: Rag, flow: Path) -> None:
    real = flow.with_name("real.txt")
    flow.rename(real)
    real.chmod(0o640)
    flow.symlink_to(real.name)
    assert rag("fix", "flow.rag").status == 0
    assert flow.is_symlink()
    assert real.read_text() == MENDED
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in flow.parent.iterdir()) == ["flow.rag", "rag.toml", "real.txt", "tools.py"]


def test_other_files_of_a_project_are_left_alone(rag: Rag, flow: Path) -> None:
    other = flow.with_name("other.rag")
    other.write_text(BROKEN.replace("flow", "other"))
    assert rag("fix", "flow.rag").status == 0
    assert other.read_text() == BROKEN.replace("flow", "other")
    assert rag("fix").status == 0
    assert other.read_text() == MENDED.replace("flow", "other")


@pytest.mark.parametrize("path", ["rag.toml", ".", ""])
def test_standard_input_stands_for_sources_only(path: str, rag: Rag, flow: Path) -> None:
    assert rag("fix", "-", "--stdin-path", path, stdin=b"").status == 2
    assert rag("fix", "--stdin-path", "flow.rag").status == 2
