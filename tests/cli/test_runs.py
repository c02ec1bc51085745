"""`rag runs fork|cancel|export|import|prune`: what they print, and that other processes see what they did."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Rag

GRAPH = """\
graph asking {
  start before
  channel log append
  output { log: json = state.log }
  node before { kind pass  command { update { log: "before" } }  next ask }
  node ask { kind interrupt  prompt "Well?"  writes { log: output.value } }
}
"""


@pytest.fixture
def paused(here: Path, rag: Rag) -> str:
    """The name of a run that waits."""
    (here / "asking.rag").write_text(GRAPH)
    assert rag("run", "asking.rag").status == 3
    return rag("runs", "list").out.split("\n")[1].split(" ")[0]


def test_a_run_moves_to_another_store(rag: Rag, paused: str, here: Path) -> None:
    assert rag("runs", "export", paused, "-o", "run.jsonl").status == 0
    whole = (here / "run.jsonl").read_bytes()
    assert rag("runs", "export", paused).out.encode() == whole
    assert rag("runs", "import", "run.jsonl", "--store", "sqlite:other.sqlite").out == f"{paused}\n"
    done = rag("runs", "resume", paused, "--answer", "yes", "--actor", "mia", "--store", "sqlite:other.sqlite")
    assert (done.status, '"yes"' in done.out) == (0, True)
    taken = rag("runs", "import", "run.jsonl")
    assert taken.status == 1 or taken.status == 2
    assert "already" in taken.err
    assert rag("runs", "import", "-", "--as", "copy", stdin=whole).out == "copy\n"
    broken = rag("runs", "import", "-", stdin=b"{}\n")
    assert (broken.status, "line 1" in broken.err) == (1, True)


def test_a_fork_is_a_run_of_its_own(rag: Rag, paused: str) -> None:
    forked = rag("runs", "fork", paused, "--at", "1")
    name = forked.out.strip()
    assert (forked.status, name != paused) == (0, True)
    assert f"rag runs resume {name}" in forked.err
    assert rag("runs", "resume", name).status == 3
    done = rag("runs", "resume", name, "--answer", "no", "--actor", "mia")
    assert (done.status, "before" in done.out, '"no"' in done.out) == (0, True, True)
    assert rag("runs", "fork", paused, "--at", "7").status == 2


def test_a_cancelled_run_says_so(rag: Rag, paused: str) -> None:
    assert rag("runs", "cancel", paused, "--reason", "no need").status == 0
    assert "cancelled" in rag("runs", "list").out
    assert "no need" in rag("runs", "show", paused).out
    assert "already" in rag("runs", "cancel", paused).err


def test_old_runs_go_and_no_others(rag: Rag, paused: str) -> None:
    assert rag("runs", "prune", "--older-than", "1d").out == ""
    assert rag("runs", "prune", paused, "--dry-run").out == f"{paused}\n"
    assert paused in rag("runs", "list").out
    gone = rag("runs", "prune", paused)
    assert (gone.status, gone.out, gone.err) == (0, f"{paused}\n", "1 run removed\n")
    assert paused not in rag("runs", "list").out
    for words in ([], ["--older-than", "soon"], [paused, "--older-than", "1d"]):
        assert rag("runs", "prune", *words).status == 2
