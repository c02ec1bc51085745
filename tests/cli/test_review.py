"""`rag review` and the gate in `rag run`: what is shown, what is written, and who is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_project.approvals import NAME
from tests.cli.conftest import Rag

MANIFEST = """\
[models.default]
provider = "echo"

[tools.mail]
python = "tools:mail"
effects = "external"
reads = "public"
returns_trust = "trusted"

[policy]
require_review = "REVIEW"
"""
TOOLS = "def mail(text: str) -> str:\n    return text\n"
SOURCE = """\
graph post {
  start send_it
  channel sent: string overwrite
  output { sent: string }
  node send_it { kind tool  tool "mail"  args { text: "hello" }  into sent }
}
"""


@pytest.fixture
def project(here: Path) -> Callable[[str], Path]:
    def make(review: str) -> Path:
        (here / "rag.toml").write_text(MANIFEST.replace("REVIEW", review))
        (here / "tools.py").write_text(TOOLS)
        (here / "post.rag").write_text(SOURCE)
        return here

    return make


def test_a_graph_with_effects_runs_once_it_is_approved(rag: Rag, project: Callable[[str], Path]) -> None:
    folder = project("effects")
    refused = rag("run", "post.rag")
    assert refused.status == 4
    assert "review-required" in refused.err
    assert not (folder / NAME).exists()
    shown = rag("review", "post.rag")
    assert "needs a review: it can call `mail`, which may have effects" in shown.out
    assert "no version of it has been approved" in shown.out
    assert "at most 1 tool calls" in shown.out
    assert not (folder / NAME).exists()
    approved = rag("review", "post.rag", "--approve", "--by", "Mia")
    assert approved.status == 0
    line = json.loads((folder / NAME).read_text())
    assert (line["by"], line["graph"]) == ("Mia", "post")
    assert rag("run", "post.rag").status == 0
    assert "last approved by Mia" in rag("review", "post.rag").out


def test_a_change_needs_a_new_review_that_shows_what_is_new(rag: Rag, project: Callable[[str], Path]) -> None:
    folder = project("effects")
    rag("review", "post.rag", "--approve", "--by", "Mia")
    (folder / "post.rag").write_text(SOURCE.replace('args { text: "hello" }', 'args { text: "bye" }'))
    assert rag("run", "post.rag").status == 4
    manifest = (folder / "rag.toml").read_text()
    (folder / "rag.toml").write_text(manifest.replace('reads = "public"', 'reads = "secret"'))
    shown = rag("review", "post.rag").out
    assert "  - tool mail: effects external, reads public, returns trusted content" in shown
    assert "  + tool mail: effects external, reads secret, returns trusted content" in shown


def test_a_compiled_graph_from_elsewhere_counts_as_generated(rag: Rag, project: Callable[[str], Path]) -> None:
    project("generated")
    assert rag("run", "post.rag").status == 0
    assert rag("compile", "post.rag", "-o", "post.json").status == 0
    assert rag("run", "post.json").status == 4
    assert rag("review", "post.json", "--approve", "--by", "Mia").status == 0
    assert rag("run", "post.json").status == 0


def _always(_: object) -> bool:
    return True


def test_a_person_at_a_terminal_is_asked(
    rag: Rag, project: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project("always")
    monkeypatch.setattr("rag_cli.approving.is_terminal", _always)
    monkeypatch.setenv("USER", "mia")
    monkeypatch.setenv("LOGNAME", "mia")
    no = rag("run", "post.rag", stdin=b"n\n")
    assert no.status == 4
    assert "tool mail: effects external" in no.err
    assert not (folder / NAME).exists()
    assert rag("run", "post.rag", stdin=b"\n").status == 4
    assert rag("run", "post.rag", "--auto-answer", stdin=b"y\n").status == 4
    assert rag("run", "post.rag", stdin=b"y\n").status == 0
    assert json.loads((folder / NAME).read_text())["by"] == "mia"


def test_a_damaged_file_of_approvals_is_told(rag: Rag, project: Callable[[str], Path]) -> None:
    folder = project("always")
    rag("review", "post.rag", "--approve", "--by", "Mia")
    (folder / NAME).write_text((folder / NAME).read_text() + "oops\n")
    damaged = rag("run", "post.rag")
    assert damaged.status == 4
    assert f"`{NAME}` is damaged: line 2 is no approval" in damaged.err


def test_an_approval_needs_a_name(rag: Rag, project: Callable[[str], Path]) -> None:
    folder = project("always")
    assert rag("review", "post.rag", "--approve", "--by", " ").status == 2
    assert not (folder / NAME).exists()
