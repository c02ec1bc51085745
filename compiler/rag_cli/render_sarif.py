"""Diagnostics as a SARIF 2.1.0 log, which code-scanning services and editors read: rules, ranges, ways that lead there, fixes.

Lines and columns count from 1, columns in Unicode code points; offsets of characters do not count a byte order mark, those of
bytes do. Comments name the sections of the standard.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from rag_cli.files import STDIN
from rag_cli.json_text import json_text
from rag_cli.rule_page import rule_page
from rag_compiler.diagnostics import Diagnostic, Edit, Fix, Label, Place
from rag_compiler.source import SourceFile
from rag_ir.record import record
from rag_ir.rules import RULES, Rule, Severity
from rag_ir.version import VERSION

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "finding/v1"

_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}


def render_sarif(diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile], *, folder: str = "") -> str:
    """The log, indented, ending in a line break. `files` are keyed by path.

    `folder`: the current one, below the root of the checkout, from which the paths of a log count.
    """
    codes = [code for code in RULES if any(diagnostic.code == code for diagnostic in diagnostics)]
    log = _Log(files, folder, {code: at for at, code in enumerate(codes)}, {}, {})
    run = {
        "tool": {
            "driver": {
                "name": "rag",
                "fullName": "raglang",
                "version": VERSION,
                "rules": [_rule(RULES[code]) for code in codes],
            }
        },
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "defaultEncoding": "utf-8",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "results": [_result(diagnostic, log) for diagnostic in diagnostics],
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


@record
class _Log:
    """What all results need. `indices` are the rules' by code; `characters` and `seen` are filled as results are made."""

    files: Mapping[str, SourceFile]
    folder: str
    indices: Mapping[str, int]
    characters: dict[str, list[int]]
    seen: dict[tuple[str, str, bytes], int]


# ---- rules ---------------------------------------------------------------------------------------------------------------


def _rule(rule: Rule) -> dict[str, Any]:
    page = _page(rule.code)
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": _explanation(page) or rule.summary},
        "help": {"text": _explanation(page) or rule.summary, "markdown": page or rule.summary},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["safety"] if rule.safety else ["correctness"]},
    }


def _page(code: str) -> str:
    """A rule's page; empty if the installation has lost it, which takes no finding away."""
    try:
        return rule_page(code)
    except OSError:
        return ""


def _explanation(page: str) -> str:
    """The prose of a page: what stands between its title and its first example, below the line that repeats the summary."""
    paragraphs = page.partition("\n## ")[0].split("\n\n")[2:]
    return "\n\n".join(paragraph.strip() for paragraph in paragraphs)


# ---- results -------------------------------------------------------------------------------------------------------------


def _result(diagnostic: Diagnostic, log: _Log) -> dict[str, Any]:
    said = f"{diagnostic.message}\n{diagnostic.help}" if diagnostic.help else diagnostic.message
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": log.indices[diagnostic.code],
        "level": _LEVELS[diagnostic.severity],
        "message": _message(said),
        "locations": [_location(Label(diagnostic.place, diagnostic.label), log)],
        "partialFingerprints": {FINGERPRINT: _fingerprint(diagnostic, log)},
    }
    if diagnostic.related:
        labels = enumerate(diagnostic.related, 1)
        result["relatedLocations"] = [{"id": number, **_location(label, log)} for number, label in labels]
    if diagnostic.flow:
        steps = [{"location": _location(step, log), "importance": "essential"} for step in diagnostic.flow]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    if diagnostic.fixes:
        result["fixes"] = [_fix(fix, log) for fix in diagnostic.fixes]
    if diagnostic.candidates:
        result["properties"] = {"candidates": list(diagnostic.candidates)}
    return result


def _message(text: str) -> dict[str, str]:
    """A message that is a text and nothing else: no placeholder (3.11.5) and no link (3.11.6) begins in it."""
    return {"text": text.replace("{", "{{").replace("}", "}}").replace("](", "\\](")}


def _location(label: Label, log: _Log) -> dict[str, Any]:
    place = label.place
    physical = {"artifactLocation": _artifact(place.path, log.folder), "region": _region(place, log)}
    return {"physicalLocation": physical, **({"message": _message(label.message)} if label.message else {})}


def _fingerprint(diagnostic: Diagnostic, log: _Log) -> str:
    """What stays the same while other lines change: the code, the file, the text of the line, and which of several alike it is."""
    path = diagnostic.place.path
    lines = log.files[path].lines
    line = lines.line_bytes(lines.position(diagnostic.place.span.start).line).strip()
    key = (diagnostic.code, path, line)
    log.seen[key] = log.seen.get(key, 0) + 1
    parts = (diagnostic.code.encode(), _bytes(path), line, str(log.seen[key]).encode())
    return sha256(b"\0".join(parts)).hexdigest()


def _fix(fix: Fix, log: _Log) -> dict[str, Any]:
    paths = dict.fromkeys(edit.place.path for edit in fix.edits)
    return {
        "description": _message(fix.title),
        "artifactChanges": [_change(path, [it for it in fix.edits if it.place.path == path], log) for path in paths],
        "properties": {"applicability": fix.applicability},
    }


def _change(path: str, edits: Iterable[Edit], log: _Log) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(edit.place, log), "insertedContent": {"text": edit.text}} for edit in edits
    ]
    return {"artifactLocation": _artifact(path, log.folder), "replacements": replacements}


# ---- places --------------------------------------------------------------------------------------------------------------


def _artifact(path: str, folder: str) -> dict[str, str]:
    """The address of a file, relative or whole (3.4.3). Standard input has none; its name stands for it."""
    if path.startswith("/"):
        return {"uri": "file://" + quote(_bytes(path))}
    return {"uri": quote(_bytes(path if path == STDIN else posixpath.normpath(posixpath.join(folder, path))))}


def _bytes(path: str) -> bytes:
    """A path's bytes, whatever stands for those that are no text."""
    try:
        return path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return path.encode("utf-8", "surrogatepass")


def _region(place: Place, log: _Log) -> dict[str, int]:
    """A range as lines and columns, as characters, and as bytes (3.30)."""
    file = log.files[place.path]
    if place.path not in log.characters:
        log.characters[place.path] = _line_characters(file)
    before = log.characters[place.path]
    first = file.lines.starts[0]
    start, end = (min(max(at, first), len(file.data)) for at in (place.span.start, place.span.end))
    head, tail = file.lines.position(start), file.lines.position(end)
    character = before[head.line - 1] + head.column - 1
    return {
        "startLine": head.line,
        "startColumn": head.column,
        "endLine": tail.line,
        "endColumn": tail.column,
        "charOffset": character,
        "charLength": before[tail.line - 1] + tail.column - 1 - character,
        "byteOffset": start,
        "byteLength": end - start,
    }


def _line_characters(file: SourceFile) -> list[int]:
    """How many characters stand before each line."""
    starts, counted = file.lines.starts, [0]
    for start, end in pairwise(starts):
        counted.append(counted[-1] + len(file.data[start:end].decode("utf-8", "replace")))
    return counted
