"""A difference of two graphs as text: what changed of each thing, and what that means for paused runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from rag_cli.printable import counted, printable, quoted
from rag_cli.terminal import Palette
from rag_ir.graph import Json
from rag_ir.operators import OPERATORS
from rag_verify.code_text import code_text
from rag_verify.diff import Change, Difference

LONGEST = 160
"""Values are cut after so many characters."""
SHORT = 80
"""Two values of more characters stand on lines of their own."""
SILENT = ("behaviour", "entries", "value")
"""Fields of the IR that say nothing to a reader."""
CODE = ("value", "when", "prompt", "system", "source")
SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": "~", "renamed": ">"}
STYLES = {"added": "good", "removed": "error", "changed": "warning", "moved": "warning", "renamed": "info"}


def diff_text(found: Difference, paint: Palette) -> str:
    """The text, each line ended."""
    if not found.changes:
        return "the graphs mean the same\n"
    lines: list[str] = []
    for graph, changes in groupby(found.changes, lambda change: change.graph):
        if graph is not None:
            lines.append(paint.paint("bold", f"graph {quoted(graph)}"))
        lines += _things(list(changes), "  " if graph is not None else "", paint)
    return "\n".join([*lines, "", *_runs(found, paint)]) + "\n"


def _things(changes: Sequence[Change], margin: str, paint: Palette) -> Iterator[str]:
    for _, several in groupby(changes, lambda change: (change.thing, change.name, not change.field)):
        for at, change in enumerate(several):
            if not change.field:
                yield margin + paint.paint(STYLES[change.sort], f"{SIGNS[change.sort]} {_whole(change)}")
                continue
            if not at:
                yield margin + paint.paint(STYLES["changed"], f"{SIGNS['changed']} {_thing(change)}")
            yield from (f"{margin}    {line}" for line in _part(change))


def _thing(change: Change) -> str:
    return f"{change.thing} {quoted(change.name)}" if change.name else change.thing


def _whole(change: Change) -> str:
    if change.sort == "renamed":
        return f"{_thing(change)}, formerly {quoted(str(change.before))}"
    if change.sort == "moved":
        return f"order of the {change.thing}s: {_names(change.before)} -> {_names(change.after)}"
    return _thing(change)


def _part(change: Change) -> Iterator[str]:
    parts = [part for part in change.field if part not in SILENT] or [change.field[-1]]
    what = printable(" ".join(parts))
    match change.sort:
        case "added":
            yield f"+ {what}{_of(_value(change, change.after))}"
        case "removed":
            yield f"- {what}{_of(_value(change, change.before))}"
        case "moved":
            yield f"{what}: {_names(change.before)} -> {_names(change.after)}"
        case _:
            before, after = _value(change, change.before), _value(change, change.after)
            if len(before) + len(after) <= SHORT:
                yield f"{what}: {before} -> {after}"
            else:
                yield from (f"{what}:", f"  - {before}", f"  + {after}")


def _of(text: str) -> str:
    return f": {text}" if text else ""


def _names(value: Json) -> str:
    return ", ".join(printable(str(name)) for name in value) if isinstance(value, list) else ""


def _value(change: Change, value: Json) -> str:
    """A value on one line: an element by what tells it from others, code as source, everything else as JSON."""
    if isinstance(value, dict) and change.sort in ("added", "removed"):
        value = value.get("target", value.get("value", value.get("reducer", value)))
    if (
        isinstance(value, list)
        and value
        and value[0] in OPERATORS
        and (change.field[-1] in CODE or change.sort != "changed")
    ):
        return _cut(code_text(value))
    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    text = printable(text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _runs(found: Difference, paint: Palette) -> Iterator[str]:
    """What becomes of paused runs: each reason once, with how many changes it has."""
    if found.resumable:
        yield f"paused runs of the older graph {paint.paint('good', 'could go on')} with the newer one"
        return
    yield f"paused runs of the older graph {paint.paint('error', 'could not go on')} with the newer one:"
    reasons: dict[str, list[str]] = {}
    for change in found.changes:
        if change.hinders:
            reasons.setdefault(change.hinders, []).append(_thing(change))
    for reason, things in reasons.items():
        names = list(dict.fromkeys(things))
        more = f" and {counted(len(names) - 3, 'other')}" if len(names) > 3 else ""
        yield f"  {', '.join(names[:3])}{more}: {printable(reason)}"
