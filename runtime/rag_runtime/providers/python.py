"""`python`: a model that a function of the project makes, of whatever there is in Python.

The function is called once for a run, with the name that the manifest gives the model's own (`model`), and gives an object with
`async def complete(self, request: ModelRequest) -> ModelAnswer` (see `rag_runtime.seams`).
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TypeGuard

from rag_registry.registry import Model as Entry
from rag_runtime.seams import Model
from rag_runtime.tools.foreign import message_of
from rag_runtime.tools.load import Unloadable, load


def make_model(entry: Entry, root: Path) -> Model:
    """The model. Raises `load.Unloadable`."""
    function = load(entry.python, root)
    try:
        made: object = function(entry.model)
    except Exception as error:
        raise Unloadable(f"`{entry.python}` failed: {message_of(error)}") from error
    if not _is_model(made):
        raise Unloadable(f"`{entry.python}` gave a Python `{type(made).__name__}`, which has no `async def complete`")
    return made


def _is_model(made: object) -> TypeGuard[Model]:
    return inspect.iscoroutinefunction(getattr(made, "complete", None))
