"""Processes that are killed: whenever it happens, the run comes out as if it had not, and no call is made that must not be."""

from __future__ import annotations

import json
import random
from collections import Counter
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from rag_runtime.stores.store import Store
from tests.runtime.lives import ONCE, Fatal, Fate, Key, Killer, die_at_call, live

LIFE_TIME = 10


@cache
def _undisturbed() -> Fate:
    with TemporaryDirectory() as folder:
        return live(Path(folder), lambda deaths: None)


def _killed_at(event: int, moment: str) -> Fatal:
    return lambda store: Killer(store, event, moment)


def _killed_at_call(number: int, store: Store) -> Store:
    die_at_call(number)
    return store


def _check(fate: Fate) -> None:
    """The same outcome as an undisturbed run; finished calls once, others once more for each death, effects exactly once."""
    whole = _undisturbed()
    assert json.dumps(fate.result.output) == json.dumps(whole.result.output)
    assert (fate.result.outcome, fate.result.path, fate.result.usage) == (
        "finished",
        whole.result.path,
        whole.result.usage,
    )
    assert fate.made.keys() == whole.made.keys()
    assert {key: number for key, number in fate.made.items() if _is_once(key) and number > 1} == {}
    for death in fate.deaths:
        assert {key for key in death.ended if fate.made[key] > death.made[key]} == set()
    in_flight = sum(len(death.made.keys() - death.ended) for death in fate.deaths)
    assert fate.made.total() - whole.made.total() <= in_flight


def _is_once(key: Key) -> bool:
    return key[0] == "tool" and key[1] in ONCE


def test_an_undisturbed_run_makes_every_call_once() -> None:
    fate = _undisturbed()
    assert fate.result.outcome == "finished"
    assert set(fate.made.values()) == {1}
    assert Counter(kind for kind, *_ in fate.made) == {"model": 12, "tool": 12}
    assert fate.result.path == ["plan", ["dig", "dig", "dig"], "review", "stamp"]
    assert fate.doubts == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_every_write_of_the_journal(tmp_path: Path, moment: str) -> None:
    doubts: list[str] = []
    for event in range(1, _undisturbed().journaled + 1):
        folder = tmp_path / str(event)
        folder.mkdir()
        fate = live(folder, [_killed_at(event, moment), None].__getitem__)
        assert len(fate.deaths) == 1
        _check(fate)
        doubts += fate.doubts
    assert set(doubts) == {"retry", "result"}


def test_killed_at_any_moment_at_all(tmp_path: Path) -> None:
    chance = random.Random(20)
    deaths = 0
    for number in range(25):
        folder = tmp_path / str(number)
        folder.mkdir()
        moments = [partial(_killed_at_call, chance.randrange(1, 12_000)) for _ in range(3)]
        fate = live(folder, [*moments, None].__getitem__)
        _check(fate)
        deaths += len(fate.deaths)
    assert deaths > 25


def test_killed_again_and_again(tmp_path: Path) -> None:
    """No process lives longer than a few writes of the journal: just enough to settle the doubts of a whole fan-out."""
    fate = live(tmp_path, lambda deaths: _dying_young)
    assert len(fate.deaths) >= _undisturbed().journaled // LIFE_TIME
    _check(fate)


def _dying_young(store: Store) -> Store:
    killer = Killer(store, 0, "after")
    killer.at = killer.written + LIFE_TIME
    return killer
