"""The reducer `messages`: the same `id` replaces in place, other messages are appended, `{"id": X, "remove": true}` deletes.

Every message of a conversation has an id, so that one can be found without looking at the others. Deleting what is not there
does nothing: two concurrent activations may delete the same message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag_ir.graph import Json


class Positions:
    """Where each message of a list stands. What a merge changes is kept apart until it is committed."""

    __slots__ = ("_at", "_new", "_whole")

    def __init__(self, messages: Iterable[Json] = ()) -> None:
        self._at: dict[str, int] = _positions(messages)
        self._new: dict[str, int] = {}
        self._whole: dict[str, int] | None = None

    def merge(self, old: Sequence[Json], new: Sequence[Json]) -> list[Json]:
        """The list with the new messages, each of which has an id."""
        self._new = {}
        self._whole = None
        if any(_removes(message) for message in new):
            return self._rebuild(old, new)
        result = [*old]
        for message in new:
            name = _id(message)
            at = self._at.get(name)
            if at is None:
                at = self._new.setdefault(name, len(result))
            if at < len(result):
                result[at] = message
            else:
                result.append(message)
        return result

    def commit(self) -> None:
        """The last merge holds."""
        if self._whole is not None:
            self._at = self._whole
        else:
            self._at.update(self._new)

    def _rebuild(self, old: Sequence[Json], new: Sequence[Json]) -> list[Json]:
        kept = {_id(message): message for message in old}
        for message in new:
            if _removes(message):
                kept.pop(_id(message), None)
            else:
                kept[_id(message)] = message
        result = list(kept.values())
        self._whole = _positions(result)
        return result


class Conversation:
    """The transcript of a child, which may begin as a copy of another one."""

    __slots__ = ("_messages", "_positions", "_seen")

    def __init__(self, copied: tuple[Json, ...] = ()) -> None:
        self._messages: Sequence[Json] = copied
        self._positions: Positions | None = None
        self._seen: tuple[Json, ...] | None = copied

    def extend(self, new: Sequence[Json]) -> None:
        """Merge new messages, each of which has an id."""
        if self._positions is None:
            self._positions = Positions(self._messages)
        self._messages = self._positions.merge(self._messages, new)
        self._positions.commit()
        self._seen = None

    def seen(self) -> tuple[Json, ...]:
        """The messages so far."""
        if self._seen is None:
            self._seen = tuple(self._messages)
        return self._seen


def identified(messages: Iterable[Json], prefix: str, start: int = 0) -> list[Json]:
    """The messages, with `prefix/N` as the id of the Nth (from `start`) if it has none. All must be messages."""
    result: list[Json] = []
    for number, message in enumerate(messages, start):
        if isinstance(message, dict):
            result.append({**message, "id": f"{prefix}/{number}"} if message.get("id") is None else message)
    return result


def _positions(messages: Iterable[Json]) -> dict[str, int]:
    return {_id(message): at for at, message in enumerate(messages)}


def _id(message: Json) -> str:
    return str(message.get("id")) if isinstance(message, dict) else ""


def _removes(message: Json) -> bool:
    return isinstance(message, dict) and "remove" in message
