"""The approvals of a project: `rag.approvals.jsonl` at its root, one line of canonical JSON for each decision.

The file is only ever added to, and belongs into the project's repository: what it proves is what the repository's history proves of
who wrote the line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from rag_ir.canonical import canonical
from rag_ir.graph import Json
from rag_ir.record import record
from rag_project.files import Unreadable, read_file

NAME = "rag.approvals.jsonl"
LARGEST = 16 * 1024 * 1024
KEYS = ("at", "by", "digest", "graph", "reach")


@record(kw_only=True)
class Approval:
    """A person approved a document. `at` is a time in UTC (`2026-01-31T12:00:00Z`), `reach` what the document could reach."""

    graph: str
    digest: str
    by: str
    at: str
    reach: tuple[str, ...]


class BadApprovals(Exception):
    """The file cannot be read, or a line of it is no approval. Nothing of such a file counts."""


def read_approvals(root: Path) -> tuple[Approval, ...]:
    """The approvals of a project, in order; none where there is no file. Raises BadApprovals."""
    if not (root / NAME).exists():
        return ()
    try:
        text = read_file(root / NAME, LARGEST).decode("utf-8")
    except (Unreadable, UnicodeDecodeError) as error:
        raise BadApprovals(str(error)) from None
    return tuple(_approval(line, number) for number, line in enumerate(text.split("\n"), 1) if line.strip())


def add_approval(root: Path, approval: Approval) -> None:
    """Writes one more line. Raises OSError."""
    value: Mapping[str, Json] = {
        "graph": approval.graph,
        "digest": approval.digest,
        "by": approval.by,
        "at": approval.at,
        "reach": [*approval.reach],
    }
    with (root / NAME).open("a+b") as file:
        # A line that an editor left without its end stays a line of its own.
        file.seek(max(0, file.seek(0, 2) - 1))
        broken = file.read(1) not in (b"", b"\n")
        file.write((b"\n" if broken else b"") + canonical(dict(value)) + b"\n")


def last_of(approvals: Sequence[Approval], graph: str) -> Approval | None:
    """The last decision on a graph of this name."""
    return next((each for each in reversed(approvals) if each.graph == graph), None)


def _approval(line: str, number: int) -> Approval:
    try:
        value = cast("object", json.loads(line))
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict) and sorted(cast("dict[str, object]", value)) == sorted(KEYS):
        found = cast("dict[str, object]", value)
        reach = found["reach"]
        texts = [found[key] for key in KEYS[:-1]]
        if all(isinstance(text, str) for text in texts) and isinstance(reach, list):
            lines = tuple(str(each) for each in cast("list[object]", reach))
            return Approval(**{key: cast("str", found[key]) for key in KEYS[:-1]}, reach=lines)
    raise BadApprovals(f"line {number} is no approval")
