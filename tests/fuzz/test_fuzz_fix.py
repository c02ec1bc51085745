"""A sample of what `tests.fuzz.mending` measures in full: fixes never add an error, end, and mend most slips of one token."""

from __future__ import annotations

from tests.fuzz.mending import KINDS, Tally, measure, sources, token_mutants


def test_fixes_of_mutants() -> None:
    tally = Tally()
    for first, path in enumerate(sources()):
        measure(path, tally, 23, first)
    assert tally.broken.total() > 100
    assert tally.mended.total() * 4 > tally.broken.total()
    assert tally.same.total() * 10 > tally.mended.total() * 9


def test_every_token_is_changed_in_every_way() -> None:
    assert list(token_mutants('kind "ab" // x')) == [
        ("deleted", ' "ab" // x'),
        ("doubled", 'kind kind "ab" // x'),
        ("swapped", '"ab" kind // x'),
        ("misspelt", 'knd "ab" // x'),
        ("deleted", "kind  // x"),
        ("doubled", 'kind "ab""ab" // x'),
    ]
    assert {kind for kind, _ in token_mutants("start a")} == {*KINDS}
