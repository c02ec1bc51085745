"""A record is the frozen dataclass that it stands for, in everything that is asked of one."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import pytest

from rag_ir.record import field, is_record, is_record_class, members, mutable, names, record, replace, required


@record
class Point:
    """Two numbers."""

    x: int
    y: int = 2

    def sum(self) -> int:
        return self.x + self.y


@record(kw_only=True)
class Named:
    """Names, and what they stand for."""

    items: list[int] = field(default_factory=list[int])
    name: str
    point: Point | None = None


@record
class Listed:
    """Its default is said as `dataclasses` says it."""

    items: list[int] = dataclasses.field(default_factory=list[int])


@record
class Nothing:
    """No fields at all."""


@mutable
class Tally:
    """What is counted."""

    name: str
    count: int = 0
    seen: list[int] = field(default_factory=list[int])


@record(order=True)
class Span:
    """What is compared."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class StandardPoint:
    """What `Point` stands for."""

    x: int
    y: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardNamed:
    """What `Named` stands for."""

    items: list[int] = dataclasses.field(default_factory=list[int])
    name: str
    point: Point | None = None


PAIRS: list[tuple[Any, Any]] = [(Point, StandardPoint), (Named, StandardNamed)]


def test_it_is_made_as_its_fields_say() -> None:
    assert (Point(1).x, Point(1).y, Point(x=1, y=5).y, Point(3).sum()) == (1, 2, 5, 5)
    assert (Named(name="a").items, Named(name="a").name, Named(name="a", items=[1]).items) == ([], "a", [1])
    assert Named(name="a").items is not Named(name="a").items
    assert Listed() == Listed([])
    assert Nothing() == Nothing()


@pytest.mark.parametrize(
    ("cls", "arguments", "named"),
    [(Point, (), {}), (Point, (1, 2, 3), {}), (Point, (1,), {"z": 1}), (Named, ("a",), {})],
)
def test_what_does_not_fit_is_refused(cls: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    for _ in range(2):
        with pytest.raises(TypeError, match=cls.__name__):
            cls(*arguments, **named)


def test_it_is_equal_to_its_like_only() -> None:
    assert Point(1) == Point(1, 2)
    assert Point(1) != Point(2)
    other: object = StandardPoint(1)
    assert Point(1) != other
    assert len({Point(1), Point(1, 2), Point(2)}) == 2
    assert hash(Point(1)) == hash(StandardPoint(1))
    with pytest.raises(TypeError):
        hash(Named(name="a"))


def test_it_is_shown_with_its_fields() -> None:
    assert repr(Named(name="a", point=Point(1))) == "Named(items=[], name='a', point=Point(x=1, y=2))"
    assert repr(Nothing()) == "Nothing()"


def test_it_cannot_be_changed() -> None:
    point: Any = Point(1)
    changes: list[Callable[[], None]] = [
        lambda: setattr(point, "x", 2),
        lambda: setattr(point, "z", 2),
        lambda: delattr(point, "x"),
    ]
    for change in changes:
        with pytest.raises(dataclasses.FrozenInstanceError):
            change()
    assert not hasattr(point, "__dict__")


def test_it_is_matched_by_place_and_by_name() -> None:
    match Point(1, 5):
        case Point(1, y):
            assert y == 5
        case _:
            raise AssertionError("it did not match")
    match Named(name="a"):
        case Named(name=name):
            assert name == "a"


def test_it_is_replaced_copied_and_pickled() -> None:
    named = Named(name="a", items=[1], point=Point(1))
    assert (
        replace(named, name="b") == dataclasses.replace(named, name="b") == Named(name="b", items=[1], point=Point(1))
    )
    assert copy.copy(named) == copy.deepcopy(named) == pickle.loads(pickle.dumps(named)) == named
    assert copy.deepcopy(named).items is not named.items
    with pytest.raises(TypeError):
        replace(cast("Any", Point(1)), z=1)


@pytest.mark.parametrize(("cls", "standard"), PAIRS)
def test_dataclasses_sees_what_it_sees_of_its_own(cls: Any, standard: Any) -> None:
    assert all(dataclasses.is_dataclass(each) for each in (cls, standard))
    kept = [[(it.name, it.type, it.default, it.kw_only) for it in dataclasses.fields(each)] for each in (cls, standard)]
    assert kept[0] == kept[1]
    assert names(cls) == tuple(it.name for it in dataclasses.fields(standard))
    assert required(cls) == {Point: ("x",), Named: ("name",)}[cls]
    assert cls.__match_args__ == standard.__match_args__
    assert cls.__doc__.startswith(("Two", "Names"))


def test_records_are_told_from_everything_else() -> None:
    assert is_record(Point(1))
    assert is_record(Nothing())
    assert is_record_class(Point)
    assert not any(is_record_class(value) for value in (Point(1), StandardPoint, None))
    assert not any(is_record(value) for value in (Point, StandardPoint(1), {"x": 1}, None, "x"))


def test_its_values_become_a_dict() -> None:
    assert members(Named(name="a", point=Point(1))) == {"items": [], "name": "a", "point": Point(1)}
    assert members(Nothing()) == {}
    assert dataclasses.asdict(Named(name="a", point=Point(1))) == {"items": [], "name": "a", "point": {"x": 1, "y": 2}}


def test_it_is_ordered_where_that_is_asked_for() -> None:
    assert sorted([Span(2, 1), Span(1, 9), Span(1, 3)]) == [Span(1, 3), Span(1, 9), Span(2, 1)]
    assert Span(1, 2) <= Span(1, 2) < Span(1, 3)
    assert Span(1, 3) >= Span(1, 3) > Span(1, 2)
    with pytest.raises(TypeError):
        sorted([Point(1), Point(2)])  # type: ignore[type-var]


def test_what_is_mutable_is_set_and_is_like_itself_only() -> None:
    tally = Tally("a")
    tally.count += 1
    tally.seen.append(2)
    assert (tally.name, tally.count, tally.seen, Tally("a").seen) == ("a", 1, [2], [])
    assert tally == tally
    assert Tally("a") != Tally("a")
    assert len({tally, Tally("a")}) == 2
    assert repr(tally) == "Tally(name='a', count=1, seen=[2])"
    assert members(copy.deepcopy(tally)) == members(tally)
    assert not hasattr(tally, "__dict__")
    with pytest.raises(AttributeError):
        setattr(tally, "other", 1)  # noqa: B010


def test_its_constructor_says_what_it_takes_once_it_was_used() -> None:
    Point(1)
    assert list(inspect.signature(Point).parameters) == ["x", "y"]
