"""`rag fmt`: what it writes, what it says, and how it ends."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Rag

LOOSE = "graph a {start s node s { kind pass}}"
GOOD = "graph a {\n  start s\n\n  node s {\n    kind pass\n  }\n}\n"
BROKEN = "graph b {\n  start s\n  node s { kind pass\n}\n"


@pytest.fixture
def folder(here: Path) -> Path:
    """Sources that belong to no project: one to format, one as it should be, one that is broken."""
    (here / "loose.rag").write_text(LOOSE)
    (here / "good.rag").write_text(GOOD)
    (here / "broken.rag").write_text(BROKEN)
    return here


def test_what_changes_is_written_and_told_and_the_rest_stays(rag: Rag, folder: Path) -> None:
    done = rag("fmt")
    assert (folder / "loose.rag").read_text() == GOOD
    assert (folder / "good.rag").read_text() == GOOD
    assert (folder / "broken.rag").read_text() == BROKEN
    assert done.out == ""
    assert done.err.splitlines() == [
        "broken.rag:4:2: error[unclosed-block]: `}` is missing here",
        "formatted loose.rag",
        "formatted 1 file, 1 file was well formatted, 1 file with errors stays as written",
    ]
    assert done.status == 2


def test_a_check_lists_and_writes_nothing(rag: Rag, folder: Path) -> None:
    (folder / "broken.rag").unlink()
    done = rag("fmt", "--check", "loose.rag", "good.rag")
    assert (done.status, done.out) == (1, "loose.rag\n")
    assert (folder / "loose.rag").read_text() == LOOSE
    (folder / "loose.rag").write_text(GOOD)
    assert rag("fmt", "--check").status == 0


def test_a_diff_can_be_applied(rag: Rag, folder: Path) -> None:
    done = rag("fmt", "--diff", "loose.rag")
    assert (done.status, (folder / "loose.rag").read_text()) == (0, LOOSE)
    subprocess.run(["patch", "-p1"], input=done.out.encode(), cwd=folder, check=True, capture_output=True)
    assert (folder / "loose.rag").read_text() == GOOD
    assert rag("fmt", "--diff", "--check", "good.rag").out == ""


def test_standard_input_goes_to_standard_output(rag: Rag, here: Path) -> None:
    assert (rag("fmt", "-", stdin=LOOSE.encode()).out, rag("fmt", "-", stdin=GOOD.encode()).out) == (GOOD, GOOD)
    done = rag("fmt", "-", "--stdin-path", "new.rag", stdin=BROKEN.encode())
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("new.rag:")


def test_a_file_keeps_its_mode_and_a_link_stays_one(rag: Rag, folder: Path) -> None:
    (folder / "loose.rag").chmod(0o640)
    (folder / "link.rag").symlink_to(folder / "loose.rag")
    assert rag("fmt", "link.rag").status == 0
    assert (folder / "link.rag").is_symlink()
    assert (folder / "loose.rag").read_text() == GOOD
    assert (folder / "loose.rag").stat().st_mode & 0o777 == 0o640


def test_other_lines_and_a_mark_become_plain(rag: Rag, folder: Path) -> None:
    (folder / "loose.rag").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert rag("fmt", "loose.rag").status == 0
    assert (folder / "loose.rag").read_bytes() == GOOD.encode()


def test_a_project_means_what_its_manifest_says(rag: Rag, folder: Path) -> None:
    (folder / "rag.toml").write_text('[project]\nname = "x"\nsources = ["in/*.rag"]\n')
    (folder / "in").mkdir()
    (folder / "in" / "b.rag").write_text(LOOSE)
    done = rag("fmt", "--check")
    assert (done.status, done.out) == (1, "in/b.rag\n")
    assert rag("fmt", "--check", "in").out == "in/b.rag\n"
    assert rag("fmt", "--check", "in/b.rag", "in").out == "in/b.rag\n"
    assert rag("fmt", "--check", folder.parent / folder.name / "loose.rag").out == "loose.rag\n"


@pytest.mark.parametrize("path", ["nothing.rag", "rag.toml", ""])
def test_a_path_that_means_no_source_is_said_before_anything_is_written(rag: Rag, folder: Path, path: str) -> None:
    (folder / "rag.toml").write_text('[project]\nname = "x"\n')
    assert rag("fmt", "loose.rag", path).status == 2
    assert (folder / "loose.rag").read_text() == LOOSE


def test_a_file_that_cannot_be_decoded_or_is_too_large_is_refused(rag: Rag, folder: Path) -> None:
    (folder / "broken.rag").write_bytes(b"graph a { start \xff }\n")
    (folder / "good.rag").write_bytes(b"// " + b"x" * (1 << 20))
    done = rag("fmt")
    assert done.status == 2
    assert "error[invalid-utf8]" in done.err
    assert "error[source-too-large]" in done.err
    assert (folder / "loose.rag").read_text() == GOOD


def test_a_new_project_is_in_canonical_form(rag: Rag, here: Path) -> None:
    assert rag("new", "hello").status == 0
    assert rag("fmt", "--check", "hello").status == 0
