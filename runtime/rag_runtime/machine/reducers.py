"""The reducers: how the writes of one superstep change a channel.

Writes come in task order. What cannot be merged is refused: the activation that wrote it fails. Old values are never changed;
a reducer that changes nothing answers with the old value itself. What a reducer remembers beside the value (`Memo`) changes only
when the merge is committed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

from rag_ir.arithmetic import arithmetic, ordered
from rag_ir.graph import Channel, Json
from rag_ir.values import NESTING, EvaluationError, equality_key, json_equal
from rag_runtime.machine.conversation import Positions

Writes = Sequence[tuple[int, Json]]
"""Who wrote (a number of the caller's), and what."""

Refuse = Callable[[int, str, str], None]
"""Takes the writer, a code and a message."""


class Memo:
    """What a channel's reducer remembers: the keys of `union`, whether `first` was written, the ids of `messages`.

    `value` is the channel's, before its first write.
    """

    __slots__ = ("fresh", "keys", "now_written", "positions", "written")

    def __init__(self, channel: Channel | None = None, value: Json = None) -> None:
        self.keys: set[Hashable] = set()
        self.fresh: set[Hashable] = set()
        self.written = self.now_written = False
        self.positions = Positions()
        if channel is not None and channel.reducer == "messages":
            self.positions = Positions(_elements(value))
        if channel is not None and channel.reducer == "union":
            self.keys = {equality_key(element) for element in _elements(value)}

    def commit(self) -> None:
        """The last merge holds."""
        self.keys |= self.fresh
        self.written = self.written or self.now_written
        self.positions.commit()


REMEMBERING = ("messages", "union", "first")
FORGETFUL = Memo()
"""What every other reducer remembers."""


class Fold:
    """One channel's merge at one boundary."""

    __slots__ = ("channel", "memo", "old", "refuse")

    def __init__(self, channel: Channel, old: Json, memo: Memo, refuse: Refuse) -> None:
        self.channel = channel
        self.old = old
        self.memo = memo
        self.refuse = refuse

    def clash(self, writer: int, place: str, how: str) -> None:
        """Two activations of one superstep write what only one may."""
        self.refuse(writer, "concurrent-write", f"{place} was already written{how} in this superstep")

    def only(self, writes: Writes) -> Json:
        """`overwrite` and `ephemeral`: one writer in a superstep."""
        for writer, _ in writes[1:]:
            self.clash(writer, f"channel `{self.channel.name}`", "")
        return writes[0][1]

    def first(self, writes: Writes) -> Json:
        """`first`: the first value ever written; null counts as one."""
        self.memo.now_written = True
        return self.old if self.memo.written else writes[0][1]

    def append(self, writes: Writes) -> Json:
        """`append` and an accumulating `topic`."""
        result = _elements(self.old)
        if isinstance(self.old, list) and not _extend(result, writes):
            return self.old
        return result

    def topic(self, writes: Writes) -> Json:
        """`topic`: this superstep's values alone, unless it accumulates."""
        if self.channel.accumulate:
            return self.append(writes)
        result: list[Json] = []
        return result if _extend(result, writes) or self.old else self.old

    def union(self, writes: Writes) -> Json:
        """`union`: by JSON equality, first seen order."""
        self.memo.fresh = fresh = set[Hashable]()
        result = _elements(self.old)
        for writer, value in writes:
            for element in value if isinstance(value, list) else (value,):
                try:
                    key = equality_key(element)
                except EvaluationError as error:
                    self.refuse(writer, "bad-write", f"channel `{self.channel.name}`: {error.message}")
                    break
                if key not in self.memo.keys and key not in fresh:
                    fresh.add(key)
                    result.append(element)
        return result if fresh else self.old

    def messages(self, writes: Writes) -> Json:
        """`messages`: each write is a list of messages that have ids."""
        new: list[Json] = []
        _extend(new, writes)
        merged: Json = self.memo.positions.merge(self.old if isinstance(self.old, list) else [], new)
        return merged if new else self.old

    def merge(self, writes: Writes) -> Json:
        """`merge`: one key (with `deep`, one path) is written once in a superstep, or with equal values."""
        written: dict[str, Json] = {}
        depth = NESTING if self.channel.deep else 1
        for writer, value in writes:
            clash = _clash(written, value, depth)
            if clash is None:
                written = _merged(written, value, depth)
            else:
                self.clash(writer, f"`{clash}` of channel `{self.channel.name}`", " with another value")
        return _merged(_members(self.old), written, depth) if written else self.old

    def sum(self, writes: Writes) -> Json:
        """`sum`: starts at the initial value."""
        return self._numbers(writes, lambda a, b: arithmetic("+", a, b))

    def min(self, writes: Writes) -> Json:
        """`min`"""
        return self._numbers(writes, lambda a, b: b if ordered("<", b, a) else a)

    def max(self, writes: Writes) -> Json:
        """`max`"""
        return self._numbers(writes, lambda a, b: b if ordered(">", b, a) else a)

    def _numbers(self, writes: Writes, combine: Callable[[Json, Json], Json]) -> Json:
        result = self.old
        for writer, value in writes:
            try:
                result = value if result is None else combine(result, value)
            except EvaluationError as error:
                self.refuse(writer, "bad-write", f"channel `{self.channel.name}`: {error.message}")
        return result


REDUCERS: Mapping[str, Callable[[Fold, Writes], Json]] = {
    "overwrite": Fold.only,
    "ephemeral": Fold.only,
    "first": Fold.first,
    "append": Fold.append,
    "union": Fold.union,
    "messages": Fold.messages,
    "merge": Fold.merge,
    "sum": Fold.sum,
    "min": Fold.min,
    "max": Fold.max,
    "topic": Fold.topic,
}


def _elements(value: Json) -> list[Json]:
    """A list's elements in a list of their own."""
    return [*value] if isinstance(value, list) else []


def _extend(result: list[Json], writes: Writes) -> bool:
    """Append what was written; whether there was anything."""
    before = len(result)
    for _, value in writes:
        if isinstance(value, list):
            result.extend(value)
        else:
            result.append(value)
    return len(result) > before


def _members(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _clash(written: Json, new: Json, depth: int) -> str | None:
    """The path at which `new` contradicts what is written."""
    for key, value in _members(new).items():
        if key not in _members(written):
            continue
        before = _members(written)[key]
        if depth > 1 and isinstance(before, dict) and isinstance(value, dict):
            below = _clash(before, value, depth - 1)
            if below is not None:
                return f"{key}.{below}"
        elif not json_equal(before, value):
            return key
    return None


def _merged(old: dict[str, Json], new: Json, depth: int) -> dict[str, Json]:
    result = {**old}
    for key, value in _members(new).items():
        before = result.get(key)
        if depth > 1 and isinstance(before, dict) and isinstance(value, dict):
            value = _merged(before, value, depth - 1)
        result[key] = value
    return result
