"""Load: the Python function that `module:function` names, from a file under the project's root.

Only modules whose file stands under the root are ever imported, whatever the interpreter's path holds. The root is on that path
while the module is imported, and not afterwards.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from rag_runtime.tools.foreign import message_of

Function = Callable[..., object]


class Unloadable(Exception):
    """The reference names no function that can be loaded; the message says why."""


def load(reference: str, root: Path) -> Function:
    """The function that a reference names. Runs the module's code. Raises Unloadable, and nothing else, on any fault."""
    module_name, function_name = _parts(reference)
    file = _file(module_name, root.resolve())
    module = _imported(module_name, file, root.resolve())
    function: object = getattr(module, function_name, None)
    if function is None:
        raise Unloadable(f"`{reference}`: module `{module_name}` has no `{function_name}`")
    if not callable(function):
        raise Unloadable(f"`{reference}`: `{function_name}` is not a function")
    return function


def _parts(reference: str) -> tuple[str, str]:
    module, colon, function = reference.partition(":")
    if not (colon and function.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise Unloadable(f"`{reference}` is not of the form `module:function`")
    if module.partition(".")[0] in sys.stdlib_module_names:
        raise Unloadable(f"`{reference}`: `{module.partition('.')[0]}` is a module of Python itself")
    return module, function


def _file(module: str, root: Path) -> Path:
    """The file of a module, links followed."""
    stem = root.joinpath(*module.split("."))
    for candidate in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")):
        if candidate.is_file():
            file = candidate.resolve()
            if not file.is_relative_to(root):
                raise Unloadable(f"`{module}`: its file lies outside of the project")
            return file
    raise Unloadable(f"`{module}`: the project has no file `{module.replace('.', '/')}.py`")


def _imported(name: str, file: Path, root: Path) -> ModuleType:
    with _on_the_path(root), _apart_from_others(name.partition(".")[0], root):
        try:
            module = importlib.import_module(name)
        except (Exception, SystemExit) as error:
            raise Unloadable(f"`{name}` cannot be imported: {message_of(error)}") from error
    if not _is_at(module, file):
        raise Unloadable(f"`{name}`: another module of this name was imported in its place")
    return module


@contextmanager
def _on_the_path(root: Path) -> Generator[None]:
    before = list(sys.path)
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = before


@contextmanager
def _apart_from_others(top: str, root: Path) -> Generator[None]:
    """While a module of this project is imported, modules of the same name from elsewhere are set aside."""
    others = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == top}
    # A folder without a file looks for itself anew on every path: what was imported from it tells where it was.
    if all(_belongs(module, root) for module in others.values()):
        yield
        return
    _forget(top)
    try:
        yield
    finally:
        _forget(top)
        sys.modules.update(others)


def _forget(top: str) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == top]:
        del sys.modules[name]


def _belongs(module: ModuleType, root: Path) -> bool:
    """Whether a module, or the first folder of a package without a file, lies under the root."""
    file = getattr(module, "__file__", None)
    places = [file] if file else list(getattr(module, "__path__", []))
    return bool(places) and Path(places[0]).resolve().is_relative_to(root)


def _is_at(module: ModuleType, file: Path) -> bool:
    found = getattr(module, "__file__", None)
    return found is not None and Path(found).resolve() == file
