"""Apply fixes: edits are made, round after round, until nothing is left to mend.

In:  texts by path, what finds out what is wrong with such texts, and which fixes are wanted.
Out: the texts afterwards, what was mended, what is left.

A round makes the first wanted fix of every diagnostic, save those that touch what a fix before them touches: they wait for the next
round. What a round gives is analysed anew. If it has more errors than it should have after so many repairs, its halves are tried one
after the other, down to single fixes: one that leaves more errors than there were is not made. No state of the texts comes twice, so
that fixes that undo each other end it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping, Sequence

from rag_compiler.diagnostics import Diagnostic, Edit, Fix
from rag_ir.record import record

MOST_ROUNDS = 64

Texts = Mapping[str, bytes]
Diagnose = Callable[[Texts], Sequence[Diagnostic]]
Wanted = Callable[[Diagnostic, Fix], bool]


@record
class Repair:
    """A fix that is made, and the diagnostic that it mends."""

    diagnostic: Diagnostic
    fix: Fix


@record
class Round:
    """Repairs that are made at once, and the texts that they are made on."""

    texts: Texts
    repairs: tuple[Repair, ...]


@record
class Mended:
    """The texts after all rounds, the rounds, and what is left: whatever is wrong with `texts`."""

    texts: Texts
    rounds: tuple[Round, ...]
    left: tuple[Diagnostic, ...]


def apply_fixes(texts: Texts, diagnose: Diagnose, wanted: Wanted) -> Mended:
    """Mends until nothing more can be mended. `diagnose` gives everything that is wrong with texts, in order."""
    found = tuple(diagnose(texts))
    rounds: list[Round] = []
    seen = {_state(texts)}
    while len(rounds) < MOST_ROUNDS:
        made, mended, left = _round(texts, found, _apart(_repairs(found, wanted)), diagnose)
        if not made or _state(mended) in seen:
            break
        seen.add(_state(mended))
        rounds.append(Round(texts, made))
        texts, found = mended, left
    return Mended(texts, tuple(rounds), found)


def apply_edits(texts: Texts, fixes: Iterable[Fix]) -> dict[str, bytes]:
    """The texts with the edits of fixes that touch no text in common. Edits at one place are made in their order."""
    mended = dict(texts)
    edits = [edit for fix in fixes for edit in fix.edits]
    for _, edit in sorted(enumerate(edits), key=lambda it: (it[1].place.span.start, it[0]), reverse=True):
        span, text = edit.place.span, mended[edit.place.path]
        mended[edit.place.path] = text[: span.start] + edit.text.encode("utf-8", "replace") + text[span.end :]
    return mended


def _repairs(found: Iterable[Diagnostic], wanted: Wanted) -> list[Repair]:
    """The first wanted fix of each diagnostic, by position."""
    repairs: list[Repair] = []
    for diagnostic in found:
        fix = next((fix for fix in diagnostic.fixes if fix.edits and wanted(diagnostic, fix)), None)
        if fix is not None:
            repairs.append(Repair(diagnostic, fix))
    return sorted(repairs, key=lambda repair: min((edit.place.path, edit.place.span) for edit in repair.fix.edits))


def _apart(repairs: Iterable[Repair]) -> list[Repair]:
    """Those that touch no text that one before them touches; side by side is touching."""
    kept: list[Repair] = []
    taken: dict[str, list[tuple[int, int]]] = {}
    for repair in repairs:
        if not any(_touches(edit, taken.get(edit.place.path, ())) for edit in repair.fix.edits):
            kept.append(repair)
            for edit in repair.fix.edits:
                insort(taken.setdefault(edit.place.path, []), (edit.place.span.start, edit.place.span.end))
    return kept


def _touches(edit: Edit, taken: Sequence[tuple[int, int]]) -> bool:
    """Whether an edit touches one of some ranges, which are in order; those of different fixes do not touch each other."""
    start, end = edit.place.span.start, edit.place.span.end
    behind = bisect_left(taken, (end + 1,))
    return any(last >= start for _, last in taken[max(behind - 2, 0) : behind])


def _round(
    texts: Texts, found: tuple[Diagnostic, ...], batch: Sequence[Repair], diagnose: Diagnose
) -> tuple[tuple[Repair, ...], Texts, tuple[Diagnostic, ...]]:
    """The repairs of a batch that bring no error, the texts with them, and what is wrong with those."""
    made: list[Repair] = []
    mended, left = texts, found
    pending = [batch] if batch else []
    while pending:
        part = pending.pop()
        tried = apply_edits(texts, [repair.fix for repair in (*made, *part)])
        after = tuple(diagnose(tried))
        mends = _errors(repair.diagnostic for repair in part)
        if _errors(after) <= _errors(left) - (mends if len(part) > 1 else 0):
            made += part
            mended, left = tried, after
        elif len(part) > 1:
            half = len(part) // 2
            pending += [part[half:], part[:half]]
    return tuple(made), mended, left


def _errors(found: Iterable[Diagnostic]) -> int:
    return sum(diagnostic.severity == "error" for diagnostic in found)


def _state(texts: Texts) -> frozenset[tuple[str, bytes]]:
    return frozenset(texts.items())
