"""Did you mean: the one name of a set that a wrong word most likely stands for.

One suggestion or none: at most a third of the letters may be wrong (one of two or three), swapped neighbours count once, and
the case of letters and `-` for `_` count for nothing. The answer does not depend on the order of the names.
"""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 64
"""Words and names longer than this many characters are not compared."""


def closest(word: str, names: Iterable[str]) -> str | None:
    """The name nearest to `word`, or None where none is near. A name equal to the word is not a suggestion."""
    if not 1 < len(word) <= LONGEST:
        return None
    folded = _fold(word)
    best: tuple[int, int, str] | None = None
    for name in names:
        if name == word or len(name) > LONGEST:
            continue
        other = _fold(name)
        limit = max(1, (max(len(folded), len(other)) + 1) // 3)
        distance = _distance(folded, other, limit)
        if distance > min(limit, len(other) - 1, len(folded) - 1):
            continue
        candidate = (distance, abs(len(folded) - len(other)), name)
        if best is None or candidate < best:
            best = candidate
    return best[2] if best is not None else None


def _fold(word: str) -> str:
    return word.casefold().replace("-", "_")


def _distance(a: str, b: str, limit: int) -> int:
    """The number of insertions, deletions, replacements and swaps of neighbours; `limit + 1` for anything above the limit."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before_last: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before_last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before_last, last = last, row
    return min(last[-1], limit + 1)
