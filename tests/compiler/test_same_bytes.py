"""The same input gives the same bytes, whatever the process: no order of a set or of memory shows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PROGRAM = """
from tests.test_cases import CASES, MANIFEST, diagnose
from rag_cli.render_json import render_json
from rag_compiler.source import SourceFile
for case in CASES:
    found = [diagnostic for _, _, diagnostic in diagnose(case.files())]
    texts = {"rag.toml": MANIFEST, **case.files()}
    files = {name: SourceFile(name, text.encode()) for name, text in texts.items()}
    print(render_json(found, files, checked=len(files)))
"""
COMPILE = """
from pathlib import Path
from tests.fuzz.test_fuzz_check import documents
for document in documents():
    print(document.decode())
"""


def test_findings_are_the_same_bytes_in_every_process() -> None:
    one, other = (_output(PROGRAM, seed) for seed in ("1", "2"))
    assert one.count(b'"version"') > 300
    assert one == other


def test_documents_are_the_same_bytes_in_every_process() -> None:
    one, other = (_output(COMPILE, seed) for seed in ("1", "2"))
    assert one.count(b'"digest"') > 3
    assert one == other


def _output(program: str, seed: str) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
