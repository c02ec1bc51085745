"""Diagnostics on their way to the client: a file's are sent when they change, or when its open text has."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lsprotocol import types

from rag_lsp import convert
from rag_lsp.documents import path_of
from rag_lsp.loading import Home
from rag_lsp.positions import Encoding
from rag_lsp.workspace import Checked, State


class Publisher:
    """Remembers what the client has been told, so that a file without findings is told so once."""

    def __init__(self, send: Callable[[types.PublishDiagnosticsParams], None]) -> None:
        self._send = send
        self._told: dict[str, types.PublishDiagnosticsParams] = {}

    def publish(self, state: State, encoding: Encoding) -> None:
        """Tell the client what has changed since it was told last."""
        now = {params.uri: params for params in _all(state, encoding)}
        for uri, before in self._told.items():
            if uri not in now and before.diagnostics:
                self._send(types.PublishDiagnosticsParams(uri, []))
        for uri, params in now.items():
            if params != self._told.get(uri) and (
                params.diagnostics or params.version is not None or uri in self._told
            ):
                self._send(params)
        self._told = now


def _all(state: State, encoding: Encoding) -> Iterator[types.PublishDiagnosticsParams]:
    """What is to be said of every file that is open or has findings, each in the project that it belongs to."""
    for home, checked in state.projects.items():
        names = dict.fromkeys([*checked.open, *(each.place.path for each in checked.diagnostics)])
        for name in names:
            if _is_home(state, home, checked, name):
                version = checked.open[name].version if name in checked.open else None
                found = convert.diagnostics(checked, name, encoding)
                yield types.PublishDiagnosticsParams(checked.uri(name), found, version)


def _is_home(state: State, home: Home, checked: Checked, name: str) -> bool:
    """Whether a file is this project's to speak of: one that is open may have a manifest that is nearer."""
    if name in checked.open:
        return True
    path = path_of(checked.uri(name))
    place = state.places.get(str(path))
    return place is None or place[0] == home
