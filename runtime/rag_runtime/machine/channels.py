"""The committed values of a run's channels, and what a boundary makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rag_ir.graph import Channel, Graph, Json
from rag_runtime.machine.reducers import Fold, Memo, Writes


@dataclass(slots=True)
class Merge:
    """A merge that is not committed: new values, what their reducers remember, and per refused writer a code and a message."""

    values: dict[str, Json] = field(default_factory=dict[str, Json])
    memos: list[Memo] = field(default_factory=list[Memo])
    refused: dict[int, tuple[str, str]] = field(default_factory=dict[int, tuple[str, str]])

    def refuse(self, writer: int, code: str, message: str) -> None:
        """A write cannot be merged; of several reasons the first is kept."""
        self.refused.setdefault(writer, (code, message))


class Channels:
    """`values` is the committed state; it is replaced, never changed. `declared` are the channels by name."""

    __slots__ = ("_fleeting", "_lit", "_memos", "declared", "values")

    def __init__(self, graph: Graph) -> None:
        self.values: dict[str, Json] = {channel.name: channel.initial for channel in graph.channels}
        self.declared = {channel.name: channel for channel in graph.channels}
        self._memos: dict[str, Memo] = {}
        self._fleeting = frozenset(channel.name for channel in graph.channels if _is_fleeting(channel))
        self._lit: set[str] = set()

    def merge(self, writes: Mapping[str, Writes]) -> Merge:
        """What the state becomes, with the writes of a superstep by channel, each in task order."""
        merge = Merge()
        for name, written in writes.items():
            channel = self.declared[name]
            memo = self._memos.get(name)
            if memo is None:
                memo = self._memos[name] = Memo(channel)
            old = self.values[name]
            new = Fold(channel, memo, old, merge.refuse).value(written)
            merge.memos.append(memo)
            if new is not old:
                merge.values[name] = new
        for name in self._lit:
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
            self._lit = {name for name in written if name in self._fleeting}
        return sorted(merge.values)


def _is_fleeting(channel: Channel) -> bool:
    """Whether its value goes away with the next boundary."""
    return channel.reducer == "ephemeral" or (channel.reducer == "topic" and not channel.accumulate)
