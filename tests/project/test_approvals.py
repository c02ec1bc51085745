"""The approvals of a project: what is written is read, nothing is ever rewritten, and a damaged file counts for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_project.approvals import NAME, Approval, BadApprovals, add_approval, last_of, read_approvals

FIRST = Approval(graph="g", digest="sha256:1", by="Mia", at="2026-01-31T12:00:00Z", reach=("tool mail: effects write",))
SECOND = Approval(graph="g", digest="sha256:2", by="Zoë", at="2026-02-01T12:00:00Z", reach=())


def test_a_project_without_the_file_has_approved_nothing(tmp_path: Path) -> None:
    assert read_approvals(tmp_path) == ()


def test_lines_are_added_and_read_in_order(tmp_path: Path) -> None:
    add_approval(tmp_path, FIRST)
    before = (tmp_path / NAME).read_bytes()
    add_approval(tmp_path, SECOND)
    after = (tmp_path / NAME).read_bytes()
    assert after.startswith(before)
    assert before == (
        b'{"at":"2026-01-31T12:00:00Z","by":"Mia","digest":"sha256:1","graph":"g","reach":["tool mail: effects write"]}\n'
    )
    assert read_approvals(tmp_path) == (FIRST, SECOND)
    assert last_of(read_approvals(tmp_path), "g") == SECOND
    assert last_of(read_approvals(tmp_path), "other") is None


def test_a_last_line_without_its_end_stays_one_of_its_own(tmp_path: Path) -> None:
    add_approval(tmp_path, FIRST)
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    add_approval(tmp_path, SECOND)
    assert read_approvals(tmp_path) == (FIRST, SECOND)


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"at":"","by":"","digest":"","graph":""}',
        b'{"at":1,"by":"","digest":"","graph":"","reach":[]}',
        b'{"at":"","by":"","digest":"","graph":"","reach":"x"}',
        b'{"at":"","by":"","digest":"","graph":"","reach":[],"more":1}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_counts_for_nothing(tmp_path: Path, line: bytes) -> None:
    add_approval(tmp_path, FIRST)
    with (tmp_path / NAME).open("ab") as file:
        file.write(line + b"\n")
    with pytest.raises(BadApprovals):
        read_approvals(tmp_path)
