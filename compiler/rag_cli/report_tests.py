"""What `rag test` reports: for people, as JSON, and as JUnit XML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from rag_cli.excerpt import Mark, excerpt, last_line
from rag_cli.printable import printable
from rag_cli.rehearse import Failure, Verdict
from rag_cli.terminal import PIPED_WIDTH, PLAIN, Palette
from rag_compiler.diagnostics import Place
from rag_compiler.source import SourceFile
from rag_ir.graph import Document, Json
from rag_ir.record import record
from rag_runtime.coverage import parts_of

VERSION = 1


@record
class Suite:
    """The verdicts on the tests of one project; `folder` is its root relative to where the command runs."""

    folder: str
    files: Mapping[str, SourceFile]
    verdicts: tuple[Verdict, ...]

    def shown(self, path: str) -> str:
        """A path of the project as it is shown."""
        return f"{self.folder}/{path}" if self.folder else path

    def line(self, place: Place) -> int:
        """The line of a place, from 1."""
        file = self.files.get(place.path)
        return file.lines.position(place.span.start).line if file else 1


def summary(verdicts: Sequence[Verdict], palette: Palette) -> str:
    """One line about all of them."""
    failed = sum(not verdict.passed for verdict in verdicts)
    if not verdicts:
        return palette.paint("error", "no tests") + ": a `test` block is written beside the graph that it runs"
    passed = palette.paint("good", f"{len(verdicts) - failed} passed")
    return (palette.paint("error", f"{failed} failed") + f", {passed}" if failed else passed) + (
        f" in {sum(verdict.seconds for verdict in verdicts):.2f} s"
    )


def render_full(suites: Sequence[Suite], palette: Palette, *, coverage: bool) -> str:
    """A line for each test, below it what does not hold, drawn on the text; then what was not covered."""
    lines = [line for suite in suites for verdict in suite.verdicts for line in _verdict(suite, verdict, palette)]
    if coverage:
        lines += [line for suite in suites for line in _coverage(suite, palette)]
    return "".join(f"{line}\n" for line in lines)


def _verdict(suite: Suite, verdict: Verdict, palette: Palette) -> Iterator[str]:
    word = palette.paint("good", "ok  ") if verdict.passed else palette.paint("error", "FAIL")
    where = palette.paint("dim", f"{suite.shown(verdict.place.path)}:{suite.line(verdict.place)}")
    yield f"{word} {printable(verdict.title)}  {where}"
    for failure in verdict.failures:
        yield from _failure(suite, failure, palette)


def _failure(suite: Suite, failure: Failure, palette: Palette) -> Iterator[str]:
    yield f"{palette.paint('error', 'error')}: {palette.paint('bold', printable(failure.message))}"
    file = suite.files.get(failure.place.path)
    if file is None or not file.data:
        return
    marks = [Mark(seen.place.span, printable(seen.message), "error", True) for seen in failure.seen]
    marks = marks or [Mark(failure.place.span, "", "error", True)]
    gutter = len(str(last_line(file, marks)))
    start = file.lines.position(failure.place.span.start)
    arrow = palette.paint("frame", "-->")
    yield f"{' ' * gutter}{arrow} {printable(suite.shown(file.path))}:{start.line}:{start.column}"
    yield " " * (gutter + 1) + palette.paint("frame", "|")
    yield from (row.paint(palette) for row in excerpt(file, marks, gutter, PIPED_WIDTH))
    yield ""


# ---- coverage ----------------------------------------------------------------------------------------------------------


def _coverage(suite: Suite, palette: Palette) -> Iterator[str]:
    """How much of each kind was covered, and each part that was not, with its line."""
    for kind, parts in _by_kind(suite).items():
        missed = {at: where for at, (where, went) in parts.items() if not went}
        yield f"{palette.paint('bold', f'{kind}s')}: {len(parts) - len(missed)} of {len(parts)} covered"
        for where in sorted(missed.values()):
            yield f"  {palette.paint('warning', 'not covered')}  {printable(where)}"


def _by_kind(suite: Suite) -> dict[str, dict[str, tuple[str, bool]]]:
    """By kind and pointer: what the part is called and where it stands, and whether a test went through it."""
    found: dict[str, dict[str, tuple[str, bool]]] = {"node": {}, "route": {}, "join": {}}
    for verdict in suite.verdicts:
        if verdict.document is None:
            continue
        for at, kind in parts_of(verdict.document).items():
            went = at in verdict.covered or found[kind].get(at, ("", False))[1]
            found[kind][at] = (_name(suite, verdict.document, at), went)
    return {kind: parts for kind, parts in found.items() if parts}


def _name(suite: Suite, document: Document, at: str) -> str:
    words = at.split("/")
    graph = document.graphs[words[2].replace("~1", "/").replace("~0", "~")]
    index = int(words[4])
    if words[3] == "joins":
        what = f"join [{', '.join(graph.joins[index].sources)}] -> {graph.joins[index].target}"
    else:
        what = f"`{graph.nodes[index].name}`"
        if len(words) > 5:
            what += " join" if len(words) == 6 else f" route {int(words[7]) + 1}"
    near = at
    while near not in document.source_map and near:
        near = near.rpartition("/")[0]
    place = document.source_map.get(near)
    return f"{suite.shown(place.file)}:{place.start[0]}: {what}" if place else what


# ---- for machines ------------------------------------------------------------------------------------------------------


def render_json(suites: Sequence[Suite]) -> str:
    """One object: every test with its verdict, and the coverage of each project."""
    tests: list[Json] = [_json(suite, verdict) for suite in suites for verdict in suite.verdicts]
    coverage: list[Json] = [
        {"kind": kind, "part": where, "covered": went}
        for suite in suites
        for kind, parts in _by_kind(suite).items()
        for where, went in sorted(parts.values())
    ]
    failed = sum(not verdict.passed for suite in suites for verdict in suite.verdicts)
    whole = {"version": VERSION, "tests": tests, "failed": failed, "coverage": coverage}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _json(suite: Suite, verdict: Verdict) -> Json:
    return {
        "title": verdict.title,
        "path": suite.shown(verdict.place.path),
        "line": suite.line(verdict.place),
        "passed": verdict.passed,
        "failures": [
            {
                "message": failure.message,
                "path": suite.shown(failure.place.path),
                "line": suite.line(failure.place),
                "seen": [{"text": _text(suite, seen.place), "value": seen.message} for seen in failure.seen],
            }
            for failure in verdict.failures
        ],
    }


def _text(suite: Suite, place: Place) -> str:
    return suite.files[place.path].data[place.span.start : place.span.end].decode("utf-8", "replace")


def render_junit(suites: Sequence[Suite]) -> str:
    """The XML that CI systems read: a suite for each project."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for suite in suites:
        failed = sum(not verdict.passed for verdict in suite.verdicts)
        name = quoteattr(suite.folder or ".")
        lines.append(f'  <testsuite name={name} tests="{len(suite.verdicts)}" failures="{failed}">')
        lines += [line for verdict in suite.verdicts for line in _case(suite, verdict)]
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def _case(suite: Suite, verdict: Verdict) -> Iterator[str]:
    path = suite.shown(verdict.place.path)
    head = f"    <testcase name={_attribute(verdict.title)} classname={_attribute(path)} file={_attribute(path)}"
    head += f' line="{suite.line(verdict.place)}" time="{verdict.seconds:.3f}"'
    if verdict.passed:
        yield f"{head}/>"
        return
    yield f"{head}>"
    for failure in verdict.failures:
        text = "\n".join(_failure(suite, failure, PLAIN))
        yield f"      <failure message={_attribute(failure.message)}>{escape(_printable_lines(text))}</failure>"
    yield "    </testcase>"


def _attribute(text: str) -> str:
    return quoteattr(printable(text))


def _printable_lines(text: str) -> str:
    """The text without what XML cannot hold."""
    return "\n".join(map(printable, text.split("\n")))
