"""What a handler has of the server: questions about places, once the newest text is analysed."""

from __future__ import annotations

from typing import Protocol

from lsprotocol import types

from rag_ir.record import record
from rag_lsp.positions import Encoding
from rag_lsp.workspace import Checked, State


@record
class Question:
    """A place in a source of a project that was analysed."""

    checked: Checked
    name: str
    offset: int


class Asks(Protocol):
    """The server, as handlers see it."""

    @property
    def encoding(self) -> Encoding:
        """The units that positions are counted in."""
        ...

    async def asked(self, uri: str, position: types.Position | None = None) -> Question | None:
        """What a request is about; null where that is no source."""
        ...

    async def newest(self) -> State | None:
        """Everything that is known, once the newest text is analysed."""
        ...
