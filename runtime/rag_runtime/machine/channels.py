"""The committed values of a run's channels, and what a boundary makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag_ir.graph import Channel, Graph, Json
from rag_runtime.machine.conversation import Positions, identified
from rag_runtime.machine.reducers import FORGETFUL, REDUCERS, REMEMBERING, Fold, Memo, Writes


class Merge:
    """A merge that is not committed: new values, what their reducers remember, and per refused writer a code and a message."""

    __slots__ = ("memos", "refused", "values")

    def __init__(self) -> None:
        self.values: dict[str, Json] = {}
        self.memos: list[Memo] = []
        self.refused: dict[int, tuple[str, str]] = {}

    def refuse(self, writer: int, code: str, message: str) -> None:
        """A write cannot be merged; of several reasons the first is kept."""
        self.refused.setdefault(writer, (code, message))


class Channels:
    """`values` is the committed state; it is replaced, never changed. `declared` are the channels by name.

    `fading` are the channels whose values go away at the next boundary.
    """

    __slots__ = ("_fleeting", "_memos", "_reducers", "declared", "fading", "values")

    def __init__(self, graph: Graph, messages: Sequence[Json] = ()) -> None:
        """`messages` come behind those that the conversation has from the beginning."""
        self.values: dict[str, Json] = {channel.name: _initial(channel) for channel in graph.channels}
        if messages and graph.messages is not None:
            begun = self.values[graph.messages]
            begun = begun if isinstance(begun, list) else []
            self.values[graph.messages] = Positions(begun).merge(begun, messages)
        self.declared = {channel.name: channel for channel in graph.channels}
        self.fading: set[str] = set()
        self._memos: dict[str, Memo] = {}
        self._fleeting = frozenset(channel.name for channel in graph.channels if _is_fleeting(channel))
        self._reducers = {
            channel.name: (channel, REDUCERS[channel.reducer], channel.reducer in REMEMBERING)
            for channel in graph.channels
        }

    def merge(self, writes: Mapping[str, Writes]) -> Merge:
        """What the state becomes, with the writes of a superstep by channel, each in task order."""
        merge = Merge()
        for name, written in writes.items():
            channel, reduce, remembers = self._reducers[name]
            memo = FORGETFUL
            if remembers:
                memo = self._memo(channel)
                merge.memos.append(memo)
            old = self.values[name]
            new = reduce(Fold(channel, old, memo, merge.refuse), written)
            if new is not old:
                merge.values[name] = new
        for name in self.fading:
            if name not in writes:
                merge.values[name] = self.declared[name].initial
        return merge

    def after(self, merge: Merge) -> dict[str, Json]:
        """The state as the merge leaves it."""
        return {**self.values, **merge.values} if merge.values else self.values

    def commit(self, merge: Merge, values: dict[str, Json], written: Mapping[str, Writes]) -> Sequence[str]:
        """The merge holds, with `after(merge)` as `values`. The channels that changed, sorted."""
        self.values = values
        for memo in merge.memos:
            memo.commit()
        if self._fleeting:
            self.fading = {name for name in written if name in self._fleeting}
        return sorted(merge.values)

    def _memo(self, channel: Channel) -> Memo:
        memo = self._memos.get(channel.name)
        if memo is None:
            memo = self._memos[channel.name] = Memo(channel, self.values[channel.name])
        return memo


def _initial(channel: Channel) -> Json:
    """The value before any write. In a conversation every message has an id."""
    if channel.reducer != "messages" or not isinstance(channel.initial, list):
        return channel.initial
    return Positions().merge([], identified(channel.initial, "initial"))


def _is_fleeting(channel: Channel) -> bool:
    """Whether its value goes away with the next boundary."""
    return channel.reducer == "ephemeral" or (channel.reducer == "topic" and not channel.accumulate)
