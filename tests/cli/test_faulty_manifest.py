"""Faults of a manifest stop the graphs that they concern, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Rag

GRAPHS = """\
graph plain {
  start a
  node a { kind pass  command { update { said: "done" } } }
  channel said overwrite
  output { said: json = state.said }
}

graph asking {
  start a
  node a { prompt "x"  model "main" }
}

graph judged {
  start a
  node a { kind subagent  agent "judge" }
}
"""

MANIFEST = """\
[models.main]
provider = "echo"

[models.other]
provider = "echo"

[agents.judge]
model = "other"
"""

FAULTS = [
    # (what is added to the manifest, the graphs that do not run, the code)
    ('[models.far]\nprovider = "openai"', (), "manifest-missing-key"),
    ('[tools.gone]\npython = "gone:gone"', (), "unreadable-tool"),
    ('[scripts.plan]\nfile = "plan.ragsh"', (), "not-built"),
    ('[agents.bad]\nmodel = "main"\nprompt = "{{ nothing }}"', (), "unknown-variable"),
    ('[models.last]\nprovider = "echo"\naliases = ["judge"]\n[agents.x]\nmodel = "lost"', (), "unknown-model"),
    ('[policy]\nmax_fanout = "many"', ("plain", "asking", "judged"), "manifest-bad-value"),
    ("[polcy]", ("plain", "asking", "judged"), "manifest-unknown-key"),
    ("[models", ("plain", "asking", "judged"), "manifest-syntax"),
]


@pytest.mark.parametrize(("fault", "stopped", "code"), FAULTS, ids=[code for _, _, code in FAULTS])
def test_a_fault_stops_what_it_concerns(rag: Rag, here: Path, fault: str, stopped: tuple[str, ...], code: str) -> None:
    (here / "all.rag").write_text(GRAPHS)
    (here / "rag.toml").write_text(f"{MANIFEST}\n{fault}\n")
    assert f"[{code}]" in rag("check", "--format", "concise").out
    for graph in ("plain", "asking", "judged"):
        done = rag("run", "all.rag", "--graph", graph, "--store", "memory:")
        if graph in stopped:
            assert (done.status, done.out) == (1, ""), done.err
            assert f"[{code}]" in done.err
        else:
            assert done.status == 0, done.err
            assert f"`rag.toml` has 1 error in what graph `{graph}` does not use; `rag check` shows it" in done.err


def test_a_fault_in_an_entry_that_is_used(rag: Rag, here: Path) -> None:
    (here / "all.rag").write_text(GRAPHS)
    (here / "rag.toml").write_text(MANIFEST.replace('provider = "echo"', 'provider = "echo"\ncontext_window = 0', 1))
    assert rag("run", "all.rag", "--graph", "plain", "--store", "memory:").status == 0
    assert rag("run", "all.rag", "--graph", "judged", "--store", "memory:").status == 0
    done = rag("run", "all.rag", "--graph", "asking", "--store", "memory:")
    assert done.status == 1
    assert "context_window" in done.err


def test_a_compiled_graph_is_stopped_by_the_same_faults(rag: Rag, here: Path) -> None:
    (here / "all.rag").write_text(GRAPHS)
    (here / "rag.toml").write_text(MANIFEST)
    for graph in ("plain", "asking"):
        assert rag("compile", "all.rag", "--graph", graph, "-o", f"{graph}.json").status == 0
    (here / "rag.toml").write_text(MANIFEST.replace('provider = "echo"', 'provider = "ecko"', 1))
    done = rag("run", "plain.json", "--store", "memory:")
    assert done.status == 0
    assert "`rag.toml` has 1 error in what graph `plain` does not use" in done.err
    done = rag("run", "asking.json", "--store", "memory:")
    assert (done.status, done.out) == (1, "")
    assert "(manifest-bad-value)" in done.err


def test_a_paused_run_goes_on_under_a_fault_that_does_not_concern_it(rag: Rag, here: Path) -> None:
    (here / "ask.rag").write_text(
        'graph ask {\n  start a\n  node a { kind interrupt  prompt "?"  options ["yes"] }\n}\n'
    )
    (here / "rag.toml").write_text(MANIFEST)
    assert rag("run", "ask.rag").status == 3
    (here / "rag.toml").write_text(MANIFEST.replace('provider = "echo"', 'provider = "ecko"', 1))
    run = rag("runs", "list").out.split("\n")[1].split()[0]
    assert rag("runs", "show", run).status == 0
    done = rag("runs", "resume", run, "--answer", "yes")
    assert done.status == 0, done.err
    assert "in what graph `ask` does not use" in done.err


def test_nothing_runs_under_a_budget_that_could_not_be_kept(rag: Rag, here: Path) -> None:
    (here / "all.rag").write_text(GRAPHS)
    (here / "rag.toml").write_text(MANIFEST)
    assert rag("compile", "all.rag", "--graph", "plain", "-o", "plain.json").status == 0
    (here / "rag.toml").write_text(f"{MANIFEST}\n[policy]\nmax_budget = {{ tokens = 5 }}\n")
    for file, status in (("all.rag", 1), ("plain.json", 4)):
        done = rag("run", file, *(("--graph", "plain") if status == 1 else ()), "--store", "memory:")
        assert (done.status, done.out) == (status, "")
        assert "`max_budget` of the policy cannot be kept" in done.err
