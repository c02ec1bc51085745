"""The benchmarks still run: every workload, tiny, with what needs no peer; what is generated is what it is said to be."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench import cold, passes, runtime, worker
from bench.commands import Command, CommandFailed, start
from bench.contenders import floor, raglang
from bench.sources import rag_project
from bench.tables import figure, ratio
from bench.trial import Prepare, Trial, WrongAnswer, measure
from bench.workloads import WORKLOADS, Workload
from rag_compiler.pipeline import analyse
from rag_project.project import open_project

TRIALS = [
    pytest.param(workload, prepare, id=f"{workload.name}, {contender.__name__}, {variant}")
    for workload in WORKLOADS
    for contender in (floor, raglang)
    for variant, prepare in contender.TRIALS[workload.name].items()
]


@pytest.mark.parametrize(("workload", "prepare"), TRIALS)
def test_a_trial_does_its_work(workload: Workload, prepare: Prepare) -> None:
    (found,) = measure(workload, prepare, workload.small, 1)
    assert found.wall > 0


def test_a_wrong_answer_has_no_time() -> None:
    def prepare(size: int, folder: Path, stack: ExitStack) -> Trial:
        async def trial() -> int:
            return size + 1

        return trial

    with pytest.raises(WrongAnswer, match="chain: 4 instead of 3"):
        measure(WORKLOADS[0], prepare, 3, 1)


def test_a_workload_is_shown_with_its_ratios() -> None:
    workload = next(each for each in WORKLOADS if each.name == "durable_full")
    prepare = floor.TRIALS["durable_full"]["a row"]
    found = measure(workload, prepare, workload.small, 2)
    text = runtime.shown(workload, {runtime.Entry("langgraph", "it"): found, runtime.Entry("raglang", "it"): found})
    assert text.count("| 1.00x |") == 2
    assert "target 220 us/step" in text


@pytest.mark.parametrize("files", [1, 3])
def test_a_generated_project_is_whole_and_a_broken_one_is_not(tmp_path: Path, files: int) -> None:
    rag_project(tmp_path / "whole", 300, files=files)
    rag_project(tmp_path / "plain", 300, files=files, tools=False)
    rag_project(tmp_path / "broken", 300, files=files, broken=True)
    assert [_findings(tmp_path / name) for name in ("whole", "plain")] == [[], []]
    assert len(_findings(tmp_path / "broken")) >= 3


def _findings(folder: Path) -> list[str]:
    project = open_project(folder)
    files, unreadable = project.sources()
    assert not unreadable
    assert not project.findings
    assert sum(file.data.count(b"\n") for file in files) >= 240
    return [each.message for each in analyse(files, project.registry, project.manifest).diagnostics]


def test_passes_are_clocked(tmp_path: Path) -> None:
    found = passes.measure(tmp_path, 60, 1, 1)
    assert set(found) == {"lines", "files", "passes", "analysis", "broken", "edit_p50", "edit_p95"}


def test_a_whole_process_is_measured_and_must_end_as_it_should(tmp_path: Path) -> None:
    words = (sys.executable, "-c", "raise SystemExit(3)")
    command = Command(subject="version", name="python", words=words, folder=tmp_path, status=3)
    (found,) = start(command, 1)
    assert found.wall > 0
    assert found.peak > 1
    assert "| version | python |" in cold.shown("A command", {command: [found]})
    with pytest.raises(CommandFailed):
        start(Command(subject="version", name="python", words=words, folder=tmp_path), 1)


def test_a_worker_tells_its_measurements() -> None:
    words = ["-m", worker.__name__, "floor", "chain", "awaited in a loop", "4", "2"]
    done = subprocess.run([sys.executable, *words], cwd=runtime.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.count('"wall"') == 2


def test_the_script_without_an_engine_runs() -> None:
    script = Path(cold.__file__).parent / "start" / "three_floor.py"
    assert subprocess.run([sys.executable, str(script)]).returncode == 0


def test_figures_have_three_digits_that_count() -> None:
    assert [figure(value) for value in (1234.5, 123.45, 12.345, 1.2345)] == ["1,234", "123", "12.3", "1.23"]
    assert (ratio(3, 2), ratio(3, None)) == ("1.50x", "")
