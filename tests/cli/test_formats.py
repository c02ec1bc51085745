"""Every format over every case: the JSON is of its schema, and all are the same bytes whatever seed a process hashes with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag_cli.commands.check import FORMATS
from rag_cli.render_json import render_json
from rag_compiler.source import SourceFile
from tests.cli.test_render import SCHEMA, VALIDATOR
from tests.test_cases import CASES, MANIFEST, PAGE_CASES, diagnose

PROGRAM = "import sys; from rag_cli.main import main; sys.exit(main())"
BROKEN = """\
graph flow {
  start askk
  channel findings appendd
  node ask {
    kind agent
    model "defualt"
    tools ["serch", "publisch"]
    sytem "x"
    tmeout 3
    next reviw
  }
  node review { kind pass }
  node alone { kind nothing  command { update { finding: lenn(input.a) } } }
}
"""


def test_the_json_of_every_case_is_of_the_schema() -> None:
    validator = VALIDATOR(SCHEMA)
    codes: set[str] = set()
    for case in (*CASES, *PAGE_CASES):
        found = diagnose(case.files())
        files = {path: SourceFile(path, data) for path, data, _ in found}
        files |= {name: SourceFile(name, text.encode()) for name, text in case.files().items()}
        value = json.loads(render_json([diagnostic for _, _, diagnostic in found], files, checked=1))
        validator.validate(value)
        codes |= {diagnostic["code"] for diagnostic in value["diagnostics"]}
    assert len(codes) > 40


@pytest.mark.parametrize("format", FORMATS)
def test_the_bytes_do_not_depend_on_the_seed_of_hashes(format: str, tmp_path: Path) -> None:
    (tmp_path / "rag.toml").write_text(MANIFEST, encoding="utf-8")
    (tmp_path / "flow.rag").write_text(BROKEN, encoding="utf-8")
    seen = {_checked(tmp_path, format, seed) for seed in ("0", "1", "77")}
    assert len(seen) == 1
    assert len(seen.pop()) > 500


def _checked(folder: Path, format: str, seed: str) -> bytes:
    roots = os.pathsep.join(str(Path(__file__).parents[2] / name) for name in ("compiler", "lsp", "runtime"))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "check", "flow.rag", "--format", format],
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": roots},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    return done.stdout
